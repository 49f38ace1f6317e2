/** The steps of a run as lines: number, actor, action, and what it changed. */
import type { ReportedStep, StepMark } from './search-report.ts';
import { wrap, type Style } from './style.ts';

const actionColumn = 40;
const width = 118;

/** In the first column, for the eye to find. */
const markSigns: Readonly<Record<StepMark, string>> = { broken: '!', cause: '>', concerned: '*' };

export const marksLine = (steps: readonly ReportedStep[]): string[] => {
  const used = new Set(steps.map(({ mark }) => mark));
  const meanings: readonly [StepMark, string][] = [
    ['concerned', 'changes an object of the finding'],
    ['cause', 'named below'],
    ['broken', 'breaks the property'],
  ];
  const shown = meanings.filter(([mark]) => used.has(mark));
  if (shown.length < 2) return [];
  return [`marks    ${shown.map(([mark, text]) => `${markSigns[mark]} ${text}`).join('   ')}`];
};

/** Changes in as few lines as fit, never broken within one. */
function packed(changes: readonly string[], room: number): string[] {
  const lines: string[] = [];
  for (const change of changes) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + change.length <= room) {
      lines[lines.length - 1] = `${last}; ${change}`;
    } else {
      lines.push(change);
    }
  }
  return lines;
}

interface Columns {
  readonly number: number;
  readonly actor: number;
  readonly action: number;
}

const columnsOf = (steps: readonly ReportedStep[]): Columns => ({
  number: String(steps.at(-1)?.number ?? 0).length,
  actor: Math.max(0, ...steps.map((step) => step.actor.length)),
  action: Math.min(actionColumn, Math.max(0, ...steps.map((step) => step.action.length))),
});

/** Mark, number, actor and action. The actor is named where another one takes over. */
function headOf(step: ReportedStep, actor: string, columns: Columns, style: Style): string {
  const sign = step.mark === undefined ? ' ' : markSigns[step.mark];
  const number = String(step.number).padStart(columns.number);
  const head = `${sign} ${number}  `;
  const loud = step.mark === 'broken' ? style.bad : step.mark === 'cause' ? style.strong : plain;
  return `${loud(head)}${style.strong(actor.padEnd(columns.actor))}  ${loud(step.action)}`;
}

const plain = (text: string): string => text;

/**
 * One line per step when its changes fit, those that do not fit below the others. A run of steps
 * by one actor is a group: the actor stands in its first line.
 */
export function stepLines(steps: readonly ReportedStep[], style: Style, loop?: Loop): string[] {
  const lines = linesByStep(steps, style);
  if (loop === undefined) return lines.flat();
  const mark = style.strong(loop.after === loop.of ? loopMarks.stuck : loopMarks.start);
  const at = steps.filter(({ number }) => number <= loop.after).length;
  return [...lines.slice(0, at).flat(), mark, ...lines.slice(at).flat()];
}

/** What repeats for ever. */
export interface Loop {
  /** The steps after so many. */
  readonly after: number;
  /** Steps of the run, whichever are shown. */
  readonly of: number;
}

const loopMarks = {
  start: '  -- for ever from here on: the last state is this one again',
  stuck: '  -- for ever: nobody is sure to move here',
};

/** `in a loop of 2 steps after step 5`. */
export function loopText(steps: number, loop: number): string {
  const after = loop === 0 ? 'from the start' : `after step ${loop}`;
  if (loop === steps) return `at rest ${after}`;
  return `in a loop of ${steps - loop} ${steps - loop === 1 ? 'step' : 'steps'} ${after}`;
}

function linesByStep(steps: readonly ReportedStep[], style: Style): string[][] {
  const columns = columnsOf(steps);
  const indent = 2 + columns.number + 2 + columns.actor + 2;
  const column = indent + columns.action + 2;
  let last = '';
  return steps.map((step) => {
    const actor = step.actor === last ? '' : step.actor;
    last = step.actor;
    const head = headOf(step, actor, columns, style);
    const [first, ...rest] = packed(step.changes, width - column);
    if (first === undefined) return [head];
    const below = (change: string) => `${' '.repeat(column)}${style.faint(change)}`;
    const end = indent + step.action.length + 2;
    if (end > column && end + first.length > width) return [head, below(first), ...rest.map(below)];
    const gap = ' '.repeat(Math.max(2, column - end + 2));
    return [`${head}${gap}${style.faint(first)}`, ...rest.map(below)];
  });
}

/** Each step with the lines of the state after it below. */
export function fullStepLines(
  steps: readonly ReportedStep[],
  states: ReadonlyMap<number, readonly string[]>,
  style: Style,
): string[] {
  const columns = columnsOf(steps);
  return steps.flatMap((step) => [
    headOf(step, step.actor, columns, style),
    ...(states.get(step.number) ?? []).flatMap((line) =>
      indented(line).map((part) => style.faint(part)),
    ),
  ]);
}

/** Six columns to the right; what does not fit goes on two further. */
function indented(line: string): string[] {
  if (line.length + 6 <= width) return [line === '' ? '' : `${' '.repeat(6)}${line}`];
  const by = 6 + line.length - line.trimStart().length;
  return wrap(line.trim(), width - by - 2).map(
    (part, i) => `${' '.repeat(i === 0 ? by : by + 2)}${part}`,
  );
}

/** `why      a vCPU may still use …`, wrapped under its label. */
export function labelled(label: string, text: string): string[] {
  const column = 9;
  return wrap(text, 100 - column).map((line, i) =>
    i === 0 ? `${label.padEnd(column)}${line}` : `${' '.repeat(column)}${line}`,
  );
}

/** Several texts under one label, each on lines of its own, continued two columns further in. */
export function labelledList(label: string, texts: readonly string[]): string[] {
  const column = 9;
  return texts.flatMap((text, item) =>
    wrap(text, 100 - column - 2).map((line, i) => {
      const head = item === 0 && i === 0 ? label : '';
      return `${head.padEnd(column)}${i === 0 ? '' : '  '}${line}`;
    }),
  );
}

/** A command is never broken over lines: it is there to be copied. */
export const labelledCommand = (label: string, command: string): string =>
  `${label.padEnd(9)}${command}`;
