/** `check`: exhaustive bounded search. */
import type { Argv } from 'yargs';
import type { Catalogue, Selection } from '../../checker/catalogue.ts';
import { Fault } from '../../checker/fault.ts';
import { asksProgress } from '../../engine/exhaustive.ts';
import type { Job, Shard } from '../../report/reporter.ts';
import type { SearchReport } from '../../report/search-report.ts';
import {
  checkOptions,
  limitsOf,
  maxErrorsOf,
  otherArguments,
  workersOf,
  type CheckArguments,
} from '../check-options.ts';
import { checkpointSettings, resumedSearch, type SearchIdentity } from '../checkpoint.ts';
import { frontierSettings } from '../frontier.ts';
import { baselineUse } from '../baseline.ts';
import { conclude, summarise } from '../conclusion.ts';
import type { Environment } from '../environment.ts';
import { saveFolderOf } from '../options.ts';
import { outputFor, reporterFor } from '../output.ts';
import { progressOn } from '../progress.ts';
import { checkReportFlags } from '../reports.ts';
import type { ExhaustiveSettings, SearchContext, SearchTarget } from '../search.ts';
import { searchEachExhaustively } from '../searches.ts';
import {
  givenArguments,
  scenarioNamed,
  scenariosFor,
  selectionArguments,
  selectionFor,
} from '../selection.ts';
import { partOf } from '../shard.ts';
import { commandLine, type Command } from './command.ts';

/** The searches that were asked for. Order: of the catalogue. Errors: faults 101 to 103. */
function searchesFor({ catalogue, model }: Environment, argv: CheckArguments): SearchIdentity[] {
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
function resumedFor(
  environment: Environment,
  argv: CheckArguments,
  file: string,
): SearchIdentity[] {
  const { scenario = [], properties, match, preset, rule, mutant, granularity } = argv;
  const more = [...scenario, properties, match, preset, rule, mutant, granularity];
  if (argv.shard !== undefined) {
    throw new Fault('KMC-103', '--resume goes on with one search, which has no shards');
  }
  if (more.some((given) => given !== undefined)) {
    throw new Fault('KMC-103', '--resume takes what to check from the file', [
      `for example: kvm-mmu-check check --resume ${file}`,
    ]);
  }
  return [resumedSearch(environment, file)];
}

/** The command that repeats all searches. Order of scenarios: of the catalogue. */
function repeatAll(argv: CheckArguments, ids: readonly string[]): string {
  const { scenario = [], resume, failOnVacuous, baseline } = argv;
  return commandLine(
    'check',
    ...(scenario.length === 0 ? [] : ids),
    ...givenArguments(argv),
    ...otherArguments(argv),
    ...(argv.liveness === true ? ['--liveness'] : []),
    ...(failOnVacuous === true ? ['--fail-on-vacuous'] : []),
    ...(failOnVacuous === false ? ['--no-fail-on-vacuous'] : []),
    ...(baseline === undefined ? [] : ['--baseline', baseline]),
    ...(resume === undefined ? [] : ['--resume', resume]),
  );
}

function jobOf(
  { model }: Environment,
  argv: CheckArguments,
  searches: readonly SearchIdentity[],
  shard: Shard | undefined,
): Job {
  const scenarios = searches.map(({ selection }) => selection.scenario);
  const { scenario = [], mutant, resume, liveness } = argv;
  const isWhole = mutant === undefined && resume === undefined && liveness !== true;
  const isGate = scenario.length === 0 && isWhole;
  const failOnVacuous = argv.failOnVacuous ?? isGate;
  const repeat = repeatAll(argv, scenarios);
  const job = { verb: 'check', model, repeat, scenarios, failOnVacuous } as const;
  return shard === undefined ? job : { ...job, shard };
}

interface Search {
  readonly target: SearchTarget;
  readonly settings: ExhaustiveSettings;
}

/** Errors: faults 102 and 103. */
function searchOf(
  { catalogue }: Environment,
  argv: CheckArguments,
  identity: SearchIdentity,
): Search {
  const { selection, symmetry, liveness, storage } = identity;
  const workers = workersOf(argv);
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
    maxErrors: maxErrorsOf(argv),
    ...(workers === undefined ? {} : { workers }),
    ...checkpointSettings(argv, identity),
    ...frontierSettings(argv),
  };
  return { target: { scenario, selection, limits: limitsOf(argv), repeat }, settings };
}

async function check(environment: Environment, argv: CheckArguments): Promise<number> {
  checkReportFlags(
    argv,
    environment.catalogue.scenarios.map(({ id }) => id),
  );
  const identities =
    argv.resume === undefined
      ? searchesFor(environment, argv)
      : resumedFor(environment, argv, argv.resume);
  const scenarios = identities.map(({ selection }) =>
    scenarioNamed(environment.catalogue, selection.scenario),
  );
  const { part, shard } = partOf(scenarios, argv.shard);
  const searches = identities
    .filter(({ selection }) => part.includes(selection.scenario))
    .map((identity) => searchOf(environment, argv, identity));
  const { isKnown, compare, write } = baselineUse(environment, argv);
  const output = outputFor(environment, argv);
  const folder = saveFolderOf(argv.save);
  const context: SearchContext = {
    environment,
    reporter: reporterFor(output, argv),
    progress: progressOn(environment, output.showProgress),
    ...(folder === undefined ? {} : { saveFolder: folder }),
    ...(isKnown === undefined ? {} : { isKnown }),
    taken: new Set(),
  };
  const reports: SearchReport[] = [];
  for await (const report of searchEachExhaustively(context, searches)) reports.push(report);
  const job = jobOf(environment, argv, identities, shard);
  const summary = { ...summarise(job, part, reports, environment), ...compare(reports) };
  write(reports);
  return conclude(environment, summary, argv, { reporter: context.reporter, output });
}

export const checkCommand: Command = {
  verbs: ['check', 'verify'],
  options: checkOptions,
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
          .options(checkOptions)
          .example('$0 check shadow-unsync', 'Every property, every state of one scenario')
          .example('$0 check --mutant link-unsynced-child', 'Plant a known bug and find it')
          .example('$0 check --liveness', 'What never ends, in the scenarios that ask for it'),
      async (argv) => finish(await check(environment, argv)),
    ),
};
