/** Builds `dist/` once, so that tests of the command line run what users run. */
import { spawnSync } from 'node:child_process';

/** Type errors are the business of `npm run typecheck`: code is emitted all the same. */
export function setup(): void {
  spawnSync('npm', ['exec', '--no', '--', 'tsc', '-p', '.'], { stdio: 'ignore' });
  spawnSync('node', ['dist/src/build/record-model-hash.js'], { stdio: 'inherit' });
}
