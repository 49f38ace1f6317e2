/** `run`: random exploration. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { Fault } from '../../checker/fault.ts';
import { foldSeed } from '../../engine/random/seed.ts';
import { WALK_STEPS_MAX } from '../../engine/random.ts';
import type { SearchReport } from '../../report/search-report.ts';
import { limitsOf } from '../check-options.ts';
import { conclude, summarise } from '../conclusion.ts';
import type { Environment } from '../environment.ts';
import {
  limitOptions,
  outputOptions,
  saveFolderOf,
  saveOptions,
  selectionOptions,
} from '../options.ts';
import { outputFor, reporterFor } from '../output.ts';
import { progressOn } from '../progress.ts';
import { checkReportFlags, reportOptions, sarifOption } from '../reports.ts';
import type { RandomSettings, SearchContext } from '../search.ts';
import { searchEachAtRandom } from '../searches.ts';
import { givenArguments, scenariosFor, selectionArguments, selectionFor } from '../selection.ts';
import { partOf, shardOptions } from '../shard.ts';
import * as values from '../values.ts';

import { commandLine, type Command } from './command.ts';

const options = {
  ...selectionOptions,
  ...limitOptions,
  ...shardOptions,
  seed: { type: 'string', describe: 'Seed, 0x.. or decimal [default: drawn, and printed]' },
  path: { type: 'string', describe: 'Path within the seed, as printed with a violation' },
  guided: {
    type: 'boolean',
    default: false,
    describe: 'Begin most walks in states that an earlier walk was the first to reach',
  },
  'max-samples': {
    type: 'string',
    describe: 'Random walks [default: 10000; 1 with --seed and --path]',
    group: 'Limits:',
  },
  'max-steps': {
    type: 'string',
    describe: "Steps of a walk [default: the scenario's]",
    group: 'Limits:',
  },
  coverage: { type: 'boolean', describe: 'How often each transition was taken' },
  ...saveOptions,
  ...reportOptions,
  ...sarifOption,
  ...outputOptions,
} as const;

type Arguments = ArgumentsCamelCase<
  InferredOptionTypes<typeof options> & { scenario: string[] | undefined }
>;

export const defaultMaxSteps = 200;
export const defaultMaxSamples = 10_000;

function settingsFor(
  argv: Arguments,
  seed: bigint,
  scenarioSteps: number | undefined,
): RandomSettings {
  const { path, maxSamples, maxSteps } = argv;
  const samples = argv.seed !== undefined && path !== undefined ? 1 : defaultMaxSamples;
  return {
    seed,
    guided: argv.guided,
    ...(path === undefined ? {} : { path: values.path('path', path) }),
    maxSamples:
      maxSamples === undefined
        ? samples
        : values.wholeNumber('max-samples', maxSamples, 1, Number.MAX_SAFE_INTEGER),
    maxSteps:
      maxSteps === undefined
        ? (scenarioSteps ?? defaultMaxSteps)
        : values.wholeNumber('max-steps', maxSteps, 1, WALK_STEPS_MAX),
  };
}

function otherArguments(argv: Arguments): string[] {
  const texts: Readonly<Record<string, string | undefined>> = {
    '--max-samples': argv.maxSamples,
    '--max-steps': argv.maxSteps,
    '--max-depth': argv.maxDepth,
    '--timeout': argv.timeout,
  };
  return [
    ...(argv.guided ? ['--guided'] : []),
    ...Object.entries(texts).flatMap(([flag, text]) => (text === undefined ? [] : [flag, text])),
  ];
}

/** The command that repeats all walks. */
const repeatAll = (argv: Arguments, ids: readonly string[], seed: bigint): string =>
  commandLine(
    'run',
    ...(argv.scenario === undefined || argv.scenario.length === 0 ? [] : ids),
    ...givenArguments(argv),
    ...otherArguments(argv),
    '--seed',
    `0x${seed.toString(16)}`,
    ...(argv.path === undefined ? [] : ['--path', argv.path]),
  );

async function run(environment: Environment, argv: Arguments): Promise<number> {
  const { catalogue, model } = environment;
  checkReportFlags(
    argv,
    catalogue.scenarios.map(({ id }) => id),
  );
  if (argv.shard !== undefined && argv.seed === undefined) {
    throw new Fault('KMC-103', '--shard needs --seed', ['All shards of a run share one.']);
  }
  if (argv.path !== undefined && argv.seed === undefined) {
    throw new Fault('KMC-103', '--path needs --seed', ['Both are printed with a violation.']);
  }
  if (argv.path !== undefined && argv.guided) {
    throw new Fault('KMC-103', '--guided takes no --path', [
      'Each walk depends on those before it: the seed alone repeats them.',
    ]);
  }
  const scenarios = scenariosFor(catalogue, argv.scenario ?? [], argv.mutant);
  const ids = scenarios.map(({ id }) => id);
  if (ids.length === 0) throw new Fault('KMC-103', 'no scenario is selected');
  const seed = foldSeed(
    argv.seed === undefined ? environment.randomSeed() : values.seed('seed', argv.seed),
  );
  const limits = limitsOf(argv);
  const { part, shard } = partOf(scenarios, argv.shard);
  const own = scenarios.filter(({ id }) => part.includes(id));
  const targets = own.map((scenario) => {
    const selection = selectionFor(catalogue, scenario, argv);
    const words = [...selectionArguments(scenario, selection), ...otherArguments(argv)];
    const repeat = commandLine('run', scenario.id, ...words, '--seed', `0x${seed.toString(16)}`);
    const settings = settingsFor(argv, seed, scenario.maxSteps);
    return { target: { scenario, selection, limits, repeat }, settings };
  });
  const output = outputFor(environment, argv);
  const folder = saveFolderOf(argv.save);
  const context: SearchContext = {
    environment,
    reporter: reporterFor(output, argv),
    progress: progressOn(environment, output.showProgress),
    ...(folder === undefined ? {} : { saveFolder: folder }),
    taken: new Set(),
  };
  const reports: SearchReport[] = [];
  for await (const report of searchEachAtRandom(context, targets)) reports.push(report);
  const job = {
    verb: 'run',
    model,
    repeat: repeatAll(argv, ids, seed),
    scenarios: ids,
    failOnVacuous: false,
    ...(shard === undefined ? {} : { shard }),
  } as const;
  const summary = summarise(job, part, reports, environment);
  return conclude(environment, summary, argv, { reporter: context.reporter, output });
}

export const runCommand: Command = {
  verbs: ['run'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'run [scenario..]',
      'Explore scenarios at random; shrink and minimise what is found',
      (command: Argv) =>
        command
          .positional('scenario', {
            type: 'string',
            array: true,
            describe: 'Scenarios [default: all of CI]',
          })
          .options(options)
          .example(
            '$0 run --mutant link-unsynced-child --seed 0x5eed',
            'A run that can be repeated',
          )
          .example('$0 run --timeout 10s', 'Ten seconds for each scenario of CI'),
      async (argv) => finish(await run(environment, argv)),
    ),
};
