/**
 * Writes how each planted bug is found, or those that are named as arguments (`npm run mutants`):
 * an exhaustive search with one thread, up to the first violation.
 */
import { argv } from 'node:process';
import { catalogue, mutantEvidenceFile } from '../checker/instance.ts';
import {
  mutantEvidenceText,
  readMutantEvidence,
  type MutantEvidence,
} from '../checker/mutant-evidence.ts';
import type { MutantEntry } from '../checker/catalogue.ts';
import { writeWhole } from '../counterexample/write-text.ts';
import { checkExhaustively } from '../engine/exhaustive.ts';

const now = (): number => performance.now();

const search = async ({ id, preset, scenario }: MutantEntry): Promise<MutantEvidence> => {
  const own = catalogue.scenarios.find((candidate) => candidate.id === scenario)?.preset;
  const selection = { scenario, preset: preset ?? own ?? 'upstream', rules: {}, mutant: id };
  const machine = catalogue.instantiate(selection);
  const from = now();
  const outcome = await checkExhaustively(machine, {}, { now });
  const violation = outcome.kind === 'violated' ? outcome.violations[0] : undefined;
  if (violation === undefined) throw new Error(`${id}: ${outcome.kind}`);
  process.stderr.write(`${id} ${violation.property}\n`);
  return {
    property: violation.property,
    engine: 'exhaustive',
    steps: violation.trace.steps.length,
    states: outcome.statistics.states,
    seconds: Math.ceil((now() - from) / 1000),
  };
};

const wanted = new Set(argv.slice(2));
for (const id of wanted) {
  if (!catalogue.mutants.some((mutant) => mutant.id === id)) {
    throw new Error(`no mutant is named ${id}`);
  }
}
const before = readMutantEvidence(mutantEvidenceFile);
const book: Record<string, MutantEvidence> = {};
for (const mutant of catalogue.mutants) {
  const kept = wanted.size === 0 || wanted.has(mutant.id) ? undefined : before[mutant.id];
  if (kept !== undefined) book[mutant.id] = kept;
  else if (wanted.size === 0 || wanted.has(mutant.id)) book[mutant.id] = await search(mutant);
}
writeWhole(mutantEvidenceFile, mutantEvidenceText(book));
