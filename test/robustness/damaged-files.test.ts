/** Damaged counterexamples: each is refused, by every command that reads one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allDamage, otherJson, truncations, wrongEncodings } from './damage.ts';
import { contentsOf, expectRefusal, run } from './refusals.ts';

let folder = '';
let output = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'damaged-'));
  output = join(folder, 'output');
  mkdirSync(output);
});
afterAll(() => rmSync(folder, { recursive: true }));

const damage = allDamage();

it('is of many kinds', () => {
  expect(damage.length).toBeGreaterThan(400);
  expect(new Set(damage.map(({ name }) => name)).size).toBe(damage.length);
});

/** All read a file in the same way; each damage meets `replay` and one of the others. */
const others = (file: string): readonly (readonly string[])[] => [
  ['show', file],
  ['shrink', file, '--save', output],
  ['test', file],
  ['export', file, '--to', 'itf', '--out', join(output, 'x.itf.json')],
];

/** A search would find the run anew; what is no counterexample at all is not touched. */
it('stays as it is when files are recorded anew', async () => {
  const file = join(folder, 'bad_file.json');
  for (const { bytes } of [...truncations().slice(0, 5), ...wrongEncodings(), ...otherJson()]) {
    writeFileSync(file, bytes);
    const before = contentsOf(folder);
    expectRefusal(await run(['test', '--update', file]), 65, 'bad_file.json');
    expect(contentsOf(folder)).toEqual(before);
  }
});

it.each(damage.map((one, i) => ({ ...one, i })))('$name', async ({ bytes, says, i }) => {
  const file = join(folder, 'bad_file.json');
  writeFileSync(file, bytes);
  const before = contentsOf(folder);
  for (const words of [['replay', file], others(file)[i % 4] ?? []]) {
    const ended = await run(words);
    expectRefusal(ended, 65, 'bad_file.json');
    expect(`${ended.out}${ended.err}`).toMatch(says);
  }
  expect(contentsOf(folder)).toEqual(before);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});
