/** `all`: the whole job, ending with a verdict that needs no prior knowledge. */
import { existsSync } from 'node:fs';
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import type { Statistics } from '../../engine/outcome.ts';
import { foldSeed } from '../../engine/random/seed.ts';
import { checksExitCode, checksText, tally, type Check } from '../../report/checks.ts';
import { silentReporter } from '../../report/reporter.ts';
import {
  vacuousIn,
  verdictOf,
  type SearchReport,
  type Verdict,
} from '../../report/search-report.ts';
import { count, seconds, wrap } from '../../report/style.ts';
import { violationLines } from '../../report/text.ts';
import type { Environment } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { outputOptions, saveFolderOf, saveOptions } from '../options.ts';
import { outputFor, type Output } from '../output.ts';
import { progressOn } from '../progress.ts';
import type { SearchContext, SearchTarget } from '../search.ts';
import { searchEachAtRandom, searchEachExhaustively } from '../searches.ts';
import { duration_ms, seed as seedValue } from '../values.ts';
import { commandLine, type Command } from './command.ts';
import { defaultMaxSteps } from './run.ts';
import { corpusChecks } from './test.ts';

const options = {
  color: outputOptions.color,
  progress: outputOptions.progress,
  seed: { type: 'string', describe: 'Seed of the random walks [default: drawn, and printed]' },
  'random-time': { type: 'string', default: '8s', describe: 'Time for random walks in all' },
  ...saveOptions,
} as const;

type Arguments = ArgumentsCamelCase<InferredOptionTypes<typeof options>>;

interface Job {
  readonly environment: Environment;
  readonly output: Output;
  readonly context: SearchContext;
  readonly seed: bigint;
  readonly randomTime_ms: number;
}

function writeReport({ output }: Job, report: SearchReport, detail: string): void {
  const { style, line } = output;
  const verdict = verdictOf(report);
  const mark = verdict.kind === 'held' ? style.good('ok  ') : style.bad(verdict.kind.toUpperCase());
  const why = verdict.kind === 'inconclusive' ? `   ${verdict.because}` : '';
  const time = seconds(report.outcome.statistics.elapsed_ms);
  line(`  ${mark}  ${report.scenario.id.padEnd(32)}  ${detail}   ${time}${why}`);
  for (const found of report.found) violationLines(found, style).forEach(line);
}

/** The scenarios of CI, each with the command that repeats what is done. */
const targetsOf = (
  { environment }: Job,
  limits: SearchTarget['limits'],
  repeat: (id: string) => string,
): SearchTarget[] =>
  environment.catalogue.scenarios
    .filter(({ ci }) => ci)
    .map((scenario) => {
      const { id, preset = 'upstream' } = scenario;
      return {
        scenario,
        selection: { scenario: id, preset, rules: {} },
        limits,
        repeat: repeat(id),
      };
    });

async function searchAll(job: Job): Promise<SearchReport[]> {
  job.output.line('1 of 3   exhaustive search: every property in every state of each scenario');
  const settings = { symmetry: true, maxErrors: 1 };
  const wanted = targetsOf(job, {}, (id) => commandLine('check', id)).map((target) => ({
    target,
    settings,
  }));
  const reports: SearchReport[] = [];
  for await (const report of searchEachExhaustively(job.context, wanted)) {
    const { states, depth, evidence } = report.outcome.statistics;
    const detail = `${count(states)} states, depth ${depth}, ${evidence.length} properties`;
    writeReport(job, report, detail);
    reports.push(report);
  }
  return reports;
}

async function walkAll(job: Job): Promise<SearchReport[]> {
  const { environment, seed } = job;
  const shown = `0x${seed.toString(16)}`;
  job.output.line('');
  job.output.line(`2 of 3   random walks: the same properties on longer runs, seed ${shown}`);
  const { cores = 1, catalogue } = environment;
  const scenarios = catalogue.scenarios.filter(({ ci }) => ci).length;
  const limits = { time_ms: (cores * job.randomTime_ms) / scenarios };
  const wanted = targetsOf(job, limits, (id) => commandLine('run', id, '--seed', shown)).map(
    (target) => ({
      target,
      settings: {
        seed,
        maxSamples: 1_000_000,
        maxSteps: target.scenario.maxSteps ?? defaultMaxSteps,
      },
    }),
  );
  const reports: SearchReport[] = [];
  for await (const found of searchEachAtRandom(job.context, wanted)) {
    const report = withoutTimeLimit(found);
    const { samples, transitions } = report.outcome.statistics;
    writeReport(job, report, `${count(samples ?? 0)} walks, ${count(transitions)} steps`);
    reports.push(report);
  }
  return reports;
}

/** The time is what was asked for, hence its end is the end of the work. */
function withoutTimeLimit(report: SearchReport): SearchReport {
  const { outcome } = report;
  return outcome.kind === 'inconclusive' && outcome.bound === 'time'
    ? { ...report, outcome: { ...outcome, bound: 'samples' } }
    : report;
}

