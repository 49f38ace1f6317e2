/**
 * What the command line knows of a model: an inventory of named things, and a way to turn a
 * selection of them into a machine. The commands, the counterexample files and their tests see
 * this interface alone; `instance.ts` implements it for KVM, tests implement it for toys.
 */
import type { MachineSource } from '../engine/exhaustive.ts';
import type {
  Fields,
  Finding,
  Machine,
  ProgressProperty,
  Property,
} from '../engine/machine/index.ts';
import type { Activity } from '../export/activity.ts';
import type { Matrix } from '../matrix/matrix.ts';
import type { EvidenceBook } from './evidence.ts';
import type { Scene, SceneObject } from '../picture/scene.ts';

/** The engines never look inside `S`, hence neither does the command line. */
export type AnyMachine = Machine<unknown>;

/** Forgets the type of the working object. Sound because only the machine makes and reads it. */
export const erased = <S, F extends Fields>(machine: Machine<S, F>): AnyMachine =>
  machine as unknown as AnyMachine;

export type Granularity = 'step' | 'operation';
export type RuleValue = string | number | boolean;

/** A plain JSON object, as the engine's `snapshot` returns it. */
export type Snapshot = Readonly<Record<string, unknown>>;

/** Exact results of an exhaustive search, with symmetry, default granularity and preset. */
export interface RecordedCounts {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
}

export interface ScenarioEntry {
  readonly id: string;
  readonly says: string;
  /** The name of the machine it configures: `shadow`, `tdp`, … */
  readonly machine: string;
  /** Checked by `check` and `all` when no scenario is named. */
  readonly ci: boolean;
  /** Default `step`. */
  readonly granularity?: Granularity;
  /** Default `upstream`. */
  readonly preset?: string;
  /** Longest walk of the random engine, in steps. Default 200. */
  readonly maxSteps?: number;
  readonly counts?: RecordedCounts;
}

export interface RuleEntry {
  readonly name: string;
  /** In documented order; the upstream value need not be first. */
  readonly values: readonly RuleValue[];
  readonly says: string;
  readonly source: readonly string[];
}

export interface PresetEntry {
  readonly name: string;
  readonly says: string;
  readonly rules: Readonly<Record<string, RuleValue>>;
}

/** A preset with one rule changed, and what must then break. */
export interface MutantEntry {
  readonly id: string;
  /** The preset that is changed in one place. Default: that of the scenario. */
  readonly preset?: string;
  readonly rule: string;
  readonly value: RuleValue;
  readonly says: string;
  readonly source: readonly string[];
  readonly scenario: string;
  readonly property: string;
  /** Category of the list of known bugs: `A`, `B`, … */
  readonly category: string;
}

/** Names only; every one of them is known to the catalogue. */
export interface Selection {
  readonly scenario: string;
  readonly preset: string;
  /** Changes to the preset, the mutant's excluded. */
  readonly rules: Readonly<Record<string, RuleValue>>;
  readonly mutant?: string;
  /**
   * Absent: all that apply to the scenario. Present: these and no others, even ones that the
   * scenario excludes.
   */
  readonly properties?: readonly string[];
  /** Absent: the scenario's. */
  readonly granularity?: Granularity;
}

type AnyProperty<S> = Property<S> | ProgressProperty<S>;

/** What `list` and `explain` show of a property. */
export type PropertyEntry = Pick<
  AnyProperty<unknown>,
  'id' | 'says' | 'why' | 'source' | 'kind'
> & {
  /** A moment for a state property, the judged transitions for a step property. */
  readonly when: string;
  /** The sentence of its witness. */
  readonly witness: string;
  /** Where it is written, relative to the repository. */
  readonly file?: string;
};

const whenOf = <S>(property: AnyProperty<S>): string => {
  switch (property.kind) {
    case 'state':
      return property.when;
    case 'step':
      return `on ${property.on.join(', ')}`;
    case 'progress':
      return 'for-ever';
  }
};

/** Ids of all that is asked of a machine. */
export const askedOf = ({ properties, progress = [] }: AnyMachine): readonly string[] =>
  [...properties, ...progress].map(({ id }) => id);

/** Turns a property of any machine into its entry. */
export const propertyEntry = <S>(property: AnyProperty<S>): PropertyEntry => ({
  id: property.id,
  says: property.says,
  why: property.why,
  source: property.source,
  kind: property.kind,
  when: whenOf(property),
  witness: property.witness.says,
});

/** A step that led to a violation, and what it did. */
export interface Cause {
  /** From 1. */
  readonly step: number;
  readonly text: string;
}

/** A run up to a violation: its states from the initial one on, and the steps between them. */
export interface PlainRun {
  readonly states: readonly Snapshot[];
  readonly steps: readonly { readonly actor: string; readonly transition: string }[];
}

/** Something that a step may cost. */
export interface MeterEntry {
  /** `flushes`. */
  readonly id: string;
  /** Which steps it counts. */
  readonly says: string;
}

/** A machine that is watched while it is searched. */
export interface WatchedMachine {
  readonly machine: AnyMachine;
  /** Names of the rules that anything has asked for so far: what others say makes no difference. */
  readonly consulted: () => readonly string[];
}

/** What tells a search which rules matter, and what steps cost. */
export interface Instruments {
  readonly meters: readonly MeterEntry[];
  /**
   * As `instantiate`, with a property `meterId(id)` for each meter, which counts and never finds
   * anything. In one thread alone is it known which rules were asked for.
   */
  readonly watch: (selection: Selection) => WatchedMachine;
  /** How a thread builds that machine. Absent: one thread searches. */
  readonly source?: (selection: Selection) => MachineSource;
}

/** The id of the property that counts for a meter. */
export const meterId = (meter: string): string => `meter:${meter}`;

/** Order of every list: documented, stable; it is the order of `list`. */
export interface Catalogue {
  readonly scenarios: readonly ScenarioEntry[];
  readonly rules: readonly RuleEntry[];
  readonly presets: readonly PresetEntry[];
  readonly mutants: readonly MutantEntry[];
  readonly properties: readonly PropertyEntry[];
  readonly instantiate: (selection: Selection) => AnyMachine;
  /** How a thread builds the machine that `instantiate` returns. Absent: one thread searches. */
  readonly source?: (selection: Selection) => MachineSource;
  /** Absent: nothing is known of rules that do not matter, and nothing is counted. */
  readonly instruments?: Instruments;
  /** The difference of two states in the words of the model, one line per changed thing. */
  readonly describeChanges?: (
    selection: Selection,
    before: Snapshot,
    after: Snapshot,
  ) => readonly string[];
  /** The steps that led to a finding, in their order; empty when they cannot be computed. */
  readonly causesOf?: (
    selection: Selection,
    breach: {
      readonly property: string;
      readonly finding: Finding;
      /** Where the loop begins that is the violation; else the end of the run is. */
      readonly loop?: number | undefined;
    },
    run: PlainRun,
  ) => readonly Cause[];
  /** What exhaustive searches of the scenarios came to, as recorded. */
  readonly evidence?: () => EvidenceBook;
  /** What logging dirty pages costs. Absent: the model logs none. */
  readonly matrix?: () => Matrix;
  /** A state as a picture. Absent: the machine has none. */
  readonly sceneOf?: (selection: Selection, state: Snapshot) => Scene;
  /** What a state is in the middle of. Absent: nothing is known of it. */
  readonly activityOf?: (state: Snapshot) => Activity;
  /** What a finding is about, as it is in a state. Ids are those of the scene. */
  readonly objectsOf?: (
    selection: Selection,
    finding: Finding,
    state: Snapshot,
  ) => readonly SceneObject[];
}
