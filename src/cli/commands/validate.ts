/** `validate`: a recorded trace of a kernel against the rules of its MMU. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from 'yargs';
import { match } from 'ts-pattern';
import { Fault } from '../../checker/fault.ts';
import { nearest } from '../../checker/names.ts';
import { writeWhole } from '../../counterexample/write-text.ts';
import { junitText } from '../../report/junit.ts';
import { sarifText } from '../../report/sarif.ts';
import { count } from '../../report/style.ts';
import { linesOf, openInput } from '../../trace/read/input.ts';
import { familyOf } from '../../trace/read/kernel.ts';
import { linesAround, pickLines, RecentLines } from '../../trace/read/pick.ts';
import { explanationData } from '../../trace/report/explanation.ts';
import { traceData, validationSchema, violationData } from '../../trace/report/json.ts';
import {
  evidenceOf,
  shownViolations,
  traceReport,
  type ShownViolation,
  type TraceReport,
} from '../../trace/report/result.ts';
import { traceResults } from '../../trace/report/sarif.ts';
import { traceSuite } from '../../trace/report/suite.ts';
import { svgText } from '../../trace/report/svg.ts';
import { textLines } from '../../trace/report/text.ts';
import { traceRules, type TraceRule } from '../../trace/rules/index.ts';
import { Validator, type Validation, type ValidationOptions } from '../../trace/validate.ts';
import type { TraceVerdict } from '../../trace/verdict.ts';
import type { Environment } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { outputOptions } from '../options.ts';
import { outputFor, type Output } from '../output.ts';
import { untilStopped } from '../until-stopped.ts';
import { wholeNumber } from '../values.ts';
import { commandLine, standardInput, type Command } from './command.ts';
import {
  checkExplain,
  explainOptions,
  explainTrace,
  isExplaining,
  repeatExplain,
} from './validate-explain.ts';

const options = {
  only: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'Judge this rule alone; may be given several times',
    group: 'What to check:',
  },
  kernel: {
    type: 'string',
    describe: 'Release of the kernel that was traced [default: what the trace tells]',
    group: 'What to check:',
  },
  'nx-huge-pages': {
    choices: ['on', 'off'] as const,
    describe: 'Whether the NX mitigation is on for the VM [default: what markers tell]',
    group: 'What to check:',
  },
  context: {
    type: 'string',
    default: '0',
    describe: 'Lines to show around each line of a violation',
    group: 'Output:',
  },
  'max-errors': {
    type: 'string',
    default: '3',
    describe: 'Violations to show of each rule; all are counted',
    group: 'Output:',
  },
  summary: {
    type: 'boolean',
    default: false,
    describe: 'Counts of events, and a timeline of pages and flushes',
    group: 'Output:',
  },
  svg: { type: 'string', describe: 'Write the timeline as a picture', group: 'Output:' },
  junit: { type: 'string', describe: 'Write the results as JUnit XML', group: 'Output:' },
  sarif: { type: 'string', describe: 'Write the violations as SARIF', group: 'Output:' },
  ...explainOptions,
  ...outputOptions,
} as const;

type Flags = ArgumentsCamelCase<InferredOptionTypes<typeof options>>;

/** Errors: fault 101 for an unknown rule. */
function selectedRules(only: readonly string[] | undefined): readonly TraceRule[] {
  const ids = traceRules.map(({ id }) => id);
  for (const id of only ?? []) {
    if (ids.includes(id)) continue;
    throw new Fault('KMC-101', `unknown rule "${id}"`, [
      `nearest: ${nearest(id, ids).slice(0, 4).join(', ') || ids.slice(0, 4).join(', ')}`,
      'list them: kvm-mmu-check list trace-rules',
    ]);
  }
  return only === undefined ? traceRules : traceRules.filter(({ id }) => only.includes(id));
}

/** Errors: fault 102. */
function release(text: string | undefined): string | undefined {
  if (text === undefined || familyOf(text) !== undefined) return text;
  throw new Fault('KMC-102', `--kernel ${text}: must be a release of Linux`, [
    'for example: --kernel 6.12',
  ]);
}

function repeatCommand(file: string, argv: Flags): string {
  const flag = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`--${name}`, value];
  return commandLine(
    'validate',
    file,
    ...(argv.only ?? []).flatMap((id) => ['--only', id]),
    ...flag('kernel', argv.kernel),
    ...flag('nx-huge-pages', argv.nxHugePages),
    ...repeatExplain(argv),
  );
}

const progress_ms = 1000;

interface Read {
  readonly validation: Validation;
  readonly recent: RecentLines | undefined;
}

/** What the user says of the kernel. Errors: fault 102. */
function said(argv: Flags): Pick<ValidationOptions, 'release' | 'nxHugePages'> {
  const kernel = release(argv.kernel);
  const { nxHugePages } = argv;
  return {
    ...(kernel === undefined ? {} : { release: kernel }),
    ...(nxHugePages === undefined ? {} : { nxHugePages: nxHugePages === 'on' }),
  };
}

/** Errors: faults 301 to 303. */
async function readTrace(
  environment: Environment,
  file: string,
  argv: Flags,
  showProgress: boolean,
): Promise<Read> {
  const validator = new Validator({ rules: selectedRules(argv.only), ...said(argv) });
  const recent = file === '-' ? new RecentLines() : undefined;
  const input = openInput(file);
  let shown_ms = environment.now();
  const isStopped = () => environment.stopSignal() !== undefined;
  try {
    for await (const batch of untilStopped(linesOf(file, input), isStopped)) {
      for (const line of batch) {
        recent?.push(line);
        validator.line(line);
      }
      if (!showProgress || environment.now() - shown_ms < progress_ms) continue;
      shown_ms = environment.now();
      environment.err(`${file}: ${count(validator.reader.lines)} lines\n`);
    }
  } finally {
    input.destroy();
  }
  const validation = validator.result();
  const { events, lines } = validation.reader;
  if (events === 0 && !isStopped()) {
    throw new Fault('KMC-303', `${file}: no line of ${lines} is an event of a trace`, [
      'Give the text of tracefs (trace, trace_pipe) or of trace-cmd report.',
      'A trace.dat file is turned into text by: trace-cmd report -R trace.dat',
    ]);
  }
  return { validation, recent };
}

