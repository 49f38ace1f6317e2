/**
 * Source text of the search kernel for one machine and one length of vector.
 *
 * The text is generated so that copying, hashing and comparing a vector are straight lines for a
 * short vector, and so that each transition has a loop of its own, whose call the compiler can
 * inline. It is made from numbers alone. See `kernel.ts` for what the functions do.
 */
import type { Places } from '../places.ts';
import { flushFingerprintsText } from './fingerprint-text.ts';
import { flushText, rehashText, strideOf, type LookupText } from './lookup-text.ts';
import { copyText, hashText, sameText } from './vector-text.ts';

const WORD_BITS = 32;

export interface TransitionText {
  /** Sizes of the parameters' domains. */
  readonly sizes: readonly number[];
  /** Id of its first instance. */
  readonly firstInstance: number;
  /** Step properties ask about it. */
  readonly judged: boolean;
  /** Its first argument is an actor that must be at one of its places. */
  readonly placed: boolean;
}

export interface KernelText extends LookupText {
  readonly transitions: readonly TransitionText[];
  readonly places: Pick<Places, 'where' | 'mask'>;
  readonly normalises: boolean;
  readonly canonicalises: boolean;
  readonly checked: boolean;
  /** The buffer is emptied after the parent that brought it above this many successors. */
  readonly slack: number;
}

/**
 * Takes the vector in `m` into the buffer, unless it is there already: successors of neighbouring
 * states are often the same. Of its parents, the one with the least hash counts. Under symmetry the
 * vectors as they were are kept beside, so that none is brought into canonical form twice.
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
if (${sameText(words, raw, 'o', 'm', '')}) {
if (parentHash < from[e]) from[e] = parentHash;
return;
}
}
recent[r] = n + 1;
const b = n * ${words};
${canonicalises ? canonical : ''}
${copyText(words, 'buffer', 'b', 'm', '')}
low[n] = p; ${text.storage === 'exact' ? '' : 'high[n] = q;'} from[n] = parentHash; n++;
}`;
}

/** A step that leads back to where it began is counted and judged; the search is there already. */
function sweepText(text: KernelText, transition: TransitionText, index: number): string {
  const letters = ['a', 'b', 'c', 'd'];
  const loops = transition.sizes.map((size, k) => {
    const letter = letters[k] ?? '';
    return `for (let ${letter} = 0; ${letter} < ${size}; ${letter}++)`;
  });
  const args = letters.map((letter, k) => (k < transition.sizes.length ? letter : '0'));
  const each = transition.sizes.slice(1).reduce((x, y) => x * y, 1);
  // The first loop is over actors. Where everything is checked, all are tried.
  const pass =
    transition.placed && !text.checked
      ? `{ if (at${index}[place[a]] === 0) { id += ${each}; continue; }`
      : '{';
  const judge = transition.judged
    ? `{ const list = judge${index}(origins, s, args[id]);
if (list.length !== 0) onStep(id, list); }`
    : '';
  const untouched = text.checked ? 'else checkUntouched(id);' : '';
  const placed = text.checked ? 'checkPlace(id);' : '';
  return `function sweep${index}() {
let id = ${transition.firstInstance - 1}, count = 0;
${loops.length === 0 ? '' : `${loops[0]} ${pass}`}
${loops.slice(1).join('\n')} {
id++;
if (step${index}(s, ${args.join(', ')})) {
count++;
${placed}
${text.normalises ? 'normalise(s);' : ''}
${judge}
if (!(${sameText(text.words, 'm', '', 'origin', '')})) { emit(); restore(); }
} ${untouched}
}
${loops.length === 0 ? '' : '}'}
taken[${index}] += count;
}`;
}

