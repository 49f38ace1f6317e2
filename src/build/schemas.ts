/** The JSON Schemas that the package publishes, each generated from its declaration. */
import { z } from 'zod';
import { openingsSchema, openingsSchemaName } from '../cli/openings/schema.ts';
import { counterexampleSchema, schemaName } from '../counterexample/schema.ts';
import {
  matrixEventSchema,
  matrixEventSchemaName,
  matrixSchema,
  matrixSchemaName,
} from '../matrix/schema.ts';
import { baselineSchema, baselineSchemaName } from '../report/baseline.ts';
import { checksSchema, checksSchemaName } from '../report/checks.ts';
import { mutantsSchema, mutantsSchemaName } from '../report/mutants.ts';
import { eventSchema, eventSchemaName, reportSchema, reportSchemaName } from '../report/schema.ts';
import {
  sweepEventSchema,
  sweepEventSchemaName,
  sweepSchema,
  sweepSchemaName,
} from '../report/sweep/schema.ts';

function textOf(name: string, declaration: z.ZodType): string {
  const schema = z.toJSONSchema(declaration, { target: 'draft-2020-12' });
  return `${JSON.stringify({ $id: name, ...schema }, null, 2)}\n`;
}

/** Text by name of the file in `schema/`. */
export const publishedSchemas: Readonly<Record<string, string>> = {
  'baseline.schema.json': textOf(baselineSchemaName, baselineSchema),
  'checks.schema.json': textOf(checksSchemaName, checksSchema),
  'counterexample.schema.json': textOf(schemaName, counterexampleSchema),
  'event.schema.json': textOf(eventSchemaName, eventSchema),
  'matrix-event.schema.json': textOf(matrixEventSchemaName, matrixEventSchema),
  'matrix.schema.json': textOf(matrixSchemaName, matrixSchema),
  'mutants.schema.json': textOf(mutantsSchemaName, mutantsSchema),
  'openings.schema.json': textOf(openingsSchemaName, openingsSchema),
  'report.schema.json': textOf(reportSchemaName, reportSchema),
  'rules-event.schema.json': textOf(sweepEventSchemaName, sweepEventSchema),
  'rules.schema.json': textOf(sweepSchemaName, sweepSchema),
};
