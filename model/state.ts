/** The working object of the model: the bound state with the constants beside it. */
import type { RecordView, View } from '../src/engine/machine/index.ts';
import type { Config } from './config.ts';
import type { layoutOf } from './layout/index.ts';

type Shape = ReturnType<typeof layoutOf>;
export type StateFields = Shape['fields'];
export type StateView = RecordView<StateFields>;
export type VcpuView = View<StateFields['vcpu']['element']>;
export type MmuPageView = View<StateFields['sp']['element']>;
export type RoleView = MmuPageView['role'];

/**
 * What every step gets: the bound state and the constants of the scenario. `kvm.sp.at(0).unsync`
 * reads and writes the state vector.
 */
export type Kvm = StateView & Config;

/** The views of a state with the constants beside them. All top-level fields are views. */
export const bindKvm = (config: Config, view: StateView): Kvm => ({
  mmu_lock: view.mmu_lock,
  arch: view.arch,
  ghost_owed: view.ghost_owed,
  ghost: view.ghost,
  nx: view.nx,
  mmu_notifier: view.mmu_notifier,
  host_pfn: view.host_pfn,
  host: view.host,
  aging: view.aging,
  zapper: view.zapper,
  memslots: view.memslots,
  dirty_log: view.dirty_log,
  split: view.split,
  host_level: view.host_level,
  budget: view.budget,
  gfn_write_track: view.gfn_write_track,
  rmap: view.rmap,
  disallow_lpage: view.disallow_lpage,
  memory: view.memory,
  sp: view.sp,
  vcpu: view.vcpu,
  ...config,
});
