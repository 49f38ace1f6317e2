/** Damaged baselines, and damaged reports of shards: each is refused with 65. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf, expectRefusal, run } from './refusals.ts';

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'reports-'))));
afterAll(() => rmSync(folder, { recursive: true }));

type Path = readonly (string | number)[];

const pathsIn = (value: unknown, path: Path = []): Path[] =>
  typeof value === 'object' && value !== null
    ? [
        ...(path.length === 0 ? [] : [path]),
        ...Object.entries(value).flatMap(([key, inner]) =>
          pathsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]),
        ),
      ]
    : [path];

function changed(document: unknown, path: Path, value: unknown): string {
  const copy: unknown = structuredClone(document);
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((at, key) => Reflect.get(at as object, key), copy);
  const last = path.at(-1) ?? '';
  // An assignment to __proto__ would not make a field.
  Object.defineProperty(parent, last, { value, enumerable: true, configurable: true });
  return JSON.stringify(copy);
}

const kinds = [
  {
    name: 'a baseline',
    file: 'baseline.json',
    make: ['check', '--mutant', 'test-then-set', '--no-save', '--write-baseline'],
    commands: (file: string) => [
      ['check', '--no-save', '--baseline', file],
      ['check', '--no-save', '--write-baseline', file],
    ],
  },
  {
    name: 'the report of a shard',
    file: 'shard.json',
    make: ['check', '--no-save', '--shard', '1/1', '--format', 'json', '--out'],
    commands: (file: string) => [['merge', file]],
  },
] as const;

describe.each(kinds)('$name', ({ file: name, make, commands }) => {
  let file = '';
  let whole = '';
  beforeAll(async () => {
    file = join(folder, name);
    await run([...make, file]);
    whole = readFileSync(file, 'utf8');
  });

  async function expectRefused(bytes: string | Uint8Array, says = ''): Promise<void> {
    writeFileSync(file, bytes);
    const before = contentsOf(folder);
    for (const words of commands(file)) {
      const ended = await run(words);
      expectRefusal(ended, 65, name);
      expect(`${ended.out}${ended.err}`).toContain(says);
    }
    expect(contentsOf(folder)).toEqual(before);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  }

  it('is taken when it is whole', async () => {
    writeFileSync(file, whole);
    for (const words of commands(file)) expect((await run(words)).err).not.toContain('KMC-');
  });

  it.each(Array.from({ length: 20 }, (_, i) => i / 20))('cut off at %d', async (part) => {
    await expectRefused(whole.slice(0, Math.floor(whole.trimEnd().length * part)), 'KMC-203');
  });

  it('with a value of another type anywhere', async () => {
    const document: unknown = JSON.parse(whole);
    const paths = pathsIn(document);
    const step = Math.max(1, Math.floor(paths.length / 40));
    for (const path of paths.filter((_, i) => i % step === 0)) {
      const value = path.reduce<unknown>((at, key) => Reflect.get(at as object, key), document);
      const other = typeof value === 'object' && value !== null ? 'x' : [[1]];
      await expectRefused(changed(document, path, other), 'KMC-204');
    }
  });

  it.each(['colour', '__proto__', 'constructor', 'toString', '\u001B[31m'])(
    'with a field %j',
    async (key) => {
      const document: unknown = JSON.parse(whole);
      await expectRefused(changed(document, [key], { polluted: true }), 'KMC-204');
    },
  );

  it('in another encoding, or of something else', async () => {
    const utf16 = Buffer.from(`\uFEFF${whole}`, 'utf16le');
    for (const bytes of [utf16, Buffer.from(utf16).swap16(), Buffer.from(`\uFEFF${whole}`)]) {
      await expectRefused(bytes, 'KMC-203');
    }
    for (const text of ['', '\0\0', `${whole}\0`, whole + whole, '['.repeat(100_000)]) {
      await expectRefused(text, 'KMC-203');
    }
    for (const text of ['null', '[]', '{}', '3', '{"schema":"kvm-mmu-check/counterexample@1"}']) {
      await expectRefused(text, 'KMC-204');
    }
    await expectRefused(whole.replace(/@\d+"/, '@99"'), 'KMC-205');
  });
});

it('refuses shards of nothing', async () => {
  const wrong = ['', '0/2', '3/2', '1/0', '-1/2', '1/2/3', '1.5/2', 'x', '1/99999999999999999999'];
  for (const shard of wrong) {
    expectRefusal(await run(['check', '--no-save', `--shard=${shard}`]), 64, 'shard');
  }
});
