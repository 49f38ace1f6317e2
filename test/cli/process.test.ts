/** What only a process shows: signals, closed pipes, exit codes, the installed program. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventSchema } from '../../src/report/schema.ts';
import { readKtap } from '../report/ktap-reader.ts';
import { junitErrors, sarifErrors } from '../report/validators.ts';

const root = join(import.meta.dirname, '..', '..');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Interference {
  readonly signal?: NodeJS.Signals;
  /** Stop reading the results after the first part of them. */
  readonly closePipe?: boolean;
}

/** Interferes at the first output, when the command is at work for certain. */
function runToy(words: readonly string[], slow: boolean, how: Interference = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/toy/main.ts', ...words], {
    cwd: root,
    env: { ...process.env, TOY_IS_SLOW: slow ? '1' : '0' },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (part) => {
    if (out === '' && how.signal !== undefined) child.kill(how.signal);
    if (how.closePipe === true) child.stdout.destroy();
    out += String(part);
  });
  child.stderr.on('data', (part) => (err += String(part)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

describe('the process', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('writes partial results on %s, and ends with %i', async (signal, expected) => {
    const { code, out, err } = await runToy(['check', 'lock-two-actors'], true, { signal });
    expect(err).toBe('');
    expect(out).toContain('INCONCLUSIVE  it was interrupted');
    expect(out).toContain('repeat   kvm-mmu-check check lock-two-actors');
    expect(code).toBe(expected);
  });

  it('leaves whole reports when it is stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
    const at = (name: string) => join(folder, name);
    const files = ['--junit', at('j.xml'), '--sarif', at('s.sarif'), `--ktap=${at('k.ktap')}`];
    const words = ['check', 'lock-two-actors', '--format', 'ndjson', ...files];
    const { code, out } = await runToy(words, true, { signal: 'SIGINT' });
    expect(code).toBe(130);
    const lines = out.trimEnd().split('\n');
    const events = lines.map((line) => eventSchema.parse(JSON.parse(line)));
    expect(events.at(-1)).toMatchObject({
      event: 'summary',
      because: 'it was interrupted',
      exitCode: 130,
    });
    const text = (name: string) => readFileSync(at(name), 'utf8');
    expect(await junitErrors(text('j.xml'))).toEqual([]);
    expect(sarifErrors(text('s.sarif'))).toEqual([]);
    expect(readKtap(text('k.ktap'))).toHaveLength(1);
    rmSync(folder, { recursive: true });
  });

  it('keeps its verdict when nobody reads the results to the end', async () => {
    const words = ['check', 'lock-two-actors', '--max-states', '50000'];
    const { code, err } = await runToy(words, true, { closePipe: true });
    expect(err).toBe('');
    expect(code).toBe(2);
  });

  it('prints results to standard output, and faults to standard error', async () => {
    expect(await runToy(['list', 'presets', '-q'], false)).toEqual({
      code: 0,
      out: 'upstream\n',
      err: '',
    });
    const { code, out, err } = await runToy(['list', 'nothing'], false);
    expect([code, out]).toEqual([64, '']);
    expect(err).toMatch(/^error KMC-103/);
  });
});
