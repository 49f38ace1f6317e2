/** What each format demands of a text, as far as there is no reader of somebody else's to ask. */
import { z } from 'zod';

/** Lines that are too long for a mail, or hold anything but printable ASCII. */
export const unfitForMail = (text: string): string[] =>
  text.split('\n').filter((line) => line.length > 75 || /[^ -~]/.test(line));

type ReadValue = (given: unknown) => unknown;

const isObject = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null && !Array.isArray(given);

/** The only field of an object. Errors: throws when there are others, or it is of another name. */
function onlyField(given: unknown, name: string): unknown {
  if (!isObject(given) || Object.keys(given).join() !== name) {
    throw new Error(`${JSON.stringify(given)} is not {"${name}": ..}`);
  }
  return given[name];
}

const integer: ReadValue = (given) => {
  const digits = onlyField(given, '#bigint');
  if (typeof digits === 'string' && /^-?\d+$/.test(digits)) return Number(digits);
  throw new Error(`${JSON.stringify(given)} is no integer`);
};

const boolean: ReadValue = (given) => {
  if (typeof given === 'boolean') return given;
  throw new Error(`${JSON.stringify(given)} is no truth value`);
};

/** `x_OF_T` would be a value of the uninterpreted type T. */
const string: ReadValue = (given) => {
  if (typeof given === 'string' && !given.includes('_OF_')) return given;
  throw new Error(`${JSON.stringify(given)} is no string`);
};

const list = (given: unknown, element: ReadValue): unknown[] => {
  if (Array.isArray(given)) return given.map(element);
  throw new Error(`${JSON.stringify(given)} is no list`);
};

const record =
  (fields: readonly (readonly [string, ReadValue])[]): ReadValue =>
  (given) => {
    const names = fields.map(([name]) => name);
    if (!isObject(given) || Object.keys(given).sort().join() !== names.sort().join()) {
      throw new Error(`${JSON.stringify(given)} has not the fields ${names.join()}`);
    }
    return Object.fromEntries(fields.map(([name, field]) => [name, field(given[name])]));
  };

