/** The flags of `check`, and what they come to. */
import type { ArgumentsCamelCase, InferredOptionTypes } from 'yargs';
import type { Limits } from '../engine/outcome.ts';
import { baselineOptions, usesBaseline } from './baseline.ts';
import { checkpointOptions } from './checkpoint.ts';
import { limitOptions, outputOptions, saveOptions, selectionOptions } from './options.ts';
import { reportOptions, sarifOption } from './reports.ts';
import { shardOptions } from './shard.ts';
import { bytes, duration_ms, wholeNumber } from './values.ts';

export const checkOptions = {
  ...selectionOptions,
  ...limitOptions,
  ...checkpointOptions,
  ...baselineOptions,
  ...shardOptions,
  'max-states': { type: 'string', describe: 'Most distinct states', group: 'Limits:' },
  'max-memory': { type: 'string', describe: 'Most memory: 512M, 4G', group: 'Limits:' },
  workers: { type: 'string', default: 'auto', describe: 'Threads: auto or a number' },
  storage: {
    choices: ['exact', 'fingerprint'] as const,
    default: 'exact' as const,
    describe: 'Keep states in full, or 64 bits of each with a small risk',
  },
  'state-dir': {
    type: 'string',
    describe: 'Folder for what fingerprints leave in no memory [default: that of the system]',
  },
  symmetry: { type: 'boolean', default: true, describe: 'Take symmetric states for one' },
  liveness: {
    type: 'boolean',
    describe: 'Only scenarios that ask about runs without end; --no-liveness: no such question',
  },
  continue: { type: 'boolean', describe: 'Go on after a violation', conflicts: 'max-errors' },
  'max-errors': { type: 'string', describe: 'Stop after this many violations [default: 1]' },
  coverage: { type: 'boolean', describe: 'How often each transition was taken' },
  'fail-on-vacuous': {
    type: 'boolean',
    describe: 'Inconclusive if a property has no case [default: on when no scenario is named]',
  },
  ...saveOptions,
  ...reportOptions,
  ...sarifOption,
  ...outputOptions,
} as const;

export type CheckArguments = ArgumentsCamelCase<
  InferredOptionTypes<typeof checkOptions> & { scenario: string[] | undefined }
>;

const most = Number.MAX_SAFE_INTEGER;

export function limitsOf(argv: {
  readonly maxStates?: string | undefined;
  readonly maxDepth?: string | undefined;
  readonly timeout?: string | undefined;
  readonly maxMemory?: string | undefined;
}): Limits {
  const { maxStates, maxDepth, timeout, maxMemory } = argv;
  return {
    ...(maxStates === undefined ? {} : { states: wholeNumber('max-states', maxStates, 1, most) }),
    ...(maxDepth === undefined ? {} : { depth: wholeNumber('max-depth', maxDepth, 0, most) }),
    ...(timeout === undefined ? {} : { time_ms: duration_ms('timeout', timeout) }),
    ...(maxMemory === undefined ? {} : { memory_bytes: bytes('max-memory', maxMemory) }),
  };
}

export function maxErrorsOf(argv: CheckArguments): number {
  if (argv.continue === true || usesBaseline(argv)) return Infinity;
  return argv.maxErrors === undefined ? 1 : wholeNumber('max-errors', argv.maxErrors, 1, most);
}

/** Errors: fault 102. */
export const workersOf = ({ workers }: { readonly workers: string }): number | undefined =>
  workers === 'auto' ? undefined : wholeNumber('workers', workers, 1, 1024);

/** What the user set beside the selection, as given. */
export function otherArguments(argv: CheckArguments): string[] {
  const texts: Readonly<Record<string, string | undefined>> = {
    '--max-states': argv.maxStates,
    '--max-depth': argv.maxDepth,
    '--timeout': argv.timeout,
    '--max-memory': argv.maxMemory,
    '--max-errors': argv.maxErrors,
  };
  return [
    ...Object.entries(texts).flatMap(([flag, text]) => (text === undefined ? [] : [flag, text])),
    ...(argv.storage === 'exact' ? [] : ['--storage', argv.storage]),
    ...(argv.symmetry ? [] : ['--no-symmetry']),
    ...(argv.liveness === false ? ['--no-liveness'] : []),
    ...(argv.continue === true || usesBaseline(argv) ? ['--continue'] : []),
  ];
}
