/** `explain` of a rule, and of a preset of rules. */
import type { Catalogue, PresetEntry, RuleEntry } from '../../checker/catalogue.ts';
import { labelled } from '../../report/steps-text.ts';
import { explainerOf, list, type Explanation } from './explanation.ts';

function explainRule(catalogue: Catalogue, rule: RuleEntry): Explanation {
  const mutants = catalogue.mutants.filter((mutant) => mutant.rule === rule.name);
  const presets = catalogue.presets.map(({ name, rules }) => `${name}: ${rules[rule.name]}`);
  return {
    data: { kind: 'rule', ...rule, mutants: mutants.map(({ id }) => id) },
    lines: [
      `rule ${rule.name}`,
      ...labelled('says', rule.says),
      ...labelled('values', rule.values.join(', ')),
      ...list('presets', presets),
      ...list('source', rule.source),
      ...list(
        'mutants',
        mutants.map(({ id, value }) => `${id} (${value})`),
      ),
    ],
  };
}

const explainPreset = (_: Catalogue, preset: PresetEntry): Explanation => ({
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
