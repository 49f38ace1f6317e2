/** The file of openings: short runs that the walks of later runs begin with. */
import { z } from 'zod';

export const openingsSchemaName = 'kvm-mmu-check/openings@1';

const opening = z.strictObject({
  initial: z.int().min(0).describe('Number of the initial state.'),
  steps: z.array(z.int().min(0)).min(1).describe('Numbers of the instances of transitions.'),
  reached: z.int().min(0).describe('How often walks came to where it ends.'),
});

export const openingsSchema = z
  .strictObject({
    schema: z.literal(openingsSchemaName).describe('Name and version of this format.'),
    model: z
      .strictObject({ version: z.string(), hash: z.string().regex(/^[0-9a-f]{16}$/) })
      .describe('Package version, and content hash of model/ and properties/.'),
    scenario: z.string(),
    granularity: z.enum(['step', 'operation']),
    rules: z.strictObject({
      preset: z.string(),
      mutant: z.string().optional(),
      changes: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
        .describe('Rules changed beside the mutant.'),
    }),
    openings: z.array(opening).describe('The rarest first.'),
  })
  .describe('Where random walks of kvm-mmu-check run --corpus begin.');

export type OpeningsFile = z.infer<typeof openingsSchema>;

/** The same bytes for the same content; an opening is a line. */
export function openingsText({ openings, ...head }: OpeningsFile): string {
  const fields = Object.entries(head).map(
    ([k, v]) => `  ${JSON.stringify(k)}: ${JSON.stringify(v)}`,
  );
  const lines = openings.map(({ initial, steps, reached }) =>
    JSON.stringify({ initial, steps, reached }),
  );
  return `{\n${fields.join(',\n')},\n  "openings": [\n    ${lines.join(',\n    ')}\n  ]\n}\n`;
}
