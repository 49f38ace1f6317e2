/** The steps of a run as lines: number, actor, action, and what it changed. */
import type { ReportedStep } from './search-report.ts';
import { wrap, type Style } from './style.ts';

const actionColumn = 52;

/** `loop`: the steps after so many repeat for ever. */
export function stepLines(steps: readonly ReportedStep[], style: Style, loop?: number): string[] {
  const lines = linesByStep(steps, style);
  if (loop === undefined) return lines.flat();
  const mark = style.strong(loop === steps.length ? loopMarks.stuck : loopMarks.start);
  return [...lines.slice(0, loop).flat(), mark, ...lines.slice(loop).flat()];
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

/** The first change stands beside the action when there is room, the others below it. */
function linesByStep(steps: readonly ReportedStep[], style: Style): string[][] {
  const number = String(steps.at(-1)?.number ?? 0).length;
  const actor = Math.max(0, ...steps.map((step) => step.actor.length));
  const action = Math.min(actionColumn, Math.max(0, ...steps.map((step) => step.action.length)));
  const indent = ' '.repeat(2 + number + 2 + actor + 2);
  return steps.map((step) => {
    const head = `  ${String(step.number).padStart(number)}  ${step.actor.padEnd(actor)}  `;
    const changes = step.changes.map((change) => style.faint(change));
    const [first, ...rest] = changes;
    if (first === undefined) return [`${head}${step.action}`];
    const below = (change: string) => `${indent}${' '.repeat(action + 2)}${change}`;
    if (step.action.length > action) return [`${head}${step.action}`, ...changes.map(below)];
    return [`${head}${step.action.padEnd(action)}  ${first}`, ...rest.map(below)];
  });
}

/** `why      a vCPU may …`, wrapped under its label. */
export function labelled(label: string, text: string): string[] {
  const column = 9;
  return wrap(text, 100 - column).map((line, i) =>
    i === 0 ? `${label.padEnd(column)}${line}` : `${' '.repeat(column)}${line}`,
  );
}

/** A command is never broken over lines: it is there to be copied. */
export const labelledCommand = (label: string, command: string): string =>
  `${label.padEnd(9)}${command}`;
