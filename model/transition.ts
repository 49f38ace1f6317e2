/**
 * How model files write a transition: the domains of its arguments are named here once and
 * sized by the scenario, see `machine.ts`.
 */
import type { Kvm } from './state.ts';
import type { Config } from './config.ts';
import type { Pc } from './labels.ts';

/**
 * Argument names: a vCPU; an address; a kind of access; a store, an instruction, a CR3 value, a bit
 * of CR4 and a PCID of the workload; a level above 4K; a slot of the ghost TLB; a guest frame; a
 * host frame; a change of a memory slot; what userspace asks to clear of the dirty log; a thread of
 * the host, and a frame within its range. Of the last two what has one value is left out.
 */
export type ArgumentName =
  | 'v'
  | 'va'
  | 'kind'
  | 'store'
  | 'instruction'
  | 'cr3'
  | 'cr4'
  | 'pcid'
  | 'level'
  | 'slot'
  | 'gfn'
  | 'pfn'
  | 'change'
  | 'clear'
  | 'call'
  | 'offset';

export interface ModelTransition {
  /** Kernel function, with a step suffix where the function is cut. */
  readonly name: string;
  readonly says: string;
  readonly source: readonly string[];
  /** Who acts where no vCPU does. Default: `host`. */
  readonly actor?: 'host' | 'mm' | 'ioctl' | 'sysfs' | 'worker';
  /** A transition over `v` is an action of that vCPU. */
  readonly over: readonly ArgumentName[];
  /** Where the vCPU is that it belongs to: it is not even tried elsewhere. Default: anywhere. */
  readonly at?: Pc;
  /** Whether a configuration has the transition at all. Default: yes. */
  readonly needs?: (config: Config) => boolean;
  readonly step: (kvm: Kvm, a: number, b: number, c: number, d: number) => boolean;
  /** Whether the actor is sure to take this step when it can, for progress. Default: always. */
  readonly sure?: (kvm: Kvm, a: number) => boolean;
}

/** Of steps that nobody has to take: what hardware may do, and what nobody has to begin. */
export const never = (): boolean => false;
