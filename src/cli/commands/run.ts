/** `run`: random exploration. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import type { ScenarioEntry } from '../../checker/catalogue.ts';
import { Fault } from '../../checker/fault.ts';
import { foldSeed } from '../../engine/random/seed.ts';
import { WALK_STEPS_MAX } from '../../engine/random.ts';
import type { SearchReport } from '../../report/search-report.ts';
import { limitsOf, workersOf } from '../check-options.ts';
import { conclude, summarise } from '../conclusion.ts';
import type { Environment } from '../environment.ts';
import { checkCorpus, corpusFor, type CorpusUse } from '../openings/use.ts';
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
  corpus: {
    type: 'string',
    describe: 'Begin guided walks with the openings in this folder, and keep new ones there',
  },
  workers: {
    type: 'string',
    default: 'auto',
    describe: 'Threads: auto or a number; guided walks depend on it',
  },
  'max-memory': { type: 'string', describe: 'Most memory: 512M, 4G', group: 'Limits:' },
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

const isGuided = ({ guided, corpus }: Arguments): boolean => guided || corpus !== undefined;

function settingsFor(
  argv: Arguments,
  seed: bigint,
  scenarioSteps: number | undefined,
  corpus: CorpusUse | undefined,
): RandomSettings {
  const { path, maxSamples, maxSteps } = argv;
  const samples = argv.seed !== undefined && path !== undefined ? 1 : defaultMaxSamples;
  return {
    seed,
    guided: isGuided(argv),
    workers: workersOf(argv) ?? 'auto',
    ...(corpus === undefined ? {} : { openings: corpus.before.openings, harvest: corpus.grows }),
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

/** `guidance`: what stands for `--corpus` and `--guided`. */
function otherArguments(argv: Arguments, guidance: readonly string[]): string[] {
  const texts: Readonly<Record<string, string | undefined>> = {
    '--max-samples': argv.maxSamples,
    '--max-steps': argv.maxSteps,
    '--max-depth': argv.maxDepth,
    '--max-memory': argv.maxMemory,
    '--timeout': argv.timeout,
    // Other walks are the same for any number.
    '--workers': isGuided(argv) && argv.workers !== 'auto' ? argv.workers : undefined,
  };
  return [
    ...guidance,
    ...Object.entries(texts).flatMap(([flag, text]) => (text === undefined ? [] : [flag, text])),
  ];
}

const guidanceOf = ({ guided, corpus }: Arguments): readonly string[] => {
  if (corpus !== undefined) return ['--corpus', corpus];
  return guided ? ['--guided'] : [];
};

/** The command that repeats all walks. */
const repeatAll = (argv: Arguments, ids: readonly string[], seed: bigint): string =>
  commandLine(
    'run',
    ...(argv.scenario === undefined || argv.scenario.length === 0 ? [] : ids),
    ...givenArguments(argv),
    ...otherArguments(argv, guidanceOf(argv)),
    '--seed',
    `0x${seed.toString(16)}`,
    ...(argv.path === undefined ? [] : ['--path', argv.path]),
  );

/** Errors: fault 103. */
function checkTogether(argv: Arguments): void {
  if (argv.shard !== undefined && argv.seed === undefined) {
    throw new Fault('KMC-103', '--shard needs --seed', ['All shards of a run share one.']);
  }
  if (argv.path === undefined) return;
  if (argv.seed === undefined) {
    throw new Fault('KMC-103', '--path needs --seed', ['Both are printed with a violation.']);
  }
  if (isGuided(argv)) {
    const flag = argv.corpus === undefined ? '--guided' : '--corpus';
    throw new Fault('KMC-103', `${flag} takes no --path`, [
      'Each walk depends on those before it: the seed alone repeats them.',
    ]);
  }
}

/** Errors: those of flags, and of a corpus that cannot be used. */
function targetFor(
  environment: Environment,
  argv: Arguments,
  scenario: ScenarioEntry,
  seed: bigint,
) {
  const selection = selectionFor(environment.catalogue, scenario, argv);
  const corpus =
    argv.corpus === undefined
      ? undefined
      : corpusFor(environment, argv.corpus, scenario, selection);
  const words = [
    ...selectionArguments(scenario, selection),
    ...otherArguments(argv, corpus?.flags ?? guidanceOf(argv)),
  ];
  const repeat = commandLine('run', scenario.id, ...words, '--seed', `0x${seed.toString(16)}`);
  const settings = settingsFor(argv, seed, scenario.maxSteps, corpus);
  return { target: { scenario, selection, limits: limitsOf(argv), repeat }, settings, corpus };
}

async function run(environment: Environment, argv: Arguments): Promise<number> {
  const { catalogue, model } = environment;
  checkReportFlags(
    argv,
    catalogue.scenarios.map(({ id }) => id),
  );
  checkTogether(argv);
  const scenarios = scenariosFor(catalogue, argv.scenario ?? [], argv.mutant);
  const ids = scenarios.map(({ id }) => id);
  if (ids.length === 0) throw new Fault('KMC-103', 'no scenario is selected');
  checkCorpus(argv.corpus, scenarios);
  const seed = foldSeed(
    argv.seed === undefined ? environment.randomSeed() : values.seed('seed', argv.seed),
  );
  const { part, shard } = partOf(scenarios, argv.shard);
  const own = scenarios.filter(({ id }) => part.includes(id));
  const targets = own.map((scenario) => targetFor(environment, argv, scenario, seed));
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
  for await (const report of searchEachAtRandom(context, targets)) {
    targets[reports.length]?.corpus?.keep(report);
    reports.push(report);
  }
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
          .example('$0 run --timeout 10s', 'Ten seconds for each scenario of CI')
          .example(
            '$0 run shadow-rights --corpus openings',
            'Guided walks that go on where earlier runs came to',
          ),
      async (argv) => finish(await run(environment, argv)),
    ),
};
