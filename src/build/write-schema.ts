/** Writes the published JSON Schema from its declaration. */
import { join } from 'node:path';
import { packageRoot } from '../counterexample/model-version.ts';
import { writeWhole } from '../counterexample/save.ts';
import { jsonSchemaText } from '../counterexample/schema.ts';

writeWhole(join(packageRoot, 'schema', 'counterexample.schema.json'), jsonSchemaText());
