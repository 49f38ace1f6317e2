/** Source text for looking successors up among whole vectors, and for storing new ones. */
import type { Storage } from './store.ts';
import { copyText, hashText, plus, range, sameText } from './vector-text.ts';

/** Words in a cache line. */
const LINE_WORDS = 16;

export interface LookupText {
  /** Length of a vector. */
  readonly words: number;
  readonly storage: Storage;
  /** Several threads look up and store at once. */
  readonly shared: boolean;
  readonly judgesStates: boolean;
  /** States in one segment, as a power of two. */
  readonly segmentShift: number;
}

/** Words from one vector in a segment to the next: the hash of the parent is kept between. */
export const strideOf = ({ storage, words }: LookupText): number =>
  words + (storage === 'exact' ? 1 : 0);

/** Writes the buffered successor `k` into the record of the state `id`. */
export function recordText(text: LookupText, id: string): string {
  const { words, segmentShift, storage } = text;
  const stride = strideOf(text);
  const at = `(${id} & SEGMENT_MASK) * ${stride}`;
  return `{ const target = vectors[${id} >>> ${segmentShift}], t = ${at};
${copyText(words, 'target', 't', 'buffer', 'b')}
${storage === 'exact' ? `target[t + ${words}] = from[k];` : ''} }`;
}

export const judgeText = ({ words, judgesStates }: LookupText, id: string): string =>
  judgesStates
    ? `${copyText(words, 'm', '', 'buffer', 'b')}
judging = ${id}; const list = judgeState(s); judging = -1;
if (list.length !== 0) onState(list);`
    : '';

/**
 * The state `id` is known. If it was found on this very level, its parent is the one with the
 * least hash: that does not depend on who came first.
 */
function adoptText(text: LookupText): string {
  const at = `o + ${text.words}`;
  if (!text.shared) return `if (id >= fresh && from[k] < segment[${at}]) segment[${at}] = from[k];`;
  return `if ((id & SEGMENT_MASK) >= levelStart[id >>> ${text.segmentShift}]) {
for (let old = segment[${at}]; from[k] < old;) {
const seen = Atomics.compareExchange(segment, ${at}, old, from[k]);
if (seen === old) break;
old = seen;
} }`;
}

/** Reads all slots, then all candidates, before the first decision: the misses overlap. */
function touchText(text: LookupText): string {
  const stride = strideOf(text);
  const lines = range(Math.ceil(stride / LINE_WORDS));
  const touches = lines.map((line) => `warm ^= segment[${plus('o', line * LINE_WORDS)}];`);
  return `for (let k = 0; k < n; k++) first[k] = table[low[k] & mask];
let warm = 0;
for (let k = 0; k < n; k++) {
const id = (first[k] & mask) - 1;
if (id < 0 || ((first[k] ^ low[k]) & ~mask) !== 0) continue;
const segment = vectors[id >>> ${text.segmentShift}], o = (id & SEGMENT_MASK) * ${stride};
${touches.join(' ')}
}
warmth = warm;`;
}

/** Breaks out of the loop over slots when the buffered successor `k` is in the slot \`known\`. */
const recogniseText = (text: LookupText): string => `if (((known ^ p) & ~mask) === 0) {
const id = (known & mask) - 1;
const segment = vectors[id >>> ${text.segmentShift}], o = (id & SEGMENT_MASK) * ${strideOf(text)};
if (${sameText(text.words, 'segment', 'o', 'buffer', 'b')}) { ${adoptText(text)} break; }
}`;

/** One thread: the new state gets the next id. */
const aloneText = (text: LookupText): string => `let slot = p & mask, known;
while ((known = table[slot]) !== 0) {
${recogniseText(text)}
slot = (slot + 1) & mask;
}
if (known !== 0) continue;
if (count === limit) { stop = 1; break; }
if ((count & SEGMENT_MASK) === 0 && !allocate(count >>> ${text.segmentShift})) { stop = 2; break; }
${recordText(text, 'count')}
table[slot] = (p & ~mask) | (count + 1);
${judgeText(text, 'count')}
count++;`;

/**
 * Several threads: a thread writes the record into its own segment first, then publishes it with
 * one compare-and-exchange of the slot. When another was faster, the record is used again. Slots
 * are read plainly: what a slot that is not empty says never changes, the record that it names was
 * complete before, and the read of the record depends on it. An empty slot is asked again by the
 * exchange.
 */
const sharedText = (text: LookupText): string => `let slot = p & mask, known, written = false;
for (;;) {
known = table[slot];
if (known === 0) {
if (!written) {
if (next === segmentEnd) { next = takeSegment(); segmentEnd = next + SEGMENT_MASK + 1; }
${recordText(text, 'next')}
written = true;
}
known = Atomics.compareExchange(table, slot, 0, (p & ~mask) | (next + 1));
if (known === 0) break;
}
${recogniseText(text)}
slot = (slot + 1) & mask;
}
if (known !== 0) continue;
${judgeText(text, 'next')}
next++; count++;`;

/**
 * Looks the buffered successors up, in order, and stores the new ones. A slot of the table holds
 * `1 + id` in its low bits, and in the others the bits of the hash that are no part of the slot's
 * number: most vectors that differ are told apart without being read.
 */
export const flushText = (text: LookupText): string => `function flush() {
${touchText(text)}
for (let k = 0; k < n; k++) {
const b = k * ${text.words}, p = low[k];
${text.shared ? sharedText(text) : aloneText(text)}
}
n = 0;
recent.fill(0);
}`;

/** Enters the states `start .. end - 1`, all different, into a wider table. */
export function rehashText(text: LookupText): string {
  const hash = hashText(text.words, 'segment', 'o');
  const enter = text.shared
    ? 'while (Atomics.compareExchange(wider, slot, 0, entry) !== 0) slot = (slot + 1) & mask;'
    : 'while (wider[slot] !== 0) slot = (slot + 1) & mask; wider[slot] = entry;';
  return `function rehash(wider, start, end) {
const mask = wider.length - 1;
for (let id = start; id < end; id++) {
const segment = vectors[id >>> ${text.segmentShift}], o = (id & SEGMENT_MASK) * ${strideOf(text)};
let p, q;
${hash}
const entry = (p & ~mask) | (id + 1);
let slot = p & mask;
${enter}
}
}`;
}
