/**
 * The checker as a library: `import { checkScenario } from 'kvm-mmu-check'`.
 *
 * Importing it does nothing but define things: no file is read, nothing is printed, no signal is
 * listened to. What it offers is described in docs/library.md.
 */
import { catalogue } from '../checker/instance.ts';
import { currentModel } from '../counterexample/model-version.ts';
import type {
  MutantEntry,
  PresetEntry,
  PropertyEntry,
  RuleEntry,
  ScenarioEntry,
} from '../checker/catalogue.ts';

/** Order of the lists: as `list` prints them. */
export const scenarios: readonly ScenarioEntry[] = catalogue.scenarios;
/** The decisions of KVM that can be changed, with their values. */
export const rules: readonly RuleEntry[] = catalogue.rules;
export const presets: readonly PresetEntry[] = catalogue.presets;
/** The known bugs, each with the property that must find it. */
export const mutants: readonly MutantEntry[] = catalogue.mutants;
export const properties: readonly PropertyEntry[] = catalogue.properties;

/** Package version, and content hash of the model and its properties. Reads `package.json`. */
export { currentModel as modelVersion };

export { checkScenario, exploreScenario } from './search.ts';
export type {
  CheckOptions,
  ExploreOptions,
  ExploreResult,
  SearchResult,
  ViolationFound,
  WhatToCheck,
} from './search.ts';
export { replayCounterexample, replayFile, saveCounterexample } from './replay.ts';
export type { ReplayOptions, ReplayResult } from './replay.ts';
export { parseCounterexample, readCounterexample } from '../counterexample/load.ts';
export { serialise as counterexampleText } from '../counterexample/serialise.ts';
export { Fault, type FaultCode } from '../checker/fault.ts';
export type { OwnProperty } from './own-properties.ts';
export type { Counterexample } from '../counterexample/schema.ts';
export type { ModelVersion } from '../counterexample/model-version.ts';
export type { Finding, Witness } from '../engine/machine/index.ts';
export type {
  Bound,
  Limits,
  Minimality,
  PropertyEvidence,
  Statistics,
  TransitionCoverage,
} from '../engine/outcome.ts';
export type { ReportedStep } from '../report/search-report.ts';
export type { Config, Kvm, PresetName, RuleName, Rules } from '../../model/index.ts';
export type { Moment } from '../../properties/index.ts';
export type {
  Granularity,
  MutantEntry,
  PresetEntry,
  PropertyEntry,
  RuleEntry,
  RuleValue,
  ScenarioEntry,
} from '../checker/catalogue.ts';