function replayAll(job: Job): Check[] {
  const { environment, output } = job;
  const folder = environment.corpus();
  output.line('');
  output.line('3 of 3   stored counterexamples: each known bug is still shown');
  const checks = corpusChecks(environment, existsSync(folder) ? [folder] : []);
  for (const text of checksText(checks, output.style, true)) output.line(`  ${text}`);
  return checks;
}

const total = (reports: readonly SearchReport[], of: (s: Statistics) => number): number =>
  reports.reduce((sum, { outcome }) => sum + of(outcome.statistics), 0);

function verdictText(
  searched: readonly SearchReport[],
  walked: readonly SearchReport[],
  checks: readonly Check[],
): string {
  const states = count(total(searched, (s) => s.states));
  const walks = count(total(walked, (s) => s.samples ?? 0));
  const properties = new Set(
    searched.flatMap(({ outcome }) => outcome.statistics.evidence.map(({ id }) => id)),
  );
  const bugs = checks.filter(({ group, ok }) => group === 'mutants' && ok).length;
  return (
    `The modelled KVM keeps ${properties.size} properties in each of the ${states} states of ` +
    `${searched.length} scenarios, and on ${walks} random walks. With a known bug planted it ` +
    `does not: all ${bugs} planted bugs are shown by their stored counterexamples. This holds ` +
    'within these scenarios, for the model; it is not a proof about the C code.'
  );
}

function problems(
  environment: Environment,
  reports: readonly SearchReport[],
  vacuous: readonly string[],
  checks: readonly Check[],
): string[] {
  const { failed } = tally(checks);
  const verdicts = reports.map(verdictOf);
  const violations = verdicts.filter(({ kind }) => kind === 'violated').length;
  const cut = verdicts.filter(({ kind }) => kind === 'inconclusive').length;
  return [
    ...(environment.stopSignal() === undefined ? [] : ['stopped by a signal before the end']),
    ...(violations === 0 ? [] : [`${violations} of ${reports.length} searches found a violation`]),
    ...(cut === 0 ? [] : [`${cut} searches were cut short`]),
    ...(vacuous.length === 0 ? [] : [`properties without a case: ${vacuous.join(', ')}`]),
    ...(failed === 0 ? [] : [`${failed} stored counterexamples or mutants are not as recorded`]),
  ];
}

async function all(environment: Environment, argv: Arguments): Promise<number> {
  const text = { format: 'text', out: undefined, verbosity: '2', quiet: undefined } as const;
  const output = outputFor(environment, { ...argv, ...text });
  const folder = saveFolderOf(argv.save);
  const job: Job = {
    environment,
    output,
    context: {
      environment,
      reporter: silentReporter,
      progress: progressOn(environment, output.showProgress),
      ...(folder === undefined ? {} : { saveFolder: folder }),
      taken: new Set(),
    },
    seed: foldSeed(
      argv.seed === undefined ? environment.randomSeed() : seedValue('seed', argv.seed),
    ),
    randomTime_ms: duration_ms('random-time', argv.randomTime),
  };
  const searched = await searchAll(job);
  const walked = await walkAll(job);
  const checks = replayAll(job);
  return conclude(job, searched, walked, checks);
}

function conclude(
  { environment, output }: Job,
  searched: readonly SearchReport[],
  walked: readonly SearchReport[],
  checks: readonly Check[],
): number {
  const { style, line, elapsed } = output;
  const vacuous = vacuousIn(searched);
  const wrong = problems(environment, [...searched, ...walked], vacuous, checks);
  line('');
  if (wrong.length === 0) {
    line(`${style.good('PASS')}     ${seconds(elapsed())}`);
    wrap(verdictText(searched, walked, checks), 91).forEach((text) => line(`         ${text}`));
    const mutant = environment.catalogue.mutants[0];
    if (mutant !== undefined) line(`next     kvm-mmu-check check --mutant ${mutant.id}`);
  } else {
    line(`${style.bad('FAIL')}     ${seconds(elapsed())}`);
    for (const problem of wrong) line(`         ${problem}`);
  }
  const doubt: Verdict = { kind: 'inconclusive', because: '' };
  const verdicts = [...searched, ...walked].map(verdictOf);
  const violated = verdicts.find(({ kind }) => kind === 'violated');
  const unsure = verdicts.find(({ kind }) => kind === 'inconclusive');
  const stored = checksExitCode(checks);
  const signal = environment.stopSignal();
  if (signal === undefined && violated === undefined && stored !== 0) return stored;
  return exitCode(violated ?? unsure ?? (vacuous.length > 0 ? doubt : { kind: 'held' }), signal);
}

export const allCommand: Command = {
  verbs: ['all'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'all',
      'Everything: exhaustive search, random walks, stored counterexamples, one verdict',
      (command: Argv) => command.options(options),
      async (argv) => finish(await all(environment, argv)),
    ),
};
