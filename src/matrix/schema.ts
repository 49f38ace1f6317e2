/** The matrix for programs: the document of `--format json`, and the events of `ndjson`. */
import { z } from 'zod';
import { shares } from './published.ts';
import { counted, phases } from './run.ts';
import { guests, logs } from './setting.ts';

export const matrixSchemaName = 'kvm-mmu-check/matrix@1';
export const matrixEventSchemaName = 'kvm-mmu-check/matrix-event@1';

const count = z.int().min(0);

const place = {
  guest: z.enum(guests).describe('Which MMU maps the memory, and whether there is PML.'),
  log: z.enum(logs).describe('get: GET harvests. initially-set: CLEAR does, of a full bitmap.'),
  share: z.enum(shares).describe('Share of pages written; 5% stands for one page.'),
};

const counts = z.strictObject(
  Object.fromEntries(counted.map((what) => [what, count])) as Record<
    (typeof counted)[number],
    typeof count
  >,
);

const cell = z.strictObject({
  ...place,
  eager: z.boolean().describe('Whether huge pages are split eagerly.'),
  writes: count.describe('Pages written in a pass.'),
  measured: z
    .strictObject(
      Object.fromEntries(phases.map((phase) => [phase, counts])) as Record<
        (typeof phases)[number],
        typeof counts
      >,
    )
    .describe('Counts by phase; populate has all that goes before the first enable.'),
});

const comparison = z
  .strictObject({
    ...place,
    phase: z.enum(phases),
    counted: z.enum(counted),
    row: z.string().describe('The row of the published table, in words.'),
    off: z.number().describe('Seconds without eager splitting.'),
    on: z.number(),
    needs: z.string().optional().describe('The transition that the model has for it.'),
    count: z.strictObject({ off: count, on: count }),
    agrees: z.boolean(),
  })
  .describe('A published figure beside the counts that have to have its shape.');

const law = z.strictObject({
  name: z.string(),
  says: z.string(),
  counts: z.string().describe('The counts that it speaks of, in words.'),
  holds: z.boolean(),
});

export const matrixSchema = z.strictObject({
  schema: z.literal(matrixSchemaName),
  pages: count.describe('Pages of the one vCPU.'),
  entries: count.describe('Entries of a table.'),
  cells: z.array(cell),
  comparisons: z.array(comparison),
  laws: z.array(law),
  waits: z.array(z.string()).describe('What the table or the laws have and the model does not.'),
});

const event = <Event extends string>(name: Event) => ({
  schema: z.literal(matrixEventSchemaName),
  event: z.literal(name),
});

export const matrixEventSchema = z.discriminatedUnion('event', [
  cell.extend(event('cell')),
  comparison.extend(event('comparison')),
  law.extend(event('law')),
]);