async function show(file: string, { validation, recent }: Read, argv: Flags) {
  const most = wholeNumber('max-errors', argv.maxErrors, 1, 100);
  const context = wholeNumber('context', argv.context, 0, 1000);
  const wanted = shownViolations(validation, most).map((violation) => {
    const own = [violation.line, ...evidenceOf(violation).map(({ line }) => line)];
    const last = validation.reader.lines;
    return { violation, numbers: linesAround(own, context).filter((n) => n <= last) };
  });
  const numbers = new Set(wanted.flatMap((one) => one.numbers));
  const texts = recent === undefined ? await pickLines(file, numbers) : recent.pick(numbers);
  return wanted.map(({ violation, numbers }): ShownViolation => ({
    violation,
    lines: numbers.map((number) => ({ number, text: texts.get(number) })),
  }));
}

const asVerdict = (kind: TraceVerdict['kind']) =>
  match(kind)
    .with('accepted', () => ({ kind: 'held' }) as const)
    .with('refused', () => ({ kind: 'violated' }) as const)
    .with('inconclusive', () => ({ kind: 'inconclusive', because: 'missing events' }) as const)
    .exhaustive();

function write(report: TraceReport, output: Output, summary: boolean): void {
  if (output.format === 'ndjson') {
    const schema = validationSchema;
    for (const shown of report.shown) {
      const data = violationData(shown);
      output.line(JSON.stringify({ schema, event: 'violation', file: report.file, ...data }));
    }
    const { explanation } = report;
    if (explanation !== undefined) {
      const data = explanationData(explanation);
      output.line(JSON.stringify({ schema, event: 'explanation', file: report.file, ...data }));
    }
    output.line(JSON.stringify({ schema, event: 'end', ...traceData(report) }));
  } else if (output.format === 'text') {
    const { style, verbosity } = output;
    textLines(report, { style, verbosity, summary }).forEach(output.line);
  }
}

function writeFiles(reports: readonly TraceReport[], argv: Flags, version: string): void {
  const { svg, junit, sarif } = argv;
  const [first] = reports;
  if (junit !== undefined) {
    writeWhole(junit, junitText('kvm-mmu-check validate', reports.map(traceSuite)));
  }
  if (sarif !== undefined) {
    writeWhole(sarif, sarifText({ version, rules: traceRules, results: traceResults(reports) }));
  }
  if (svg !== undefined && first !== undefined) writeWhole(svg, svgText(first));
}

/** Returns the code of the worst verdict: refused, then inconclusive. */
async function validateTraces(environment: Environment, argv: Flags, files: readonly string[]) {
  if (argv.svg !== undefined && files.length > 1) {
    throw new Fault('KMC-103', '--svg draws one trace', ['Name one trace, or leave out --svg.']);
  }
  checkExplain(argv, files);
  const output = outputFor(environment, argv);
  const reports: TraceReport[] = [];
  const taken = new Set<string>();
  for (const file of files) {
    const begin = environment.now();
    const read = await readTrace(environment, file, argv, output.showProgress);
    const elapsed_ms = environment.now() - begin;
    const shown = await show(file, read, argv);
    const repeat = repeatCommand(file, argv);
    const explanation = isExplaining(argv)
      ? await explainTrace(environment, file, read.validation, { ...said(argv), argv, taken })
      : undefined;
    const report = traceReport(file, read.validation, shown, { elapsed_ms, repeat, explanation });
    reports.push(report);
    write(report, output, argv.summary);
    if (environment.stopSignal() !== undefined) break;
  }
  if (output.format === 'json') {
    const traces = reports.map((one) => ({
      ...traceData(one),
      violations: one.shown.map(violationData),
      ...(one.explanation === undefined ? {} : { explanation: explanationData(one.explanation) }),
    }));
    output.line(JSON.stringify({ schema: validationSchema, traces }, null, 2));
  }
  output.close();
  writeFiles(reports, argv, environment.model.version);
  const kinds = reports.map(({ verdict }) => verdict.kind);
  const order = ['refused', 'inconclusive', 'accepted'] as const;
  const worst = order.find((kind) => kinds.includes(kind)) ?? 'inconclusive';
  return exitCode(asVerdict(worst), environment.stopSignal());
}

/** As people write it, and as reports call it. */
const named = (file: string): string => (file === standardInput ? '-' : file);

export const validateCommand: Command = {
  verbs: ['validate'],
  options,
  add: (cli, { environment, finish }) =>
    cli.command(
      'validate <trace..>',
      "Check recorded kvmmmu traces of a kernel against its MMU's rules",
      (command: Argv) =>
        command
          .positional('trace', {
            type: 'string',
            array: true,
            demandOption: true,
            describe: 'Text of tracefs or trace-cmd report, plain or gzip; - is standard input',
          })
          .options(options)
          .example('$0 validate trace.txt.gz --summary', 'What happened, and whether it was right')
          .example(
            '$0 validate trace.txt.gz --explain',
            'The first violation as a run of the model',
          )
          .example('$0 validate - --only flush-before-entry', 'One rule, on a pipe'),
      async (argv) => finish(await validateTraces(environment, argv, argv.trace.map(named))),
    ),
};
