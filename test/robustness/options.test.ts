/** Command lines that cannot be meant: each is refused with 64, none is taken for another. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serialise } from '../../src/counterexample/serialise.ts';
import { badRun } from '../toy/counterexamples.ts';
import { contentsOf, expectRefusal, run } from './refusals.ts';

const home = process.cwd();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'options-'));
  process.chdir(folder);
  writeFileSync('bad_x.json', serialise(badRun()));
  mkdirSync('folder');
  symlinkSync('folder', 'link');
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

interface Wrong {
  readonly words: readonly string[];
  /** What the message must name. */
  readonly says: string;
}

const long = 'x'.repeat(100_000);

const each = (
  flags: readonly string[],
  values: readonly string[],
  command: readonly string[],
): Wrong[] =>
  flags.flatMap((flag) =>
    values.map((value) => ({ words: [...command, `--${flag}=${value}`], says: flag })),
  );

const notNumbers = [
  '',
  ' ',
  '-1',
  'NaN',
  'Infinity',
  '1e3',
  '0x10',
  '1.5',
  '_',
  '1\u0000',
  '\u0661',
];
const tooLarge = ['99999999999999999999', '9'.repeat(400)];
const notTimes = ['', ' ', '-1s', 'NaN', '1e3', '0', '0s', '1x', '1 s', '.5s', '9'.repeat(400)];
const notNames = ['', ' ', '__proto__', 'constructor', long, '\u001B[31m', '../../x'];

const wrongValues: Wrong[] = [
  ...each(
    ['max-states', 'max-errors', 'max-depth', 'workers', 'verbosity'],
    [...notNumbers, ...tooLarge],
    ['check', '--no-save'],
  ),
  ...each(['timeout', 'checkpoint-interval', 'max-memory'], notTimes, ['check', '--no-save']),
  ...each(['max-samples', 'max-steps'], [...notNumbers, ...tooLarge], ['run', '--no-save']),
  ...each(['seed'], ['', '-1', 'NaN', '1.5', '0x', '0xg', ...tooLarge], ['run', '--no-save']),
  ...each(
    ['path'],
    [':', '1:', 'a', ...notNumbers, ...tooLarge, '1:99999999999'],
    ['run', '--no-save', '--seed=1'],
  ),
  ...each(['preset', 'mutant', 'rule', 'properties'], notNames, ['check', '--no-save']),
  ...each(
    ['format', 'granularity', 'storage', 'color'],
    ['', 'x', '__proto__', long],
    ['check', '--no-save'],
  ),
  ...each(['match'], ['', '[', '(', '*', '(?<x', long.repeat(100)], ['check', '--no-save']),
  ...each(
    ['rule'],
    ['acquire', '=', 'acquire=', '=x', '__proto__=x', 'acquire=__proto__'],
    ['check', '--no-save'],
  ),
  ...each(['watch', 'hide'], ['', ',', 'sp1,'], ['replay', 'bad_x.json']),
  ...each(['max-states'], ['-1', 'x'], ['shrink', 'bad_x.json', '--no-save']),
];

const withValue = [
  'properties',
  'match',
  'preset',
  'rule',
  'mutant',
  'granularity',
  'max-depth',
  'timeout',
  'checkpoint',
  'checkpoint-interval',
  'resume',
  'max-states',
  'max-memory',
  'workers',
  'storage',
  'max-errors',
  'save',
  'format',
  'out',
  'color',
  'verbosity',
];
const lists = ['properties', 'rule'];
const switches = ['symmetry', 'continue', 'coverage', 'fail-on-vacuous', 'quiet', 'progress'];

const wrongForms: Wrong[] = [
  ...withValue.flatMap((flag) => [
    { words: ['check', `--${flag}`], says: flag },
    { words: ['check', `--${flag}`, '--quiet'], says: flag },
    { words: ['check', `--${flag}`, ''], says: flag },
    { words: ['check', `--${flag}.x=1`], says: flag },
    { words: ['check', `--${flag}[]=1`], says: flag },
    { words: ['check', `--no-${flag}=1`], says: flag },
    ...(flag === 'save' ? [] : [{ words: ['check', `--no-${flag}`], says: flag }]),
    ...(lists.includes(flag)
      ? []
      : [{ words: ['check', `--${flag}=1`, `--${flag}=1`], says: flag }]),
  ]),
  ...switches.flatMap((flag) => [
    { words: ['check', '--no-save', `--${flag}=maybe`], says: flag },
    { words: ['check', '--no-save', `--${flag}=`], says: flag },
    { words: ['check', '--no-save', `--${flag}=1`], says: flag },
    { words: ['check', '--no-save', `--${flag}`, `--no-${flag}`], says: flag },
    { words: ['check', '--no-save', `--${flag}.x`], says: flag },
  ]),
];

const wrongWords: Wrong[] = [
  ...['check', 'run', 'explain', 'list'].flatMap((command) =>
    notNames.map((name) => ({ words: [command, name], says: 'KMC-10' })),
  ),
  ...notNames.map((name) => ({ words: [name], says: 'KMC-10' })),
  { words: [], says: 'Name a command' },
  { words: ['check', '--', '--mutant'], says: '--' },
  { words: ['check', '---'], says: '---' },
  { words: ['check', '---mutant=x'], says: '---mutant' },
  { words: ['check', '-x'], says: 'x' },
  { words: ['check', '--__proto__=1'], says: '__proto__' },
  { words: ['check', '--__proto__.polluted=1'], says: '__proto__' },
  { words: ['check', '--constructor.prototype.polluted=1'], says: 'constructor' },
  { words: ['check', '--version=3'], says: '--version' },
  { words: ['--help=x'], says: '--help' },
  { words: ['check', 'run'], says: 'run' },
  { words: ['show', 'bad_x.json', 'bad_x.json'], says: 'bad_x.json' },
  { words: ['shrink'], says: 'KMC-103' },
  { words: ['replay'], says: 'KMC-103' },
  { words: ['check', '--checkpoint', 'folder', 'lock-two-actors'], says: 'folder' },
  { words: ['check', '--checkpoint', 'link', 'lock-two-actors'], says: 'link' },
  { words: ['check', '--checkpoint', 'none/x', 'lock-two-actors'], says: 'none/x' },
  { words: ['check', '--checkpoint', 'bad_x.json/x', 'lock-two-actors'], says: 'bad_x.json/x' },
  { words: ['check', 'lock-two-actors', '--resume', 'bad_x.json'], says: 'bad_x.json' },
  ...['', 'x', '__proto__', 'toString'].map((to) => ({
    words: ['export', 'bad_x.json', `--to=${to}`],
    says: 'to',
  })),
  { words: ['export', 'bad_x.json', '--to', 'itf', '--step', '1'], says: '--step' },
  { words: ['export', 'bad_x.json'], says: 'to' },
  { words: ['shrink', 'bad_x.json', '--in-place=maybe'], says: '--in-place' },
  { words: ['replay', 'bad_x.json', '--full', '--diff'], says: 'full' },
  { words: ['check', '--continue', '--max-errors=2'], says: 'max-errors' },
];

const wrong = [...wrongValues, ...wrongForms, ...wrongWords];

const named = ({ words }: Wrong): string =>
  JSON.stringify(words.map((word) => (word.length > 60 ? `${word.slice(0, 60)}...` : word)));

it.each(wrong.map((one) => ({ ...one, name: named(one) })))('$name', async ({ words, says }) => {
  const before = contentsOf(folder);
  const ended = await run(words);
  expectRefusal(ended, 64, says);
  expect(ended.out).toBe('');
  expect(contentsOf(folder)).toEqual(before);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});
