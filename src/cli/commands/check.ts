/** `check`: exhaustive bounded search. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import type { Catalogue, Selection } from '../../checker/catalogue.ts';
import { Fault } from '../../checker/fault.ts';
import { asksProgress } from '../../engine/exhaustive.ts';
import type { Limits } from '../../engine/outcome.ts';
import type { Summary } from '../../report/reporter.ts';
import {
  vacuousIn,
  verdictOf,
  worst,
  type SearchReport,
  type Verdict,
} from '../../report/search-report.ts';
import {
  checkpointOptions,
  checkpointSettings,
  resumedSearch,
  type SearchIdentity,
} from '../checkpoint.ts';
import type { Environment } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { limitOptions, outputOptions, saveOptions, selectionOptions } from '../options.ts';
import { outputFor, reporterFor } from '../output.ts';
import { progressOn } from '../progress.ts';
import { searchExhaustively, type SearchContext } from '../search.ts';
import { scenarioNamed, scenariosFor, selectionArguments, selectionFor } from '../selection.ts';
import { bytes, duration_ms, wholeNumber } from '../values.ts';
import { commandLine, type Command } from './command.ts';

const options = {
  ...selectionOptions,
  ...limitOptions,
  ...checkpointOptions,
  'max-states': { type: 'string', describe: 'Most distinct states', group: 'Limits:' },
  'max-memory': { type: 'string', describe: 'Most memory: 512M, 4G', group: 'Limits:' },
  workers: { type: 'string', default: 'auto', describe: 'Threads: auto or a number' },
  storage: {
    choices: ['exact', 'fingerprint'] as const,
    default: 'exact' as const,
    describe: 'Keep states in full, or 64 bits of each with a small risk',
  },
  symmetry: { type: 'boolean', default: true, describe: 'Take symmetric states for one' },
  liveness: {
    type: 'boolean',
    describe: 'Only what asks about runs without end; --no-liveness: all else [default: both]',
  },
  continue: { type: 'boolean', describe: 'Go on after a violation', conflicts: 'max-errors' },
  'max-errors': { type: 'string', describe: 'Stop after this many violations [default: 1]' },
  coverage: { type: 'boolean', describe: 'How often each transition was taken' },
  'fail-on-vacuous': {
    type: 'boolean',
    describe: 'Inconclusive if a property has no case [default: on when no scenario is named]',
  },
  ...saveOptions,
  ...outputOptions,
} as const;

type Arguments = ArgumentsCamelCase<
  InferredOptionTypes<typeof options> & { scenario: string[] | undefined }
>;

const most = Number.MAX_SAFE_INTEGER;

export function limitsOf(argv: {
  readonly maxStates?: string | undefined;
  readonly maxDepth?: string | undefined;
  readonly timeout?: string | undefined;
  readonly maxMemory?: string | undefined;
}): Limits {
  const { maxStates, maxDepth, timeout, maxMemory } = argv;
  return {
    ...(maxStates === undefined ? {} : { states: wholeNumber('max-states', maxStates, 1, most) }),
    ...(maxDepth === undefined ? {} : { depth: wholeNumber('max-depth', maxDepth, 0, most) }),
    ...(timeout === undefined ? {} : { time_ms: duration_ms('timeout', timeout) }),
    ...(maxMemory === undefined ? {} : { memory_bytes: bytes('max-memory', maxMemory) }),
  };
}

/** `--no-save` arrives as `false`. */
export const saveFolderOf = (save: unknown): string | undefined =>
  typeof save === 'string' ? save : undefined;

function maxErrorsOf(argv: Arguments): number {
  if (argv.continue === true) return Infinity;
  return argv.maxErrors === undefined ? 1 : wholeNumber('max-errors', argv.maxErrors, 1, most);
}

/** Errors: fault 102. */
const workersOf = ({ workers }: Arguments): number | undefined =>
  workers === 'auto' ? undefined : wholeNumber('workers', workers, 1, 1024);

/** What the user set beside the selection, as given. */
function otherArguments(argv: Arguments): string[] {
  const texts: Readonly<Record<string, string | undefined>> = {
    '--max-states': argv.maxStates,
    '--max-depth': argv.maxDepth,
    '--timeout': argv.timeout,
    '--max-memory': argv.maxMemory,
    '--max-errors': argv.maxErrors,
  };
  return [
    ...Object.entries(texts).flatMap(([flag, text]) => (text === undefined ? [] : [flag, text])),
    ...(argv.storage === 'exact' ? [] : ['--storage', argv.storage]),
    ...(argv.symmetry ? [] : ['--no-symmetry']),
    ...(argv.liveness === false ? ['--no-liveness'] : []),
    ...(argv.continue === true ? ['--continue'] : []),
  ];
}

