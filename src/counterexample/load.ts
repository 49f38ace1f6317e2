/** From a file to a validated counterexample. Errors: faults 202 to 205, with file and place. */
import { Fault } from '../checker/fault.ts';
import { parseFile, type FileForm } from './json-file.ts';
import { readText } from './read-text.ts';
import { counterexampleSchema, schemaName, type Counterexample } from './schema.ts';

const form: FileForm<Counterexample> = {
  what: 'a counterexample',
  name: schemaName,
  schema: counterexampleSchema,
  restore: 'Restore it, or find the violation again: kvm-mmu-check check',
  otherVersion: 'Replay it with the package version named in its "model" field.',
  described: 'The format is described in docs/counterexample-format.md.',
};

/** As many as the longest random walk has steps. */
const actionsMax = 10_000;

/** As `parseCounterexample`, but the fingerprints may be absent (`[]`): they are to be written. */
export function parseDraft(text: string, file: string): Counterexample {
  const found = parseFile(text, file, form);
  const { actions } = found;
  if (actions.length <= actionsMax) return found;
  throw new Fault('KMC-204', `${file}: has ${actions.length} actions, at most ${actionsMax} go`);
}

/** `file` is how messages call it. */
export function parseCounterexample(text: string, file: string): Counterexample {
  const found = parseDraft(text, file);
  checkLengths(found, file);
  return found;
}

/** What the schema language cannot say. */
function checkLengths(found: Counterexample, file: string): void {
  const { actions, fingerprints, expect, loop } = found;
  if (fingerprints.length !== actions.length) {
    throw new Fault(
      'KMC-204',
      `${file}: has ${actions.length} actions but ${fingerprints.length} fingerprints`,
      ['There is one fingerprint per action: of the state after it.'],
    );
  }
  if (expect.verdict === 'violated' && expect.step > actions.length) {
    throw new Fault(
      'KMC-204',
      `${file}: expects a violation at step ${expect.step} of ${actions.length}`,
      ['Steps are counted from 1; step 0 is the initial state.'],
    );
  }
  if (loop !== undefined && loop > actions.length) {
    throw new Fault(
      'KMC-204',
      `${file}: has a loop from step ${loop} on, but ${actions.length} actions`,
      ['The last state is the one after so many actions.'],
    );
  }
}

export function readCounterexample(file: string): Counterexample {
  return parseCounterexample(readText(file), file);
}

/** A file that is about to be recorded anew. */
export const readDraft = (file: string): Counterexample => parseDraft(readText(file), file);
