/** Some of the damage again, met by the program as it is installed: a process for each. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allDamage } from './damage.ts';
import { contentsOf, expectRefusal } from './refusals.ts';

const main = join(import.meta.dirname, '../../dist/src/cli/main.js');
const most_ms = 60_000;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'processes-'));
  spawnSync('mkfifo', [join(folder, 'pipe')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A process that waits for ever is killed, and has no exit code. */
function expectRefused(words: readonly string[], exit: 64 | 65, says: string): void {
  const before = contentsOf(folder);
  const options = { cwd: folder, encoding: 'utf8', timeout: most_ms } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], options);
  expectRefusal({ code: status ?? -1, out: stdout, err: stderr }, exit, says);
  expect(contentsOf(folder)).toEqual(before);
}

describe('the program', () => {
  const damage = allDamage();
  const some = damage.filter((_, i) => i % Math.floor(damage.length / 8) === 7);

  it.each(some)('refuses a file: $name', ({ bytes }) => {
    writeFileSync(join(folder, 'bad_file.json'), bytes);
    expectRefused(['replay', 'bad_file.json'], 65, 'bad_file.json');
  });

  it('does not wait for what has no end, or no beginning', () => {
    expectRefused(['show', 'pipe'], 65, 'pipe');
    expectRefused(['check', '--resume', 'pipe'], 65, 'pipe');
    expectRefused(['check', '--baseline', '/dev/zero'], 65, '/dev/zero');
  });

  it.each([
    ['check', '--workers'],
    ['check', '--symmetry=maybe'],
    ['run', '--path=99999999999999999999', '--seed=1'],
  ])('refuses %s %s', (...words) => {
    expectRefused(words, 64, 'KMC-10');
  });
});