/** A vacuous property makes a success doubtful, when that was asked for. */
export function summarise(
  verb: string,
  reports: readonly SearchReport[],
  failOnVacuous: boolean,
  environment: Environment,
): Summary {
  const vacuous = failOnVacuous ? vacuousIn(reports) : [];
  const doubt: Verdict[] =
    vacuous.length === 0
      ? []
      : [{ kind: 'inconclusive', because: `vacuous: ${vacuous.join(', ')}` }];
  const verdict = worst([...reports.map(verdictOf), ...doubt]);
  return { verb, verdict, reports, vacuous, exitCode: exitCode(verdict, environment.stopSignal()) };
}

/** The searches that were asked for. Order: of the catalogue. Errors: faults 101 to 103. */
function searchesFor({ catalogue, model }: Environment, argv: Arguments): SearchIdentity[] {
  const scenarios = scenariosFor(catalogue, argv.scenario ?? [], argv.mutant);
  if (scenarios.length === 0) throw new Fault('KMC-103', 'no scenario is selected');
  if (argv.checkpoint !== undefined && scenarios.length > 1) {
    throw new Fault('KMC-103', '--checkpoint saves the search of one scenario', ['Name it.']);
  }
  const searches = scenarios.map((scenario) => {
    const selection = selectionFor(catalogue, scenario, argv);
    const liveness = argv.liveness !== false && canAskProgress(catalogue, selection);
    const symmetry = argv.symmetry && !liveness;
    return { selection, symmetry, liveness, storage: argv.storage, model: model.hash };
  });
  if (argv.liveness !== true) return searches;
  const endless = searches.filter(({ liveness }) => liveness);
  if (endless.length > 0) return endless;
  throw new Fault('KMC-103', 'nothing that is selected asks about runs without end', [
    'Properties that do are asked "for-ever": kvm-mmu-check list properties',
  ]);
}

const canAskProgress = (catalogue: Catalogue, selection: Selection): boolean =>
  asksProgress(catalogue.instantiate(selection), {});

/** The search in the file of `--resume`. Errors: faults 103, 401 and 402. */
function resumedFor(environment: Environment, argv: Arguments, file: string): SearchIdentity[] {
  const { scenario = [], properties, match, preset, rule, mutant, granularity } = argv;
  const more = [...scenario, properties, match, preset, rule, mutant, granularity];
  if (more.some((given) => given !== undefined)) {
    throw new Fault('KMC-103', '--resume takes what to check from the file', [
      `for example: kvm-mmu-check check --resume ${file}`,
    ]);
  }
  return [resumedSearch(environment, file)];
}

async function check(environment: Environment, argv: Arguments): Promise<number> {
  const { catalogue } = environment;
  const names = argv.scenario ?? [];
  const limits = limitsOf(argv);
  const maxErrors = maxErrorsOf(argv);
  const workers = workersOf(argv);
  const searches =
    argv.resume === undefined
      ? searchesFor(environment, argv)
      : resumedFor(environment, argv, argv.resume);
  const jobs = searches.map((identity) => {
    const { selection, symmetry, liveness, storage } = identity;
    const scenario = scenarioNamed(catalogue, selection.scenario);
    const selected = selectionArguments(scenario, selection);
    const isLeftOut = !liveness && canAskProgress(catalogue, selection);
    const others = otherArguments({
      ...argv,
      symmetry: symmetry || liveness,
      liveness: !isLeftOut,
      storage,
    });
    const repeat = commandLine('check', scenario.id, ...selected, ...others);
    const settings = {
      liveness,
      symmetry,
      storage,
      maxErrors,
      ...(workers === undefined ? {} : { workers }),
      ...checkpointSettings(argv, identity),
    };
    return { target: { scenario, selection, limits, repeat }, settings };
  });
  const output = outputFor(environment, argv);
  const folder = saveFolderOf(argv.save);
  const context: SearchContext = {
    environment,
    reporter: reporterFor(output, argv.coverage === true),
    progress: progressOn(environment, output.showProgress),
    ...(folder === undefined ? {} : { saveFolder: folder }),
    taken: new Set(),
  };
  const reports: SearchReport[] = [];
  for (const { target, settings } of jobs) {
    if (environment.stopSignal() !== undefined) break;
    reports.push(await searchExhaustively(context, target, settings));
  }
  const isWhole = argv.mutant === undefined && argv.resume === undefined && !argv.liveness;
  const isGate = names.length === 0 && isWhole;
  const summary = summarise('check', reports, argv.failOnVacuous ?? isGate, environment);
  context.reporter.ended(summary);
  output.close();
  return summary.exitCode;
}

export const checkCommand: Command = {
  verbs: ['check', 'verify'],
  flags: Object.keys(options),
  add: (cli, { environment, finish }) =>
    cli.command(
      ['check [scenario..]', 'verify'],
      'Search scenarios exhaustively within their bounds',
      (command: Argv) =>
        command
          .positional('scenario', {
            type: 'string',
            array: true,
            describe: 'Scenarios [default: all of CI]',
          })
          .options(options)
          .example('$0 check shadow-unsync', 'Every property, every state of one scenario')
          .example('$0 check --mutant link-unsynced-child', 'Plant a known bug and find it')
          .example('$0 check --liveness', 'What never ends, in the scenarios that ask for it'),
      async (argv) => finish(await check(environment, argv)),
    ),
};
