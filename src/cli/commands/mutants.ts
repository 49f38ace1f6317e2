/** `mutants`: planted bugs searched for anew, and what it took to find them. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { match, P } from 'ts-pattern';
import type { MutantEntry } from '../../checker/catalogue.ts';
import { Fault } from '../../checker/fault.ts';
import { find } from '../../checker/names.ts';
import { foldSeed } from '../../engine/random/seed.ts';
import { huntReporter, type Hunted } from '../../report/mutants.ts';
import { silentReporter } from '../../report/reporter.ts';
import { boundText, type SearchReport } from '../../report/search-report.ts';
import { limitsOf } from '../check-options.ts';
import type { Environment } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { limitOptions, outputOptions } from '../options.ts';
import { outputFor } from '../output.ts';
import { progressOn } from '../progress.ts';
import { searchAtRandom, searchExhaustively, type SearchContext } from '../search.ts';
import { presetOf, scenarioNamed } from '../selection.ts';
import { seed as seedOf } from '../values.ts';
import { commandLine, type Command } from './command.ts';
import { defaultMaxSamples, defaultMaxSteps } from './run.ts';

const options = {
  engine: {
    choices: ['exhaustive', 'random'] as const,
    default: 'exhaustive' as const,
    describe: 'How they are searched for',
  },
  seed: { type: 'string', describe: 'random: 0x.. or decimal [default: drawn, and printed]' },
  ...limitOptions,
  ...outputOptions,
} as const;

type Arguments = ArgumentsCamelCase<
  InferredOptionTypes<typeof options> & { id: string[] | undefined }
>;

/** Order: of the catalogue. Errors: fault 101. */
function mutantsFor({ catalogue }: Environment, ids: readonly string[]): readonly MutantEntry[] {
  const { mutants } = catalogue;
  const listCommand = 'kvm-mmu-check list mutants';
  const wanted = ids.map((name) =>
    find(mutants, ({ id }) => id, { code: 'KMC-101', kind: 'mutant', name, listCommand }),
  );
  return wanted.length === 0 ? mutants : mutants.filter((mutant) => wanted.includes(mutant));
}

function search(
  context: SearchContext,
  argv: Arguments,
  mutant: MutantEntry,
  seed: bigint,
): Promise<SearchReport> {
  const scenario = scenarioNamed(context.environment.catalogue, mutant.scenario);
  const preset = presetOf(scenario, mutant);
  const selection = { scenario: scenario.id, preset, rules: {}, mutant: mutant.id };
  const repeat = commandLine(argv.engine === 'random' ? 'run' : 'check', '--mutant', mutant.id);
  const target = { scenario, selection, limits: limitsOf(argv), repeat };
  if (argv.engine === 'exhaustive') {
    return searchExhaustively(context, target, { symmetry: true, maxErrors: 1 });
  }
  const { maxSteps = defaultMaxSteps } = scenario;
  return searchAtRandom(context, target, { seed, maxSamples: defaultMaxSamples, maxSteps });
}

type Found = Pick<Hunted, 'found' | 'because'>;

/** Which property breaks first is claimed of shortest runs alone. */
const judged = (mutant: MutantEntry, { engine, outcome }: SearchReport, first?: string): Found =>
  match({ engine, outcome, first })
    .returnType<Found>()
    .with({ first: mutant.property }, { engine: 'random', first: P.string }, () => ({
      found: 'yes',
      because: '',
    }))
    .with({ first: P.string }, () => ({
      found: 'no',
      because: `${mutant.property} is to break first`,
    }))
    .with({ outcome: { kind: 'inconclusive', bound: P.select() } }, (bound) => ({
      found: 'open',
      because: boundText(bound),
    }))
    .otherwise(() => ({ found: 'no', because: 'nothing is violated' }));

function huntedIn(mutant: MutantEntry, report: SearchReport): Hunted {
  const { engine, outcome, found } = report;
  const { states, transitions, samples, elapsed_ms } = outcome.statistics;
  const [first] = found;
  return {
    mutant: mutant.id,
    scenario: mutant.scenario,
    expected: mutant.property,
    property: first?.violation.property ?? null,
    engine,
    steps: first?.steps.length ?? null,
    states: engine === 'exhaustive' ? states : transitions,
    walks: samples ?? null,
    seconds: Math.round(elapsed_ms) / 1000,
    ...judged(mutant, report, first?.violation.property),
  };
}

/** One that was missed outweighs one that is open. */
function codeFor(environment: Environment, all: readonly Hunted[]): number {
  const signal = environment.stopSignal();
  if (all.some(({ found }) => found === 'no')) return exitCode({ kind: 'violated' }, signal);
  const open = all.find(({ found }) => found === 'open');
  if (open === undefined) return exitCode({ kind: 'held' }, signal);
  return exitCode({ kind: 'inconclusive', because: open.because }, signal);
}

async function hunt(environment: Environment, argv: Arguments): Promise<number> {
  const isRandom = argv.engine === 'random';
  if (argv.seed !== undefined && !isRandom) {
    throw new Fault('KMC-103', '--seed is for --engine random');
  }
  const mutants = mutantsFor(environment, argv.id ?? []);
  const seed = foldSeed(
    argv.seed === undefined ? environment.randomSeed() : seedOf('seed', argv.seed),
  );
  const output = outputFor(environment, argv);
  const context: SearchContext = {
    environment,
    reporter: silentReporter,
    progress: progressOn(environment, output.showProgress),
    taken: new Set(),
  };
  const reporter = huntReporter(output.format, output.line, output.style, mutants);
  reporter.begin();
  const all: Hunted[] = [];
  for (const mutant of mutants) {
    if (environment.stopSignal() !== undefined) break;
    const one = huntedIn(mutant, await search(context, argv, mutant, seed));
    all.push(one);
    reporter.one(one);
  }
  const code = codeFor(environment, all);
  const notSearched = mutants.slice(all.length).map(({ id }) => id);
  reporter.end({
    seed: isRandom ? `0x${seed.toString(16)}` : null,
    exitCode: code,
    notSearched,
  });
  output.close();
  return code;
}

export const mutantsCommand: Command = {
  verbs: ['mutants'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'mutants [id..]',
      'Search for planted bugs: which property finds each, in how many steps and states',
      (command: Argv) =>
        command
          .positional('id', { type: 'string', array: true, describe: 'Mutants [default: all]' })
          .options(options)
          .example('$0 mutants inherited-permission', 'One of them')
          .example('$0 mutants --engine random --timeout 10s', 'All, by random walks'),
      async (argv) => finish(await hunt(environment, argv)),
    ),
};
