/**
 * The sweep over the values of rules for programs: the document of `--format json`, which is the
 * file of `--resume` too, and the events of `ndjson`.
 */
import { z } from 'zod';

export const sweepSchemaName = 'kvm-mmu-check/rules@1';
export const sweepEventSchemaName = 'kvm-mmu-check/rules-event@1';

const count = z.int().min(0);
const value = z.union([z.string(), z.number(), z.boolean()]);
const bound = z.enum(['states', 'depth', 'time', 'memory', 'interrupted']);
const costs = z.record(z.string(), count).describe('Steps that cost something, by meter.');

const extent = {
  states: count,
  transitions: count.describe('Steps executed.'),
  depth: count,
  costs,
  bound: bound.nullable().describe('What ended the search before it was complete.'),
  limit: count.nullable().describe('The limit that was reached, of states or of depth.'),
};

const place = {
  scenario: z.string(),
  preset: z.string().describe('The rules that are changed in one place.'),
};

const base = z
  .strictObject({
    ...place,
    ...extent,
    violates: z.string().nullable().describe('The property that the rules as they are break.'),
    consulted: z.array(z.string()).describe('Rules that were asked for; exact when complete.'),
  })
  .describe('The search of a scenario under the rules as they are.');

const search = z
  .strictObject({
    rule: z.string(),
    value,
    ...place,
    ...extent,
    violation: z
      .strictObject({
        property: z.string(),
        steps: count,
        loop: count.nullable().describe('The steps after so many repeat for ever.'),
        minimality: z.string(),
        message: z.string(),
      })
      .nullable(),
    broken: z.string().nullable().describe('An assumption of the model that does not hold.'),
  })
  .describe('The search of a scenario with one rule changed.');

export const sweepVerdicts = ['needed', 'costs-only', 'not-needed', 'not-asked', 'open'] as const;

const row = z.strictObject({
  rule: z.string(),
  value,
  verdict: z
    .enum(sweepVerdicts)
    .describe(
      'needed: another value breaks a property. costs-only: nothing breaks, and what is counted ' +
        'differs. not-needed: nothing breaks, and nothing counted differs. not-asked: no ' +
        'scenario asks for the rule. open: nothing breaks, and a search was not complete.',
    ),
  mutants: z.array(z.string()).describe('Known bugs that are this value.'),
  scenario: z.string().nullable().describe('Where a property breaks.'),
  property: z.string().nullable(),
  steps: count.nullable().describe('Of the shortest run in that scenario.'),
  loop: count.nullable(),
  message: z.string().nullable(),
  repeat: z.string().nullable().describe('The command that shows the run.'),
  holds: z.array(z.string()).describe('Scenarios searched in full without a violation.'),
  states: count.describe('Of these.'),
  indifferent: z.array(z.string()).describe('Scenarios in which nothing asks for the rule.'),
  counted: z
    .array(z.strictObject({ what: z.string(), upstream: count, here: count }))
    .describe('Sums over the scenarios in `holds`.'),
  open: z.array(z.strictObject({ scenario: z.string(), because: z.string() })),
});

const summary = {
  model: z.strictObject({ version: z.string(), hash: z.string().regex(/^[0-9a-f]{16}$/) }),
  repeat: z.string().describe('The command that repeats the whole.'),
  scenarios: z.array(z.string()).describe('That were to be searched, smallest first.'),
  values: count.describe('That were to be decided.'),
  verdicts: z.partialRecord(z.enum(sweepVerdicts), count),
  exitCode: count,
};

export const sweepSchema = z
  .strictObject({
    schema: z.literal(sweepSchemaName),
    ...summary,
    rules: z.array(row),
    bases: z.array(base),
    searches: z.array(search),
  })
  .describe('What kvm-mmu-check rules found out about the values of rules.');

const event = <const Name extends string, Shape extends z.core.$ZodLooseShape>(
  name: Name,
  shape: Shape,
) =>
  z.strictObject({
    schema: z.literal(sweepEventSchemaName),
    t: count.describe('Milliseconds since the start of the command.'),
    event: z.literal(name),
    ...shape,
  });

export const sweepEventSchema = z
  .discriminatedUnion('event', [
    event('progress', { searching: z.string(), states: count, transitions: count, depth: count }),
    event('base', base.shape),
    event('search', search.shape),
    event('rule', row.shape),
    event('summary', summary),
  ])
  .describe('One line of the NDJSON output of kvm-mmu-check rules.');

export type SweepVerdict = (typeof sweepVerdicts)[number];
export type BaseResult = z.infer<typeof base>;
export type ValueResult = z.infer<typeof search>;
export type SweepRow = z.infer<typeof row>;
export type SweepDocument = z.infer<typeof sweepSchema>;
export type SweepEvent = z.infer<typeof sweepEventSchema>;
