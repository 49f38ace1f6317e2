/** The host: the MMU notifier and the faults that race with it. */
import {
  array,
  bitset,
  boolIf,
  oneOf,
  record,
  uint,
  type Scalar,
} from '../../src/engine/machine/index.ts';
import type { Workload } from '../config.ts';
import { hugeRuns, notifierCalls, type Geometry } from '../geometry.ts';
import { domainsOf, spteDomain } from './domains.ts';

/** struct kvm: what the MMU notifier and the faults that race with it share. */
export const notifierLayout = (g: Geometry, budget: number) =>
  record({
    /** Threads that change the host's page tables: where each is, and its first frame. */
    calls: array(
      record({
        pc: oneOf('idle', 'flush', 'started', 'moved'),
        gfn: domainsOf(g).gfn,
        /** Whether its start found a slot, and counted. */
        ghost_counted: boolIf(budget > 0),
      }),
      notifierCalls(g),
    ),
    mmu_invalidate_in_progress: uint(Math.max(1, budget)),
    mmu_invalidate_seq: uint(budget),
    /** The smallest range that has all that is being invalidated; 0 while nothing is. */
    mmu_invalidate_range_start: uint(budget === 0 ? 0 : g.gfns),
    mmu_invalidate_range_end: uint(budget === 0 ? 0 : g.gfns),
    /** Calls between start and end, whether or not they found a slot. */
    mn_active_invalidate_count: uint(budget === 0 ? 0 : notifierCalls(g)),
  });

/** Whether the host maps frames read-only: from the start, or later. */
export const hasReadOnlyFrames = (g: Geometry, { budget }: Workload): boolean =>
  g.host_readonly.length > 0 || budget.host_share > 0;

/** What the host knows of frames. */
export const hostLayout = (g: Geometry, workload: Workload) =>
  record({
    /** Guest frames that the host maps read-only. */
    readonly: bitset(hasReadOnlyFrames(g, workload) ? g.gfns : 0),
    /** Host frames that KVM has reported as written. */
    dirty: bitset(g.host_dirty ? g.pfns : 0),
    /** Host frames that the guest has written since the host last looked. */
    ghost_written: bitset(g.host_dirty ? g.pfns : 0),
  });

/** Whoever ages the leaves of a frame without mmu_lock: its locals, and with them the rmap lock. */
export const agingLayout = (g: Geometry, { budget }: Workload) => {
  const has = budget.aging > 0;
  return record({
    /** The rmap whose lock it holds, see rmapKey(). */
    key: uint(has ? g.gfns + hugeRuns(g) - 1 : 0),
    /** The entry (page, index) that is being aged, counted from 1; 0 when nobody ages. */
    sptep: uint(has ? g.shadow_pages * g.entries : 0),
    /** What was read there. */
    spte: has ? spteDomain(g) : uint(0),
  });
};

/** Whoever zaps a range, the oldest pages or everything, under mmu_lock while it is not idle. */
export const zapperLayout = (
  g: Geometry,
  { budget: { set_quota, zap_all, zap_range } }: Workload,
) =>
  record({
    /** `gone`: the VM is torn down, and no vCPU runs any more. */
    pc: oneOfIf(set_quota + zap_all + zap_range > 0),
    gfn: uint(zap_range > 0 ? g.gfns - 1 : 0),
  });

const zapperPcs = ['idle', 'flush', 'free', 'commit', 'gone'] as const;

const oneOfIf = (has: boolean) =>
  has ? oneOf(...zapperPcs) : (oneOf('idle') as Scalar<(typeof zapperPcs)[number]>);
