/** `explain` of a rule, and of a preset of rules. */
import type { PresetEntry, RuleEntry, RuleValue } from '../../checker/catalogue.ts';
import { labelled, labelledList } from '../../report/steps-text.ts';
import type { Environment } from '../environment.ts';
import { explainerOf, list, type Explanation } from './explanation.ts';
import { foundText, storedRunsOf } from './stored-runs.ts';

/** What becomes of a value: kept by presets, planted as a bug, or neither. */
function valueText(environment: Environment, rule: RuleEntry, value: RuleValue): string {
  const { presets, mutants } = environment.catalogue;
  const kept = presets.filter(({ rules }) => rules[rule.name] === value).map(({ name }) => name);
  const planted = mutants
    .filter((mutant) => mutant.rule === rule.name && mutant.value === value)
    .map((mutant) => {
      const [run] = storedRunsOf(environment, mutant);
      const broken = run === undefined ? mutant.property : foundText(run);
      return `${mutant.id} breaks ${broken}`;
    });
  const parts = [...(kept.length === 0 ? [] : [`of ${kept.join(', ')}`]), ...planted];
  return `${value}: ${parts.length === 0 ? 'of no preset and no mutant' : parts.join('; ')}`;
}

function explainRule(environment: Environment, rule: RuleEntry): Explanation {
  const mutants = environment.catalogue.mutants.filter((mutant) => mutant.rule === rule.name);
  const scenarios = [...new Set(mutants.map(({ scenario }) => scenario))];
  return {
    data: { kind: 'rule', ...rule, mutants: mutants.map(({ id }) => id) },
    lines: [
      `rule ${rule.name}`,
      ...labelled('says', rule.says),
      ...labelledList(
        'values',
        rule.values.map((value) => valueText(environment, rule, value)),
      ),
      ...list('source', rule.source),
      ...list('shown in', scenarios),
    ],
  };
}

const explainPreset = (_: Environment, preset: PresetEntry): Explanation => ({
  data: { kind: 'preset', ...preset },
  lines: [
    `preset ${preset.name}`,
    ...labelled('says', preset.says),
    ...Object.entries(preset.rules).map(([name, value]) => `         ${name}=${value}`),
  ],
});

export const ruleExplainer = explainerOf(
  'rule',
  ({ rules }) => rules,
  ({ name }) => name,
  explainRule,
);

export const presetExplainer = explainerOf(
  'preset',
  ({ presets }) => presets,
  ({ name }) => name,
  explainPreset,
);
