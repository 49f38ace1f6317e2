/** `validate --explain`: a part of a trace as a run of the model. */
import { basename } from 'node:path';
import { Fault } from '../../checker/fault.ts';
import { saveIn } from '../../counterexample/save.ts';
import { explain } from '../../trace/explain/explain.ts';
import { explained } from '../../trace/explain/explained.ts';
import { PartReader, type Part } from '../../trace/explain/part.ts';
import { linesOf, openInput } from '../../trace/read/input.ts';
import type { SavedExplanation } from '../../trace/report/explanation.ts';
import { evidenceOf } from '../../trace/report/result.ts';
import { traceRules } from '../../trace/rules/index.ts';
import type { Validation, ValidationOptions } from '../../trace/validate.ts';
import type { Environment } from '../environment.ts';
import { saveFolderOf, saveOptions } from '../options.ts';
import { duration_ms, wholeNumber } from '../values.ts';

const group = 'From a trace to the model:';

export const explainOptions = {
  explain: {
    type: 'boolean',
    default: false,
    describe: 'Look for a run of the model that does the same as the first violation',
    group,
  },
  lines: {
    type: 'string',
    describe: 'Look for one that does the same as these lines: 120..180',
    group,
  },
  'max-states': {
    type: 'string',
    default: '50000',
    describe: 'States of one search of the model',
    group,
  },
  timeout: {
    type: 'string',
    default: '60s',
    describe: 'Time for all of them: 500ms, 60s, 2m',
    group,
  },
  ...saveOptions,
} as const;

export interface ExplainFlags {
  readonly explain: boolean;
  readonly lines: string | undefined;
  readonly maxStates: string;
  readonly timeout: string;
  readonly save: string;
}

/** The flags that repeat it. */
export const repeatExplain = (argv: ExplainFlags): string[] => [
  ...(argv.explain ? ['--explain'] : []),
  ...(argv.lines === undefined ? [] : ['--lines', argv.lines]),
  ...(argv.maxStates === explainOptions['max-states'].default
    ? []
    : ['--max-states', argv.maxStates]),
];

export const isExplaining = ({ explain, lines }: ExplainFlags): boolean =>
  explain || lines !== undefined;

/** Errors: fault 102. */
function range(text: string): { first: number; last: number } {
  const [, from = '', to = ''] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from !== '' && first >= 1 && last >= first) return { first, last };
  throw new Fault('KMC-102', `--lines ${text}: must be two numbers of lines, the first one first`, [
    'for example: --lines 120..180',
  ]);
}

/** Checks the flags before a trace is read. Errors: faults 102 and 103. */
export function checkExplain(argv: ExplainFlags, files: readonly string[]): void {
  if (!isExplaining(argv)) return;
  limitsOf(argv);
  if (argv.lines !== undefined) {
    range(argv.lines);
    if (files.length > 1) {
      throw new Fault('KMC-103', '--lines belongs to one trace', ['Name one trace.']);
    }
  }
  if (files.includes('-')) {
    throw new Fault('KMC-103', '--explain reads the trace twice, which a pipe does not allow', [
      'Write the trace to a file, and name that.',
    ]);
  }
}

const limitsOf = ({ maxStates, timeout }: ExplainFlags) => ({
  states: wholeNumber('max-states', maxStates, 1, 10_000_000),
  time_ms: duration_ms('timeout', timeout),
});

/** What is to be explained; undefined: nothing is broken, and no lines are asked for. */
function partOf({ outcomes }: Validation, argv: ExplainFlags): Part | undefined {
  const asked = argv.lines === undefined ? undefined : range(argv.lines);
  const violations = outcomes
    .filter(({ rule }) => rule.observation !== true)
    .flatMap(({ violations }) => violations)
    .filter(({ line }) => asked === undefined || (line >= asked.first && line <= asked.last))
    .sort((a, b) => a.line - b.line);
  const [first] = violations;
  const rule = traceRules.find(({ id }) => id === first?.rule);
  if (asked !== undefined) return { kind: 'lines', ...asked, rule };
  if (first === undefined || rule === undefined) return undefined;
  const evidence = evidenceOf(first).map(({ line }) => line);
  return { kind: 'violation', rule, line: first.line, evidence };
}

/** Errors: faults 102, 202, and those of reading. */
export async function explainTrace(
  environment: Environment,
  file: string,
  validation: Validation,
  {
    argv,
    taken,
    ...options
  }: Pick<ValidationOptions, 'release' | 'nxHugePages'> & {
    readonly argv: ExplainFlags;
    /** Names of files that were saved so far. */
    readonly taken: Set<string>;
  },
): Promise<SavedExplanation | undefined> {
  const part = partOf(validation, argv);
  if (part === undefined) return undefined;
  const { now, stopSignal, model } = environment;
  const { states, time_ms } = limitsOf(argv);
  const reader = new PartReader(part, options);
  const input = openInput(file);
  try {
    for await (const batch of linesOf(file, input)) {
      for (const line of batch) reader.line(line);
      if (reader.isDone) break;
    }
  } finally {
    input.destroy();
  }
  const until_ms = now() + time_ms;
  const isOver = () => now() > until_ms || stopSignal() !== undefined;
  const question = reader.question();
  const answer = 'whole' in question ? explain(question, { states, isOver }) : question;
  const result = explained(answer, part, { model, trace: basename(file) });
  const folder = saveFolderOf(argv.save);
  const isKept = result.run !== undefined && folder !== undefined;
  const saved = isKept ? saveIn(folder, result.run.file, taken) : undefined;
  return { explained: result, saved };
}
