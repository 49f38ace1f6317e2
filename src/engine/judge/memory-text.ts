/** Source text of a memory (see `memory.ts`) for given atoms and questions. */
import { plus, range } from '../search/vector-text.ts';
import type { Atom } from './atoms.ts';
import { absorbText } from './table.ts';

export interface MemoryText {
  readonly atoms: readonly Atom[];
  readonly questions: number;
  /** By moment: the questions that are asked at it, as bits. */
  readonly moments: readonly number[];
  /** Contents are numbered anew above this. */
  readonly numbersMax: number;
}

const bit = (n: number): string => String(2 ** n);
const list = (names: readonly string[]): string => `[${names.join(', ')}]`;
const each = (count: number, text: (n: number) => string): string =>
  range(count).map(text).join('\n');

/** An atom of one word is its own number. */
const isNumbered = ({ words }: Atom): boolean => words.length > 1;

const masked = (word: number, mask: number): string =>
  `m[${word}]${mask === -1 ? '' : ` & ${mask}`}`;

/**
 * Sets `e` and `o` to the place of the key `names` in the table `t`, or to the free one for it. Its
 * array and mask are kept beside the table, so that a look reads nothing of the table itself.
 */
export function seekText(names: readonly string[], t: string): string {
  const size = names.length + 1;
  const differs = names.map((name, k) => `e[${plus('o', k + 1)}] !== ${name}`).join(' || ');
  const next = `{ i = (i + 1) & ${t}mask; o = i * ${size}; }`;
  return `let h = 1; ${names.map(absorbText).join(' ')}
const e = ${t}words;
let i = h & ${t}mask, o = i * ${size};
${names.length === 0 ? '' : `while (e[o] !== 0 && (${differs})) ${next}`}`;
}

export const newTableText = (names: readonly string[], t: string): string =>
  `const ${t} = newTable(${names.length});
let ${t}words = ${t}.words, ${t}mask = ${t}.mask;`;

/** Writes the number `n` for the key `names` to the free entry that was sought. */
export function enterText(names: readonly string[], t: string, n: string): string {
  const key = names.map((name, k) => `e[${plus('o', k + 1)}] = ${name};`);
  return `e[o] = ${n}; ${key.join(' ')}
${t}.added(); ${t}words = ${t}.words; ${t}mask = ${t}.mask;`;
}

/** `number<a>()` brings the number `n<a>` of an atom up to date. */
function atomText(atom: Atom, a: number): string {
  const { words } = atom;
  const fresh = `dirty &= ~${bit(a)};`;
  if (!isNumbered(atom)) {
    const { word, mask } = words[0] ?? { word: 0, mask: 0 };
    return `let n${a} = 0; function number${a}() { n${a} = ${masked(word, mask)}; ${fresh} }`;
  }
  const names = words.map((_, k) => `k${k}`);
  const read = words.map(({ word, mask }, k) => `const k${k} = ${masked(word, mask)};`);
  const t = `contents${a}`;
  return `let n${a} = 0;
${newTableText(names, t)}
function number${a}() {
${read.join(' ')}
${fresh}
${seekText(names, t)}
if (e[o] !== 0) { n${a} = e[o]; return; }
n${a} = ++numbers;
${enterText(names, t, 'numbers')}
}`;
}

/** Notices what changed since the last look. */
function noticeText(atoms: readonly Atom[]): string {
  const words = [...new Set(atoms.flatMap((atom) => atom.words.map(({ word }) => word)))];
  const notice = (word: number): string => {
    const readers = atoms.flatMap(({ words: own, questions }, a) =>
      own
        .filter((part) => part.word === word)
        .map(({ mask }) => ({ mask, mark: `dirty |= ${bit(a)}; stale |= ${questions};` })),
    );
    const marks = readers.map(({ mask, mark }) => `if ((x & ${mask}) !== 0) { ${mark} }`);
    return `x = m[${word}] ^ last[${word}];
if (x !== 0) { last[${word}] = m[${word}]; ${marks.join(' ')} }`;
  };
  return words
    .sort((x, y) => x - y)
    .map(notice)
    .join('\n');
}

