/** Looking up names, and saying which were meant when there is none. */
import type { FaultCode } from './fault.ts';
import { Fault } from './fault.ts';

/** Edit distance with insertion, deletion and substitution. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitute));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** A longer word is no slip of the hand. */
const wordMax = 100;

/** Order: nearest first, then as given. Limit: three, and none that is altogether different. */
export function nearest(word: string, candidates: readonly string[]): string[] {
  if (word.length > wordMax) return [];
  const limit = (name: string) => Math.max(2, Math.ceil(Math.max(word.length, name.length) / 2));
  const rank = (name: string) =>
    word.length > 2 && name.includes(word) ? 1 : distance(word.toLowerCase(), name.toLowerCase());
  return candidates
    .map((name) => ({ name, rank: rank(name) }))
    .filter((c) => c.rank < limit(c.name))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, 3)
    .map((c) => c.name);
}

export interface Lookup {
  /** What is looked for: `scenario`, `property`, … */
  readonly kind: string;
  readonly name: string;
  readonly known: readonly string[];
  readonly listCommand?: string;
}

/** The fault that says that a name is not known. */
export function unknownName(code: FaultCode, lookup: Lookup, sentence?: string): Fault {
  const { kind, name, known, listCommand } = lookup;
  const near = nearest(name, known);
  return new Fault(code, sentence ?? `unknown ${kind} "${name}"`, [
    ...(near.length > 0 ? [`nearest: ${near.join(', ')}`] : []),
    ...(listCommand === undefined ? [] : [`list them: ${listCommand}`]),
  ]);
}

/** Errors: a fault with the nearest names when there is no such thing. */
export function find<T>(
  things: readonly T[],
  nameOf: (thing: T) => string,
  lookup: Omit<Lookup, 'known'> & { readonly code: FaultCode; readonly sentence?: string },
): T {
  const thing = things.find((candidate) => nameOf(candidate) === lookup.name);
  if (thing !== undefined) return thing;
  throw unknownName(lookup.code, { ...lookup, known: things.map(nameOf) }, lookup.sentence);
}
