/** Searches that are killed, and go on. The built program: what is killed is what users run. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../../dist/src/cli/main.js');
const scenario = 'shadow-link-unsync-table';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  file = join(folder, 'saved');
});
afterEach(() => rmSync(folder, { recursive: true }));

const words = (...more: readonly string[]) => [main, 'check', '--no-save', ...more];

/** All of a report that is the same in every run. */
function resultOf(...more: readonly string[]): unknown {
  const { stdout, status } = spawnSync(process.execPath, words('--format', 'json', ...more), {
    encoding: 'utf8',
  });
  const [result] = (JSON.parse(stdout) as { readonly searches: readonly object[] }).searches;
  const text = JSON.stringify(result, (key, value: unknown) =>
    /elapsed|memory|rate|workers|per_s|startedAt/.test(key) ? undefined : value,
  );
  return { status, result: JSON.parse(text) as unknown };
}

const savedAt = (): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Lets the search run until it has saved itself, and for a time, or ends; kills the process. */
function killedAfter(time_ms: number): Promise<void> {
  const saving = ['--checkpoint', file, '--checkpoint-interval', '20ms'];
  const child = spawn(
    process.execPath,
    existsSync(file) ? words('--resume', file, ...saving) : words(scenario, ...saving),
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const before = savedAt();
  const poll = setInterval(() => {
    if (savedAt() === before) return;
    clearInterval(poll);
    setTimeout(() => child.kill('SIGKILL'), time_ms);
  }, 5);
  return new Promise((resolve) =>
    child.on('close', () => {
      clearInterval(poll);
      resolve();
    }),
  );
}

describe('a folder for states', () => {
  const ended = (...more: readonly string[]) => {
    const args = words(scenario, '--storage', 'fingerprint', ...more);
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return `${status} ${stderr.slice(0, 14)}`;
  };

  it('is used, and must be one that can be written to', () => {
    expect(ended('--state-dir', folder)).toBe('0 ');
    expect(ended('--state-dir', join(folder, 'none'))).toBe('64 error KMC-103:');
    expect(ended('--state-dir', main)).toBe('64 error KMC-103:');
  });
});

describe('a checkpoint', () => {
  it('loses nothing when the process is killed at any moment', async () => {
    const whole = resultOf(scenario, '--workers', '1');
    for (const time_ms of [13, 1, 47, 32, 9, 98]) await killedAfter(time_ms);
    expect(existsSync(file)).toBe(true);
    expect(resultOf('--resume', file)).toEqual(whole);
  });

  it('is written on a signal', async () => {
    const child = spawn(process.execPath, words(scenario, '--checkpoint', file, '--progress'));
    child.stdout.once('data', () => child.kill('SIGTERM'));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(143);
    expect(resultOf('--resume', file)).toEqual(resultOf(scenario));
  });

  it('is refused when it is none, and takes no other selection', () => {
    writeFileSync(file, 'nothing of the kind');
    const ended = (...more: readonly string[]) => {
      const { status, stderr } = spawnSync(process.execPath, words(...more), { encoding: 'utf8' });
      return `${status} ${stderr.slice(0, 14)}`;
    };
    expect(ended('--resume', file)).toBe('65 error KMC-401:');
    expect(ended(scenario, '--resume', file)).toBe('64 error KMC-103:');
    expect(ended(scenario, '--checkpoint', join(folder, 'none', 'file'))).toBe('64 error KMC-103:');
  });
});
