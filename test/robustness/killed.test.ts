/**
 * Commands that are killed: no file is ever left that a reader would take for whole and that is
 * not, and the command works when it is given again. The built program, on the model.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCounterexample } from '../../src/counterexample/load.ts';

const root = join(import.meta.dirname, '..', '..');
const main = join(root, 'dist/src/cli/main.js');
const killer = join(import.meta.dirname, 'die-at.mjs');

/** Found among eight states. */
const bug = 'lookup-builds-a-twin';
const file = 'bad_valid-page-is-unique--shadow-unsync--lookup-builds-a-twin.json';
const stored = join(root, 'counterexamples', file);

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'killed-'))));
afterEach(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With `dieAt`, killed at that change of a file. */
function run(words: readonly string[], dieAt?: number): Ended {
  const more = dieAt === undefined ? [] : ['--import', killer];
  return spawnSync(process.execPath, [...more, main, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, DIE_AT: String(dieAt ?? 0) },
  });
}

const isTemporary = (name: string): boolean => /\.(tmp|part)$/.test(name);

/** Files that a reader may take for results. */
const results = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !isTemporary(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');

interface Case {
  readonly name: string;
  readonly words: readonly string[];
  /** Exit code of the command when nobody interferes. */
  readonly exit: number;
  /** What is there before the command. */
  readonly prepare: () => void;
  /** By name of a file: whether it is whole. Other files must not be there. */
  readonly whole: Readonly<Record<string, (text: string) => boolean>>;
}

const isJson = (text: string): boolean => typeof JSON.parse(text) === 'object';
const isStored = (text: string): boolean => text === readFileSync(stored, 'utf8');

/** As it was before, or as it is after. */
const stale = (): string =>
  readFileSync(stored, 'utf8').replace(/"hash": "\w+"/, `"hash": "${'0'.repeat(16)}"`);

const plant = ['check', '--mutant', bug, '--properties', 'valid-page-is-unique'];
const reports = ['--junit', 'report.xml', '--sarif', 'report.sarif'];

const cases: readonly Case[] = [
  {
    name: 'check, with all its reports',
    words: [...plant, '--save', 'found', '--format', 'json', '--out', 'report.json', ...reports],
    exit: 1,
    prepare: () => {},
    whole: {
      [`found/${file}`]: isStored,
      'report.json': isJson,
      'report.sarif': isJson,
      'report.xml': (text) => text.trimEnd().endsWith('</testsuites>'),
    },
  },
  {
    name: 'shrink --in-place',
    words: ['shrink', '--in-place', '--accept-model-change', file],
    exit: 0,
    prepare: () => writeFileSync(join(folder, file), stale()),
    whole: { [file]: (text) => isStored(text) || text === stale() },
  },
  {
    name: 'test --update',
    words: ['test', '--update', 'stored'],
    exit: 0,
    prepare: () => {
      mkdirSync(join(folder, 'stored'));
      writeFileSync(join(folder, 'stored', file), stale());
    },
    whole: { [`stored/${file}`]: (text) => isStored(text) || text === stale() },
  },
  {
    name: 'rules --resume',
    words: ['rules', 'lookup_reuse', '--scenario', 'shadow-unsync', '--resume', 'rules.json'],
    exit: 0,
    prepare: () => {},
    whole: { 'rules.json': isJson },
  },
];

describe.each(cases)('$name', ({ words, exit, prepare, whole }) => {
  it('leaves nothing by halves, at whichever change of a file it is killed', () => {
    prepare();
    let kills = 0;
    for (let dieAt = 1; ; dieAt++) {
      const { signal, status, stderr } = run(words, dieAt);
      for (const name of results())
        expect([name, whole[name]?.(textOf(name))]).toEqual([name, true]);
      if (signal === null) {
        expect(stderr.replace(/^recorded anew: .*\n/, '')).toBe('');
        expect(status).toBe(exit);
        break;
      }
      expect(signal).toBe('SIGKILL');
      kills++;
    }
    expect(kills).toBeGreaterThan(2);
    expect(results()).toEqual(Object.keys(whole).sort());
    expect(
      Object.keys(whole).filter((name) => name.endsWith(file) && !isStored(textOf(name))),
    ).toEqual([]);
  });
});

describe('a checkpoint', () => {
  it('is whole, or not there, at whichever change of a file the search is killed', () => {
    const scenario = 'shadow-direct-repointed';
    const saving = ['--checkpoint', 'saved', '--timeout', '1ms', '--no-save', '-q'];
    for (let dieAt = 1; ; dieAt++) {
      const { signal, status } = run(['check', scenario, ...saving], dieAt);
      if (signal === null) {
        expect(status).toBe(2);
        break;
      }
      // The first one is killed before it is there.
      expect(existsSync(join(folder, 'saved'))).toBe(false);
    }
    const { status, stdout } = run(['check', '--resume', 'saved', '--no-save', '-q']);
    expect(stdout).toMatch(/^HELD .* in all 576 states/);
    expect(status).toBe(0);
    // An old one stays while a new one is written.
    const before = textOf('saved');
    const { signal } = run(['check', scenario, ...saving], 3);
    expect([signal, textOf('saved') === before]).toEqual(['SIGKILL', true]);
  });
});

/** xorshift: the same moments in every run. */
function* moments(seed: number): Generator<number> {
  for (let x = seed; ;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield (x >>> 0) / 2 ** 32;
  }
}

/** Sends the signal a while after the first output. */
function signalled(
  words: readonly string[],
  signal: NodeJS.Signals,
  after_ms: number,
): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...words], { cwd: folder });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part) => {
    if (stdout === '') setTimeout(() => child.kill(signal), after_ms);
    stdout += String(part);
  });
  child.stderr.on('data', (part) => (stderr += String(part)));
  return new Promise((resolve) =>
    child.on('close', (status, by) => resolve({ status, signal: by, stdout, stderr })),
  );
}

