/** The evidence card of everything that can be explained: nothing empty, nothing missing. */
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../src/checker/instance.ts';
import { mutantExplainer } from '../../src/cli/explain/mutant.ts';
import { propertyExplainer } from '../../src/cli/explain/property.ts';
import { ruleExplainer } from '../../src/cli/explain/rule.ts';
import { scenarioExplainer } from '../../src/cli/explain/scenario.ts';
import { transitionExplainer } from '../../src/cli/explain/transition.ts';
import type { Explainer } from '../../src/cli/explain/explanation.ts';
import { currentModel } from '../../src/counterexample/model-version.ts';
import { toyEnvironment } from '../toy/catalogue.ts';

const environment = toyEnvironment(
  { out: '', err: '' },
  { catalogue, model: currentModel(), corpus: () => 'counterexamples' },
);

const cardOf = (explainer: Explainer, name: string): string[] => {
  const { lines } = explainer.explain(environment, name);
  expect(lines.filter((line) => /undefined|null|NaN|\[object/.test(line))).toEqual([]);
  return lines.map((line) => line.slice(0, 8).trim()).filter((label) => label !== '');
};

/** Cards without one of the labels, by name. `a|b`: either. */
function lacking(explainer: Explainer, labels: readonly string[], names?: readonly string[]) {
  const all = names ?? explainer.known(catalogue);
  expect(all.length).toBeGreaterThan(0);
  return all.flatMap((name) => {
    const card = cardOf(explainer, name);
    const missing = labels.filter((label) => label.split('|').every((one) => !card.includes(one)));
    return missing.length === 0 ? [] : [[name, ...missing]];
  });
}

describe('the card', () => {
  it('of a property has its sentence, source, place and evidence', () => {
    const labels = ['says', 'why', 'source', 'when', 'written', 'witness', 'cases', 'reached'];
    expect(lacking(propertyExplainer, [...labels, 'holds in', 'finds'])).toEqual([]);
  });

  it('of a rule has its values, and where another one than that of upstream is shown', () => {
    expect(lacking(ruleExplainer, ['says', 'values', 'source'])).toEqual([]);
    const broken = catalogue.mutants.map(({ rule }) => rule);
    expect(lacking(ruleExplainer, ['shown in'], [...new Set(broken)])).toEqual([]);
  });

  it('of a mutant has what it breaks, how that is found and read, and what holds without', () => {
    const labels = ['says', 'rule', 'source', 'breaks', 'found', 'without', 'find it', 'read it'];
    expect(lacking(mutantExplainer, labels)).toEqual([]);
  });

  it('of a scenario has its bound, or what breaks there', () => {
    const labels = ['says', 'machine', 'in CI', 'bound|breaks', 'asks', 'check it'];
    expect(lacking(scenarioExplainer, labels)).toEqual([]);
  });

  it('of a transition has what it does, who takes it, where, and how often it was taken', () => {
    const labels = ['says', 'source', 'actors', 'taken', 'part of'];
    expect(lacking(transitionExplainer, labels)).toEqual([]);
  });
});
