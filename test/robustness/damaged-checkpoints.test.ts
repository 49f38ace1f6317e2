/** Damaged checkpoints, some of them with a digest that fits: each is refused with 65. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slowCatalogue } from '../toy/catalogue.ts';
import { contentsOf, expectRefusal, run } from './refusals.ts';

let folder = '';
let file = '';
let whole = Buffer.alloc(0);

const slow = { catalogue: slowCatalogue };
const resume = (...more: readonly string[]) => {
  const words = ['check', '--no-save', '--resume', file, '--max-states', '100000', ...more];
  return run(words, slow);
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoints-'));
  file = join(folder, 'saved');
  const saving = ['--checkpoint', file, '--timeout', '1ms', '--no-save'];
  await run(['check', 'lock-two-actors', ...saving], slow);
  whole = readFileSync(file);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function expectRefused(bytes: Buffer, says = ''): Promise<void> {
  writeFileSync(file, bytes);
  const before = contentsOf(folder);
  const ended = await resume();
  expectRefusal(ended, 65, file);
  expect(ended.err).toMatch(/^error KMC-40[12]: /);
  expect(ended.err).toContain(says);
  expect(contentsOf(folder)).toEqual(before);
}

it('goes on from one that is whole', async () => {
  writeFileSync(file, whole);
  expect((await resume()).code).toBe(2);
});

describe('a checkpoint', () => {
  const parts = Array.from({ length: 40 }, (_, i) => i / 40);

  it.each(parts)('that is cut off at %d of its length', async (part) => {
    await expectRefused(whole.subarray(0, Math.floor(whole.length * part)));
  });

  it.each(parts)('with a bit turned over at %d of its length', async (part) => {
    const bytes = Buffer.from(whole);
    const at = Math.floor(bytes.length * part);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    await expectRefused(bytes);
  });

  it.each([1, 31, 32, 33, 4096])('with %i bytes too many', async (count) => {
    await expectRefused(Buffer.concat([whole, Buffer.alloc(count)]));
  });
});

type Header = Record<string, unknown>;

/** Another first line, and a digest of it all. */
function withHeader(change: (header: Header) => unknown): Buffer {
  const end = whole.indexOf('\n');
  const header = JSON.parse(whole.toString('utf8', 0, end)) as Header;
  const text = JSON.stringify(change(header));
  const body = Buffer.concat([Buffer.from(text), whole.subarray(end, -32)]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

const identityWith = (changes: object) => (header: Header) => {
  const identity = header['identity'] as Header;
  return { ...header, identity: { ...identity, ...changes } };
};

const selectionWith = (changes: object) => (header: Header) => {
  const identity = header['identity'] as Header;
  const selection = { ...(identity['selection'] as Header), ...changes };
  return { ...header, identity: { ...identity, selection } };
};

describe('a first line', () => {
  it('that is as it was is taken', async () => {
    writeFileSync(
      file,
      withHeader((header) => header),
    );
    expect((await resume()).code).toBe(2);
  });

  const fields = [
    'identity',
    'machine',
    'words',
    'storage',
    'levels',
    'expanded',
    'found',
    'taken',
    'evidence',
    'sightings',
    'violations',
    'elapsed_ms',
  ];
  it.each(fields)('without a right "%s"', async (name) => {
    for (const value of [undefined, null, 'x', -1, {}]) {
      const bytes = withHeader((header) => ({ ...header, [name]: value }));
      const isText = name === 'machine' && value === 'x';
      await expectRefused(bytes, isText ? 'another search' : '');
    }
  });

  it.each(['words', 'expanded', 'found'])('with a huge "%s"', async (name) => {
    for (const value of [1e15, Number.MAX_SAFE_INTEGER, 1e308]) {
      await expectRefused(withHeader((header) => ({ ...header, [name]: value })));
    }
  });

  it('that counts other states than there are', async () => {
    const levelsOf = (header: Header) => header['levels'] as readonly number[];
    const changes: readonly ((levels: readonly number[]) => readonly number[])[] = [
      () => [],
      () => [1e12],
      (levels) => [...levels, 1],
      (levels) => [...levels.slice(0, -1), (levels.at(-1) ?? 0) + 1e9],
      (levels) => [2, ...levels.slice(1)],
    ];
    for (const change of changes) {
      const bytes = withHeader((header) => ({ ...header, levels: change(levelsOf(header)) }));
      await expectRefused(bytes);
    }
  });

  it.each([
    ['version 1', (header: Header) => ({ ...header, version: 1 })],
    ['no version', (header: Header) => ({ ...header, version: undefined })],
    ['no selection', identityWith({ selection: null })],
    ['no model', identityWith({ model: undefined })],
    ['another model', identityWith({ model: 'ffffffffffffffff' })],
    ['another storage', identityWith({ storage: 'memory' })],
    ['a symmetry that is text', identityWith({ symmetry: 'true' })],
    ['an unknown scenario', selectionWith({ scenario: '__proto__' })],
    ['an unknown preset', selectionWith({ preset: 'constructor' })],
    ['an unknown mutant', selectionWith({ mutant: '../x' })],
    ['an unknown property', selectionWith({ properties: ['x'] })],
    ['an unknown rule', selectionWith({ rules: { toString: 'x' } })],
    ['a rule without a value', selectionWith({ rules: { acquire: null } })],
    ['a stranger', selectionWith({ colour: 'red' })],
  ])('with %s', async (_, change) => {
    await expectRefused(withHeader(change));
  });
});

describe('a place', () => {
  it('that cannot be written to any more ends the search with a message', async () => {
    const place = join(folder, 'gone');
    mkdirSync(place);
    const saving = ['--checkpoint', join(place, 'x'), '--timeout', '20ms', '--no-save'];
    const work = run(['check', 'lock-two-actors', ...saving], slow);
    rmSync(place, { recursive: true });
    const ended = await work;
    expectRefusal(ended, 74, join(place, 'x'));
    expect(ended.err).toMatch(/^error KMC-601: .*cannot be written/);
  });
});
