/** Evaluation of properties: moments, antecedents, witnesses, and the counts of a run. */
import type { Finding, Machine, StateProperty, StepProperty } from './machine/index.ts';
import type { PropertyEvidence } from './outcome.ts';

/** A property that does not hold. */
export interface Judgement {
  /** Place of the property in the machine's list. */
  readonly property: number;
  readonly id: string;
  readonly finding: Finding;
}

/** Counts of one judge that are handed to another. */
export interface EvidenceCounts {
  /** By property: how often it applied since the last time. */
  readonly applied: readonly number[];
  /** Places of the properties whose witness has not been seen. */
  readonly unseen: readonly number[];
}

/** What a judgement returns when everything holds: one shared list, so nothing is allocated. */
const NOTHING: readonly Judgement[] = Object.freeze([]);

interface MomentGroup<S> {
  /** `null` for `every-step`. */
  readonly holds: ((s: S) => boolean) | null;
  readonly members: readonly { readonly index: number; readonly property: StateProperty<S> }[];
}

interface PendingWitness<S> {
  readonly index: number;
  readonly reached: (s: S) => boolean;
}

const byProperty = (x: Judgement, y: Judgement): number => x.property - y.property;

function momentGroups<S>(machine: Machine<S>): MomentGroup<S>[] {
  const groups = new Map<string, { index: number; property: StateProperty<S> }[]>();
  machine.properties.forEach((property, index) => {
    if (property.kind !== 'state') return;
    const members = groups.get(property.when) ?? [];
    members.push({ index, property });
    groups.set(property.when, members);
  });
  return [...groups].map(([when, members]) => {
    if (when === 'every-step') return { holds: null, members };
    const holds = machine.moments[when];
    if (holds === undefined) throw new RangeError(`machine ${machine.name} has no moment ${when}`);
    return { holds, members };
  });
}

export class Judge<S> {
  /** By transition: step properties ask about it. */
  readonly judgedTransitions: readonly boolean[];
  readonly #machine: Machine<S>;
  readonly #groups: readonly MomentGroup<S>[];
  readonly #stepProperties: readonly { index: number; property: StepProperty<S> }[][];
  readonly #applied: Float64Array;
  #pending: PendingWitness<S>[] = [];

  /** Errors: `RangeError` when a property names an unknown moment. */
  constructor(machine: Machine<S>) {
    this.#machine = machine;
    this.#groups = momentGroups(machine);
    const position = new Map(machine.transitions.map(({ name }, index) => [name, index]));
    this.#stepProperties = machine.transitions.map(() => []);
    machine.properties.forEach((property, index) => {
      if (property.kind !== 'step') return;
      // A machine may lack transitions that its scenario has no use for.
      for (const name of property.on) {
        this.#stepProperties[position.get(name) ?? -1]?.push({ index, property });
      }
    });
    this.judgedTransitions = this.#stepProperties.map((list) => list.length > 0);
    this.#applied = new Float64Array(machine.properties.length);
    this.reset();
  }

  /** Forgets all counts. */
  reset(): void {
    this.#applied.fill(0);
    this.#pending = this.#machine.properties.map((property, index) => ({
      index,
      reached: property.witness.reached,
    }));
  }

  /** State properties at their moments. Order: as listed in the machine. */
  judgeState(s: S): readonly Judgement[] {
    let found: Judgement[] | null = null;
    if (this.#pending.length > 0) this.#lookForWitnesses(s);
    for (const { holds, members } of this.#groups) {
      if (holds !== null && !holds(s)) continue;
      for (const { index, property } of members) {
        if (!property.applies(s)) continue;
        this.#count(index);
        const finding = property.check(s);
        if (finding !== null) (found ??= []).push({ property: index, id: property.id, finding });
      }
    }
    return found === null ? NOTHING : found.sort(byProperty);
  }

  /** Properties of the executed step `before → after`. Order: as listed in the machine. */
  judgeStep(
    before: S,
    after: S,
    transition: number,
    args: readonly number[],
  ): readonly Judgement[] {
    const list = this.#stepProperties[transition];
    if (list === undefined || list.length === 0) return NOTHING;
    const name = this.#machine.transitions[transition]?.name ?? '';
    let found: Judgement[] | null = null;
    for (const { index, property } of list) {
      if (!property.applies(before, after, args, name)) continue;
      this.#count(index);
      const finding = property.check(before, after, args, name);
      if (finding !== null) (found ??= []).push({ property: index, id: property.id, finding });
    }
    return found ?? NOTHING;
  }

  /** Counts so far, one entry per property, in order. */
  evidence(): PropertyEvidence[] {
    const missing = new Set(this.#pending.map(({ index }) => index));
    return this.#machine.properties.map(({ id }, index) => ({
      id,
      applied: this.#applied[index] ?? 0,
      witnessReached: !missing.has(index),
    }));
  }

  /** Hands over the counts, and starts counting anew. Witnesses seen stay seen. */
  drain(): EvidenceCounts {
    const counts = this.counts();
    this.#applied.fill(0);
    return counts;
  }

  counts(): EvidenceCounts {
    return { applied: [...this.#applied], unseen: this.#pending.map(({ index }) => index) };
  }

  /** Adds what another judge of the same machine counted. */
  absorb({ applied, unseen }: EvidenceCounts): void {
    applied.forEach((count, index) => {
      this.#applied[index] = (this.#applied[index] ?? 0) + count;
    });
    this.#pending = this.#pending.filter(({ index }) => unseen.includes(index));
  }

  #count(index: number): void {
    this.#applied[index] = (this.#applied[index] ?? 0) + 1;
  }

  #lookForWitnesses(s: S): void {
    for (let k = this.#pending.length - 1; k >= 0; k--) {
      if (this.#pending[k]?.reached(s) === true) this.#pending.splice(k, 1);
    }
  }
}
