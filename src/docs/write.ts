/** Brings the documents up to date with the code: generated tables, recorded examples. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../counterexample/model-version.ts';
import { writeWhole } from '../counterexample/write-text.ts';
import { documents } from './documents.ts';
import { recordExamples } from './examples.ts';
import { fillSections } from './markdown.ts';
import { sections } from './tables.ts';

for (const name of documents) {
  const file = join(packageRoot, name);
  const text = readFileSync(file, 'utf8');
  const fresh = await recordExamples(fillSections(text, sections));
  if (fresh !== text) writeWhole(file, fresh);
}
