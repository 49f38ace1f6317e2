/** Re-recording a stored counterexample for the model as it is now. */
import { executeTrace } from '../counterexample/execute.ts';
import { readDraft } from '../counterexample/load.ts';
import { counterexampleOf } from '../counterexample/record.ts';
import { replay } from '../counterexample/replay.ts';
import { selectionOf } from '../counterexample/resolve.ts';
import { saveAs } from '../counterexample/save.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import { checkExhaustively } from '../engine/exhaustive.ts';
import type { Environment } from './environment.ts';

/** A certified shortest run is searched for again: a new model may have a shorter one. */
async function searchedAgain(
  environment: Environment,
  file: string,
  found: Counterexample,
): Promise<Counterexample | undefined> {
  const { catalogue, model } = environment;
  const selection = selectionOf(file, found, catalogue);
  const machine = catalogue.instantiate(selection);
  const symmetry = found.found.engine !== 'exhaustive' || found.found.symmetry;
  const control = {
    now: environment.now,
    interrupted: () => environment.stopSignal() !== undefined,
  };
  const outcome = await checkExhaustively(machine, { symmetry }, control);
  const violation = outcome.kind === 'violated' ? outcome.violations[0] : undefined;
  if (violation === undefined) return undefined;
  const origin = { selection, machine, catalogue, model, found: found.found };
  return counterexampleOf(violation, origin, executeTrace(machine, violation.trace));
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
 * Returns whether the file was written. A run written by hand may leave its fingerprints out. What people wrote in it is kept, and a file that no
 * longer has its verdict is left alone: that is for people to judge.
 */
export async function refresh(environment: Environment, file: string): Promise<boolean> {
  const found = readDraft(file);
  const again =
    found.minimality === 'shortest'
      ? await searchedAgain(environment, file, found)
      : executedAgain(environment, file, found);
  if (again === undefined) return false;
  const { title, says, kernel, notes } = found;
  const origin = { ...found.found, version: environment.model.version };
  return saveAs(file, { ...again, title, says, kernel, notes, found: origin });
}
