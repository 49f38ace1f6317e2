/**
 * What a judge asks about a state: the properties of each moment, and the witnesses still unseen,
 * gathered by what they read, so that one look into a memory answers for all of them.
 */
import type { Finding, Machine, StateProperty } from '../machine/index.ts';
import { gather, LASTING, PASSING, type Asked, type MaskOf } from './gather.ts';

/** A property that does not hold. */
export interface Judgement {
  /** Place of the property in the machine's list. */
  readonly property: number;
  readonly id: string;
  readonly finding: Finding;
}

/** What has come out so far. */
export interface Notes {
  /** By property: how often it applied. */
  readonly applied: Float64Array;
  /** By property: 1 when its witness was seen. */
  readonly seen: Uint8Array;
  /** Of the state being judged. */
  found: Judgement[] | null;
}

/** What must not be remembered: something was found. */
export const NO_ANSWER = -1;

/** Things asked together, because they read the same fields. */
export interface Question<S> {
  /** `every-step` or a moment of the machine. */
  readonly when: string;
  /** Paths of the layout; `null`: not known, hence asked in every state. */
  readonly reads: readonly string[] | null;
  /** Asks about a state. The answer, not negative, holds for all that agree in `reads`. */
  ask(s: S): number;
  /** The answer was right so many times more. */
  again(answer: number, times: number): void;
  /** Whether there is nothing more to ask. */
  isDone(): boolean;
}

interface AskedProperty<S> {
  readonly index: number;
  readonly property: StateProperty<S>;
}

class PropertyQuestion<S> implements Question<S> {
  readonly when: string;
  readonly reads: readonly string[] | null;
  readonly #members: readonly AskedProperty<S>[];
  readonly #notes: Notes;

  constructor(group: Asked<AskedProperty<S>>, notes: Notes) {
    this.when = group.when;
    this.reads = group.reads;
    this.#members = group.members;
    this.#notes = notes;
  }

  ask(s: S): number {
    let applied = 0;
    let holds = true;
    for (let k = 0; k < this.#members.length; k++) {
      const { index, property } = this.#members[k] as AskedProperty<S>;
      if (!property.applies(s)) continue;
      applied |= 1 << k;
      this.#count(index, 1);
      const finding = property.check(s);
      if (finding === null) continue;
      holds = false;
      (this.#notes.found ??= []).push({ property: index, id: property.id, finding });
    }
    return holds ? applied : NO_ANSWER;
  }

  again(answer: number, times: number): void {
    this.#members.forEach(({ index }, k) => {
      if ((answer & (1 << k)) !== 0) this.#count(index, times);
    });
  }

  isDone(): boolean {
    return false;
  }

  #count(index: number, times: number): void {
    const { applied } = this.#notes;
    applied[index] = (applied[index] ?? 0) + times;
  }
}

interface AskedWitness<S> {
  readonly index: number;
  readonly reached: (s: S) => boolean;
}

/** Asks until all are seen. What was unseen in a state is unseen in all that agree with it. */
class WitnessQuestion<S> implements Question<S> {
  readonly when = 'every-step';
  readonly reads: readonly string[] | null;
  readonly #members: readonly AskedWitness<S>[];
  readonly #notes: Notes;

  constructor(group: Asked<AskedWitness<S>>, notes: Notes) {
    this.reads = group.reads;
    this.#members = group.members;
    this.#notes = notes;
  }

  ask(s: S): number {
    const { seen } = this.#notes;
    let answer = 0;
    for (const { index, reached } of this.#members) {
      if (seen[index] !== 0 || !reached(s)) continue;
      seen[index] = 1;
      answer = NO_ANSWER;
    }
    return answer;
  }

  again(): void {}

  isDone(): boolean {
    return this.#members.every(({ index }) => this.#notes.seen[index] !== 0);
  }
}

/** All questions about the states of a machine. `maskOf`: where answers are to be remembered. */
export function questionsOf<S>(
  { properties }: Machine<S>,
  notes: Notes,
  maskOf: MaskOf | null = null,
): Question<S>[] {
  const asked = properties.flatMap((property, index) => {
    if (property.kind !== 'state') return [];
    const { when, reads = null } = property;
    return [{ when, reads, members: [{ index, property }] }];
  });
  const unseen = properties.map(({ witness: { reached, reads = null } }, index) => ({
    when: 'every-step',
    reads,
    members: [{ index, reached }],
  }));
  return [
    ...gather(asked, maskOf, LASTING).map((group) => new PropertyQuestion(group, notes)),
    ...gather(unseen, maskOf, PASSING).map((group) => new WitnessQuestion(group, notes)),
  ];
}
