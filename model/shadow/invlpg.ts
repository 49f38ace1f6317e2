/**
 * INVLPG, INVPCID of an address, and the invalidation of one address in one cached root.
 *
 * Kernel: kvm_mmu_invlpg(), kvm_mmu_invpcid_gva(), kvm_mmu_invalidate_addr(),
 * __kvm_mmu_invalidate_addr().
 * Lock: mmu_lock for write, taken and dropped for each root.
 */
import type { Kvm } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { tableIndex, rootLevel } from '../geometry.ts';
import { activePcid } from '../modes.ts';
import { isTableSpte, spte_to_child_sp } from '../spte.ts';
import { goTo, isBefore, isUnlocked, lock, proceed } from './lock.ts';
import { vcpu_clear_mmio_info } from './mmio-info.ts';
import { sync_spte } from './sync.ts';

/**
 * Walks down to the unsync page that holds the entry of `va`, if marks say there is one, and
 * syncs that entry. Returns whether it changed. One step: a single entry is read and stored.
 */
export const invalidateAddressInRoot = (kvm: Kvm, root: number, va: number): boolean => {
  let sp = root;
  for (let level = rootLevel(kvm.geometry); level > 0; level -= 1) {
    const page = kvm.sp.at(sp);
    const index = tableIndex(kvm.geometry, va, level);
    if (page.unsync) return sync_spte(kvm, sp, index);
    const spte = page.spt.get(index);
    if (page.unsync_children === 0 || !isTableSpte(spte)) return false;
    sp = spte_to_child_sp(spte);
  }
  return false;
};

/** KVM_MMU_ROOTS_ALL: the current root is number 0, then come the previous ones. */
const rootNumber = (kvm: Kvm, v: number, number: number): number | null => {
  const { invpcid, prev_root, root } = kvm.vcpu.at(v);
  if (invpcid > 0 && !isOfPcid(kvm, v, number, invpcid - 1)) return null;
  return number === 0 ? root : prev_root.at(number - 1).sp;
};

/** Whether INVPCID of an address in this PCID concerns the root with this number. */
export const isOfPcid = (kvm: Kvm, v: number, number: number, pcid: number): boolean => {
  if (number === 0) return pcid === activePcid(kvm, v);
  if (kvm.rules.invpcid_addr_roots === 'current-only') return false;
  const { cr3, sp } = kvm.vcpu.at(v).prev_root.at(number - 1);
  return sp !== null && kvm.geometry.pcids[cr3] === pcid;
};

const rootsToVisit = (kvm: Kvm): number => {
  if (kvm.rules.invlpg_sync === 'none') return 0;
  return kvm.rules.invlpg_sync === 'all-roots' ? 1 + kvm.geometry.prev_roots : 1;
};

const invalidate_addr: ModelTransition = {
  name: '__kvm_mmu_invalidate_addr',
  says: 'Sync the entry of the address in the next cached root that is marked unsync below.',
  source: ['kvm_mmu_invalidate_addr()', '__kvm_mmu_invalidate_addr()'],
  over: ['v'],
  at: 'invlpg',
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'invlpg')) return false;
    const vcpu = kvm.vcpu.at(v);
    const number = vcpu.root_index;
    const root = number < rootsToVisit(kvm) ? rootNumber(kvm, v, number) : null;
    const last = number + 1 >= rootsToVisit(kvm);
    vcpu_clear_mmio_info(vcpu, vcpu.insn.va);
    if (root === null) {
      if (last) goTo(vcpu, 'enter');
      else vcpu.root_index += 1;
      return true;
    }
    if (!isUnlocked(kvm)) return false;
    lock(kvm, v);
    if (invalidateAddressInRoot(kvm, root, vcpu.insn.va)) kvm.mmu_lock.flush = true;
    if (!last) vcpu.root_index += 1;
    proceed(kvm, v, last ? 'enter' : 'invlpg');
    return true;
  },
};

export const invlpgTransitions: readonly ModelTransition[] = [invalidate_addr];
