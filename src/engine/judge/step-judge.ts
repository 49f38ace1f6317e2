/**
 * Asks the step properties of one transition.
 *
 * The text names each predicate, so that it is called where nothing else is called and can be
 * inlined. It is made from numbers alone.
 */
import { ModelAssumptionError, type Finding, type StepProperty } from '../machine/index.ts';
import { range } from '../search/vector-text.ts';
import type { Judgement, Notes } from './questions.ts';
import type { StepMemory } from './step-memory.ts';

/** What a judgement returns when everything holds: one shared list, so nothing is allocated. */
export const NOTHING: readonly Judgement[] = Object.freeze([]);

/** `before` and `after` are bound to different vectors. Order: as listed in the machine. */
export type StepJudge<S> = (before: S, after: S, args: readonly number[]) => readonly Judgement[];

export interface AskedStepProperty<S> {
  readonly index: number;
  readonly property: StepProperty<S>;
  /** What its check is known to say; absent: it is asked whenever it applies. */
  readonly memory: StepMemory | undefined;
}

/** Under `checked` what is known is asked again. */
function askText({ index, memory }: AskedStepProperty<never>, k: number, checked: boolean): string {
  const known = memory === undefined ? 'false' : `memories[${k}].knows(args)`;
  const settle = memory === undefined ? '' : `else if (!known) memories[${k}].settle();`;
  return `if (applies${k}(before, after, args, name)) {
applied[${index}]++;
const known = ${known};
const finding = known && ${!checked} ? null : check${k}(before, after, args, name);
if (finding !== null) { if (known) deny(${k}); found = note(found, ${k}, finding); } ${settle}
}`;
}

function textOf(asked: readonly AskedStepProperty<never>[], checked: boolean): string {
  const names = range(asked.length).map(
    (k) => `applies${k} = applies[${k}], check${k} = checks[${k}]`,
  );
  return `"use strict";
const ${names.join(', ')};
return (before, after, args) => {
let found = nothing;
${asked.map((one, k) => askText(one, k, checked)).join('\n')}
return found;
};`;
}

/** The judge of the steps of the transition `name`. */
export function stepJudge<S>(
  name: string,
  asked: readonly AskedStepProperty<S>[],
  { applied }: Notes,
  checked: boolean,
): StepJudge<S> {
  if (asked.length === 0) return () => NOTHING;
  const note = (found: readonly Judgement[], k: number, finding: Finding): readonly Judgement[] => {
    const { index, property } = asked[k] as AskedStepProperty<S>;
    return [...found, { property: index, id: property.id, finding }];
  };
  const deny = (k: number): never => {
    const reads = (asked[k]?.property.reads ?? []).join(', ');
    throw new ModelAssumptionError(`${asked[k]?.property.id} reads nothing else than ${reads}`);
  };
  const parameters = ['name', 'nothing', 'applied', 'note', 'deny', 'applies', 'checks'];
  const applies = asked.map(({ property }) => property.applies);
  const checks = asked.map(({ property }) => property.check);
  const memories = asked.map(({ memory }) => memory);
  const text = textOf(asked, checked);
  // Reviewed: the text is made from numbers alone; everything named comes as an argument.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const build = new Function(...parameters, 'memories', text) as (
    ...values: unknown[]
  ) => StepJudge<S>;
  return build(name, NOTHING, applied, note, deny, applies, checks, memories);
}
