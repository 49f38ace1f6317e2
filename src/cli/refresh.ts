/** Recording stored counterexamples for the model as it is now. */
import type { MutantEntry, Selection } from '../checker/catalogue.ts';
import { executeTrace } from '../counterexample/execute.ts';
import { readDraft } from '../counterexample/load.ts';
import { counterexampleOf } from '../counterexample/record.ts';
import { replay } from '../counterexample/replay.ts';
import { selectionOf } from '../counterexample/resolve.ts';
import { saveAs, saveIn } from '../counterexample/save.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import { asksProgress, checkExhaustively } from '../engine/exhaustive.ts';
import { filesIn } from './corpus.ts';
import type { Environment } from './environment.ts';
import { presetOf, scenarioNamed } from './selection.ts';

/** A shortest violation of the one property that is selected. */
async function searched(
  environment: Environment,
  selection: Selection,
  wanted: boolean,
): Promise<Counterexample | undefined> {
  const { catalogue, model } = environment;
  const machine = catalogue.instantiate(selection);
  const symmetry = wanted && !asksProgress(machine, {});
  const control = {
    now: environment.now,
    interrupted: () => environment.stopSignal() !== undefined,
  };
  const outcome = await checkExhaustively(machine, { symmetry: wanted }, control);
  const violation = outcome.kind === 'violated' ? outcome.violations[0] : undefined;
  if (violation === undefined) return undefined;
  const found = { engine: 'exhaustive', version: model.version, symmetry } as const;
  const origin = { selection, machine, catalogue, model, found };
  return counterexampleOf(violation, origin, executeTrace(machine, violation.trace));
}

/** A certified run is searched for again: a new model may have a shorter one. */
function searchedAgain(
  environment: Environment,
  file: string,
  found: Counterexample,
): Promise<Counterexample | undefined> {
  const symmetry = found.found.engine !== 'exhaustive' || found.found.symmetry;
  return searched(environment, selectionOf(file, found, environment.catalogue), symmetry);
}

/** The same run, when it still has its verdict. */
function executedAgain(
  environment: Environment,
  file: string,
  found: Counterexample,
): Counterexample | undefined {
  const { catalogue, model } = environment;
  const replayed = replay(file, found, catalogue, { model, acceptModelChange: true });
  if (!replayed.asExpected) return undefined;
  return { ...found, model, fingerprints: replayed.run.steps.map((step) => step.fingerprint) };
}

/**
 * Returns whether the file was written. A run written by hand may leave its fingerprints out.
 * What people wrote in it is kept, and a file that no longer has its verdict is left alone: that
 * is for people to judge.
 */
export async function refresh(environment: Environment, file: string): Promise<boolean> {
  const found = readDraft(file);
  const isCertified = found.minimality === 'shortest' || found.minimality === 'shortest-entry';
  const again = isCertified
    ? await searchedAgain(environment, file, found)
    : executedAgain(environment, file, found);
  if (again === undefined) return false;
  const { title, says, kernel, notes } = found;
  const origin = isCertified ? again.found : { ...found.found, version: environment.model.version };
  return saveAs(file, { ...again, title, says, kernel, notes, found: origin });
}

const isOf = (mutant: MutantEntry, { rules, expect }: Counterexample): boolean =>
  rules.mutant === mutant.id &&
  expect.verdict === 'violated' &&
  expect.property === mutant.property;

/** Searches for the counterexamples of mutants that have none. Returns the files written. */
export async function* supplyMissing(
  environment: Environment,
  folder: string,
): AsyncGenerator<string> {
  const stored = filesIn([folder]).map(readDraft);
  for (const mutant of environment.catalogue.mutants) {
    if (environment.stopSignal() !== undefined) return;
    if (stored.some((found) => isOf(mutant, found))) continue;
    const { id, scenario, property } = mutant;
    const preset = presetOf(scenarioNamed(environment.catalogue, scenario), mutant);
    const selection = { scenario, preset, rules: {}, mutant: id, properties: [property] };
    const found = await searched(environment, selection, true);
    if (found !== undefined) yield saveIn(folder, found, new Set());
  }
}
