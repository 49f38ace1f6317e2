/** What the model offers to whoever checks it. */
export { configOf, scenario, type Scenario } from './scenario.ts';
export { createMachine, modelTransitions } from './machine.ts';
export { describeChanges } from './describe.ts';
export { mutants, type Mutant } from './mutants/index.ts';
export {
  presets,
  presetSays,
  ruleDefinitions,
  ruleNames,
  type PresetName,
  type RuleName,
  type Rules,
} from './rules.ts';
export { gpte } from './gpte.ts';
export type { Geometry } from './geometry.ts';
export { scenarios } from './scenarios/index.ts';
export type { Config, Costs } from './config.ts';
export type { Kvm } from './state.ts';
