/**
 * Answers remembered by what a question reads.
 *
 * Most steps leave alone most of what a property looks at, and states that agree in those words
 * get the same answer. For each question a small direct-mapped table holds the words that it read,
 * as they were, hence no answer is taken from another case. One generated function looks all
 * questions up together. It is made from numbers alone.
 */
import { plus, range } from '../search/vector-text.ts';

/** One bit for each question in a word that is no negative number. */
export const QUESTIONS_MAX = 30;

const SLOT_BITS = 11;
const SLOTS = 2 ** SLOT_BITS;
const FACTORS = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];

export interface Memory {
  /**
   * Which of the `asked` questions (one bit each) have no answer for the words that the vector
   * holds now. Those that have one are counted.
   */
  unknown(asked: number): number;
  /** Enters an answer for the words that the vector holds now: a number that is not negative. */
  settle(question: number, answer: number): void;
  /** The answer for the words that the vector holds now; only for a question that has one. */
  answerOf(question: number): number;
  /** Reports how often each answer was found since the last time, and forgets the counts. */
  tally(): void;
}

/** The words of the vector that a question reads, masked. */
interface Key {
  readonly word: number;
  readonly mask: number;
}

const keyOf = (mask: Int32Array): Key[] =>
  [...mask].flatMap((bits, word) => (bits === 0 ? [] : [{ word, mask: bits }]));

/** Reads the key into `k0`, `k1`, … */
const readText = (key: readonly Key[]): string =>
  key
    .map(({ word, mask }, n) => `const k${n} = m[${word}]${mask === -1 ? '' : ` & ${mask}`};`)
    .join(' ');

/** Declares the slot `i` that the key goes to. */
function slotText(key: readonly Key[]): string {
  const absorb = (n: number) =>
    `h = Math.imul(h ^ k${n}, ${FACTORS[n % FACTORS.length]}); h ^= h >>> 15;`;
  return `let h = 1; ${range(key.length).map(absorb).join(' ')} const i = h >>> ${32 - SLOT_BITS};`;
}

/** What was looked up last is compared first: neighbouring states have most things in common. */
function questionText(key: readonly Key[], q: number): string {
  const places = range(key.length);
  const same = (array: string, at: string) =>
    places.map((n) => ` && ${array}[${plus(at, n)}] === k${n}`).join('');
  const copy = (array: string, at: string) =>
    places.map((n) => `${array}[${plus(at, n)}] = k${n};`).join(' ');
  const report =
    `if (times${q}[i] > 0) ` + `{ counted(${q}, answer${q}[i], times${q}[i]); times${q}[i] = 0; }`;
  return `const key${q} = new Int32Array(${SLOTS * key.length});
const answer${q} = new Int32Array(${SLOTS}).fill(-1);
const times${q} = new Float64Array(${SLOTS});
const last${q} = new Int32Array(${Math.max(key.length, 1)});
let lastSlot${q} = -1;
function unknown${q}() {
${readText(key)}
if (lastSlot${q} >= 0${same(`last${q}`, '')}) { times${q}[lastSlot${q}]++; return 0; }
${slotText(key)}
const o = i * ${key.length};
if (!(answer${q}[i] >= 0${same(`key${q}`, 'o')})) return ${2 ** q};
times${q}[i]++; lastSlot${q} = i; ${copy(`last${q}`, '')}
return 0;
}
function answerOf${q}() {
${readText(key)} ${slotText(key)}
return answer${q}[i];
}
function settle${q}(answer) {
${readText(key)} ${slotText(key)}
${report}
const o = i * ${key.length};
answer${q}[i] = answer; lastSlot${q} = i;
${copy(`key${q}`, 'o')} ${copy(`last${q}`, '')}
}
function tally${q}() {
for (let i = 0; i < ${SLOTS}; i++) { ${report} }
}`;
}

function memoryText(keys: readonly (readonly Key[])[]): string {
  const each = (text: (q: number) => string) => range(keys.length).map(text).join('\n');
  return `"use strict";
${keys.map(questionText).join('\n')}
const settles = [${range(keys.length)
    .map((q) => `settle${q}`)
    .join(', ')}];
const answers = [${range(keys.length)
    .map((q) => `answerOf${q}`)
    .join(', ')}];
return {
unknown(asked) {
let left = 0;
${each((q) => `if ((asked & ${2 ** q}) !== 0) left |= unknown${q}();`)}
return left;
},
settle: (question, answer) => settles[question](answer),
answerOf: (question) => answers[question](),
tally() { ${each((q) => `tally${q}();`)} },
};`;
}

/**
 * A memory for questions that read the masked words of `vector`. `counted` is told how often an
 * answer was found, when it makes room for another one or is tallied.
 * Errors: `RangeError` for more than `QUESTIONS_MAX` questions.
 */
export function createMemory(
  vector: Int32Array,
  masks: readonly Int32Array[],
  counted: (question: number, answer: number, times: number) => void,
): Memory {
  if (masks.length > QUESTIONS_MAX) throw new RangeError(`more than ${QUESTIONS_MAX} questions`);
  // Reviewed: the text is made from numbers alone; everything named comes as an argument.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const build = new Function('m', 'counted', memoryText(masks.map(keyOf)));
  return (build as (m: Int32Array, report: typeof counted) => Memory)(vector, counted);
}
