/** Commands of the toy in process, each test in a folder of its own. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { ScenarioEntry } from '../../src/checker/catalogue.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { toyCatalogue, toyEnvironment } from '../toy/catalogue.ts';

export function inAFolderOfItsOwn(): void {
  const home = process.cwd();
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });
}

export async function run(line: string, changes: Partial<Environment> = {}) {
  const recorded = { out: '', err: '' };
  const code = await runCli(line.split(' '), toyEnvironment(recorded, changes));
  return { code, ...recorded };
}

export const text = (name: string): string => readFileSync(name, 'utf8');

const [lock] = toyCatalogue.scenarios;
if (lock === undefined) throw new Error('the toy has a scenario');

/** Five scenarios, with costs; the fourth one violates a property when the rule is changed. */
export const five: Environment['catalogue'] = {
  ...toyCatalogue,
  scenarios: ['a', 'b', 'c', 'd', 'e'].map((id, i): ScenarioEntry => ({
    ...lock,
    id,
    counts: { states: 2, transitions: 10 * (i + 1), depth: 1 },
  })),
  instantiate: (selection) =>
    toyCatalogue.instantiate({
      ...selection,
      rules: selection.scenario === 'd' ? selection.rules : {},
    }),
};
