/**
 * Writes the recorded results of every scenario that is checked when none is named: an exhaustive
 * search with the rules of its preset. State counts belong to the model, and a change of them
 * needs a reason in the changelog; the evidence beside them is for readers.
 */
import { join } from 'node:path';
import { evidenceOf, evidenceText, type RecordedEvidence } from '../checker/evidence.ts';
import { catalogue, evidenceFile } from '../checker/instance.ts';
import { packageRoot } from '../counterexample/model-version.ts';
import { writeWhole } from '../counterexample/save.ts';
import { checkExhaustively } from '../engine/exhaustive.ts';

const says =
  'Exact results of the exhaustive search of each scenario. Written by `npm run counts`.';

const head = `/** ${says} */
export const recordedCounts: Readonly<
  Record<string, { states: number; transitions: number; depth: number }>
> = {
`;

let text = head;
const book: Record<string, RecordedEvidence> = {};
for (const { id, preset } of catalogue.scenarios.filter(({ ci }) => ci)) {
  const machine = catalogue.instantiate({ scenario: id, preset: preset ?? 'upstream', rules: {} });
  const outcome = await checkExhaustively(machine, {}, { now: () => 0 });
  if (outcome.kind !== 'held') throw new Error(`${id}: ${outcome.kind}`);
  const { states, transitions, depth } = outcome.statistics;
  text += `  '${id}': { states: ${states}, transitions: ${transitions}, depth: ${depth} },\n`;
  book[id] = evidenceOf(outcome.statistics);
  process.stderr.write(`${id} ${states}\n`);
}
writeWhole(join(packageRoot, 'model', 'scenarios', 'counts.ts'), `${text}};\n`);
writeWhole(evidenceFile, evidenceText(book));
