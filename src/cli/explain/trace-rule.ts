/** The rules of `validate` among the other named things: what `list` and `explain` say of them. */
import { labelled, labelledCommand } from '../../report/steps-text.ts';
import { traceRules, type TraceRule } from '../../trace/rules/index.ts';
import { Judge } from '../../trace/rules/rule.ts';
import { explainerOf, type Explanation } from './explanation.ts';

/** Events at which the rule looks for a case. Names of probes of flushes are one: `flush`. */
const judgedAt = (rule: TraceRule): string[] => Object.keys(rule.watch(new Judge(rule)));

/** What the trace must hold, each of them or one of several. */
const needsText = ({ needs, needsOneOf = [] }: TraceRule): string =>
  [...needs, ...(needsOneOf.length === 0 ? [] : [needsOneOf.join(' or ')])].join(', ');

const traceRuleData = (rule: TraceRule) => ({
  kind: 'trace-rule',
  id: rule.id,
  says: rule.says,
  why: rule.why,
  source: rule.source,
  judgedAt: judgedAt(rule),
  needs: rule.needs,
  needsOneOf: rule.needsOneOf ?? [],
  setups: rule.modes,
  kernels: rule.kernels,
  looksAt: rule.memory,
  property: rule.property ?? null,
  observation: rule.observation ?? false,
});

export const listTraceRules = () => ({
  data: traceRules.map(traceRuleData),
  rows: [
    ['trace rule', 'looks at', 'kernels', 'what it says'],
    ...traceRules.map(({ id, memory, kernels, says }) => [id, memory, kernels, says]),
  ],
});

const memoryText: Readonly<Record<TraceRule['memory'], string>> = {
  line: 'line: the event alone',
  section: 'section: what the same thread did since its last entry into a guest',
  history: 'history: everything since the VM began',
};

function explainTraceRule(rule: TraceRule): Explanation {
  const { id, says, why, source, modes, kernels, memory, property, observation } = rule;
  return {
    data: traceRuleData(rule),
    lines: [
      `trace rule ${id}`,
      ...labelled('says', says),
      ...labelled('why', why),
      ...labelled('source', source.join(', ')),
      ...labelled('cases', `at ${judgedAt(rule).join(', ')}`),
      ...labelled('needs', needsText(rule)),
      ...labelled('setups', modes),
      ...labelled('kernels', kernels),
      ...labelled('looks at', memoryText[memory]),
      ...labelled('model', property ?? 'no property says the same'),
      ...(observation === true ? labelled('verdict', 'observes, and refuses no trace') : []),
      labelledCommand('ask it', `kvm-mmu-check validate <trace> --only ${id}`),
    ],
  };
}

/** They belong to `validate`, whatever model is asked about. */
export const traceRuleExplainer = explainerOf(
  'trace rule',
  () => traceRules,
  ({ id }) => id,
  (_catalogue, rule) => explainTraceRule(rule),
);
