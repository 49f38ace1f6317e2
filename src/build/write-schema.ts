/** Writes the published JSON Schemas from their declarations. */
import { join } from 'node:path';
import { packageRoot } from '../counterexample/model-version.ts';
import { writeWhole } from '../counterexample/write-text.ts';
import { publishedSchemas } from './schemas.ts';

for (const [name, text] of Object.entries(publishedSchemas)) {
  writeWhole(join(packageRoot, 'schema', name), text);
}
