/** `test`: everything that is stored must be as recorded. */
import { existsSync, mkdirSync } from 'node:fs';
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { checkSuites } from '../../report/check-suites.ts';
import { checksExitCode, checksHeadline, writeChecks, type Check } from '../../report/checks.ts';
import { silentReporter } from '../../report/reporter.ts';
import type { SearchReport } from '../../report/search-report.ts';
import { Fault } from '../../checker/fault.ts';
import { filesIn, filesNamed, judgeFile, judgeMutant } from '../corpus.ts';
import { judgeCounts } from '../counts.ts';
import type { Environment } from '../environment.ts';
import { outputOptions } from '../options.ts';
import { outputFor, type Output } from '../output.ts';
import { progressOn, type Progress } from '../progress.ts';
import { refresh, supplyMissing } from '../refresh.ts';
import { checkReportFlags, ktapIsTheResult, reportOptions, writeReports } from '../reports.ts';
import type { SearchContext } from '../search.ts';
import { searchEachExhaustively } from '../searches.ts';
import { commandLine, type Command } from './command.ts';

const options = {
  update: {
    type: 'boolean',
    default: false,
    describe: 'First record files anew where the verdict is unchanged, and find missing ones',
  },
  ...reportOptions,
  ...outputOptions,
} as const;

type Arguments = ArgumentsCamelCase<
  InferredOptionTypes<typeof options> & { path: string[] | undefined }
>;

interface Judged {
  readonly checks: readonly Check[];
  /** Scenarios that an interruption left out. */
  readonly notJudged: readonly string[];
}

/** The scenarios of CI, searched in full. */
async function countChecks(environment: Environment, progress: Progress): Promise<Judged> {
  const context: SearchContext = {
    environment,
    reporter: silentReporter,
    progress,
    taken: new Set(),
  };
  const checks: Check[] = [];
  const book = environment.catalogue.evidence?.();
  const scenarios = environment.catalogue.scenarios.filter(({ ci }) => ci);
  const settings = { symmetry: true, maxErrors: 1 };
  const wanted = scenarios.map((scenario) => {
    const preset = scenario.preset ?? 'upstream';
    const selection = { scenario: scenario.id, preset, rules: {} };
    const repeat = commandLine('check', scenario.id);
    return { target: { scenario, selection, limits: {}, repeat }, settings };
  });
  for await (const report of searchEachExhaustively(context, wanted)) {
    if (wasInterrupted(report)) break;
    checks.push(judgeCounts(report, book));
  }
  return { checks, notJudged: scenarios.slice(checks.length).map(({ id }) => id) };
}

const wasInterrupted = ({ outcome }: SearchReport): boolean =>
  outcome.kind === 'inconclusive' && outcome.bound === 'interrupted';

/** Stored files, and each mutant by one of them. */
export function corpusChecks(environment: Environment, paths: readonly string[]): Check[] {
  const files = filesIn(paths).map((file) => judgeFile(environment, file));
  const mutants = environment.catalogue.mutants.map((mutant) => judgeMutant(mutant, files));
  return [...files.map(({ check }) => check), ...mutants];
}

/** Without paths, what is missing is searched for too. */
async function refreshAll(
  environment: Environment,
  named: readonly string[],
  corpus: string,
): Promise<void> {
  const paths = named.length === 0 ? [corpus] : named;
  for (const file of filesIn(paths)) {
    if (await refresh(environment, file)) environment.err(`recorded anew: ${file}\n`);
  }
  if (named.length > 0) return;
  for await (const file of supplyMissing(environment, corpus)) {
    environment.err(`found: ${file}\n`);
  }
}

async function judgeAll(
  environment: Environment,
  corpus: string,
  progress: Progress,
): Promise<Judged> {
  const stored = corpusChecks(environment, [corpus]);
  const { checks, notJudged } = await countChecks(environment, progress);
  return { checks: [...stored, ...checks], notJudged };
}

function report(
  environment: Environment,
  argv: Arguments,
  output: Output,
  { checks, notJudged }: Judged,
): void {
  const { style, verbosity, format, line } = output;
  if (!ktapIsTheResult(argv)) {
    writeChecks(checks, format, line, { style, quiet: verbosity === 0, notJudged });
  }
  writeReports(environment, argv, output, {
    verb: 'test',
    headline: checksHeadline(checks, notJudged),
    suites: checkSuites(checks, notJudged),
  });
  output.close();
}

async function test(environment: Environment, argv: Arguments): Promise<number> {
  checkReportFlags(argv, []);
  const output = outputFor(environment, argv);
  const named = argv.path ?? [];
  const corpus = environment.corpus();
  if (named.length === 0 && argv.update) mkdirSync(corpus, { recursive: true });
  if (named.length === 0 && !existsSync(corpus)) {
    throw new Fault('KMC-202', `${corpus}: there is no folder of counterexamples`);
  }
  if (argv.update) await refreshAll(environment, named, corpus);
  const judged: Judged =
    named.length > 0
      ? {
          checks: filesNamed(named).map((file) => judgeFile(environment, file).check),
          notJudged: [],
        }
      : await judgeAll(environment, corpus, progressOn(environment, output.showProgress));
  report(environment, argv, output, judged);
  const signal = environment.stopSignal();
  if (signal !== undefined) return signal === 'SIGINT' ? 130 : 143;
  return checksExitCode(judged.checks);
}

export const testCommand: Command = {
  verbs: ['test'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'test [path..]',
      'Stored counterexamples, mutants and state counts: all as recorded',
      (command: Argv) =>
        command
          .positional('path', {
            type: 'string',
            array: true,
            describe: 'Files or folders alone [default: all, with mutants and counts]',
          })
          .options(options),
      async (argv) => finish(await test(environment, argv)),
    ),
};
