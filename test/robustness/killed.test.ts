/**
 * Commands that are killed at a change of a file: nothing is left that a reader would take for
 * whole and that is not, and the command works when it is given again.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { resultsIn, root, runIn, temporaryFolders } from './programs.ts';

const folders = temporaryFolders();
afterEach(folders.remove);

/** Found among eight states. */
const bug = 'lookup-builds-a-twin';
const file = 'bad_valid-page-is-unique--shadow-unsync--lookup-builds-a-twin.json';
const stored = readFileSync(join(root, 'counterexamples', file), 'utf8');

/** As it was before, or as it is after. */
const stale = stored.replace(/"hash": "\w+"/, `"hash": "${'0'.repeat(16)}"`);

interface Case {
  readonly name: string;
  readonly words: readonly string[];
  /** Exit code of the command when nobody interferes. */
  readonly exit: number;
  /** What is there before the command. */
  readonly prepare?: (folder: string) => void;
  /** By name of a file: whether it is whole. Other files must not be there. */
  readonly whole: Readonly<Record<string, (text: string) => boolean>>;
}

const isJson = (text: string): boolean => typeof JSON.parse(text) === 'object';
const isUnknown = (): boolean => false;
const isStored = (text: string): boolean => text === stored;
const isStoredOrStale = (text: string): boolean => isStored(text) || text === stale;

const plant = ['check', '--mutant', bug, '--properties', 'valid-page-is-unique'];
const misfiling = 'direct-child-gfn-mismatch';
const wrongKey = `bad_rmap-key-is-the-recorded-gfn--shadow-direct-repointed--${misfiling}.json`;
const reports = ['--junit', 'report.xml', '--sarif', 'report.sarif'];
const scenario = 'shadow-direct-repointed';

const cases: readonly Case[] = [
  {
    name: 'check, with all its reports',
    words: [...plant, '--save', 'found', '--format', 'json', '--out', 'report.json', ...reports],
    exit: 1,
    whole: {
      [`found/${file}`]: isStored,
      'report.json': isJson,
      'report.sarif': isJson,
      'report.xml': (text) => text.trimEnd().endsWith('</testsuites>'),
    },
  },
  {
    name: 'run',
    words: ['run', '--mutant', misfiling, '--save', 'found', '--seed', '1'],
    exit: 1,
    whole: {
      [`found/${wrongKey}`]: isJson,
    },
  },
  {
    name: 'shrink --in-place',
    words: ['shrink', '--in-place', '--accept-model-change', file],
    exit: 0,
    prepare: (folder) => writeFileSync(join(folder, file), stale),
    whole: { [file]: isStoredOrStale },
  },
  {
    name: 'rules',
    words: ['rules', 'direct_validate', '--scenario', scenario, '--resume', 'rules.json'],
    exit: 0,
    whole: { 'rules.json': isJson },
  },
  {
    name: 'test --update',
    words: ['test', '--update', 'stored'],
    exit: 0,
    prepare: (folder) => {
      mkdirSync(join(folder, 'stored'));
      writeFileSync(join(folder, 'stored', file), stale);
    },
    whole: { [`stored/${file}`]: isStoredOrStale },
  },
];

describe.each(cases)('$name', ({ words, exit, prepare, whole }) => {
  const halves = (folder: string): string[] =>
    resultsIn(folder).filter(
      (name) => !(whole[name] ?? isUnknown)(readFileSync(join(folder, name), 'utf8')),
    );

  it('leaves nothing by halves, at whichever change of a file it is killed', () => {
    const [folder, snapshots] = [folders.next(), folders.next()];
    prepare?.(folder);
    const { status, stderr } = runIn(folder, words, snapshots);
    expect(stderr.replace(/^recorded anew: .*\n/, '')).toBe('');
    expect(status).toBe(exit);
    expect(resultsIn(folder)).toEqual(Object.keys(whole).sort());
    expect(halves(folder)).toEqual([]);

    const moments = readdirSync(snapshots);
    expect(moments.length).toBeGreaterThan(2);
    for (const moment of moments)
      expect([moment, ...halves(join(snapshots, moment))]).toEqual([moment]);

    // Given again in what is left of the middle of it.
    const left = join(snapshots, String(Math.ceil(moments.length / 2)));
    expect(runIn(left, words).status).toBe(exit);
    expect(resultsIn(left)).toEqual(Object.keys(whole).sort());
    expect(halves(left)).toEqual([]);
  });
});

describe('a checkpoint', () => {
  const saving = ['--checkpoint', 'saved', '--timeout', '1ms', '--no-save', '-q'];
  const resuming = ['check', '--resume', 'saved', '--no-save', '-q'];

  it('is whole, the one before or not there, at whichever change of a file', () => {
    const [folder, first, second] = [folders.next(), folders.next(), folders.next()];
    expect(runIn(folder, ['check', scenario, ...saving], first).status).toBe(2);
    // The first one is not there before it is whole.
    expect(readdirSync(first).flatMap((moment) => resultsIn(join(first, moment)))).toEqual([]);
    const old = readFileSync(join(folder, 'saved'));
    expect(runIn(folder, ['check', scenario, ...saving], second).status).toBe(2);
    for (const moment of readdirSync(second)) {
      const there = readFileSync(join(second, moment, 'saved'));
      expect([moment, there.equals(old)]).toEqual([moment, true]);
    }
    const { status, stdout } = runIn(folder, resuming);
    expect([status, /^HELD .* in all 576 states/.test(stdout)]).toEqual([0, true]);
  });
});
