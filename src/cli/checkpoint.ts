/** Flags that save a search now and then, and go on from where it was saved. */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import type { Selection } from '../checker/catalogue.ts';
import { Fault, reasonOf } from '../checker/fault.ts';
import { CheckpointError, peekCheckpoint } from '../engine/checkpoint/format.ts';
import type { ExhaustiveOptions } from '../engine/exhaustive.ts';
import type { Environment } from './environment.ts';
import { duration_ms } from './values.ts';

export const checkpointOptions = {
  checkpoint: {
    type: 'string',
    describe: 'Save the search here at intervals and when it is stopped',
    group: 'Limits:',
  },
  'checkpoint-interval': {
    type: 'string',
    default: '10m',
    describe: 'Time between checkpoints: 30s, 10m',
    group: 'Limits:',
  },
  resume: {
    type: 'string',
    describe: 'Go on with the search saved in this file',
    group: 'What to check:',
  },
} as const;

interface CheckpointFlags {
  readonly checkpoint?: string | undefined;
  readonly checkpointInterval: string;
  readonly resume?: string | undefined;
}

/** What a search is of: all that its states and its outcome depend on. */
export interface SearchIdentity {
  readonly selection: Selection;
  readonly symmetry: boolean;
  /** Loops are looked for at the end. */
  readonly liveness: boolean;
  readonly storage: NonNullable<ExhaustiveOptions['storage']>;
  /** Content hash of the model. */
  readonly model: string;
}

const damaged = (file: string, error: CheckpointError): Fault =>
  new Fault('KMC-401', `${file}: ${error.message}`, ['Start the search anew.']);

/** Errors: fault 401 in place of `CheckpointError`. */
export async function withCheckpointFaults<T>(
  file: string | undefined,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (file !== undefined && error instanceof CheckpointError) throw damaged(file, error);
    throw error;
  }
}

/** What the file is a search of. Errors: faults 401 and 402. */
export function resumedSearch(environment: Environment, file: string): SearchIdentity {
  const identity = identityIn(file);
  const { hash } = environment.model;
  if (identity.model === hash) return identity;
  throw new Fault('KMC-402', `${file}: saved by a search of model ${identity.model}, not ${hash}`, [
    'Start the search anew, or use the program that saved it.',
  ]);
}

function identityIn(file: string): SearchIdentity {
  try {
    return peekCheckpoint(file).identity as SearchIdentity;
  } catch (error) {
    if (error instanceof CheckpointError) throw damaged(file, error);
    throw error;
  }
}

/** A search of hours shall not find out at its end. Errors: fault 103. */
function checkFolder(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw new Fault('KMC-103', `${file}: ${reasonOf(error)}`, ['Name a file in another folder.']);
  }
}

/** Where and when a search is saved: into the file that it was resumed from, if no other. */
export function checkpointSettings(
  flags: CheckpointFlags,
  identity: SearchIdentity,
): Pick<ExhaustiveOptions, 'checkpoint' | 'resumeFrom'> {
  const file = flags.checkpoint ?? flags.resume;
  if (file !== undefined) checkFolder(file);
  const interval_ms = duration_ms('checkpoint-interval', flags.checkpointInterval);
  return {
    ...(file === undefined ? {} : { checkpoint: { file, interval_ms, identity } }),
    ...(flags.resume === undefined ? {} : { resumeFrom: flags.resume }),
  };
}
