/** From the JSON report of a shard back to what its searches came to. */
import type { Catalogue } from '../checker/catalogue.ts';
import { find } from '../checker/names.ts';
import { parseFile, type FileForm } from '../counterexample/json-file.ts';
import { readText } from '../counterexample/read-text.ts';
import { reportSchema, reportSchemaName, type ReportDocument, type SearchData } from './schema.ts';
import type { FoundViolation, SearchOutcome, SearchReport } from './search-report.ts';

const form: FileForm<ReportDocument> = {
  what: 'a report',
  name: reportSchemaName,
  schema: reportSchema,
  restore: 'Make it anew: kvm-mmu-check check --shard i/N --format json --out <file>',
  otherVersion: 'Make all reports with one version of the package.',
  described: 'The format is described in schema/report.schema.json.',
};

/** Errors: faults 202 to 205. */
export const readReport = (file: string): ReportDocument => parseFile(readText(file), file, form);

type ViolationIn = SearchData['violations'][number];

function foundIn(data: ViolationIn, catalogue: Catalogue): FoundViolation {
  const { property, finding, objects, causes, minimality, loop, saved, known } = data;
  const steps = data.steps.map(({ mark, ...step }) => ({
    ...step,
    ...(mark === undefined ? {} : { mark }),
  }));
  return {
    violation: {
      property,
      finding,
      minimality: { kind: minimality },
      ...(loop === null ? {} : { loop }),
    },
    property: catalogue.properties.find(({ id }) => id === property),
    steps,
    story: { objects: objects.map((text) => ({ id: '', text })), causes },
    ...(saved === null ? {} : { saved }),
    known,
  };
}

function outcomeIn({ statistics: data, violations, bound }: SearchData): SearchOutcome {
  const { samples, ...rest } = data;
  const statistics = { ...rest, ...(samples === undefined ? {} : { samples }) };
  if (violations.length > 0) {
    return { kind: 'violated', statistics, ...(bound === null ? {} : { bound }) };
  }
  return bound === null
    ? { kind: 'held', statistics }
    : { kind: 'inconclusive', bound, statistics };
}

/** Errors: fault 201 when the model has no such scenario. */
export function searchIn(
  data: SearchData,
  verb: SearchReport['verb'],
  catalogue: Catalogue,
  file: string,
): SearchReport {
  const scenario = find(catalogue.scenarios, ({ id }) => id, {
    code: 'KMC-201',
    kind: 'scenario',
    name: data.scenario,
    sentence: `${file}: names scenario "${data.scenario}", which the model does not have`,
    listCommand: 'kvm-mmu-check list scenarios',
  });
  const { preset, mutant, changes } = data.rules;
  const { engine, properties, granularity, symmetry, seed, path } = data;
  const isOwn = granularity === (scenario.granularity ?? 'step');
  return {
    verb,
    engine,
    scenario,
    machine: data.machine,
    selection: {
      scenario: scenario.id,
      preset,
      rules: changes,
      ...(mutant === null ? {} : { mutant }),
      ...(properties === null ? {} : { properties }),
      ...(isOwn ? {} : { granularity }),
    },
    workers: data.workers,
    ...(engine === 'exhaustive' ? { symmetry } : {}),
    ...(seed === null ? {} : { seed: BigInt(seed) }),
    startedAt: data.startedAt,
    repeat: data.repeat,
    outcome: outcomeIn(data),
    complete: data.complete,
    found: data.violations.map((violation) => foundIn(violation, catalogue)),
    ...(path === null ? {} : { path }),
  };
}
