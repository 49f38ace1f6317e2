/**
 * Asks the step properties of one transition.
 *
 * The text names each predicate, so that it is called where nothing else is called and can be
 * inlined. It is made from numbers alone.
 */
import type { Finding, StepProperty } from '../machine/index.ts';
import { range } from '../search/vector-text.ts';
import type { Judgement, Notes } from './questions.ts';

/** What a judgement returns when everything holds: one shared list, so nothing is allocated. */
export const NOTHING: readonly Judgement[] = Object.freeze([]);

/** `before` and `after` are bound to different vectors. Order: as listed in the machine. */
export type StepJudge<S> = (before: S, after: S, args: readonly number[]) => readonly Judgement[];

export interface AskedStepProperty<S> {
  readonly index: number;
  readonly property: StepProperty<S>;
}

const askText = ({ index }: AskedStepProperty<never>, k: number): string =>
  `if (applies${k}(before, after, args, name)) {
applied[${index}]++;
const finding = check${k}(before, after, args, name);
if (finding !== null) found = note(found, ${k}, finding);
}`;

function textOf(asked: readonly AskedStepProperty<never>[]): string {
  const names = range(asked.length).map(
    (k) => `applies${k} = applies[${k}], check${k} = checks[${k}]`,
  );
  return `"use strict";
const ${names.join(', ')};
return (before, after, args) => {
let found = nothing;
${asked.map(askText).join('\n')}
return found;
};`;
}

/** The judge of the steps of the transition `name`. */
export function stepJudge<S>(
  name: string,
  asked: readonly AskedStepProperty<S>[],
  { applied }: Notes,
): StepJudge<S> {
  if (asked.length === 0) return () => NOTHING;
  const note = (found: readonly Judgement[], k: number, finding: Finding): readonly Judgement[] => {
    const { index, property } = asked[k] as AskedStepProperty<S>;
    return [...found, { property: index, id: property.id, finding }];
  };
  const parameters = ['name', 'nothing', 'applied', 'note', 'applies', 'checks'];
  const applies = asked.map(({ property }) => property.applies);
  const checks = asked.map(({ property }) => property.check);
  const text = textOf(asked);
  // Reviewed: the text is made from numbers alone; everything named comes as an argument.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const build = new Function(...parameters, text) as (...values: unknown[]) => StepJudge<S>;
  return build(name, NOTHING, applied, note, applies, checks);
}
