/**
 * Informal Trace Format: https://apalache-mc.org/docs/adr/015adr-trace.html
 *
 * One variable for each part of the state. Kept to what Apalache reads back: no variants in the
 * state (the absent identity is -1), and a type for each variable. The two `mbt::` variables have
 * the form in which Quint writes them, and which drivers of implementations look for.
 */
import type { Layout } from '../engine/machine/index.ts';
import { listText } from './json-text.ts';
import { verdictText, type Run, type RunStep } from './run.ts';

type Value =
  boolean | string | { readonly [field: string]: Value | readonly Value[] } | readonly Value[];

const integer = (value: number): Value => ({ '#bigint': String(value) });

/** Order: of the fields. `value` is what a snapshot has for the layout. */
function encoded(layout: Layout, value: unknown): Value {
  switch (layout.kind) {
    case 'scalar':
      if (layout.codec === 'bool') return value as boolean;
      if (layout.codec === 'one-of') return value as string;
      return integer((value as number | null) ?? -1);
    case 'bitset':
      return { '#set': (value as readonly number[]).map(integer) };
    case 'array':
      return (value as readonly unknown[]).map((item) => encoded(layout.element, item));
    case 'record': {
      const fields = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        Object.entries(layout.fields).map(([name, field]) => [name, encoded(field, fields[name])]),
      );
    }
  }
}

/** The type in the words of Apalache: `Seq({ valid: Bool, va: Int })`. */
export function typeText(layout: Layout): string {
  switch (layout.kind) {
    case 'scalar':
      if (layout.codec === 'bool') return 'Bool';
      return layout.codec === 'one-of' ? 'Str' : 'Int';
    case 'bitset':
      return 'Set(Int)';
    case 'array':
      return `Seq(${typeText(layout.element)})`;
    case 'record': {
      const fields = Object.entries(layout.fields);
      return `{ ${fields.map(([name, field]) => `${name}: ${typeText(field)}`).join(', ')} }`;
    }
  }
}

const actionTaken = 'mbt::actionTaken';
const nondetPicks = 'mbt::nondetPicks';

type Picks = Readonly<Record<string, string | number>>;

/** Who acts is one more pick, unless the transition has a parameter of that name. */
const picksOf = ({ action }: RunStep): Picks => ({ actor: action.actor, ...action.args });

/** Parameters of all steps, and whether each is a number wherever it occurs. */
function pickTypes(steps: readonly RunStep[]): ReadonlyMap<string, 'Int' | 'Str'> {
  const types = new Map<string, 'Int' | 'Str'>([['actor', 'Str']]);
  for (const step of steps) {
    for (const [name, value] of Object.entries(picksOf(step))) {
      const type = typeof value === 'number' ? 'Int' : 'Str';
      types.set(name, types.get(name) === 'Str' ? 'Str' : type);
    }
  }
  return types;
}

/** A parameter that the step has not is `None`, with a value that nobody looks at. */
function pick(type: 'Int' | 'Str', value: string | number | undefined): Value {
  const payload = type === 'Int' ? integer(Number(value ?? 0)) : String(value ?? '');
  return { tag: value === undefined ? 'None' : 'Some', value: payload };
}

/** What the state has for the variables that say how it came about. */
function provenance(types: ReadonlyMap<string, 'Int' | 'Str'>, step: RunStep | undefined) {
  const picks: Picks = step === undefined ? {} : picksOf(step);
  return {
    [actionTaken]: step?.action.transition ?? 'init',
    [nondetPicks]: Object.fromEntries(
      [...types].map(([name, type]) => [name, pick(type, picks[name])]),
    ),
  };
}

export function itfText(run: Run): string {
  const { found, layout, states, steps } = run;
  const types = pickTypes(steps);
  const fields = Object.entries(layout.fields);
  const pickType = [...types].map(([name, type]) => `${name}: { tag: Str, value: ${type} }`);
  const varTypes = {
    ...Object.fromEntries(fields.map(([name, field]) => [name, typeText(field)])),
    [actionTaken]: 'Str',
    [nondetPicks]: `{ ${pickType.join(', ')} }`,
  };
  const meta = {
    format: 'ITF',
    'format-description': 'https://apalache-mc.org/docs/adr/015adr-trace.html',
    source: run.file,
    description: found.title,
    status: verdictText(run),
    varTypes,
  };
  const traced = states.map((state, index) => ({
    '#meta': { index },
    ...Object.fromEntries(fields.map(([name, field]) => [name, encoded(field, state[name])])),
    ...provenance(types, steps[index - 1]),
  }));
  const loop = run.violation?.loop;
  const lasso = loop === undefined ? {} : { loop };
  const head = JSON.stringify({ '#meta': meta, vars: Object.keys(varTypes), ...lasso });
  return `${head.slice(0, -1)},"states":${listText(traced)}}\n`;
}
