/**
 * The counterexample file: one run of a machine and the verdict it must have.
 *
 * The declaration below is the single source: it validates files on load, gives their type, and
 * generates the published JSON Schema. Fields are written in the order declared here.
 */
import { z } from 'zod';

export const schemaVersion = 1;
export const schemaName = `kvm-mmu-check/counterexample@${schemaVersion}`;

const ruleValue = z.union([z.string(), z.number(), z.boolean()]);

const expectation = z.discriminatedUnion('verdict', [
  z
    .strictObject({
      verdict: z.literal('violated'),
      property: z.string().describe('Id of the property that is violated.'),
      step: z.int().min(0).describe('The step after which it is violated; 0 is the initial state.'),
    })
    .describe('The run ends in a violation.'),
  z
    .strictObject({ verdict: z.literal('holds') })
    .describe('Every action can be executed, and no property is violated along the run.'),
]);

const action = z.strictObject({
  actor: z.string().describe('Who acts: vcpu0, mm, ioctl, …'),
  transition: z.string().describe('Name of the transition.'),
  args: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .describe('Arguments by parameter name; addresses as hexadecimal text.'),
});

const found = z.discriminatedUnion('engine', [
  z.strictObject({
    engine: z.literal('exhaustive'),
    version: z.string(),
    symmetry: z.boolean(),
  }),
  z.strictObject({
    engine: z.literal('random'),
    version: z.string(),
    seed: z.string().regex(/^0x[0-9a-f]+$/),
    path: z.string(),
  }),
  z.strictObject({
    engine: z.literal('trace'),
    version: z.string(),
    trace: z.string().describe('Name of the recorded trace that it does the same as.'),
    lines: z.string().regex(/^\d+\.\.\d+$/),
  }),
  z.strictObject({ engine: z.literal('by-hand'), version: z.string() }),
]);

export const counterexampleSchema = z
  .strictObject({
    schema: z.literal(schemaName).describe('Name and version of this format.'),
    title: z.string().min(1).describe('One line.'),
    says: z.string().describe('What the property says, or what this run shows.'),
    expect: expectation.describe('The verdict that replay must reach.'),
    model: z
      .strictObject({ version: z.string(), hash: z.string().regex(/^[0-9a-f]{16}$/) })
      .describe('Package version, and content hash of model/ and properties/.'),
    machine: z.string(),
    scenario: z.string(),
    granularity: z.enum(['step', 'operation']),
    rules: z.strictObject({
      preset: z.string(),
      mutant: z.string().optional(),
      changes: z.record(z.string(), ruleValue).describe('Rules changed beside the mutant.'),
    }),
    initial: z.int().min(0).describe('Number of the initial state.'),
    actions: z.array(action),
    fingerprints: z
      .array(z.string().regex(/^[0-9a-f]{16}$/))
      .describe('Of the state after each action.'),
    loop: z
      .int()
      .min(0)
      .optional()
      .describe(
        'The run never ends: the last state is that after so many actions, ' +
          'and the actions from there on repeat.',
      ),
    minimality: z
      .enum(['shortest', '1-minimal', 'shortest-entry', 'none'])
      .describe('What is known of the length of the run.'),
    found: found.describe('How the run was found.'),
    kernel: z
      .strictObject({
        functions: z.array(z.string()),
        commit: z.string().optional(),
        thread: z.string().optional(),
      })
      .describe('What it says of the kernel.'),
    notes: z.string(),
  })
  .describe('A run of a kvm-mmu-check machine and the verdict it must have.');

export type Counterexample = z.infer<typeof counterexampleSchema>;
