/** What is no regular file, or cannot be read or written: refused, and never waited for. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serialise } from '../../src/counterexample/serialise.ts';
import { badRun } from '../toy/counterexamples.ts';
import { contentsOf, expectRefusal, run } from './refusals.ts';

const root = join(import.meta.dirname, '..', '..');
const home = process.cwd();
const server = createServer();
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'special-'));
  process.chdir(folder);
  writeFileSync('bad_whole.json', serialise(badRun()));
  mkdirSync('bad_folder.json');
  mkdirSync('empty');
  symlinkSync('loop-b', 'loop-a');
  symlinkSync('loop-a', 'loop-b');
  symlinkSync('nowhere', 'dangling');
  symlinkSync('bad_folder.json', 'link-to-folder.json');
  spawnSync('mkfifo', ['pipe']);
  symlinkSync('pipe', 'link-to-pipe');
  writeFileSync('huge.json', '');
  truncateSync('huge.json', 2 ** 33);
  // Links: were they written to by renaming, nothing but a link would be lost.
  symlinkSync('/dev/full', 'full');
  symlinkSync('/dev/null', 'null');
  writeFileSync('secret.json', serialise(badRun()));
  chmodSync('secret.json', 0);
  await new Promise<void>((listening) => server.listen(join(folder, 'socket'), listening));
});
afterAll(() => {
  process.chdir(home);
  server.close();
  rmSync(folder, { recursive: true });
});

const readers = (file: string): readonly (readonly string[])[] => [
  ['replay', file],
  ['show', file],
  ['shrink', file, '--no-save'],
  ['test', file],
  ['test', '--update', file],
  ['check', '--no-save', '--resume', file],
];

describe('a file to read', () => {
  const places = [
    'nowhere',
    'loop-a',
    'dangling',
    'pipe',
    'link-to-pipe',
    'socket',
    'huge.json',
    'empty',
    'bad_whole.json/x',
    '/dev/zero',
    '/proc/self/mem',
    '/dev/null',
    'x'.repeat(5000),
  ];
  // Whoever may read everything reads this too.
  if (process.getuid?.() !== 0) places.push('secret.json');

  it.each(places)('that is %s', async (place) => {
    const before = contentsOf(folder);
    // Lists of checks name files without their folder.
    const says = basename(place).slice(0, 900);
    for (const words of readers(place)) expectRefusal(await run(words), 65, says);
    expect(contentsOf(folder)).toEqual(before);
  });

  it.each(['bad_folder.json', 'link-to-folder.json'])('that is the folder %s', async (place) => {
    expectRefusal(await run(['show', place]), 65, place);
    expectRefusal(await run(['shrink', place]), 65, place);
    expectRefusal(await run(['check', '--resume', place]), 65, place);
  });

  it('that is a folder with a name of a counterexample', async () => {
    mkdirSync('holder/bad_inner.json', { recursive: true });
    for (const command of ['replay', 'test']) {
      expectRefusal(await run([command, 'holder']), 65, 'bad_inner.json');
    }
  });

  it('may come from a pipe that the shell opened', () => {
    const main = join(root, 'dist/src/cli/main.js');
    const stored = join(root, 'counterexamples');
    const name = 'bad_valid-page-is-unique--shadow-unsync--lookup-builds-a-twin.json';
    const command = 'cat "$1" | "$2" "$3" replay - -q';
    const words = ['-c', command, 'sh', join(stored, name), process.execPath, main];
    const { stdout, status } = spawnSync('sh', words, { encoding: 'utf8' });
    expect([stdout.split('\n').at(-2)?.slice(0, 11), status]).toEqual(['AS RECORDED', 0]);
  });
});

describe('a place to write to', () => {
  const plant = ['check', '--mutant', 'test-then-set', '-q'];
  const places = [
    'bad_whole.json',
    'bad_whole.json/x',
    'loop-a/x',
    'pipe/x',
    '/dev/null/x',
    '/proc/x',
    'x'.repeat(300),
  ];

  it.each(places)('that is %s takes no counterexamples', async (place) => {
    const before = contentsOf(folder);
    expectRefusal(await run([...plant, '--save', place]), 74, place);
    expectRefusal(await run(['shrink', 'bad_whole.json', '--save', place]), 74, place);
    expect(contentsOf(folder)).toEqual(before);
  });

  it.each([...places.slice(1), 'bad_folder.json'])('that is %s takes no results', async (place) => {
    const before = contentsOf(folder);
    expectRefusal(await run(['check', '--no-save', '--out', place]), 74, place);
    expect(contentsOf(folder)).toEqual(before);
  });

  const kinds = [
    ['check', '--no-save', '-q', '--out'],
    ['check', '--no-save', '-q', '--junit'],
    ['check', '--no-save', '-q', '--sarif'],
    ['check', '--no-save', '-q', '--ktap'],
    ['export', 'bad_whole.json', '--to', 'mail', '--out'],
    ['list', 'rules', '--out'],
    ['replay', 'bad_whole.json', '--out'],
  ];

  it.each(kinds)('of %s is left as it is when it is a device or a pipe', async (...words) => {
    expectRefusal(await run([...words, 'full']), 74, 'ENOSPC');
    expectRefusal(await run([...words, 'pipe']), 74, 'ENXIO');
    expectRefusal(await run([...words, 'socket']), 74, 'socket');
    const { code, err } = await run([...words, 'null']);
    expect([code, err]).toEqual([0, '']);
    const kindsThere = ['null', 'full'].map((name) => lstatSync(name).isSymbolicLink());
    expect([...kindsThere, lstatSync('pipe').isFIFO()]).toEqual([true, true, true]);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('may be a pipe that the shell opened', () => {
    const main = join(root, 'dist/src/cli/main.js');
    const list = `"${process.execPath}" "${main}" list presets -q --out`;
    const script = `${list} /dev/stdout | cat; ${list} /dev/fd/3 3>&1 | cat`;
    const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(stdout.split('\n').filter((line) => line === 'upstream')).toHaveLength(2);
  });

  it('that is full ends a command with 74, standard output included', () => {
    const main = join(root, 'dist/src/cli/main.js');
    const script = `"${process.execPath}" "${main}" list presets >/dev/full`;
    const { stderr, status } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(stderr).toMatch(/^error KMC-601: standard output: cannot be written: ENOSPC.*\n$/);
    expect(status).toBe(74);
    const mute = `"${process.execPath}" "${main}" list nothing 2>/dev/full`;
    expect(spawnSync('sh', ['-c', mute]).status).toBe(64);
  });

  it('is written beside, and not through a link that waits there', async () => {
    symlinkSync(join(folder, 'victim'), `report.${process.pid}.tmp`);
    expect((await run(['check', '--no-save', '--out', 'report'])).code).toBe(0);
    expect(readFileSync('report', 'utf8')).toContain('HELD');
    expect(contentsOf(folder).filter((line) => line.startsWith('victim'))).toEqual([]);
    rmSync('report');
  });
});
