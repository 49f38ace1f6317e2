/** Evaluation of properties: moments, antecedents, witnesses, and the counts of a run. */
import { panelsOf, type JudgedVector, type Panel } from './judge/panel.ts';
import { questionsOf, type Judgement, type Notes } from './judge/questions.ts';
import { NOTHING, stepJudge, type StepJudge } from './judge/step-judge.ts';
import { stepMemory, type StepMemory } from './judge/step-memory.ts';
import type { Machine, StepProperty, Transition } from './machine/index.ts';
import type { PropertyEvidence } from './outcome.ts';

export type { JudgedVector } from './judge/panel.ts';
export type { Judgement } from './judge/questions.ts';

/** Counts of one judge that are handed to another. */
export interface EvidenceCounts {
  /** By property: how often it applied since the last time. */
  readonly applied: readonly number[];
  /** Places of the properties whose witness has not been seen. */
  readonly unseen: readonly number[];
}

const byProperty = (x: Judgement, y: Judgement): number => x.property - y.property;

/** A moment, with its questions as bits by panel. */
interface Moment<S> {
  /** `null` for `every-step`. */
  readonly holds: ((s: S) => boolean) | null;
  readonly bits: readonly number[];
}

function momentsOf<S>(machine: Machine<S>, panels: readonly Panel<S>[]): Moment<S>[] {
  const asked = machine.properties.flatMap((p) => (p.kind === 'state' ? [p.when] : []));
  return [...new Set(['every-step', ...asked])].map((when) => {
    const holds = when === 'every-step' ? null : machine.moments[when];
    if (holds === undefined) throw new RangeError(`machine ${machine.name} has no moment ${when}`);
    return { holds, bits: panels.map((panel) => panel.bitsOf(when)) };
  });
}

function memoryFor<S>(
  { reads }: StepProperty<S>,
  { parameters }: Transition<S>,
  vector: JudgedVector | null,
): StepMemory | undefined {
  if (reads === undefined || vector === null) return undefined;
  const sizes = parameters.map(({ size }) => size);
  return stepMemory(vector.before, { mask: vector.maskOf(reads), sizes });
}

export class Judge<S> {
  /** By transition: step properties ask about it. */
  readonly judgedTransitions: readonly boolean[];
  /** By transition. */
  readonly stepJudges: readonly StepJudge<S>[];
  readonly #machine: Machine<S>;
  readonly #panels: readonly Panel<S>[];
  readonly #moments: readonly Moment<S>[];
  readonly #notes: Notes;

  /**
   * With a `vector`, answers are remembered by what properties read.
   * Errors: `RangeError` when a property names an unknown moment, or reads an unknown field.
   */
  constructor(machine: Machine<S>, vector: JudgedVector | null = null) {
    this.#machine = machine;
    const count = machine.properties.length;
    this.#notes = { applied: new Float64Array(count), seen: new Uint8Array(count), found: null };
    this.#panels = panelsOf(questionsOf(machine, this.#notes, vector?.maskOf ?? null), vector);
    this.#moments = momentsOf(machine, this.#panels);
    // A machine may lack transitions that its scenario has no use for.
    const asked = machine.transitions.map((transition) =>
      machine.properties.flatMap((property, index) =>
        property.kind === 'step' && property.on.includes(transition.name)
          ? [{ index, property, memory: memoryFor(property, transition, vector) }]
          : [],
      ),
    );
    this.judgedTransitions = asked.map((list) => list.length > 0);
    this.stepJudges = machine.transitions.map(({ name }, t) =>
      stepJudge(name, asked[t] ?? [], this.#notes, vector?.checked ?? false),
    );
  }

  /** Forgets all counts. */
  reset(): void {
    this.#tally();
    this.#notes.applied.fill(0);
    this.#notes.seen.fill(0);
    for (const panel of this.#panels) panel.refresh();
  }

  /** State properties at their moments. Order: as listed in the machine. */
  judgeState(s: S): readonly Judgement[] {
    const notes = this.#notes;
    notes.found = null;
    let held = 0;
    for (let k = 0; k < this.#moments.length; k++) {
      const { holds } = this.#moments[k] as Moment<S>;
      if (holds === null || holds(s)) held |= 1 << k;
    }
    for (let n = 0; n < this.#panels.length; n++) this.#panels[n]?.ask(s, this.#bits(held, n));
    return notes.found === null ? NOTHING : (notes.found as Judgement[]).sort(byProperty);
  }

  /** Properties of the executed step `before → after`. Order: as listed in the machine. */
  judgeStep(
    before: S,
    after: S,
    transition: number,
    args: readonly number[],
  ): readonly Judgement[] {
    return this.stepJudges[transition]?.(before, after, args) ?? NOTHING;
  }

  /** Counts so far, one entry per property, in order. */
  evidence(): PropertyEvidence[] {
    this.#tally();
    const { applied, seen } = this.#notes;
    return this.#machine.properties.map(({ id }, index) => ({
      id,
      applied: applied[index] ?? 0,
      witnessReached: seen[index] !== 0,
    }));
  }

  /** Hands over the counts, and starts counting anew. Witnesses seen stay seen. */
  drain(): EvidenceCounts {
    const counts = this.counts();
    this.#notes.applied.fill(0);
    return counts;
  }

  counts(): EvidenceCounts {
    this.#tally();
    const { applied, seen } = this.#notes;
    return {
      applied: [...applied],
      unseen: [...seen.keys()].filter((index) => seen[index] === 0),
    };
  }

  /** Adds what another judge of the same machine counted. */
  absorb({ applied, unseen }: EvidenceCounts): void {
    const { applied: mine, seen } = this.#notes;
    applied.forEach((count, index) => {
      mine[index] = (mine[index] ?? 0) + count;
      if (!unseen.includes(index)) seen[index] = 1;
    });
    for (const panel of this.#panels) panel.refresh();
  }

  #tally(): void {
    for (const panel of this.#panels) panel.tally();
  }

  #bits(held: number, panel: number): number {
    let bits = 0;
    for (let k = 0; k < this.#moments.length; k++) {
      if ((held & (1 << k)) !== 0) bits |= this.#moments[k]?.bits[panel] ?? 0;
    }
    return bits;
  }
}
