/**
 * The last part of a fault: the leaf itself.
 *
 * Kernel: mmu_set_spte(), make_spte(), mmu_try_to_unsync_pages(). Lock: mmu_lock for write.
 *
 * Cuts: marking the shadow pages of the gfn unsync, and storing the leaf. Between the two lies the
 * order that lockless readers of the marks rely on.
 */
import type { Kvm, VcpuView } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { ACC_WRITE_MASK, isWrite } from '../access.ts';
import { alignedGfn, pagesPerLeaf, tableIndex } from '../geometry.ts';
import { kvm_mmu_max_mapping_level } from './huge.ts';
import { isBefore, proceed } from './lock.ts';
import { isPrefetchDue } from './prefetch-window.ts';
import type { Mapping } from './rmap.ts';
import { mark_mmio_spte } from './mmio.ts';
import { prepareLeaf, prepareMmio, storeLeaf } from './spte.ts';
import { kvm_unsync_pages } from './unsync.ts';
import { asHostGrants, kindOf, mappedAccess, walkedGfn } from './walker.ts';

const isReadOnlySlot = (kvm: Kvm, vcpu: VcpuView): boolean =>
  vcpu.fault.slot === 'changing' && kvm.geometry.memslot?.readonly === true;

/** fault->map_writable */
const mayMapWritable = (kvm: Kvm, vcpu: VcpuView): boolean =>
  (!isReadOnlySlot(kvm, vcpu) && !vcpu.fault.map_readonly) || kvm.rules.map_writable === 'always';

const leafAccess = (kvm: Kvm, vcpu: VcpuView, sp: number): number =>
  kvm.sp.at(sp).role.direct
    ? asHostGrants(kvm, vcpu, mappedAccess(kvm, vcpu))
    : mappedAccess(kvm, vcpu);

/** The leaf under construction. */
const mappingOf = (kvm: Kvm, vcpu: VcpuView): Mapping => {
  const { level, sp } = kvm.mmu_lock;
  return {
    sp: sp ?? 0,
    index: tableIndex(kvm.geometry, vcpu.insn.va, level),
    gfn: alignedGfn(kvm.geometry, walkedGfn(kvm, vcpu), level),
    pfn: vcpu.fault.pfn - (vcpu.fault.pfn % pagesPerLeaf(kvm.geometry, level)),
    access: leafAccess(kvm, vcpu, sp ?? 0),
    host_writable: mayMapWritable(kvm, vcpu),
    log_dirty: vcpu.fault.log_dirty,
  };
};

/** has_wrprotected_page() of 2012: a level that was chosen before may be forbidden by now. */
const isForbiddenByNow = (kvm: Kvm, { gfn }: Mapping): boolean =>
  kvm.rules.own_table_fault === 'zapped-first' &&
  kvm_mmu_max_mapping_level(kvm, gfn, kvm.mmu_lock.level) < kvm.mmu_lock.level;

const makeLeafStep: ModelTransition = {
  name: 'mmu_try_to_unsync_pages',
  says:
    'Drop a leaf of another frame, then decide on the write right: make the shadow pages of the ' +
    'gfn unsync, or map it read-only.',
  source: ['mmu_set_spte()', 'make_spte()', 'mmu_try_to_unsync_pages()'],
  over: ['v'],
  at: 'make_spte',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'make_spte')) return false;
    const m = mappingOf(kvm, kvm.vcpu.at(v));
    if (isForbiddenByNow(kvm, m)) {
      proceed(kvm, v, 'enter', kvm.mmu_lock.flush);
      return true;
    }
    if (kvm.vcpu.at(v).fault.slot === 'none') prepareMmio(kvm, m);
    else prepareLeaf(kvm, m);
    kvm.vcpu.at(v).pc = 'store_spte';
    return true;
  },
};

const storeLeafStep: ModelTransition = {
  name: 'mmu_set_spte',
  says: 'Store the leaf, file it in the rmap and finish the fault.',
  source: ['mmu_set_spte()', 'rmap_add()', 'kvm_mmu_page_set_access()'],
  over: ['v'],
  at: 'store_spte',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'store_spte')) return false;
    const m = mappingOf(kvm, kvm.vcpu.at(v));
    if (kvm.vcpu.at(v).fault.slot === 'none') {
      mark_mmio_spte(kvm, kvm.sp.at(m.sp), m.index, m.gfn, m.access);
      proceed(kvm, v, 'emulate_mmio');
      return true;
    }
    const changed = storeLeaf(kvm, m);
    const writable = (m.access & ACC_WRITE_MASK) !== 0 && !kvm.mmu_lock.wrprot;
    if (writable && kvm.rules.unsync_order === 'after-writable') {
      kvm.vcpu.at(v).pc = 'mark_unsync_late';
    } else if (changed && isPrefetchDue(kvm)) {
      kvm.vcpu.at(v).pc = 'pte_prefetch';
    } else {
      finishFault(kvm, v);
    }
    return true;
  },
};

const mark_unsync_late: ModelTransition = {
  name: 'mmu_try_to_unsync_pages.late',
  says: 'Mark the shadow pages of the gfn unsync after the writable leaf was stored (a mutant).',
  source: ['mmu_try_to_unsync_pages()'],
  over: ['v'],
  at: 'mark_unsync_late',
  needs: ({ rules }) => rules.unsync_order === 'after-writable',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'mark_unsync_late')) return false;
    kvm_unsync_pages(kvm, mappingOf(kvm, kvm.vcpu.at(v)).gfn);
    finishFault(kvm, v);
    return true;
  },
};

/** RET_PF_WRITE_PROTECTED goes to the emulator, everything else back to the guest. */
export const finishFault = (kvm: Kvm, v: number): void => {
  const kind = kindOf(kvm.vcpu.at(v));
  const emulate = kvm.mmu_lock.wrprot && isWrite(kind);
  proceed(kvm, v, emulate ? 'emulate_write' : 'enter');
};

export const leafTransitions: readonly ModelTransition[] = [
  makeLeafStep,
  storeLeafStep,
  mark_unsync_late,
];
