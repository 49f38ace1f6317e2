/** Exhaustive searches of the model's own scenarios and mutants. */
import { instantiateKvm } from '../../src/checker/instance.ts';
import { checkExhaustively, type ExhaustiveOptions } from '../../src/engine/exhaustive.ts';
import type { Outcome } from '../../src/engine/outcome.ts';
import { mutants, type Mutant } from '../../model/index.ts';
import type { Selection } from '../../src/checker/catalogue.ts';

export const control = { now: () => performance.now() };

export type SelectionInput = Pick<Selection, 'scenario'> & Partial<Selection>;

/** The machine of a scenario under the rules of its mutant or upstream, unless told otherwise. */
export const aMachine = (selection: SelectionInput) => {
  const preset = mutants.find(({ id }) => id === selection.mutant)?.preset ?? 'upstream';
  return instantiateKvm({ preset, rules: {}, ...selection });
};

export const search = (
  selection: SelectionInput,
  options: ExhaustiveOptions = {},
): Promise<Outcome> => checkExhaustively(aMachine(selection), options, control);

/** The property that a mutant breaks first, and in how many steps; `null` when none. */
export const firstViolation = async (
  { id, scenario }: Mutant,
  selection: Partial<Selection> = {},
  options: ExhaustiveOptions = {},
): Promise<{ readonly property: string; readonly steps: number } | null> => {
  const outcome = await search({ scenario, mutant: id, ...selection }, options);
  const violation = outcome.kind === 'violated' ? outcome.violations[0] : undefined;
  if (violation === undefined) return null;
  return { property: violation.property, steps: violation.trace.steps.length };
};
