/** What a sweep has found out so far, in memory and in the file of `--resume`. */
import { statSync } from 'node:fs';
import { Fault } from '../../checker/fault.ts';
import { parseFile, type FileForm } from '../../counterexample/json-file.ts';
import { readText } from '../../counterexample/read-text.ts';
import type { Limits } from '../../engine/outcome.ts';
import {
  sweepSchema,
  sweepSchemaName,
  type BaseResult,
  type SweepDocument,
  type ValueResult,
} from '../../report/sweep/schema.ts';
import type { Environment } from '../environment.ts';
import { alternativeText, type Alternative, type Candidate } from './plan.ts';

const form: FileForm<SweepDocument> = {
  what: 'a file of rules',
  name: sweepSchemaName,
  schema: sweepSchema,
  restore: 'Begin anew: give --resume the name of a file that is not there.',
  otherVersion: 'Begin anew: give --resume the name of a file that is not there.',
  described: 'The format is described in schema/rules.schema.json.',
};

const baseKey = (scenario: string, preset: string): string => `${scenario} ${preset}`;
const valueKey = (alternative: Alternative, scenario: string, preset: string): string =>
  `${alternativeText(alternative)} ${baseKey(scenario, preset)}`;

export class Book {
  readonly #bases = new Map<string, BaseResult>();
  readonly #values = new Map<string, ValueResult>();

  base({ scenario, preset }: Candidate): BaseResult | undefined {
    return this.#bases.get(baseKey(scenario.id, preset));
  }

  value(alternative: Alternative, { scenario, preset }: Candidate): ValueResult | undefined {
    return this.#values.get(valueKey(alternative, scenario.id, preset));
  }

  addBase(base: BaseResult): void {
    this.#bases.set(baseKey(base.scenario, base.preset), base);
  }

  addValue(value: ValueResult): void {
    this.#values.set(valueKey(value, value.scenario, value.preset), value);
  }

  /** Order: as searched. */
  contents(): Pick<SweepDocument, 'bases' | 'searches'> {
    return { bases: [...this.#bases.values()], searches: [...this.#values.values()] };
  }
}

/** Whether searching again within `limits` could come to more. */
export function isFinal(
  { bound, limit }: Pick<BaseResult, 'bound' | 'limit'>,
  limits: Limits,
): boolean {
  if (bound === null) return true;
  const allowed = bound === 'states' ? limits.states : bound === 'depth' ? limits.depth : Infinity;
  return limit !== null && allowed !== undefined && allowed <= limit;
}

/** A file that is not there yet is an empty book. Errors: faults 202 to 205, 402. */
export function bookIn({ model }: Environment, file: string | undefined): Book {
  const book = new Book();
  if (file === undefined || statSync(file, { throwIfNoEntry: false }) === undefined) return book;
  const { bases, searches, model: writer } = parseFile(readText(file), file, form);
  if (writer.hash !== model.hash) {
    throw new Fault('KMC-402', `${file}: is of model ${writer.hash}, not ${model.hash}`, [
      form.restore,
    ]);
  }
  for (const base of bases) book.addBase(base);
  for (const value of searches) book.addValue(value);
  return book;
}