describe('a signal at a random moment', () => {
  const codes = { SIGINT: 130, SIGTERM: 143 } as const;
  const commands = {
    check: ['check', 'shadow-unsync', '--save', 'found'],
    run: ['run', 'shadow-unsync', '--seed', '7', '--save', 'found'],
  } as const;
  const delay = moments(0x5eed);
  const all = (['SIGINT', 'SIGTERM'] as const).flatMap((signal) =>
    (['check', 'run'] as const).map((command) => ({ signal, command, after: delay.next().value })),
  );

  it.each(all)('$signal ends $command with partial results', async ({ signal, command, after }) => {
    const { status, stdout, stderr } = await signalled(commands[command], signal, after * 150);
    expect(stderr).toBe('');
    expect(stdout).toContain('INCONCLUSIVE  it was interrupted');
    expect(stdout).toContain(`repeat   kvm-mmu-check ${command} shadow-unsync`);
    expect(status).toBe(codes[signal]);
    expect(results()).toEqual([]);
  });

  it('kills runs that leave nothing but whole counterexamples', async () => {
    const words = ['run', '--mutant', 'direct-child-gfn-mismatch', '--save', 'found', '--seed'];
    for (let seed = 1; seed <= 4; seed++) {
      const after_ms = Number(delay.next().value) * 400;
      await signalled([...words, String(seed)], 'SIGKILL', after_ms);
      for (const name of results()) readCounterexample(join(folder, name));
    }
    const { status } = run([...words, '1']);
    expect(status).toBe(1);
    expect(results()).toHaveLength(1);
  });

  it('stops a refresh of many files, each of them whole', async () => {
    const corpus = join(folder, 'stored');
    cpSync(join(root, 'counterexamples'), corpus, { recursive: true });
    const child = spawn(process.execPath, [main, 'test', '--update', 'stored'], { cwd: folder });
    for (const name of readdirSync(corpus).filter((one) => one.endsWith('.json'))) {
      const text = readFileSync(join(corpus, name), 'utf8');
      writeFileSync(
        join(corpus, name),
        text.replace(/"hash": "\w+"/, '"hash": "0000000000000000"'),
      );
    }
    setTimeout(() => child.kill('SIGTERM'), 1500);
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect([143, null]).toContain(status);
    for (const name of results().filter((one) => one.endsWith('.json'))) {
      readCounterexample(join(folder, name));
    }
  });
});
