/** Flags that save a search now and then, and go on from where it was saved. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Selection } from '../checker/catalogue.ts';
import { Fault, reasonOf } from '../checker/fault.ts';
import { peekCheckpoint } from '../engine/checkpoint/format.ts';
import { CheckpointError, CheckpointWriteError } from '../engine/checkpoint/header.ts';
import type { ExhaustiveOptions } from '../engine/exhaustive.ts';
import type { Environment } from './environment.ts';
import { withFrontierFaults } from './frontier.ts';
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
const identitySchema = z.strictObject({
  selection: z.strictObject({
    scenario: z.string(),
    preset: z.string(),
    rules: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    mutant: z.string().optional(),
    properties: z.array(z.string()).optional(),
    granularity: z.enum(['step', 'operation']).optional(),
  }),
  symmetry: z.boolean(),
  /** Loops are looked for at the end. */
  liveness: z.boolean(),
  storage: z.enum(['exact', 'fingerprint']),
  /** Content hash of the model. */
  model: z.string(),
});

export interface SearchIdentity extends Omit<z.infer<typeof identitySchema>, 'selection'> {
  readonly selection: Selection;
}

const damaged = (file: string, error: CheckpointError): Fault =>
  new Fault('KMC-401', `${file}: ${error.message}`, ['Start the search anew.']);

/** Errors: faults 401 and 601 in place of `CheckpointError` and `SpillError`. */
export async function withCheckpointFaults<T>(
  { checkpoint, resumeFrom }: Pick<ExhaustiveOptions, 'checkpoint' | 'resumeFrom'>,
  work: Promise<T>,
): Promise<T> {
  try {
    return await withFrontierFaults(work);
  } catch (error) {
    if (checkpoint !== undefined && error instanceof CheckpointWriteError) {
      throw new Fault('KMC-601', `${checkpoint.file}: ${error.message}`);
    }
    if (resumeFrom !== undefined && error instanceof CheckpointError) {
      throw damaged(resumeFrom, error);
    }
    throw error;
  }
}

/** What the file is a search of. Errors: faults 401 and 402. */
export function resumedSearch(environment: Environment, file: string): SearchIdentity {
  const identity = identityIn(file);
  const { hash } = environment.model;
  if (identity.model === hash) {
    const [stranger] = strangersIn(environment, identity.selection);
    if (stranger === undefined) return identity;
    throw damaged(file, new CheckpointError(`it names "${stranger}", which is not there`));
  }
  throw new Fault('KMC-402', `${file}: saved by a search of model ${identity.model}, not ${hash}`, [
    'Start the search anew, or use the program that saved it.',
  ]);
}

/** Errors: fault 401. */
function identityIn(file: string): SearchIdentity {
  try {
    const { identity } = peekCheckpoint(file);
    const parsed = identitySchema.safeParse(identity);
    if (parsed.success) return parsed.data as SearchIdentity;
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') ?? '';
    throw new CheckpointError(`the file is damaged: at identity.${place}: ${issue?.message ?? ''}`);
  } catch (error) {
    if (error instanceof CheckpointError) throw damaged(file, error);
    throw error;
  }
}

/** Names of things that the catalogue does not have. */
function strangersIn({ catalogue }: Environment, selection: Selection): string[] {
  const { scenario, preset, mutant, properties = [], rules } = selection;
  const missing = (ids: readonly string[], known: readonly string[]) =>
    ids.filter((id) => !known.includes(id));
  const ids = (things: readonly { readonly id: string }[]) => things.map(({ id }) => id);
  const names = (things: readonly { readonly name: string }[]) => things.map(({ name }) => name);
  return [
    ...missing([scenario], ids(catalogue.scenarios)),
    ...missing([preset], names(catalogue.presets)),
    ...missing(mutant === undefined ? [] : [mutant], ids(catalogue.mutants)),
    ...missing(properties, ids(catalogue.properties)),
    ...missing(Object.keys(rules), names(catalogue.rules)),
  ];
}

/** A search of hours shall not find out at its end. Errors: fault 103. */
function checkFolder(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
    const there = statSync(file, { throwIfNoEntry: false });
    if (there?.isFile() === false) throw new Error('it is no regular file');
  } catch (error) {
    throw new Fault('KMC-103', `${file}: ${reasonOf(error)}`, ['Name another file.']);
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
