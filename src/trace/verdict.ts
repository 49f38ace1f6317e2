/** What a validation comes to. */
import { isDamage } from './read/reader.ts';
import type { RuleOutcome, Validation } from './validate.ts';

export type TraceVerdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'inconclusive'; readonly because: string };

/** Why a rule had no case, and what would give it one. */
export interface NotExercised {
  readonly rule: string;
  readonly because: string;
}

const isRefusal = ({ rule, broken }: RuleOutcome): boolean =>
  broken > 0 && rule.observation !== true;

/** A violation outweighs damage: what was found is there, whatever is missing. */
export function traceVerdict({ outcomes, gaps }: Validation): TraceVerdict {
  if (outcomes.some(isRefusal)) return { kind: 'refused' };
  const damage = gaps.find(isDamage);
  if (damage !== undefined) {
    return { kind: 'inconclusive', because: `from line ${damage.line} on: ${damage.why}` };
  }
  if (outcomes.every(({ cases }) => cases === 0)) {
    return { kind: 'inconclusive', because: 'no rule had a case' };
  }
  return { kind: 'accepted' };
}

/** Order: of the rules. */
export function notExercised({ outcomes }: Validation): NotExercised[] {
  return outcomes
    .filter(({ cases }) => cases === 0)
    .map(({ rule, missing, untold }) => {
      const { id } = rule;
      if (missing.length > 0)
        return { rule: id, because: `the trace has no ${missing.join(', no ')}` };
      if (untold > 0) return { rule: id, because: 'cannot tell' };
      return { rule: id, because: `its case did not occur (${rule.modes})` };
    });
}
