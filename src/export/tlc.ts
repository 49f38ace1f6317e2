/**
 * The JSON that TLC writes for `-dumpTrace json` and reads for `-loadTrace json`.
 *
 * TLC cannot compare a number with anything else, so an absent identity is -1 rather than null.
 * Sets are arrays, as TLC writes them.
 */
import { listText } from './json-text.ts';
import { firstRepeated, type Run, type RunStep } from './run.ts';

/** The same value, with -1 where there is none. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== 'object') return value;
  if (value === null) return -1;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutNull(item)]));
}

/** Who acts is one more parameter, unless the transition has one of that name. */
function actionOf({ action: { actor, transition, args } }: RunStep) {
  const context = { actor, ...args };
  return { name: transition, parameters: Object.keys(context), context };
}

/** The last action of a loop leads back to the level where the loop begins. */
export function tlcText(run: Run): string {
  const { layout, states, steps } = run;
  const repeated = firstRepeated(run);
  const distinct = repeated === undefined ? states : states.slice(0, -1);
  const levels = distinct.map((state, i) => [i + 1, withoutNull(state)]);
  const actions = steps.map((step, i) => [
    levels[i],
    actionOf(step),
    levels[i + 1] ?? levels[(repeated?.number ?? 1) - 1],
  ]);
  const vars = JSON.stringify(Object.keys(layout.fields));
  const counterexample = `{"state":${listText(levels)},"action":${listText(actions)}}`;
  return `{"vars":${vars},"counterexample":${counterexample}}\n`;
}
