/** How property files are written: the engine's form, plus what a scenario must have. */
import type { Finding, StateProperty, StepProperty } from '../src/engine/machine/index.ts';
import type { moments } from '../model/machine.ts';
import type { Kvm } from '../model/state.ts';
import type { Config } from '../model/config.ts';

/** When a state property is asked; see `moments` of the model. */
export type Moment = keyof typeof moments | 'every-step';

interface Needs {
  /** The id that the design notes of this project use, for the table in `docs/`. */
  readonly brief: string;
  /** Whether the antecedent can occur in a scenario at all. Default: yes. */
  readonly needs?: (config: Config) => boolean;
}

export type KvmProperty =
  (StateProperty<Kvm> & Needs & { readonly when: Moment }) | (StepProperty<Kvm> & Needs);

export const stateProperty = (
  p: Omit<StateProperty<Kvm>, 'kind'> & Needs & { readonly when: Moment },
): KvmProperty => ({ kind: 'state', ...p });

export const stepProperty = (p: Omit<StepProperty<Kvm>, 'kind'> & Needs): KvmProperty => ({
  kind: 'step',
  ...p,
});

export const hex = (value: number): string => `0x${value.toString(16)}`;

export type { Finding, Kvm };