/** What a page must not have: scripts and addresses that are not its own. */
export function pageFaults(page: string): string[] {
  const own = page.startsWith('<!DOCTYPE html>\n<html lang="en"') ? [] : ['is no page in English'];
  const policy = page.includes(`content="default-src 'none'; `) ? [] : ['has no policy'];
  const tags =
    page.replaceAll(/(<(style|script)>)[^]*?(?=<\/\2>)/g, '$1').match(/<\w[^>]*>/g) ?? [];
  const scripts = tags.filter((tag) => tag.startsWith('<script')).length === 1 ? [] : ['scripts'];
  const foreign = tags.filter((tag) => {
    const attributes = [...tag.matchAll(/([\w:-]+)="([^"]*)"/g)];
    return (
      /^<(img|link|iframe|object|embed|base|form)\b/i.test(tag) ||
      attributes.some(
        ([, name = '', value = '']) =>
          /^(src|srcset|action|on.*|style)$/i.test(name) ||
          (name === 'href' && !value.startsWith('#')),
      )
    );
  });
  const addresses = page.match(/@import|url\((?!#)[^)]*\)/g) ?? [];
  return [...own, ...policy, ...scripts, ...foreign, ...addresses];
}

/**
 * A reader of values of a type in the words of Apalache, as strict as Apalache itself: nothing is
 * missing or left over, integers are big, a record has at least one field, and there are no
 * variants. It returns plain JSON. Errors: throws with the reason, for the type and for the value.
 */
export function itfReader(type: string): ReadValue {
  const tokens = type.match(/\w+|[^\w\s]/g) ?? [];
  let at = 0;
  const next = () => tokens[at++] ?? '';
  const skip = (token: string) => {
    if (next() !== token) throw new Error(`type ${type}: no ${token} at token ${at}`);
  };
  const fields = (): ReadValue => {
    const all: [string, ReadValue][] = [];
    do {
      const name = next();
      if (!/^[A-Za-z_]\w*$/.test(name)) throw new Error(`type ${type}: field "${name}"`);
      skip(':');
      all.push([name, any()]);
    } while (next() === ',');
    return record(all);
  };
  const any = (): ReadValue => {
    const token = next();
    if (token === 'Int') return integer;
    if (token === 'Bool') return boolean;
    if (token === 'Str') return string;
    if (token === '{') return fields();
    skip('(');
    const element = any();
    skip(')');
    if (token === 'Seq') return (given) => list(given, element);
    if (token === 'Set') return (given) => list(onlyField(given, '#set'), element);
    throw new Error(`type ${type}: unknown ${token}`);
  };
  const reader = any();
  if (at !== tokens.length) throw new Error(`type ${type}: something follows`);
  return reader;
}

const itfSchema = z.strictObject({
  '#meta': z.looseObject({ format: z.literal('ITF'), varTypes: z.record(z.string(), z.string()) }),
  vars: z.array(z.string()).min(1),
  loop: z.int().min(0).optional(),
  states: z.array(z.looseObject({ '#meta': z.strictObject({ index: z.int() }) })).min(1),
});

/** The states of a trace, variable by variable. Errors: throws with the reason. */
export function itfStates(text: string): Readonly<Record<string, unknown>>[] {
  const { '#meta': meta, vars, states } = itfSchema.parse(JSON.parse(text));
  if (Object.keys(meta.varTypes).sort().join() !== [...vars].sort().join()) {
    throw new Error('the types are not those of the variables');
  }
  const readState = record(vars.map((name) => [name, itfReader(meta.varTypes[name] ?? '')]));
  return states.map(({ '#meta': { index }, ...state }, i) => {
    if (index !== i) throw new Error(`state ${i} has another index`);
    return readState(state) as Readonly<Record<string, unknown>>;
  });
}

const level = z.tuple([z.int().min(1), z.record(z.string(), z.unknown())]);

/**
 * What TLC writes for `-dumpTrace json`, and what it asks of a file for `-loadTrace json`: it looks
 * at `vars`, at the states, and at the levels of the actions.
 */
export const tlcSchema = z.strictObject({
  vars: z.array(z.string()).min(1),
  counterexample: z.strictObject({
    state: z.array(level).min(1),
    action: z.array(
      z.tuple([
        level,
        z.strictObject({
          name: z.string(),
          parameters: z.array(z.string()).optional(),
          context: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
          // Where in a specification; we have none.
          location: z.looseObject({ module: z.string() }).optional(),
        }),
        level,
      ]),
    ),
  }),
});

const time = { pid: z.int(), ts: z.number().min(0) };
const named = { name: z.string().min(1) };
const arrow = {
  ...named,
  ...time,
  cat: z.string(),
  tid: z.int(),
  id: z.int(),
  bp: z.literal('e'),
};

const traceEvent = z.discriminatedUnion('ph', [
  z.strictObject({
    ph: z.literal('M'),
    name: z.enum(['process_name', 'thread_name', 'thread_sort_index']),
    pid: z.int(),
    tid: z.int().optional(),
    args: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  z.strictObject({
    ph: z.literal('X'),
    ...named,
    ...time,
    cat: z.string(),
    tid: z.int(),
    dur: z.number().min(1),
    args: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({
    ph: z.literal('C'),
    ...named,
    ...time,
    args: z.record(z.string(), z.number()),
  }),
  z.strictObject({
    ph: z.literal('i'),
    ...named,
    ...time,
    cat: z.string(),
    tid: z.int(),
    s: z.enum(['g', 'p', 't']),
    args: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({ ph: z.literal('s'), ...arrow }),
  z.strictObject({ ph: z.literal('f'), ...arrow }),
]);
export type TraceEvent = z.infer<typeof traceEvent>;

const traceSchema = z.strictObject({
  displayTimeUnit: z.enum(['ms', 'ns']),
  otherData: z.record(z.string(), z.string()),
  traceEvents: z.array(traceEvent).min(1),
});

type Slice = Extract<TraceEvent, { ph: 'X' }>;
type End = Extract<TraceEvent, { ph: 's' | 'f' }>;

const endOf = ({ ts, dur }: Slice): number => ts + dur;

/** Whether one lies within the other or they do not meet. */
const nest = (a: Slice, b: Slice): boolean =>
  endOf(a) <= b.ts ||
  endOf(b) <= a.ts ||
  (a.ts <= b.ts && endOf(b) <= endOf(a)) ||
  (b.ts <= a.ts && endOf(a) <= endOf(b));

/**
 * The events of a trace in Chrome's format. Slices of a thread nest, arrows are in pairs of one
 * name, forward in time, and each end is within a slice. Errors: throws with the reason.
 */
export function traceEvents(text: string): TraceEvent[] {
  const { traceEvents: events } = traceSchema.parse(JSON.parse(text));
  const slices = events.filter((event): event is Slice => event.ph === 'X');
  for (const [i, slice] of slices.entries()) {
    const crossed = slices.slice(i + 1).find((o) => o.tid === slice.tid && !nest(slice, o));
    if (crossed !== undefined) throw new Error(`${slice.name} and ${crossed.name} overlap`);
  }
  const threads = new Set(
    events.flatMap((e) => (e.name === 'thread_name' && e.ph === 'M' ? [e.tid] : [])),
  );
  for (const { tid, name } of slices) {
    if (!threads.has(tid)) throw new Error(`${name} is on a track without a name`);
  }
  const ends = events.filter((event): event is End => event.ph === 's' || event.ph === 'f');
  for (const id of new Set(ends.map((end) => end.id))) {
    const [from, to, ...more] = ends.filter((end) => end.id === id);
    const isPair = from?.ph === 's' && to?.ph === 'f' && more.length === 0;
    if (!isPair || from.name !== to.name || from.cat !== to.cat || from.ts > to.ts) {
      throw new Error(`arrow ${id} is no pair`);
    }
  }
  for (const { tid, ts, name } of ends) {
    if (!slices.some((s) => s.tid === tid && s.ts <= ts && ts <= endOf(s))) {
      throw new Error(`${name} at ${ts} is in no slice`);
    }
  }
  return events;
}
