/** Which values of which rules are tried, and in which scenarios, in which order. */
import type {
  Catalogue,
  MutantEntry,
  PresetEntry,
  RuleEntry,
  RuleValue,
  ScenarioEntry,
} from '../../checker/catalogue.ts';
import { Fault } from '../../checker/fault.ts';
import { presetOf, ruleNamed, ruleValueNamed, scenariosFor } from '../selection.ts';

/** What a rule could say instead. */
export interface Alternative {
  readonly rule: string;
  readonly value: RuleValue;
}

export const alternativeText = ({ rule, value }: Alternative): string => `${rule}=${value}`;

/** A scenario under a preset in which an alternative is tried. */
export interface Candidate {
  readonly scenario: ScenarioEntry;
  readonly preset: string;
  /** A known bug is this value, and is found here: nobody need ask whether the rule matters. */
  readonly isOfMutant: boolean;
}

/** What everything else is an alternative to. */
const upstream = 'upstream';

const ruleIn = ({ presets }: Catalogue, preset: string, rule: string): RuleValue | undefined =>
  presets.find(({ name }: PresetEntry) => name === preset)?.rules[rule];

const otherValues = (catalogue: Catalogue, rule: RuleEntry): Alternative[] =>
  rule.values
    .filter((value) => value !== ruleIn(catalogue, upstream, rule.name))
    .map((value) => ({ rule: rule.name, value }));

/** `lookup_unsync`, `lookup_unsync=zap`. Errors: faults 101 and 103. */
function alternativesNamed(catalogue: Catalogue, word: string): Alternative[] {
  const [name = '', ...rest] = word.split('=');
  const rule = ruleNamed(catalogue, name);
  if (rest.length === 0) return otherValues(catalogue, rule);
  const value = ruleValueNamed(rule, rest.join('='));
  if (value !== ruleIn(catalogue, upstream, rule.name)) return [{ rule: rule.name, value }];
  throw new Fault('KMC-103', `${word} is what upstream says: there is nothing to try`, [
    `all others: kvm-mmu-check rules ${rule.name}`,
  ]);
}

/** None named: all. Order: of the catalogue. Errors: faults 101 and 103. */
export function alternativesFor(catalogue: Catalogue, words: readonly string[]): Alternative[] {
  const all = catalogue.rules.flatMap((rule) => otherValues(catalogue, rule));
  if (words.length === 0) return all;
  const wanted = new Set(
    words.flatMap((word) => alternativesNamed(catalogue, word)).map(alternativeText),
  );
  return all.filter((alternative) => wanted.has(alternativeText(alternative)));
}

const bySize = (a: ScenarioEntry, b: ScenarioEntry): number =>
  (a.counts?.states ?? Infinity) - (b.counts?.states ?? Infinity) || 0;

/** None named: those of CI, and those of known bugs. Order: smallest first. Errors: fault 101. */
export function sweptScenarios(
  catalogue: Catalogue,
  names: readonly string[],
): readonly ScenarioEntry[] {
  const ofBugs = new Set(catalogue.mutants.map(({ scenario }) => scenario));
  const chosen =
    names.length > 0
      ? scenariosFor(catalogue, names, undefined)
      : catalogue.scenarios.filter(({ ci, id }) => ci || ofBugs.has(id));
  return chosen.toSorted(bySize);
}

/**
 * The scenarios of known bugs of this value come first, then those of other bugs of the rule, then
 * the smallest: the sooner a violation is found, the less is searched. A bug that is found under
 * rules of its own comes last, so that upstream is asked first.
 */
export function candidatesFor(
  catalogue: Catalogue,
  scenarios: readonly ScenarioEntry[],
  { rule, value }: Alternative,
): Candidate[] {
  const bugs = catalogue.mutants.filter((mutant) => mutant.rule === rule);
  const scenarioOf = (mutant: MutantEntry) => scenarios.filter(({ id }) => id === mutant.scenario);
  const own = bugs.filter((mutant) => mutant.value === value);
  const at = (scenario: ScenarioEntry, isOfMutant: boolean): Candidate => {
    return { scenario, preset: presetOf(scenario), isOfMutant };
  };
  const all: Candidate[] = [
    ...own
      .filter((bug) => bug.preset === undefined)
      .flatMap(scenarioOf)
      .map((s) => at(s, true)),
    ...bugs.flatMap(scenarioOf).map((s) => at(s, false)),
    ...scenarios.map((s) => at(s, false)),
    ...own.flatMap((bug) =>
      scenarioOf(bug).map((s) => ({ ...at(s, true), preset: presetOf(s, bug) })),
    ),
  ];
  const seen = new Set<string>();
  return all.filter(({ scenario, preset }) => {
    const key = `${scenario.id} ${preset}`;
    if (seen.has(key) || ruleIn(catalogue, preset, rule) === value) return false;
    seen.add(key);
    return true;
  });
}
