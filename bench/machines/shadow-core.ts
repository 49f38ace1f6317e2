/**
 * Shadow core: a reference machine with published state counts, made for measuring engines.
 *
 * An abstraction of shadow paging: two vCPUs with one TLB entry each, a two-level guest table, a
 * shadow root and leaf shadow pages that may go unsync, and a host that takes frame 1 away. It is
 * not the model of KVM.
 */
import {
  array,
  bitset,
  oneOf,
  optionalRef,
  pool,
  record,
  uint,
  type Machine,
  type View,
} from '../../src/engine/machine/index.ts';
import { invariants } from './shadow-core-invariants.ts';
import { transitionsOf } from './shadow-core-transitions.ts';

/** Size of a configuration: leaf tables `T` and frames `F`. */
export interface Preset {
  readonly tables: 1 | 2;
  readonly frames: 1 | 2;
}

export const presets = {
  S: { tables: 1, frames: 1 },
  M: { tables: 1, frames: 2 },
  L: { tables: 2, frames: 1 },
} as const satisfies Readonly<Record<string, Preset>>;

/** 0 = correct; see `shadow-core-transitions.ts` for what each of the others leaves out. */
export type Fault = 0 | 1 | 2 | 3 | 4;

/** Which pools the search may permute. */
export type Interchangeable = 'vcpus' | 'all' | 'none';

const poolsOf = ({ tables }: Preset) => ({
  vcpu: pool('vcpu', 2),
  root: pool('root', 2),
  leaf: pool('leaf', 2),
  table: pool('table', tables),
});

function layoutOf({ vcpu, root, leaf, table }: ReturnType<typeof poolsOf>, { frames }: Preset) {
  const entries = array(uint(frames), leaf);
  return record({
    /** Guest: root entries, leaf entries (0 = not present, else the frame). */
    gr: array(optionalRef(table), root),
    gl: array(entries, table),
    /** Shadow: root entries, state of the leaf shadow pages, their entries. */
    sr: array(optionalRef(table), root),
    sp: array(oneOf('absent', 'sync', 'unsync'), table),
    sl: array(entries, table),
    /** The one TLB entry of each vCPU: address (none when `i` is) and frame. */
    tlb: array(record({ i: optionalRef(root), j: optionalRef(leaf), frame: uint(frames) }), vcpu),
    /** Ghost: addresses for which the vCPU still owes an INVLPG. */
    owed: array(array(bitset(leaf), root), vcpu),
    /** Host side of frame 1. */
    host: oneOf('mapped', 'pending', 'gone'),
  });
}

type Layout = ReturnType<typeof layoutOf>;
export type ShadowCore = View<Layout>;

/** Builds the machine. Fault 4 tells the vCPUs apart: it goes with no vCPU symmetry. */
export function shadowCore(
  preset: Preset,
  fault: Fault = 0,
  interchangeable: Interchangeable = 'none',
): Machine<ShadowCore, Layout['fields']> {
  const pools = poolsOf(preset);
  const { vcpu, root, leaf, table } = pools;
  const symmetry = { none: [], vcpus: [vcpu], all: [vcpu, root, leaf, table] };
  return {
    name: 'shadow-core',
    layout: layoutOf(pools, preset),
    bind: (view) => view,
    initial: [() => undefined],
    transitions: transitionsOf(preset, fault),
    properties: invariants,
    moments: {},
    symmetry: symmetry[interchangeable],
  };
}