/** `r<q>` is the reply in force: the number of a question with its answer; 0 when there is none. */
function questionText({ atoms, moments }: MemoryText, q: number): string {
  const own = range(atoms.length).filter((a) => ((atoms[a]?.questions ?? 0) & (1 << q)) !== 0);
  const names = own.map((a) => `n${a}`);
  const number = own.map((a) => `if ((dirty & ${bit(a)}) !== 0) number${a}();`);
  const looks = `looks[${moments.findIndex((bits) => (bits & (1 << q)) !== 0)}]`;
  const t = `replies${q}`;
  return `let r${q} = 0;
${newTableText(names, t)}
function find${q}() {
${number.join(' ')}
${seekText(names, t)}
if (r${q} !== 0) times[r${q}] += ${looks} - 1 - since[${q}];
r${q} = e[o];
if (r${q} === 0) { since[${q}] = ${looks}; return ${bit(q)}; }
since[${q}] = ${looks} - 1; stale &= ~${bit(q)};
return 0;
}
const memo${q} = {
settle(reply) {
${seekText(names, t)}
r${q} = reply; stale &= ~${bit(q)};
${enterText(names, t, 'reply')}
},
reply: () => r${q},
tally() { if (r${q} !== 0) times[r${q}] += ${looks} - since[${q}]; since[${q}] = ${looks}; },
giveUp() { memo${q}.tally(); r${q} = 0; },
forget() { memo${q}.giveUp(); ${t}.forget(); },
};`;
}

/** Body of a function of the vector `m`, of `newTable` and `counted` that returns a memory. */
export function memoryText(text: MemoryText): string {
  const { atoms, questions, moments, numbersMax } = text;
  const words = Math.max(-1, ...atoms.flatMap((atom) => atom.words.map(({ word }) => word))) + 1;
  const numbered = atoms.flatMap((atom, a) => (isNumbered(atom) ? [`contents${a}`] : []));
  return `"use strict";
const last = new Int32Array(${words});
const looks = new Float64Array(${moments.length}), since = new Float64Array(${questions});
const replies = [null], numberOf = new Map();
let times = new Float64Array(64);
let numbers = 0, dirty = ${2 ** atoms.length - 1}, stale = ${2 ** questions - 1};
${atoms.map(atomText).join('\n')}
${each(questions, (q) => questionText(text, q))}
const memos = ${list(range(questions).map((q) => `memo${q}`))}, contents = ${list(numbered)};
function replyFor(question, answer) {
const key = question + ' ' + answer;
let reply = numberOf.get(key);
if (reply !== undefined) return reply;
reply = replies.push({ question, answer }) - 1;
numberOf.set(key, reply);
if (reply === times.length) {
const wider = new Float64Array(2 * reply); wider.set(times); times = wider;
}
return reply;
}
function forget() {
for (const memo of memos) memo.forget();
for (const table of contents) table.forget();
numbers = 0; dirty = ${2 ** atoms.length - 1}; stale = ${2 ** questions - 1};
}
function find(left) {
let unknown = 0;
${each(questions, (q) => `if ((left & ${bit(q)}) !== 0) unknown |= find${q}();`)}
return unknown;
}
return {
unknown(asked) {
if (numbers > ${numbersMax}) forget();
let x = 0;
${noticeText(atoms)}
${each(moments.length, (k) => `if ((asked & ${moments[k]}) !== 0) looks[${k}]++;`)}
const left = asked & stale;
return left === 0 ? 0 : find(left);
},
settle: (question, answer) => memos[question].settle(replyFor(question, answer)),
answerOf: (question) => replies[memos[question].reply()].answer,
giveUp: (question) => memos[question].giveUp(),
tally() {
for (const memo of memos) memo.tally();
for (let reply = 1; reply < replies.length; reply++) {
const { question, answer } = replies[reply];
if (times[reply] > 0) counted(question, answer, times[reply]);
times[reply] = 0;
}
},
};`;
}
