/**
 * Zaps that KVM itself begins: of a range of guest frames, and of everything when the VM goes.
 *
 * Kernel: kvm_zap_gfn_range() (memory types, inhibited APIC pages, attributes), kvm_mmu_zap_all()
 * (mmu_notifier_release(), kvm_arch_flush_shadow_all()). Lock: mmu_lock for write.
 *
 * Cuts: zapping under mmu_lock; the flush and the freeing, with which the lock is dropped.
 *
 * Abstracts: ranges of several frames. kvm_mmu_zap_all() breaks the lock on its way, when nobody is
 * left to notice: no vCPU is in KVM or in the guest, and none will be.
 */
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { isUnlocked, mayRun } from '../shadow/lock.ts';
import { warn } from '../shadow/mmu-page.ts';
import { walkedGfn } from '../shadow/walker.ts';
import { kvm_mmu_commit_zap_page, kvm_mmu_prepare_zap_page } from '../shadow/zap.ts';
import { kvm_flush_remote_tlbs, mayFlush } from '../tlb/flush.ts';
import { kvm_mmu_invalidate_begin, kvm_mmu_invalidate_end } from './invalidation.ts';
import { kvm_unmap_gfn_range } from './notifier.ts';

const hasRanges: ModelTransition['needs'] = ({ workload }) => workload.budget.zap_range > 0;
const hasTeardown: ModelTransition['needs'] = ({ workload }) => workload.budget.zap_all > 0;

/** What was looked up so far is no longer what is to be mapped. */
const markLookups = (kvm: Kvm, gfn: number): void => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const vcpu = kvm.vcpu.at(v);
    const looked = vcpu.pc === 'lock_page_fault' && walkedGfn(kvm, vcpu) === gfn;
    if (looked) vcpu.fault.ghost_predates = true;
  }
};

const endRange = (kvm: Kvm, gfn: number): void => {
  if (kvm.rules.zap_range === 'invalidation') kvm_mmu_invalidate_end(kvm);
  markLookups(kvm, gfn);
};

const zap_gfn_range: ModelTransition = {
  name: 'kvm_zap_gfn_range',
  says: 'Under mmu_lock, announce an invalidation and zap every leaf that maps the gfn.',
  source: ['kvm_zap_gfn_range()', 'kvm_rmap_zap_gfn_range()', 'kvm_mmu_invalidate_begin()'],
  actor: 'ioctl',
  over: ['gfn'],
  sure: never,
  needs: hasRanges,
  step: (kvm, gfn) => {
    if (gfn < kvm.geometry.tables || kvm.budget.zap_range === 0) return false;
    if (!isUnlocked(kvm) || !mayRun(kvm, -1)) return false;
    kvm.budget.zap_range -= 1;
    const range = { start: gfn, end: gfn + 1 };
    if (kvm.rules.zap_range === 'invalidation') kvm_mmu_invalidate_begin(kvm, range);
    if (kvm_unmap_gfn_range(kvm, range)) {
      kvm.zapper.pc = 'flush';
      kvm.zapper.gfn = gfn;
    } else {
      endRange(kvm, gfn);
    }
    return true;
  },
};

const flush_range: ModelTransition = {
  name: 'kvm_zap_gfn_range.flush',
  says: 'Flush what was zapped, end the invalidation and drop mmu_lock.',
  source: ['kvm_zap_gfn_range()', 'kvm_flush_remote_tlbs_range()', 'kvm_mmu_invalidate_end()'],
  actor: 'ioctl',
  over: [],
  needs: hasRanges,
  step: (kvm) => {
    if (kvm.zapper.pc !== 'flush' || !mayFlush(kvm, -1)) return false;
    kvm_flush_remote_tlbs(kvm);
    endRange(kvm, kvm.zapper.gfn);
    kvm.zapper.pc = 'idle';
    kvm.zapper.gfn = 0;
    return true;
  },
};

/** Whether every vCPU has returned to userspace; those in a mm that goes do not come back. */
const isNobodyLeft = (kvm: Kvm): boolean => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) if (kvm.vcpu.at(v).pc !== 'enter') return false;
  return true;
};

const zap_all: ModelTransition = {
  name: 'kvm_mmu_zap_all',
  says: 'With no vCPU left that could run, zap every shadow page under mmu_lock.',
  source: ['kvm_mmu_zap_all()', 'kvm_flush_shadow_all()', 'mmu_notifier_release()'],
  actor: 'mm',
  over: [],
  sure: never,
  needs: hasTeardown,
  step: (kvm) => {
    if (kvm.budget.zap_all === 0 || !isNobodyLeft(kvm) || !isUnlocked(kvm)) return false;
    kvm.budget.zap_all -= 1;
    for (let sp = 0; sp < kvm.sp.length; sp += 1) {
      const page = kvm.sp.at(sp);
      if (page.list !== 'active') continue;
      if (page.root_count > 0 && kvm.rules.zap_all_scope === 'unused') continue;
      if (page.role.invalid) warn(kvm, 'invalid-page-on-active-list');
      kvm_mmu_prepare_zap_page(kvm, sp);
    }
    kvm.zapper.pc = 'commit';
    return true;
  },
};

const commit_all: ModelTransition = {
  name: 'kvm_mmu_zap_all.commit',
  says: 'Flush, free the zapped pages and drop mmu_lock: the memory of the VM goes.',
  source: ['kvm_mmu_zap_all()', 'kvm_mmu_commit_zap_page()'],
  actor: 'mm',
  over: [],
  needs: hasTeardown,
  step: (kvm) => {
    if (kvm.zapper.pc !== 'commit' || !mayFlush(kvm, -1)) return false;
    kvm_mmu_commit_zap_page(kvm);
    kvm.zapper.pc = 'gone';
    return true;
  },
};

export const zapRangeTransitions: readonly ModelTransition[] = [
  zap_gfn_range,
  flush_range,
  zap_all,
  commit_all,
];
