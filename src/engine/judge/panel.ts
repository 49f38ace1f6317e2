/** Up to thirty questions that are looked up in one memory together. */
import { ModelAssumptionError } from '../machine/index.ts';
import { createMemory, QUESTIONS_MAX, type Memory } from './memory.ts';
import { NO_ANSWER, type Question } from './questions.ts';

/** What a panel that remembers must know of the states it is asked about. */
export interface JudgedVector {
  /** Every state that is judged is a view of this vector. */
  readonly words: Int32Array;
  /** And every state that a judged step begins in, a view of this one. */
  readonly before: Int32Array;
  /** The bits of it that paths of the layout name. */
  readonly maskOf: (paths: readonly string[]) => Int32Array;
  /** Asks again what is remembered, and compares. */
  readonly checked: boolean;
}

/** After so many unknown answers it is decided whether looking a question up pays. */
const TRIAL = 4096;

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);

class Panel<S> {
  readonly #questions: readonly Question<S>[];
  readonly #memory: Memory | null;
  readonly #checked: boolean;
  /** By question: how often its answer was known, and how often not. */
  readonly #known: number[];
  readonly #unknown: number[];
  /** Questions that are always asked, and those with nothing more to ask, as bits. */
  #always = 0;
  #done = 0;

  constructor(questions: readonly Question<S>[], vector: JudgedVector | null) {
    this.#questions = questions;
    this.#checked = vector?.checked ?? false;
    this.#known = questions.map(() => 0);
    this.#unknown = questions.map(() => 0);
    questions.forEach(({ reads }, q) => {
      if (reads === null || vector === null) this.#always |= 1 << q;
    });
    this.#memory =
      vector === null
        ? null
        : createMemory(vector.words, {
            masks: questions.map(({ reads }) => vector.maskOf(reads ?? [])),
            moments: [...new Set(questions.map(({ when }) => when))].map((k) => this.bitsOf(k)),
            counted: (question, answer, times) => this.#recalled(question, answer, times),
          });
  }

  /** The questions of a moment, as bits. */
  bitsOf(when: string): number {
    return this.#questions.reduce((bits, q, k) => bits | (q.when === when ? 1 << k : 0), 0);
  }

  /** Asks these questions about the state. */
  ask(s: S, bits: number): void {
    const asked = bits & ~this.#done;
    const memory = this.#memory;
    if (memory === null) return this.#askAll(s, asked);
    const unknown = memory.unknown(asked & ~this.#always);
    if (this.#checked) this.#compare(s, asked & ~this.#always & ~unknown, memory);
    const left = unknown | (asked & this.#always);
    if (left !== 0) this.#askAll(s, left);
  }

  /** Brings the counts of what was remembered up to date. */
  tally(): void {
    this.#memory?.tally();
  }

  /** Finds out anew what there is to ask. */
  refresh(): void {
    this.#done = this.#questions.reduce((bits, q, k) => bits | (q.isDone() ? 1 << k : 0), 0);
  }

  #askAll(s: S, bits: number): void {
    for (let left = bits; left !== 0; left &= left - 1) {
      const q = lowestBit(left);
      const question = this.#questions[q] as Question<S>;
      const answer = question.ask(s);
      if (question.isDone()) this.#done |= 1 << q;
      if ((this.#always & (1 << q)) !== 0 || answer === NO_ANSWER) continue;
      this.#memory?.settle(q, answer);
      const unknown = ((this.#unknown[q] ?? 0) + 1) % TRIAL;
      this.#unknown[q] = unknown;
      if (unknown === 0) this.#decide(q);
    }
  }

  #decide(q: number): void {
    this.#memory?.tally();
    if ((this.#known[q] ?? 0) < TRIAL) {
      this.#memory?.giveUp(q);
      this.#always |= 1 << q;
    }
    this.#known[q] = 0;
  }

  #recalled(q: number, answer: number, times: number): void {
    this.#known[q] = (this.#known[q] ?? 0) + times;
    this.#questions[q]?.again(answer, times);
  }

  #compare(s: S, known: number, memory: Memory): void {
    for (let left = known; left !== 0; left &= left - 1) {
      const q = lowestBit(left);
      const question = this.#questions[q] as Question<S>;
      const answer = question.ask(s);
      if (answer >= 0) question.again(answer, -1);
      if (answer === memory.answerOf(q)) continue;
      const reads = (question.reads ?? []).join(', ');
      throw new ModelAssumptionError(`properties that declare to read ${reads} read nothing else`);
    }
  }
}

export type { Panel };

/** As many panels as the questions need. */
export function panelsOf<S>(
  questions: readonly Question<S>[],
  vector: JudgedVector | null,
): Panel<S>[] {
  const panels: Panel<S>[] = [];
  for (let at = 0; at < questions.length; at += QUESTIONS_MAX) {
    panels.push(new Panel(questions.slice(at, at + QUESTIONS_MAX), vector));
  }
  return panels;
}
