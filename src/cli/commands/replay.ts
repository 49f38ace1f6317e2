/** `replay` and `show`: a stored counterexample, step by step. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { filteredChanges, stateLines, type ChangeFilter } from '../../counterexample/diff.ts';
import { readCounterexample } from '../../counterexample/load.ts';
import { rulesText } from '../../counterexample/record.ts';
import { replay, type Replay } from '../../counterexample/replay.ts';
import type { Counterexample } from '../../counterexample/schema.ts';
import type { ReportedStep } from '../../report/search-report.ts';
import { labelled, stepLines } from '../../report/steps-text.ts';
import { findingText } from '../../report/text.ts';
import { expectedText, filesIn, outcomeText } from '../corpus.ts';
import type { Environment } from '../environment.ts';
import { outputOptions } from '../options.ts';
import { outputFor, type Output } from '../output.ts';
import { reportedSteps } from '../search.ts';
import { assignment } from '../values.ts';
import type { Command } from './command.ts';

const options = {
  diff: { type: 'boolean', describe: 'What each step changes [default]', conflicts: 'full' },
  full: { type: 'boolean', describe: 'The whole state after each step' },
  watch: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'Only what concerns records with these values: gfn=2,level=1',
  },
  hide: { type: 'string', array: true, nargs: 1, describe: 'Leave out this field' },
  'accept-model-change': {
    type: 'boolean',
    default: false,
    describe: 'Go on with a file that was written for another model',
  },
  ...outputOptions,
} as const;

type Flags = ArgumentsCamelCase<InferredOptionTypes<typeof options>>;

interface Viewed {
  readonly file: string;
  readonly found: Counterexample;
  readonly replayed: Replay;
  readonly steps: readonly ReportedStep[];
}

function filterFor(argv: Flags): ChangeFilter {
  const watched = (argv.watch ?? []).flatMap((text) => text.split(','));
  return {
    hide: argv.hide ?? [],
    watch: Object.fromEntries(watched.map((text) => assignment('watch', text))),
  };
}

/** In the words of the model, unless the user chose what to see. */
function stepsFor(environment: Environment, replayed: Replay, argv: Flags): ReportedStep[] {
  const { selection, run } = replayed;
  const filter = filterFor(argv);
  const steps = reportedSteps(environment, selection, run);
  if (argv.full === true) {
    return steps.map((step, i) => ({
      ...step,
      changes: stateLines(run.steps[i]?.after ?? {}, filter.hide),
    }));
  }
  if (filter.hide.length === 0 && Object.keys(filter.watch).length === 0) return steps;
  return steps.map((step, i) => {
    const { before, after } = run.steps[i] ?? { before: {}, after: {} };
    return { ...step, changes: filteredChanges(before, after, filter) };
  });
}

function view(environment: Environment, file: string, argv: Flags): Viewed {
  const { catalogue, model } = environment;
  const { acceptModelChange } = argv;
  const found = readCounterexample(file);
  const replayed = replay(file, found, catalogue, { model, acceptModelChange });
  return { file, found, replayed, steps: stepsFor(environment, replayed, argv) };
}

const headLines = (verb: string, { file, found }: Viewed): string[] => [
  [
    `${verb}  ${file}`,
    `machine ${found.machine}`,
    `scenario ${found.scenario}`,
    `rules ${rulesText({ ...found.rules, rules: found.rules.changes })}`,
  ].join('   '),
];

const loopOf = ({ replayed }: Viewed): number | undefined => replayed.violation?.endless?.loop;

function findingLines({ replayed }: Viewed): string[] {
  const { violation, run } = replayed;
  if (violation === undefined) return [];
  const { endless } = violation;
  if (endless !== undefined) return labelled('broken', findingText(endless.finding));
  const at = violation.step === 0 ? run.initialJudged : run.steps[violation.step - 1]?.judged;
  return (at ?? []).flatMap(({ finding }) => labelled('broken', findingText(finding)));
}

function verdictLine({ found, replayed }: Viewed, output: Output): string {
  const { good, bad } = output.style;
  const now = outcomeText(replayed);
  return replayed.asExpected
    ? `${good('AS RECORDED')}  ${now}`
    : `${bad('NOT AS RECORDED')}  recorded: ${expectedText(found)}; now: ${now}`;
}

