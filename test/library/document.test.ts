/** The code in the document is code of the example, which runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const tests = join(root, 'docs/examples/vitest/test');
const example = readdirSync(tests).map((name) => readFileSync(join(tests, name), 'utf8'));

describe.each(['README.md', 'docs/library.md'])('%s', (document) => {
  const text = readFileSync(join(root, document), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

  it('has code', () => expect(blocks.length).toBeGreaterThan(0));

  it.each(blocks)('%s', (code) => {
    expect(example.some((source) => source.includes(code))).toBe(true);
  });
});

describe('docs/library.md', () => {
  it('names everything that the library exports', async () => {
    const text = readFileSync(join(root, 'docs/library.md'), 'utf8');
    const library = { ...(await import('../../src/library/index.ts')) };
    const names = Object.keys(library);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });
});