/** Makes the state `id` the origin of the steps that follow. */
function originText(text: KernelText): string {
  const { words, segmentShift } = text;
  const stride = strideOf(text);
  const places = text.places.where.map(
    ({ word, bit }, k) => `place[${k}] = (origin[${word}] >>> ${bit}) & ${text.places.mask};`,
  );
  return `const segment = vectors[id >>> ${segmentShift}];
const o = (id & SEGMENT_MASK) * ${stride};
${copyText(words, 'origin', '', 'segment', 'o')}
restore();
parent = id;
${places.join(' ')}
{ let p, q; ${hashText(words, 'origin', '')} parentHash = p; }`;
}

function expandText(text: KernelText): string {
  const sweeps = text.transitions.map((_, index) => `sweep${index}();`);
  return `function expand(start, end) {
for (let id = start; id < end; id++) {
${originText(text)}
${sweeps.join(' ')}
if (n > ${text.slack}) { flush(); if (stop !== 0) return id; }
}
flush();
return end;
}`;
}

/** What the functions below have in common; `env` is described in `kernel.ts`. */
function variablesText(text: KernelText): string {
  const { words, transitions } = text;
  const steps = transitions.map(
    (_, index) =>
      `const step${index} = env.steps[${index}], at${index} = env.at[${index}];
const judge${index} = env.stepJudges[${index}];`,
  );
  const instances = transitions.reduce((sum, t) => sum + t.sizes.reduce((x, y) => x * y, 1), 0);
  const capacity = instances + text.slack + 1;
  const recentBits = Math.ceil(Math.log2(capacity)) + 1;
  return `const { m, origin, s, taken, vectors, limit, levelStart } = env;
const { normalise, canonicalise, judgeState, args, origins } = env;
const { parts, room, grow, partIsFull } = env;
const { onState, onStep, allocate, takeSegment, checkUntouched, checkPlace } = env;
const place = new Int32Array(${text.places.where.length});
${steps.join('\n')}
const SEGMENT_MASK = ${2 ** text.segmentShift - 1};
const buffer = new Int32Array(${capacity * words});
const low = new Int32Array(${capacity});
const high = new Int32Array(${text.storage === 'exact' ? 1 : capacity});
const from = new Int32Array(${capacity}), first = new Int32Array(${capacity});
let table = new Int32Array(1), mask = 0;
let n = 0, count = 0, stop = 0, parent = -1, parentHash = 0, judging = -1, warmth = 0;
let fresh = 0, next = 0, segmentEnd = 0;
const recent = new Int32Array(${2 ** recentBits}), RECENT_SHIFT = ${WORD_BITS - recentBits};
const raw = new Int32Array(${text.canonicalises ? capacity * words : 1});
const bufferBytes = buffer.byteLength + raw.byteLength + recent.byteLength + ${16 * capacity};`;
}

/** Body of a function of `env` (see `kernel.ts`) that returns the kernel. */
export function kernelText(text: KernelText): string {
  const { words, transitions } = text;
  const exact = text.storage === 'exact';
  const sweeps = transitions.map((transition, index) => sweepText(text, transition, index));
  return `"use strict";
${variablesText(text)}
function sameVector(x, i, y, j) {
for (let k = 0; k < ${words}; k++) if (x[i + k] !== y[j + k]) return false;
return true;
}
function restore() {
${copyText(words, 'm', '', 'origin', '')}
}
${emitText(text)}
${sweeps.join('\n')}
${exact ? flushText(text) : flushFingerprintsText(text)}
${expandText(text)}
${exact ? rehashText(text) : ''}
return {
get count() { return count; }, get stop() { return stop; }, get next() { return next; },
get room() { return segmentEnd - next; },
get parent() { return parent; }, get judging() { return judging; }, get warmth() { return warmth; },
bufferBytes,
add() { parent = -1; parentHash = 0; emit(); flush(); },
expand, ${exact ? 'rehash,' : ''}
beginLevel(first) { fresh = first; },
useTable(wider) { table = wider; mask = wider.length - 1; },
resume(states) { count = states; },
};`;
}
