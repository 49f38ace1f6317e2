/**
 * The reports for programs: the document of `--format json`, and the events of `ndjson`. The
 * declarations are the single source: they type what is written, validate the reports of shards
 * on their way back, and generate the published JSON Schemas.
 */
import { z } from 'zod';
import { baselineEntry } from './baseline.ts';

export const reportSchemaName = 'kvm-mmu-check/report@1';
export const eventSchemaName = 'kvm-mmu-check/event@1';

const count = z.int().min(0);
const verdictKind = z
  .enum(['held', 'known', 'violated', 'inconclusive'])
  .describe('known: violated, but all violations are in the baseline.');

const rules = z.strictObject({
  preset: z.string(),
  mutant: z.string().nullable(),
  changes: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .describe('Rules changed beside the mutant.'),
  text: z.string().describe('All that in words.'),
});

const header = {
  scenario: z.string(),
  machine: z.string(),
  rules,
  granularity: z.enum(['step', 'operation']),
  properties: z.array(z.string()).nullable().describe('Those asked for; null: all that apply.'),
  engine: z.enum(['exhaustive', 'random']),
  workers: z.union([count, z.literal('auto')]),
  symmetry: z.boolean(),
  seed: z
    .string()
    .regex(/^0x[0-9a-f]+$/)
    .nullable(),
  startedAt: z.iso.datetime(),
  repeat: z.string().describe('The command that repeats the search.'),
};

const statistics = z.strictObject({
  states: count.describe('Distinct states; orbits, when symmetry is on.'),
  transitions: count,
  depth: count,
  levels: z.array(count).describe('New states per level.'),
  queue: count.describe('States found but not expanded.'),
  elapsed_ms: z.number().min(0),
  memory_bytes: count,
  collisionProbability: z.number().min(0).max(1),
  coverage: z.array(z.strictObject({ name: z.string(), taken: count })),
  evidence: z.array(
    z.strictObject({ id: z.string(), applied: count, witnessReached: z.boolean() }),
  ),
  samples: count.optional().describe('Random walks made.'),
});

const violation = z.strictObject({
  property: z.string(),
  says: z.string().nullable(),
  why: z.string().nullable(),
  step: count.describe('After which it is violated; 0 is the initial state.'),
  finding: z.strictObject({
    message: z.string(),
    where: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
  objects: z.array(z.string()).describe('What the finding is about.'),
  causes: z
    .array(
      z.strictObject({ step: count, actor: z.string(), transition: z.string(), text: z.string() }),
    )
    .describe('The steps that led to it, where they can be computed.'),
  loop: count.nullable().describe('The steps after so many repeat for ever.'),
  minimality: z.enum(['shortest', 'shortest-entry', '1-minimal', 'none']),
  known: z.boolean().describe('It is in the baseline.'),
  steps: z.array(
    z.strictObject({
      number: count,
      actor: z.string(),
      action: z.string(),
      changes: z.array(z.string()),
      mark: z.enum(['broken', 'cause', 'concerned']).optional(),
    }),
  ),
  saved: z
    .strictObject({ file: z.string(), line: count.describe('Of the first action.') })
    .nullable(),
});

const bound = z.enum(['states', 'depth', 'time', 'memory', 'samples', 'interrupted']);

const searchEnd = {
  ...header,
  verdict: verdictKind,
  bound: bound.nullable().describe('What ended the search before it was complete.'),
  complete: z.boolean().describe('Every property was judged as far as the scenario goes.'),
  path: z.string().nullable(),
  statistics,
  neverTaken: z.array(z.string()),
};

const search = z.strictObject({ ...searchEnd, violations: z.array(violation) });

const summary = {
  verb: z.enum(['check', 'run']),
  model: z.strictObject({ version: z.string(), hash: z.string().regex(/^[0-9a-f]{16}$/) }),
  repeat: z.string().describe('The command that repeats the whole, all shards included.'),
  scenarios: z.array(z.string()).describe('Of the whole, all shards included.'),
  shard: z
    .strictObject({ index: count, of: count })
    .nullable()
    .describe('Which part this is; null: the whole.'),
  verdict: verdictKind,
  because: z.string().nullable(),
  exitCode: count,
  vacuous: z.array(z.string()).describe('Properties without a case or a witness.'),
  failOnVacuous: z.boolean(),
  notSearched: z.array(z.string()).describe('Scenarios that an interruption left out.'),
  baseline: z
    .strictObject({
      file: z.string(),
      hash: z.string().describe('Of its entries.'),
      gone: z.array(baselineEntry).describe('Entries that no longer occur.'),
    })
    .nullable(),
};

export const reportSchema = z
  .strictObject({ schema: z.literal(reportSchemaName), ...summary, searches: z.array(search) })
  .describe('What a command of kvm-mmu-check searched and found.');

const event = <const Name extends string, Shape extends z.core.$ZodLooseShape>(
  name: Name,
  shape: Shape,
) =>
  z.strictObject({
    schema: z.literal(eventSchemaName),
    t: count.describe('Milliseconds since the start of the command.'),
    event: z.literal(name),
    ...shape,
  });

export const eventSchema = z
  .discriminatedUnion('event', [
    event('start', header),
    event('progress', {
      scenario: z.string(),
      states: count,
      transitions: count,
      depth: count,
      queue: count,
      samples: count.nullable(),
    }),
    event('violation', { scenario: z.string(), ...violation.shape }),
    event('witness', { scenario: z.string(), property: z.string() }),
    event('end', searchEnd),
    event('summary', summary),
  ])
  .describe('One line of the NDJSON output of kvm-mmu-check.');

export type ReportDocument = z.infer<typeof reportSchema>;
export type ReportEvent = z.infer<typeof eventSchema>;
export type SearchData = z.infer<typeof search>;
export type ViolationData = z.infer<typeof violation>;
