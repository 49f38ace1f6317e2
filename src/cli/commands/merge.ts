/** `merge`: the reports of all shards as the report of the whole. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { Fault } from '../../checker/fault.ts';
import { allGone } from '../../report/baseline.ts';
import { readReport, searchIn } from '../../report/read-report.ts';
import type { Job, Shard } from '../../report/reporter.ts';
import type { ReportDocument } from '../../report/schema.ts';
import type { SearchReport } from '../../report/search-report.ts';
import { conclude, summarise } from '../conclusion.ts';
import type { Environment } from '../environment.ts';
import { outputOptions } from '../options.ts';
import { outputFor, reporterFor } from '../output.ts';
import { checkReportFlags, reportOptions, sarifOption } from '../reports.ts';
import { scenarioNamed } from '../selection.ts';
import { split } from '../shard.ts';
import type { Command } from './command.ts';

const options = {
  coverage: { type: 'boolean', describe: 'How often each transition was taken' },
  ...reportOptions,
  ...sarifOption,
  ...outputOptions,
} as const;

type Arguments = ArgumentsCamelCase<InferredOptionTypes<typeof options>>;

interface ShardReport {
  readonly file: string;
  readonly document: ReportDocument;
  readonly shard: Shard;
}

const unfit = (message: string, ...hints: readonly string[]): Fault =>
  new Fault('KMC-501', message, hints);

/** Errors: faults 202 to 206, 501. */
function readShard({ model }: Environment, file: string): ShardReport {
  const document = readReport(file);
  const { shard } = document;
  if (shard === null) {
    throw unfit(
      `${file}: is the report of a whole run, not of a shard`,
      'Reports of shards are made with --shard i/N --format json --out <file>.',
    );
  }
  if (document.model.hash !== model.hash) {
    throw new Fault(
      'KMC-206',
      `${file}: was written for model ${document.model.hash}, this is ${model.hash}`,
      ['Merge with the program that searched the shards.'],
    );
  }
  return { file, document, shard };
}

/** What must be the same in all shards of one run, and how to call it. */
const common: readonly (readonly [name: string, of: (report: ShardReport) => unknown])[] = [
  ['command', ({ document }) => document.repeat],
  ['number of shards', ({ shard }) => shard.of],
  ['scenarios', ({ document }) => document.scenarios.join(', ')],
  ['version', ({ document }) => document.model.version],
  ['verb', ({ document }) => document.verb],
  ['baseline', ({ document }) => document.baseline?.hash ?? 'none'],
  ['use of vacuous properties', ({ document }) => document.failOnVacuous],
];

/** Errors: fault 501. */
function checkSameRun(reports: readonly ShardReport[]): void {
  const [first] = reports;
  for (const report of reports) {
    for (const [name, of] of common) {
      if (first === undefined || of(report) === of(first)) continue;
      throw unfit(
        `${report.file}: is of another run than ${first.file}: another ${name}`,
        `here: ${String(of(report))}`,
        `there: ${String(of(first))}`,
      );
    }
  }
}

const nameOf = ({ index, of }: Shard): string => `${index}/${of}`;

/** Errors: fault 501. */
function checkEachOnce(reports: readonly ShardReport[]): void {
  const files = new Map<number, string>();
  for (const { file, shard } of reports) {
    const other = files.get(shard.index);
    if (other !== undefined) {
      throw unfit(`${file}: shard ${nameOf(shard)} is in ${other} already`, 'Give each once.');
    }
    files.set(shard.index, file);
  }
  const of = reports[0]?.shard.of ?? 0;
  const all = Array.from({ length: of }, (_, i) => ({ index: i + 1, of }));
  const missing = all.filter(({ index }) => !files.has(index)).map(nameOf);
  if (missing.length > 0) {
    throw unfit(`missing: shard ${missing.join(', ')}`, 'Give the reports of all shards.');
  }
}

/** Errors: fault 501 when a report is not of the scenarios that its shard has. */
function checkParts({ catalogue }: Environment, reports: readonly ShardReport[]): void {
  for (const { file, document, shard } of reports) {
    const whole = document.scenarios.map((id) => scenarioNamed(catalogue, id));
    const part = split(whole, shard.of)[shard.index - 1] ?? [];
    const own = [...document.searches.map(({ scenario }) => scenario), ...document.notSearched];
    if (
      own.sort().join() ===
      part
        .map(({ id }) => id)
        .sort()
        .join()
    )
      continue;
    throw unfit(
      `${file}: has other scenarios than shard ${nameOf(shard)} of this run`,
      'The report was changed after it was written.',
    );
  }
}

async function merge(
  environment: Environment,
  argv: Arguments,
  files: readonly string[],
): Promise<number> {
  checkReportFlags(argv, files);
  const shards = files.map((file) => readShard(environment, file));
  checkSameRun(shards);
  checkEachOnce(shards);
  checkParts(environment, shards);
  const [first] = shards;
  if (first === undefined) throw unfit('no report is given');
  const { verb, repeat, scenarios, failOnVacuous } = first.document;
  const job: Job = { verb, model: environment.model, repeat, scenarios, failOnVacuous };
  const { baseline } = first.document;
  const gone = allGone(shards.map(({ document }) => document.baseline?.gone ?? []));
  const found = new Map<string, SearchReport>();
  for (const { file, document } of shards) {
    for (const data of document.searches) {
      found.set(data.scenario, searchIn(data, verb, environment.catalogue, file));
    }
  }
  const reports = scenarios.flatMap((id) => found.get(id) ?? []);
  const output = outputFor(environment, argv);
  const reporter = reporterFor(output, argv);
  for (const report of reports) {
    reporter.started(report);
    reporter.finished(report);
  }
  const summary = {
    ...summarise(job, scenarios, reports, environment),
    ...(baseline === null ? {} : { baseline: { ...baseline, gone } }),
  };
  return conclude(environment, summary, argv, { reporter, output });
}

export const mergeCommand: Command = {
  verbs: ['merge'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'merge <report..>',
      'The reports of all shards as the report of the whole',
      (command: Argv) =>
        command
          .positional('report', {
            type: 'string',
            array: true,
            demandOption: true,
            describe: 'What --shard i/N --format json --out <file> wrote, for every i',
          })
          .options(options)
          .example('$0 merge shard-1.json shard-2.json --junit all.xml', 'One report of two'),
      async (argv) => finish(await merge(environment, argv, argv.report)),
    ),
};
