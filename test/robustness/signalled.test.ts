/** Commands that are stopped at random moments, by a signal that they hear or one that kills. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readCounterexample } from '../../src/counterexample/load.ts';
import { interruptIn, resultsIn, root, runIn, temporaryFolders } from './programs.ts';

const folders = temporaryFolders();
afterEach(folders.remove);

const codes = { SIGINT: 130, SIGTERM: 143 } as const;
const signals = ['SIGINT', 'SIGTERM'] as const;

/** xorshift: the same moments in every run. */
function* moments(seed: number): Generator<number, never> {
  for (let x = seed; ;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield (x >>> 0) / 2 ** 32;
  }
}

const delay = moments(0x5eed);
const upTo = (most_ms: number): number => delay.next().value * most_ms;

describe('a search that is stopped', () => {
  const all = signals.flatMap((signal) =>
    (['check', 'run'] as const).map((command) => ({ signal, command, after_ms: upTo(150) })),
  );

  it.each(all)('by $signal: $command tells what it has', async ({ signal, command, after_ms }) => {
    const folder = folders.next();
    const seed = command === 'run' ? ['--seed', '7'] : [];
    const words = [command, 'shadow-unsync', ...seed, '--save', 'found'];
    const how = { signal, after_ms, fromOutput: true };
    const { status, stdout, stderr } = await interruptIn(folder, words, how);
    expect(stderr).toBe('');
    expect(stdout).toContain('INCONCLUSIVE  it was interrupted');
    expect(stdout).toContain(`repeat   kvm-mmu-check ${command} shadow-unsync`);
    expect(status).toBe(codes[signal]);
    expect(resultsIn(folder)).toEqual([]);
  });
});

describe('rules', () => {
  const words = ['rules', 'direct_validate', 'lookup_unsync', '--resume', 'rules.json'];
  const named = [...words, '--scenario', 'shadow-direct-repointed', 'shadow-link-unsync-table'];

  it.each([...signals, 'SIGKILL'] as const)('stopped by %s go on later', async (signal) => {
    const folder = folders.next();
    const how = { signal, after_ms: upTo(300), fromOutput: true };
    const { status, stderr } = await interruptIn(folder, named, how);
    expect(stderr).toBe('');
    expect(status).toBe(signal === 'SIGKILL' ? null : codes[signal]);
    expect(resultsIn(folder)).toEqual(['rules.json']);
    const text = () => readFileSync(join(folder, 'rules.json'), 'utf8');
    const { searches } = JSON.parse(text()) as { readonly searches: readonly unknown[] };
    expect(searches.length).toBeGreaterThan(0);
    // What was searched is not searched again.
    const again = [
      ...words.slice(0, 2),
      ...words.slice(3),
      '--scenario',
      'shadow-direct-repointed',
    ];
    expect([runIn(folder, again).stderr, (JSON.parse(text()) as object) !== null]).toEqual([
      '',
      true,
    ]);
  });
});

describe('shrink', () => {
  const file =
    'bad_access-is-justified-by-guest-tables--shadow-link-unsync-child--link-unsynced-child.json';

  it.each([...signals, 'SIGKILL'] as const)('stopped by %s leaves whole files', async (signal) => {
    const folder = folders.next();
    cpSync(join(root, 'counterexamples', file), join(folder, file));
    const before = readFileSync(join(folder, file), 'utf8');
    const how = { signal, after_ms: 700 + upTo(1500), fromOutput: false };
    const {
      status,
      signal: by,
      stderr,
    } = await interruptIn(folder, ['shrink', '--in-place', file], how);
    expect(stderr).toBe('');
    // It may not have begun to listen, or be done.
    expect([by, 0, codes[signal as keyof typeof codes]]).toContain(by ?? status);
    expect(resultsIn(folder)).toEqual([file]);
    expect(readCounterexample(join(folder, file)).actions.length).toBeLessThanOrEqual(
      before.match(/"actor"/g)?.length ?? 0,
    );
    if (signal !== 'SIGKILL') return;
    expect(runIn(folder, ['shrink', '--in-place', file]).status).toBe(0);
    expect(resultsIn(folder)).toEqual([file]);
  });
});

describe.each([
  ['check', 'lookup-builds-a-twin', 'bad_valid-page-is-unique--'],
  ['run', 'direct-child-gfn-mismatch', 'bad_rmap-key-is-the-recorded-gfn--'],
])('%s of what is broken', (command, mutant, found) => {
  it('leaves whole files, by whatever it is stopped, and works again', async () => {
    const folder = folders.next();
    const seed = command === 'run' ? ['--seed', '1'] : [];
    const reports = ['--junit', 'report.xml', '--sarif', 'report.sarif', '--out', 'report.txt'];
    const words = [command, '--mutant', mutant, '--save', 'found', ...seed, ...reports];
    for (const signal of [...signals, 'SIGKILL'] as const) {
      const how = { signal, after_ms: 300 + upTo(900), fromOutput: false } as const;
      await interruptIn(folder, words, how);
      for (const name of resultsIn(folder)) {
        const text = readFileSync(join(folder, name), 'utf8');
        if (name.startsWith('found/')) readCounterexample(join(folder, name));
        else if (name === 'report.sarif') expect(typeof JSON.parse(text)).toBe('object');
        else if (name === 'report.xml') expect(text.trimEnd()).toMatch(/<\/testsuites>$/);
        else expect([name, text]).toEqual(['report.txt', expect.stringMatching(/\n$/)]);
      }
    }
    expect(runIn(folder, words).status).toBe(1);
    const files = resultsIn(folder);
    expect(files.filter((name) => name.startsWith(`found/${found}`))).toHaveLength(1);
    expect(files).toHaveLength(4);
  });
});

describe('a refresh of many files', () => {
  it('that is stopped leaves each of them whole', async () => {
    const folder = folders.next();
    const corpus = join(folder, 'stored');
    cpSync(join(root, 'counterexamples'), corpus, { recursive: true });
    for (const name of readdirSync(corpus).filter((one) => one.endsWith('.json'))) {
      const text = readFileSync(join(corpus, name), 'utf8');
      const stale = text.replace(/"hash": "\w+"/, `"hash": "${'0'.repeat(16)}"`);
      writeFileSync(join(corpus, name), stale);
    }
    const how = { signal: 'SIGTERM', after_ms: 1500, fromOutput: false } as const;
    const { status } = await interruptIn(folder, ['test', '--update', 'stored'], how);
    expect([143, null]).toContain(status);
    for (const name of resultsIn(corpus).filter((one) => one.endsWith('.json'))) {
      readCounterexample(join(corpus, name));
    }
  });
});
