/** From a file to a validated counterexample. Errors: faults 202 to 205 that name the file. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { Fault, reasonOf } from '../checker/fault.ts';
import { counterexampleSchema, schemaName, type Counterexample } from './schema.ts';

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const cut = text.trim() === '' || !text.trimEnd().endsWith('}');
    throw new Fault('KMC-203', `${file}: not JSON: ${reasonOf(error)}`, [
      cut ? 'The file ends early: it was truncated.' : 'The file was damaged after it was written.',
      'Restore it, or find the violation again: kvm-mmu-check check',
    ]);
  }
}

function checkSchemaVersion(value: unknown, file: string): void {
  const schema: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'schema') : undefined;
  if (schema === schemaName) return;
  if (typeof schema === 'string' && /^kvm-mmu-check\/counterexample@\d+$/.test(schema)) {
    throw new Fault(
      'KMC-205',
      `${file}: has schema "${schema}", this program reads "${schemaName}"`,
      ['Replay it with the package version named in its "model" field.'],
    );
  }
  throw new Fault('KMC-204', `${file}: is not a counterexample: no "schema": "${schemaName}"`, [
    'The format is described in docs/counterexample-format.md.',
  ]);
}

const issueLine = (issue: z.core.$ZodIssue): string =>
  `at ${issue.path.length === 0 ? 'top level' : issue.path.join('.')}: ${issue.message}`;

/** As `parseCounterexample`, but the fingerprints may be absent (`[]`): they are to be written. */
export function parseDraft(text: string, file: string): Counterexample {
  const value = parseJson(text, file);
  checkSchemaVersion(value, file);
  const parsed = counterexampleSchema.safeParse(value);
  if (!parsed.success) {
    throw new Fault('KMC-204', `${file}: does not match the schema`, [
      ...parsed.error.issues.slice(0, 5).map(issueLine),
      'The format is described in docs/counterexample-format.md.',
    ]);
  }
  return parsed.data;
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

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Fault('KMC-202', `${file}: cannot be read: ${reasonOf(error)}`);
  }
}
