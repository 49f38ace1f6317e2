/**
 * Remembers where the check of a step property found nothing, by the arguments of the step and by
 * what the check reads of the state before it.
 *
 * Many steps begin in states that differ in nothing that the check looks at, and the steps of one
 * state follow each other. So the contents of what it reads are compared with those of last time,
 * and looked up when they changed. Contents are compared as a whole: no answer is taken from
 * another case. The text is made from numbers alone.
 */
import { range } from '../search/vector-text.ts';
import { maskedWords } from './atoms.ts';
import { enterText, newTableText, seekText } from './memory-text.ts';
import { Table } from './table.ts';

/** Contents that are told apart at a time: fewer than would make the table forget. */
const CONTENTS_MAX = 16_000;
/** Contents for which there is room at first. */
const CONTENTS_MIN = 64;
/** After so many unknown answers it is decided whether looking them up pays. */
const TRIAL = 4096;

export interface StepMemory {
  /** Whether the check is known to find nothing, for these arguments and what the vector holds. */
  knows(args: readonly number[]): boolean;
  /** Enters that it finds nothing; only for what was just found unknown. */
  settle(): void;
}

export interface StepMemoryOptions {
  /** The bits that the check reads. */
  readonly mask: Int32Array;
  /** By parameter of the transition: how many values it has. */
  readonly sizes: readonly number[];
  /** Contents that are told apart at a time. Default: as many as a table takes. */
  readonly contentsMax?: number;
}

function textOf({ mask, sizes, contentsMax = CONTENTS_MAX }: StepMemoryOptions): string {
  const words = maskedWords(mask);
  const names = words.map((_, k) => `k${k}`);
  const read = words.map(({ word, mask: bits }, k) => `const k${k} = m[${word}] & ${bits};`);
  const same = ['number !== 0', ...names.map((name, k) => `${name} === l${k}`)].join(' && ');
  const keep = names.map((name, k) => `l${k} = ${name};`);
  const instances = sizes.reduce((x, y) => x * y, 1);
  const dense = sizes.reduce((sum, size, k) => `(${sum}) * ${size} + args[${k}]`, '0');
  return `"use strict";
${newTableText(names, 'contents')}
let ${['number = 0', ...range(names.length).map((k) => `l${k} = 0`)].join(', ')};
let numbers = 0, place = 0, hits = 0, misses = 0, given = false;
let known = new Uint8Array(${CONTENTS_MIN * instances});
function forget() { contents.forget(); known.fill(0); numbers = 0; }
function find() {
${read.join(' ')}
if (${same}) return;
if (numbers >= ${contentsMax}) forget();
${keep.join(' ')}
${seekText(names, 'contents')}
number = e[o];
if (number !== 0) return;
number = ++numbers;
${enterText(names, 'contents', 'number')}
if ((number + 1) * ${instances} > known.length) {
const wider = new Uint8Array(2 * known.length); wider.set(known); known = wider;
}
}
return {
knows(args) {
if (given) return false;
find();
place = number * ${instances} + ${dense};
if (known[place] === 0) return false;
hits++;
return true;
},
settle() {
if (given) return;
known[place] = 1;
if (++misses < ${TRIAL}) return;
given = hits < ${TRIAL}; hits = 0; misses = 0;
},
};`;
}

/** A memory for one step property on one transition; `vector` holds the state before the step. */
export function stepMemory(vector: Int32Array, options: StepMemoryOptions): StepMemory {
  // Reviewed: the text is made from numbers alone; everything named comes as an argument.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const build = new Function('m', 'newTable', textOf(options)) as (
    m: Int32Array,
    newTable: (keyWords: number) => Table,
  ) => StepMemory;
  return build(vector, (keyWords) => new Table(keyWords));
}
