/** Writing a counterexample as text: the same bytes for the same content. */
import type { Counterexample } from './schema.ts';

type Plain = unknown;

const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);
const isRecord = (value: Plain): value is Readonly<Record<string, Plain>> =>
  typeof value === 'object' && value !== null && !isList(value);

function onOneLine(value: Plain): string {
  if (isList(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${onOneLine(v)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

const width = 100;

/** What fits on a line stays on it: an action is a line, and a difference shows whole actions. */
function pretty(value: Plain, indent: string, taken: number): string {
  const line = onOneLine(value);
  if (indent.length + taken + line.length <= width || !(isList(value) || isRecord(value))) {
    return line;
  }
  const inner = `${indent}  `;
  if (isList(value)) {
    const items = value.map((item) => `${inner}${pretty(item, inner, 1)}`);
    return `[\n${items.join(',\n')}\n${indent}]`;
  }
  const fields = Object.entries(value).map(([key, item]) => {
    const name = `${JSON.stringify(key)}: `;
    return `${inner}${name}${pretty(item, inner, name.length + 1)}`;
  });
  return `{\n${fields.join(',\n')}\n${indent}}`;
}

const sortedByKey = <V>(record: Readonly<Record<string, V>>): Record<string, V> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

/** Order of the fields: as declared in the schema. Arguments keep the order of the transition. */
export function serialise(file: Counterexample): string {
  const { commit, thread } = file.kernel;
  const { mutant } = file.rules;
  const ordered: Counterexample = {
    schema: file.schema,
    title: file.title,
    says: file.says,
    expect:
      file.expect.verdict === 'violated'
        ? {
            verdict: file.expect.verdict,
            property: file.expect.property,
            step: file.expect.step,
          }
        : { verdict: file.expect.verdict },
    model: { version: file.model.version, hash: file.model.hash },
    machine: file.machine,
    scenario: file.scenario,
    granularity: file.granularity,
    rules: {
      preset: file.rules.preset,
      ...(mutant === undefined ? {} : { mutant }),
      changes: sortedByKey(file.rules.changes),
    },
    initial: file.initial,
    actions: file.actions.map(({ actor, transition, args }) => ({ actor, transition, args })),
    fingerprints: file.fingerprints,
    ...(file.loop === undefined ? {} : { loop: file.loop }),
    minimality: file.minimality,
    found: file.found,
    kernel: {
      functions: file.kernel.functions,
      ...(commit === undefined ? {} : { commit }),
      ...(thread === undefined ? {} : { thread }),
    },
    notes: file.notes,
  };
  const fields = Object.entries(ordered).map(([key, value]) => {
    const name = `${JSON.stringify(key)}: `;
    const text = key === 'actions' ? listOfLines(value) : pretty(value, '  ', name.length + 1);
    return `  ${name}${text}`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
}

/** One element per line even when all would fit on one. */
function listOfLines(value: Plain): string {
  if (!isList(value) || value.length === 0) return '[]';
  return `[\n${value.map((item) => `    ${onOneLine(item)}`).join(',\n')}\n  ]`;
}

/** The line on which the first action of a serialised run stands, from 1. */
export const lineOfActions = (text: string): number =>
  text.slice(0, text.indexOf('\n  "actions": [')).split('\n').length + 2;
