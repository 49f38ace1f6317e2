/**
 * Source text of the search kernel for one machine and one length of vector.
 *
 * The text is generated so that copying, hashing and comparing a vector are straight lines for a
 * short vector, and so that each transition has a loop of its own, whose call the compiler can
 * inline. It is made from numbers alone. See `kernel.ts` for what the functions do.
 */
import { absorbText, finishText, HASH_SEED_HIGH, HASH_SEED_LOW } from '../state/hash.ts';

/** Longer vectors are handled by loops. */
const UNROLL_MAX = 128;
/** Words in a cache line. */
const LINE_WORDS = 16;
const WORD_BITS = 32;

export interface TransitionText {
  /** Sizes of the parameters' domains. */
  readonly sizes: readonly number[];
  /** Id of its first instance. */
  readonly firstInstance: number;
  /** Step properties ask about it. */
  readonly judged: boolean;
}

export interface KernelText {
  /** Length of a vector. */
  readonly words: number;
  /** `exact`: the key of a state is its vector; `fingerprint`: the two lanes of its hash. */
  readonly storage: 'exact' | 'fingerprint';
  readonly transitions: readonly TransitionText[];
  readonly normalises: boolean;
  readonly canonicalises: boolean;
  readonly judgesStates: boolean;
  readonly checked: boolean;
  /** States in one segment, as a power of two. */
  readonly segmentShift: number;
  /** The buffer is emptied after the parent that brought it above this many successors. */
  readonly slack: number;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const plus = (base: string, index: number): string =>
  base === '' ? String(index) : index === 0 ? base : `${base} + ${index}`;

function copyText(
  words: number,
  target: string,
  targetBase: string,
  source: string,
  sourceBase: string,
): string {
  if (words <= UNROLL_MAX) {
    const one = (i: number) =>
      `${target}[${plus(targetBase, i)}] = ${source}[${plus(sourceBase, i)}];`;
    return range(words).map(one).join(' ');
  }
  const at = (base: string) => (base === '' ? 'i' : `${base} + i`);
  const copy = `${target}[${at(targetBase)}] = ${source}[${at(sourceBase)}];`;
  return `for (let i = 0; i < ${words}; i++) ${copy}`;
}

/** Sets the lanes `p` and `q` to the hash of `source[base ..]`. */
function hashText(words: number, source: string, base: string): string {
  const absorb = (at: string) => `{ const w = ${source}[${at}]; ${absorbText('w')} }`;
  const body =
    words <= UNROLL_MAX
      ? range(words)
          .map((i) => absorb(plus(base, i)))
          .join('\n')
      : `for (let i = 0; i < ${words}; i++) ${absorb(base === '' ? 'i' : `${base} + i`)}`;
  return `p = ${HASH_SEED_LOW}; q = ${HASH_SEED_HIGH};\n${body}\n${finishText}`;
}

/** Expression: the vectors at `x[i ..]` and `y[j ..]` are equal. */
function sameText(words: number, x: string, i: string, y: string, j: string): string {
  if (words > UNROLL_MAX) return `sameVector(${x}, ${i}, ${y}, ${j === '' ? '0' : j})`;
  return range(words)
    .map((k) => `${x}[${plus(i, k)}] === ${y}[${plus(j, k)}]`)
    .join(' && ');
}

/**
 * Takes the vector in `m` into the buffer, unless it is there already: successors of neighbouring
 * states are often the same. Under symmetry the vectors as they were are kept beside, so that
 * the same vector is not brought into canonical form again.
 */
function emitText(text: KernelText): string {
  const { words, canonicalises } = text;
  const raw = canonicalises ? 'raw' : 'buffer';
  const canonical = `${copyText(words, 'raw', 'b', 'm', '')}
canonicalise(m);
${hashText(words, 'm', '')}`;
  return `function emit() {
let p, q;
${hashText(words, 'm', '')}
const r = q >>> RECENT_SHIFT, e = recent[r] - 1;
if (e >= 0) {
const o = e * ${words};
if (${sameText(words, raw, 'o', 'm', '')}) return;
}
recent[r] = n + 1;
const b = n * ${words};
${canonicalises ? canonical : ''}
${copyText(words, 'buffer', 'b', 'm', '')}
low[n] = p; ${text.storage === 'exact' ? '' : 'high[n] = q;'} from[n] = parent; n++;
}`;
}

function sweepText(text: KernelText, transition: TransitionText, index: number): string {
  const letters = ['a', 'b', 'c', 'd'];
  const loops = transition.sizes.map((size, k) => {
    const letter = letters[k] ?? '';
    return `for (let ${letter} = 0; ${letter} < ${size}; ${letter}++)`;
  });
  const args = letters.map((letter, k) => (k < transition.sizes.length ? letter : '0'));
  const judge = transition.judged
    ? `{ const list = judgeStep(${index}, id); if (list.length !== 0) onStep(parent, id, list); }`
    : '';
  const untouched = text.checked ? 'else checkUntouched(id);' : '';
  return `function sweep${index}() {
let id = ${transition.firstInstance - 1}, count = 0;
${loops.join('\n')} {
id++;
if (step${index}(s, ${args.join(', ')})) {
count++;
${text.normalises ? 'normalise(s);' : ''}
${judge}
emit();
restore();
} ${untouched}
}
taken[${index}] += count;
}`;
}

/** Stores the buffered successor `k` under the id `count`. */
function storeText(text: KernelText, stride: number): string {
  const { words, segmentShift } = text;
  const exact = text.storage === 'exact';
  const segment = `count >>> ${segmentShift}`;
  const place = 'count & SEGMENT_MASK';
  const room = `if ((${place}) === 0 && !allocate(${segment})) { stop = 2; break; }`;
  const key = exact
    ? copyText(words, 'target', 't', 'buffer', 'b')
    : 'target[t] = low[k]; target[t + 1] = high[k];';
  const vector = exact
    ? ''
    : `{ const room = vectors[${segment}], v = (${place}) * ${words};
${copyText(words, 'room', 'v', 'buffer', 'b')} }`;
  const judge = text.judgesStates
    ? `${copyText(words, 'm', '', 'buffer', 'b')}
judging = count; const list = judgeState(s); judging = -1;
if (list.length !== 0) onState(count, list);`
    : '';
  return `if (count === limit) { stop = 1; break; }
${room}
{ const target = keys[${segment}], t = (${place}) * ${stride};
${key} target[t + ${stride - 1}] = from[k]; }
${vector}
table[slot] = (low[k] & ~mask) | (count + 1);
${judge}
count++;`;
}

/**
 * Looks the buffered successors up, in order, and stores the new ones. A slot of the table holds
 * `1 + id` in its low bits, and in the others the bits of the hash that are no part of the slot's
 * number: most vectors that differ are told apart without being read.
 */
function flushText(text: KernelText, stride: number): string {
  const { words, segmentShift } = text;
  const same =
    text.storage === 'exact'
      ? sameText(words, 'segment', 'o', 'buffer', 'b')
      : 'segment[o] === low[k] && segment[o + 1] === high[k]';
  const lines = Math.ceil(stride / LINE_WORDS);
  const touches = range(lines).map((line) => `warm ^= segment[${plus('o', line * LINE_WORDS)}];`);
  return `function flush() {
// Read all slots, then all candidates, before the first decision: the misses overlap.
for (let k = 0; k < n; k++) first[k] = table[low[k] & mask];
let warm = 0;
for (let k = 0; k < n; k++) {
const id = (first[k] & mask) - 1;
if (id < 0 || ((first[k] ^ low[k]) & ~mask) !== 0) continue;
const segment = keys[id >>> ${segmentShift}], o = (id & SEGMENT_MASK) * ${stride};
${touches.join(' ')}
}
warmth = warm;
for (let k = 0; k < n; k++) {
const b = k * ${words}, p = low[k];
let slot = p & mask, known;
while ((known = table[slot]) !== 0) {
if (((known ^ p) & ~mask) === 0) {
const id = (known & mask) - 1;
const segment = keys[id >>> ${segmentShift}], o = (id & SEGMENT_MASK) * ${stride};
if (${same}) break;
}
slot = (slot + 1) & mask;
}
if (known !== 0) continue;
${storeText(text, stride)}
}
n = 0;
recent.fill(0);
}`;
}

/** Body of a function of `env` (see `kernel.ts`) that returns the kernel. */
export function kernelText(text: KernelText): string {
  const { words, segmentShift, transitions } = text;
  const exact = text.storage === 'exact';
  const stride = (exact ? words : 2) + 1;
  const vectorStride = exact ? stride : words;
  const sweeps = transitions.map((transition, index) => sweepText(text, transition, index));
  const steps = transitions.map((_, index) => `const step${index} = env.steps[${index}];`);
  const instances = transitions.reduce((sum, t) => sum + t.sizes.reduce((x, y) => x * y, 1), 0);
  const capacity = instances + text.slack + 1;
  const recentBits = Math.ceil(Math.log2(capacity)) + 1;
  return `"use strict";
const { m, origin, s, taken, keys, vectors, limit } = env;
const { normalise, canonicalise, judgeState, judgeStep } = env;
const { onState, onStep, allocate, checkUntouched } = env;
${steps.join('\n')}
const SEGMENT_MASK = ${2 ** segmentShift - 1};
const buffer = new Int32Array(${capacity * words});
const low = new Int32Array(${capacity}), high = new Int32Array(${exact ? 1 : capacity});
const from = new Int32Array(${capacity}), first = new Int32Array(${capacity});
let table = new Int32Array(1), mask = 0;
let n = 0, count = 0, stop = 0, parent = -1, judging = -1, warmth = 0;
const recent = new Int32Array(${2 ** recentBits}), RECENT_SHIFT = ${WORD_BITS - recentBits};
const raw = new Int32Array(${text.canonicalises ? capacity * words : 1});
function sameVector(x, i, y, j) {
for (let k = 0; k < ${words}; k++) if (x[i + k] !== y[j + k]) return false;
return true;
}
function restore() {
${copyText(words, 'm', '', 'origin', '')}
}
${emitText(text)}
${sweeps.join('\n')}
${flushText(text, stride)}
return {
get count() { return count; }, get stop() { return stop; },
get parent() { return parent; }, get judging() { return judging; }, get warmth() { return warmth; },
bufferBytes: buffer.byteLength + raw.byteLength + recent.byteLength + 16 * ${capacity},
add() {
parent = -1;
emit();
flush();
},
expand(start, end) {
for (let id = start; id < end; id++) {
const segment = vectors[id >>> ${segmentShift}], o = (id & SEGMENT_MASK) * ${vectorStride};
${copyText(words, 'origin', '', 'segment', 'o')}
restore();
parent = id;
${transitions.map((_, index) => `sweep${index}();`).join(' ')}
if (n > ${text.slack}) { flush(); if (stop !== 0) return id; }
}
flush();
return end;
},
rehash(wider, start, end) {
const mask = wider.length - 1;
for (let id = start; id < end; id++) {
const segment = keys[id >>> ${segmentShift}], o = (id & SEGMENT_MASK) * ${stride};
let p, q;
${exact ? hashText(words, 'segment', 'o') : 'p = segment[o];'}
let slot = p & mask;
while (wider[slot] !== 0) slot = (slot + 1) & mask;
wider[slot] = (p & ~mask) | (id + 1);
}
},
useTable(wider) { table = wider; mask = wider.length - 1; },
};`;
}