const driftLines = ({ replayed }: Viewed): string[] =>
  replayed.drift === undefined
    ? []
    : labelled('note', `states differ from the recorded ones, from step ${replayed.drift} on`);

const describe = (environment: Environment, { found }: Viewed): string[] => {
  const property = environment.catalogue.properties.find(
    ({ id }) => found.expect.verdict === 'violated' && id === found.expect.property,
  );
  const { functions, commit, thread } = found.kernel;
  const kernel = [...functions, ...(commit ? [commit] : []), ...(thread ? [thread] : [])];
  return [
    ...labelled('title', found.title),
    ...labelled('says', found.says),
    ...(property === undefined ? [] : labelled('why', property.why)),
    ...(kernel.length === 0 ? [] : labelled('kernel', kernel.join(', '))),
    ...(found.notes === '' ? [] : labelled('notes', found.notes)),
    ...labelled('length', `${found.actions.length} steps, ${found.minimality}`),
  ];
};

const viewData = ({ file, found, replayed, steps }: Viewed) => ({
  schema: 'kvm-mmu-check/replay@1',
  file,
  title: found.title,
  scenario: found.scenario,
  rules: found.rules,
  expect: found.expect,
  loop: found.loop ?? null,
  violation: replayed.violation ?? null,
  asExpected: replayed.asExpected,
  drift: replayed.drift ?? null,
  steps,
});

/** Errors: faults of the first file that has one. Returns 1 when a verdict is not as recorded. */
function replayFiles(environment: Environment, argv: Flags, paths: readonly string[]): number {
  const output = outputFor(environment, argv);
  const views = filesIn(paths).map((file) => view(environment, file, argv));
  for (const viewed of views) {
    if (output.format !== 'text') {
      output.line(JSON.stringify(viewData(viewed), null, output.format === 'json' ? 2 : 0));
      continue;
    }
    const quiet = output.verbosity === 0;
    const lines = [
      ...headLines('replay', viewed),
      ...(quiet ? [] : stepLines(viewed.steps, output.style, loopOf(viewed))),
      ...(quiet ? [] : findingLines(viewed)),
      ...driftLines(viewed),
      verdictLine(viewed, output),
    ];
    lines.forEach(output.line);
  }
  output.close();
  return views.every(({ replayed }) => replayed.asExpected) ? 0 : 1;
}

function showFile(environment: Environment, argv: Flags, file: string): number {
  const output = outputFor(environment, argv);
  const viewed = view(environment, file, argv);
  if (output.format !== 'text') {
    const data = { ...viewData(viewed), says: viewed.found.says, notes: viewed.found.notes };
    output.line(JSON.stringify(data, null, output.format === 'json' ? 2 : 0));
  } else {
    const lines = [
      ...headLines('show', viewed),
      ...describe(environment, viewed),
      ...stepLines(viewed.steps, output.style, loopOf(viewed)),
      ...findingLines(viewed),
    ];
    lines.forEach(output.line);
  }
  output.close();
  return 0;
}

export const replayCommand: Command = {
  verbs: ['replay'],
  flags: Object.keys(options),
  add: (cli, { environment, finish }) =>
    cli.command(
      'replay <file..>',
      'Re-execute counterexample files and verify the recorded verdict',
      (command: Argv) =>
        command
          .positional('file', {
            type: 'string',
            array: true,
            demandOption: true,
            describe: 'Counterexample files, or folders of them',
          })
          .options(options)
          .example('$0 replay counterexamples', 'All stored ones'),
      (argv) => finish(replayFiles(environment, argv, argv.file)),
    ),
};

export const showCommand: Command = {
  verbs: ['show'],
  flags: Object.keys(options),
  add: (cli, { environment, finish }) =>
    cli.command(
      'show <file>',
      'Print a counterexample, with its reasons and what each step changes',
      (command: Argv) =>
        command
          .positional('file', {
            type: 'string',
            demandOption: true,
            describe: 'A counterexample file',
          })
          .options(options),
      (argv) => finish(showFile(environment, argv, argv.file)),
    ),
};
