/** From a violation that an engine found to the file that keeps it. */
import type { AnyMachine, Catalogue, RuleValue, Selection } from '../checker/catalogue.ts';
import type { Violation } from '../engine/outcome.ts';
import { executeTrace, type ExecutedRun } from './execute.ts';
import type { ModelVersion } from './model-version.ts';
import { schemaName, type Counterexample } from './schema.ts';

export interface Origin {
  readonly selection: Selection;
  readonly machine: AnyMachine;
  readonly catalogue: Catalogue;
  readonly model: ModelVersion;
  readonly found: Counterexample['found'];
}

export interface RulesNamed {
  readonly preset: string;
  readonly rules: Readonly<Record<string, RuleValue>>;
  readonly mutant?: string | undefined;
}

/** The rules in words: `upstream + split_flush=never`, `upstream + mutant link-unsynced-child`. */
export function rulesText(selection: RulesNamed): string {
  const changes = Object.entries(selection.rules).map(([name, value]) => `${name}=${value}`);
  const mutant = selection.mutant === undefined ? [] : [`mutant ${selection.mutant}`];
  return [selection.preset, ...mutant, ...changes].join(' + ');
}

/** Names of kernel functions among sources, each once. */
export const functionNames = (sources: readonly string[]): string[] => [
  ...new Set(sources.flatMap((source) => source.match(/\b[a-z_]\w*\(\)/g) ?? [])),
];

/** What a file says beside what happens in it. */
type Said = Pick<
  Counterexample,
  'title' | 'says' | 'expect' | 'loop' | 'minimality' | 'notes' | 'kernel'
>;

/** The file of any run that was executed. */
export function runFile(
  { selection, machine, catalogue, model, found }: Origin,
  run: ExecutedRun,
  said: Said,
): Counterexample {
  const { preset, mutant, rules } = selection;
  const scenario = catalogue.scenarios.find((s) => s.id === selection.scenario);
  return {
    ...said,
    schema: schemaName,
    model,
    machine: machine.name,
    scenario: selection.scenario,
    granularity: selection.granularity ?? scenario?.granularity ?? 'step',
    rules: { preset, ...(mutant === undefined ? {} : { mutant }), changes: { ...rules } },
    initial: run.initial,
    actions: run.steps.map(({ action }) => ({ ...action, args: { ...action.args } })),
    fingerprints: run.steps.map((step) => step.fingerprint),
    found,
  };
}

/** Errors: faults 201 and 208 when the trace is not one of the machine. */
export function counterexampleOf(
  violation: Violation,
  origin: Origin,
  run: ExecutedRun = executeTrace(origin.machine, violation.trace),
): Counterexample {
  const { selection, catalogue } = origin;
  const property = catalogue.properties.find((p) => p.id === violation.property);
  const mutant = catalogue.mutants.find((m) => m.id === selection.mutant);
  return runFile(origin, run, {
    title: `${violation.property} is violated in ${selection.scenario} (${rulesText(selection)})`,
    says: property?.says ?? '',
    expect: { verdict: 'violated', property: violation.property, step: run.steps.length },
    ...(violation.loop === undefined ? {} : { loop: violation.loop }),
    minimality: violation.minimality.kind,
    kernel: { functions: functionNames([...(mutant?.source ?? []), ...(property?.source ?? [])]) },
    notes: mutant?.says ?? '',
  });
}
