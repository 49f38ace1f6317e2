/** `matrix` in its formats, on a matrix of one cell. */
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import type { Matrix } from '../../src/matrix/matrix.ts';
import { phases, type Measured } from '../../src/matrix/run.ts';
import { publishedSchemas } from '../../src/build/schemas.ts';
import { jsonErrors } from '../report/validators.ts';
import { toyCatalogue, toyEnvironment } from '../toy/catalogue.ts';

const counts = { locked: 1, lockless: 2, pages: 3, sptes: 4, rmaps: 5, flushes: 6 };
const measured = Object.fromEntries(phases.map((phase) => [phase, counts])) as Measured;

const matrix = (holds: boolean): Matrix => ({
  pages: 16,
  entries: 4,
  cells: [{ guest: 'shadow', log: 'get', share: '50%', eager: true, writes: 8, measured }],
  comparisons: [],
  laws: [{ name: 'L0', says: 'More is less.', counts: '1, 2', holds }],
  waits: ['something else.'],
});

async function run(words: readonly string[], holds: boolean | null = true) {
  const recorded = { out: '', err: '' };
  const catalogue =
    holds === null ? toyCatalogue : { ...toyCatalogue, matrix: () => matrix(holds) };
  const code = await runCli(['matrix', ...words], toyEnvironment(recorded, { catalogue }));
  return { code, ...recorded };
}

describe('matrix', () => {
  it('prints cells, laws and what waits', async () => {
    const { code, out } = await run([]);
    expect(out).toMatch(/^ept=N +get +50% +on +\| +3 +4 +5 +6 +\| +1 +2 +3 +6 +\| +3 +4 +5 +6/m);
    expect(out).toContain('HOLDS   L0: More is less. (1, 2)\n');
    expect(out).toContain('WAITS   something else.\n');
    expect(out).toMatch(/matrix: 0 of 0 published rows .*, 1 of 1 laws hold\n$/);
    expect(code).toBe(0);
  });

  it('fails when a law does', async () => {
    const { code, out } = await run(['-q'], false);
    expect(out).toMatch(/^matrix: .* 0 of 1 laws hold\n$/);
    expect(code).toBe(1);
  });

  it('is a document or lines of JSON', async () => {
    const { out } = await run(['--format', 'json']);
    expect(JSON.parse(out)).toEqual({ schema: 'kvm-mmu-check/matrix@1', ...matrix(true) });
    expect(jsonErrors(publishedSchemas['matrix.schema.json'] ?? '', JSON.parse(out))).toEqual([]);
    const lines = (await run(['--format', 'ndjson'])).out.trimEnd().split('\n');
    const event = publishedSchemas['matrix-event.schema.json'] ?? '';
    expect(lines.flatMap((line) => jsonErrors(event, JSON.parse(line)))).toEqual([]);
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'cell',
      'law',
    ]);
  });

  it('is refused where a model has none', async () => {
    expect(await run([], null)).toMatchObject({
      code: 64,
      err: 'error KMC-103: this model has no matrix\n',
    });
  });
});
