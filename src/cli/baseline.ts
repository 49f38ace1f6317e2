/** The flags about known violations. */
import { existsSync } from 'node:fs';
import { writeWhole } from '../counterexample/write-text.ts';
import {
  baselineText,
  goneFrom,
  hashOf,
  isKnown,
  readBaseline,
  renewed,
  type Baseline,
} from '../report/baseline.ts';
import type { ComparedBaseline } from '../report/reporter.ts';
import type { SearchReport } from '../report/search-report.ts';
import type { Environment } from './environment.ts';
import type { SearchContext } from './search.ts';

const group = 'What to check:';

export const baselineOptions = {
  baseline: {
    type: 'string',
    describe: 'Fail for violations alone that are not in this file; implies --continue',
    group,
    conflicts: ['max-errors', 'write-baseline'],
  },
  'write-baseline': {
    type: 'string',
    describe: 'Write what is found to this file, and take it for known; implies --continue',
    group,
    conflicts: ['max-errors', 'shard'],
  },
} as const;

interface BaselineFlags {
  readonly baseline?: string | undefined;
  readonly writeBaseline?: string | undefined;
}

export const usesBaseline = ({ baseline, writeBaseline }: BaselineFlags): boolean =>
  baseline !== undefined || writeBaseline !== undefined;

export interface BaselineUse {
  readonly isKnown?: NonNullable<SearchContext['isKnown']>;
  /** What the summary says of it. */
  readonly compare: (reports: readonly SearchReport[]) => { readonly baseline?: ComparedBaseline };
  /** Writes the file of `--write-baseline`. Errors: fault 601. */
  readonly write: (reports: readonly SearchReport[]) => void;
}

const nothing: BaselineUse = { compare: () => ({}), write: () => {} };

/** A search that was cut short by a signal knows too little to say what is known. */
function writer({ err, stopSignal }: Environment, before: Baseline): BaselineUse['write'] {
  return (reports) => {
    if (stopSignal() !== undefined) {
      err(`${before.file}: not written, since the search was interrupted\n`);
      return;
    }
    const entries = renewed(before, reports);
    writeWhole(before.file, baselineText(entries));
    const count = `${entries.length} known ${entries.length === 1 ? 'violation' : 'violations'}`;
    err(`${before.file}: written, with ${count}\n`);
  };
}

/** Reads what there is before the work begins. Errors: faults 201 to 205. */
export function baselineUse(environment: Environment, flags: BaselineFlags): BaselineUse {
  const { baseline: given, writeBaseline } = flags;
  if (writeBaseline !== undefined) {
    const before = existsSync(writeBaseline)
      ? readBaseline(writeBaseline, environment.catalogue)
      : { file: writeBaseline, entries: [] };
    return { isKnown: () => true, compare: () => ({}), write: writer(environment, before) };
  }
  if (given === undefined) return nothing;
  const known = readBaseline(given, environment.catalogue);
  return {
    isKnown: ({ scenario, selection }, property) => isKnown(known, scenario, selection, property),
    compare: (reports) => ({
      baseline: { file: given, hash: hashOf(known), gone: goneFrom(known, reports) },
    }),
    write: () => {},
  };
}
