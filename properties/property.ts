/** How property files are written: the engine's form, plus what a scenario must have. */
import type {
  Finding,
  ProgressProperty,
  StateProperty,
  StepProperty,
} from '../src/engine/machine/index.ts';
import type { moments } from '../model/machine.ts';
import type { Kvm, StateFields, VcpuView } from '../model/state.ts';
import type { Config } from '../model/config.ts';

/** When a state property is asked; see `moments` of the model. */
export type Moment = keyof typeof moments | 'every-step';

/**
 * A part of the state: `sp` are the shadow pages with all that is in them, `vcpu.ghost_tlb` the
 * TLBs of all vCPUs.
 */
export type Part =
  keyof StateFields | `mmu_lock.${keyof Kvm['mmu_lock']}` | `vcpu.${keyof VcpuView}`;

/** What a predicate looks at: in states that agree there, it is asked once. */
interface Reads {
  readonly reads: readonly Part[];
}

interface Needs {
  /** The id that the design notes of this project use, for the table in `docs/`. */
  readonly brief: string;
  /** Whether the antecedent can occur in a scenario at all. Default: yes. */
  readonly needs?: (config: Config) => boolean;
}

export type KvmProperty =
  (StateProperty<Kvm> & Needs & { readonly when: Moment }) | (StepProperty<Kvm> & Needs);

type Written<P extends KvmProperty> = Omit<P, 'kind'> & { readonly witness: Reads };

export const stateProperty = (
  p: Written<Extract<KvmProperty, { kind: 'state' }>> & Reads,
): KvmProperty => ({ kind: 'state', ...p });

export const stepProperty = (
  p: Written<Extract<KvmProperty, { kind: 'step' }>> & Partial<Reads>,
): KvmProperty => ({ kind: 'step', ...p });

/** What must not stay under way for ever. */
export type KvmProgress = ProgressProperty<Kvm> & Needs;

export const progressProperty = (p: Omit<ProgressProperty<Kvm>, 'kind'> & Needs): KvmProgress => ({
  kind: 'progress',
  ...p,
});

export const hex = (value: number): string => `0x${value.toString(16)}`;

export type { Finding, Kvm };
