/** The first line of a checkpoint: all of a search but its states. */
import type { EvidenceCounts } from '../judge.ts';
import type { Violation } from '../outcome.ts';
import type { Sighting } from '../search/sightings.ts';
import type { Storage } from '../search/store.ts';

const FORMAT = 'kvm-mmu-check checkpoint';
const VERSION = 2;

/** How every checkpoint begins. */
export const FORMAT_START = `{"format":${JSON.stringify(FORMAT)},`;

/** Why a file cannot be resumed from, or a search not be saved. */
export class CheckpointError extends Error {
  override readonly name: string = 'CheckpointError';
}

/** Why a search cannot be saved. */
export class CheckpointWriteError extends CheckpointError {
  override readonly name = 'CheckpointWriteError';
}

export interface SavedSearch {
  /** What was searched, as the caller describes it: plain data. */
  readonly identity: unknown;
  /** Names of the machine and its parts: whoever resumes must have the same. */
  readonly machine: string;
  readonly words: number;
  readonly storage: Storage;
  /** States by level; the last one is being expanded. */
  readonly levels: readonly number[];
  /** States of the last level that have been expanded. */
  readonly expanded: number;
  /** States of the level after. */
  readonly found: number;
  readonly taken: readonly number[];
  readonly evidence: EvidenceCounts;
  readonly sightings: readonly (Omit<Sighting, 'vector'> & {
    readonly vector: readonly number[];
  })[];
  readonly violations: readonly Violation[];
  readonly elapsed_ms: number;
}

export const headerText = (search: SavedSearch): string =>
  `${JSON.stringify({ format: FORMAT, version: VERSION, ...search })}\n`;

type Test = (value: unknown) => boolean;

const isCount: Test = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isList: Test = (value) => Array.isArray(value);
const isRecord: Test = (value) => typeof value === 'object' && value !== null;
const isCounts: Test = (value) => Array.isArray(value) && value.every(isCount);

/** Of the values that would otherwise be counted with, or go through, without a look. */
const tests: Readonly<Record<keyof SavedSearch, Test>> = {
  identity: () => true,
  machine: (value) => typeof value === 'string',
  words: isCount,
  storage: (value) => value === 'exact' || value === 'fingerprint',
  levels: (value) => isCounts(value) && (value as readonly number[]).length > 0,
  expanded: isCount,
  found: isCount,
  taken: isCounts,
  evidence: (value) =>
    isRecord(value) &&
    isCounts(Reflect.get(value as object, 'applied')) &&
    isCounts(Reflect.get(value as object, 'unseen')),
  sightings: (value) =>
    isList(value) &&
    (value as readonly unknown[]).every(
      (one) => isRecord(one) && isList(Reflect.get(one as object, 'vector')),
    ),
  violations: isList,
  elapsed_ms: (value) => Number.isFinite(value) && Number(value) >= 0,
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new CheckpointError('the first line of the file is no JSON');
  }
};

/** Errors: `CheckpointError`, which names the field. */
export function headerFrom(text: string): SavedSearch {
  const header = parse(text) as SavedSearch & { readonly version: number };
  if (header.version !== VERSION) {
    throw new CheckpointError(`the file has version ${header.version}, not ${VERSION}`);
  }
  for (const [name, test] of Object.entries(tests)) {
    if (!test(Reflect.get(header, name))) {
      throw new CheckpointError(`the file is damaged: its first line has a wrong "${name}"`);
    }
  }
  if (header.expanded > (header.levels.at(-1) ?? 0)) {
    throw new CheckpointError('the file is damaged: more states were expanded than there are');
  }
  return header;
}
