/**
 * Writes the recorded results of the scenarios that are checked when none is named, or of those
 * that are named here: an exhaustive search with the rules of the preset of each. State counts
 * belong to the model, and a change of them needs a reason in the changelog; the evidence beside
 * them is for readers.
 */
import { join } from 'node:path';
import { argv } from 'node:process';
import {
  evidenceOf,
  evidenceText,
  readEvidence,
  type RecordedEvidence,
} from '../checker/evidence.ts';
import type { RecordedCounts } from '../checker/catalogue.ts';
import { catalogue, evidenceFile } from '../checker/instance.ts';
import { packageRoot } from '../counterexample/model-version.ts';
import { writeWhole } from '../counterexample/write-text.ts';
import { checkExhaustively } from '../engine/exhaustive.ts';

const says =
  'Exact results of the exhaustive search of each scenario. Written by `npm run counts`.';

const head = `/** ${says} */
export const recordedCounts: Readonly<
  Record<string, { states: number; transitions: number; depth: number }>
> = {
`;

const recorded = catalogue.scenarios.filter(({ ci }) => ci);
const wanted = new Set(argv.slice(2));
for (const id of wanted) {
  if (!recorded.some((s) => s.id === id)) throw new Error(`no scenario with counts is named ${id}`);
}

const search = async (scenario: string, preset: string | undefined) => {
  const machine = catalogue.instantiate({ scenario, preset: preset ?? 'upstream', rules: {} });
  const outcome = await checkExhaustively(machine, {}, { now: () => 0 });
  if (outcome.kind !== 'held') throw new Error(`${scenario}: ${outcome.kind}`);
  process.stderr.write(`${scenario} ${outcome.statistics.states}\n`);
  return outcome.statistics;
};

let text = head;
const before = readEvidence(evidenceFile);
const book: Record<string, RecordedEvidence> = {};
const record = (id: string, { states, transitions, depth }: RecordedCounts) => {
  text += `  '${id}': { states: ${states}, transitions: ${transitions}, depth: ${depth} },\n`;
};
for (const { id, preset, counts } of recorded) {
  const kept = wanted.size === 0 || wanted.has(id) ? undefined : before[id];
  if (kept !== undefined && counts !== undefined) {
    record(id, counts);
    book[id] = kept;
    continue;
  }
  const statistics = await search(id, preset);
  record(id, statistics);
  book[id] = evidenceOf(statistics);
}
writeWhole(join(packageRoot, 'model', 'scenarios', 'counts.ts'), `${text}};\n`);
writeWhole(evidenceFile, evidenceText(book));
