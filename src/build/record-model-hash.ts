/** Last step of a build: records which model the emitted code was built from. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOfSources, packageRoot } from '../counterexample/model-version.ts';

const file = join(packageRoot, 'dist', 'model-hash.json');
writeFileSync(file, `${JSON.stringify({ hash: hashOfSources(packageRoot) })}\n`);
