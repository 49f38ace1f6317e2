/** What `run --corpus` makes of its folder or file. */
import { statSync } from 'node:fs';
import type { ScenarioEntry, Selection } from '../../checker/catalogue.ts';
import { Fault } from '../../checker/fault.ts';
import type { Environment } from '../environment.ts';
import type { Searched } from '../search.ts';
import { added, corpusIn, corpusOf, type Corpus, type Ground } from './folder.ts';

/** For one scenario. */
export interface CorpusUse {
  readonly before: Corpus;
  /** The flags that repeat the walks, whatever becomes of the folder but for this one file. */
  readonly flags: readonly string[];
  /** Whether what walks come to is added. */
  readonly grows: boolean;
  /** Keeps what a search came to. Errors: fault 601. */
  readonly keep: (report: Searched) => void;
}

/** A file is read alone, and stays as it is; anything else is a folder, which may not be there. */
const isOneFile = (path: string): boolean =>
  path.endsWith('.json') || statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** Errors: fault 103 for a file and several scenarios. */
export function checkCorpus(path: string | undefined, scenarios: readonly ScenarioEntry[]): void {
  if (path === undefined || !isOneFile(path) || scenarios.length === 1) return;
  throw new Fault('KMC-103', `--corpus ${path}: a file is of one scenario`, [
    'Name the scenario, or give the folder.',
  ]);
}

/** Errors: faults 103, 202 to 208 for a file that cannot be used, 601. */
export function corpusFor(
  environment: Environment,
  path: string,
  scenario: ScenarioEntry,
  selection: Selection,
): CorpusUse {
  const granularity = selection.granularity ?? scenario.granularity ?? 'step';
  const ground: Ground = { environment, selection, granularity };
  const machine = environment.catalogue.instantiate(selection);
  const grows = !isOneFile(path);
  const before = grows ? corpusOf(path, ground, machine) : corpusIn(path, ground, machine);
  const { file } = before;
  return {
    before,
    flags: file === undefined ? ['--guided'] : ['--corpus', file],
    grows,
    keep: ({ openings }) => {
      if (!grows || openings === undefined) return;
      const after = added(path, ground, before, openings);
      if (after.file === undefined) return;
      const known = new Set(before.openings.map(({ feature }) => feature));
      const fresh = after.openings.filter(({ feature }) => !known.has(feature)).length;
      const count = `${after.openings.length} openings, ${fresh} of them new`;
      environment.err(`corpus: ${after.file}: ${count}\n`);
    },
  };
}
