/** A search that is killed: saves itself often, goes on from there, prints its outcome in the end. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { machineOf } from '../../../dist/bench/machines/catalogue.js';
import { checkExhaustively } from '../../../dist/src/engine/exhaustive.js';

const [, , file] = process.argv;
const run = { machine: 'shadow-core', size: 'S', fault: 0, interchangeable: 'none', padding: 61 };
const outcome = await checkExhaustively(
  machineOf(run),
  {
    limits: { depth: 10 },
    storage: 'fingerprint',
    frontier: { folder: dirname(file), memory_bytes: 0 },
    checkpoint: { file, interval_ms: 60, identity: null },
    ...(existsSync(file) ? { resumeFrom: file } : {}),
  },
  { now: () => performance.now() },
);
process.stdout.write(JSON.stringify(outcome));
