/** The form of a mutant: a preset with one rule changed, and what must then break. */
import type { PresetName, RuleName, Rules } from '../rules.ts';

export interface Mutant {
  readonly id: string;
  /** The rules that are changed in one place. Default: those asked for, `upstream`. */
  readonly preset?: PresetName;
  readonly rule: RuleName;
  readonly value: Rules[RuleName];
  readonly says: string;
  /** Where the bug comes from: the fix, an advisory, or the function whose rule it breaks. */
  readonly source: readonly string[];
  /** The scenario that shows it. */
  readonly scenario: string;
  /** The property that must be the first to break there. */
  readonly property: string;
  /** `A` to `I`: category of known bugs. `rule`: derived from a documented rule of KVM. */
  readonly category: string;
}
