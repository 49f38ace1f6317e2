/** A page that is not in the log cannot be written without a fault. */
import { ACC_WRITE_MASK } from '../model/access.ts';
import { isClean } from '../model/shadow/dirty-log.ts';
import { pfnOf } from '../model/shadow/mmu-page.ts';
import { kvm_mmu_page_get_gfn } from '../model/shadow/rmap.ts';
import { is_last_spte } from '../model/spte.ts';
import type { Finding, Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import {
  firstLoggedPage,
  gfnOfPage,
  isBeingLetThrough,
  writableLeafOver,
} from './helpers/dirty-log.ts';
import { firstEntry } from './helpers/pages.ts';
import { keepsItsTlb } from './helpers/vcpus.ts';

/** Nothing tells userspace of a store to the page, nor is about to. */
const isUntold = (kvm: Kvm, page: number): boolean =>
  isClean(kvm, page) && !isBeingLetThrough(kvm, gfnOfPage(kvm, page));

const writableLeaf = (kvm: Kvm): Finding | null => {
  const leaf = writableLeafOver(kvm, (page) => isUntold(kvm, page));
  return leaf && { ...leaf, message: 'a writable leaf maps a page that is not in the log' };
};

const writableTlbEntry = (kvm: Kvm): Finding | null => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { ghost_tlb } = kvm.vcpu.at(v);
    if (!keepsItsTlb(kvm, v)) continue;
    for (let i = 0; i < ghost_tlb.length; i += 1) {
      const { valid, access, pfn, va, clean: logs } = ghost_tlb.at(i);
      if (!valid || logs || (access & ACC_WRITE_MASK) === 0) continue;
      const clean = firstLoggedPage(kvm, (gfn, p) => isUntold(kvm, p) && pfnOf(kvm, gfn) === pfn);
      if (clean < 0) continue;
      return {
        message: 'a TLB entry may write a page that is not in the log',
        where: { vcpu: v, va: hex(va), pfn: hex(pfn), page: hex(clean) },
      };
    }
  }
  return null;
};

export const cleanPageIsWriteProtected = stateProperty({
  id: 'clean-page-is-write-protected',
  brief: 'D2',
  says:
    'No valid leaf and no TLB entry may write a page that is not in the log and that no call is ' +
    'just taking from it, unless the processor logs the store, or a fast page fault is about to ' +
    'put the page there.',
  why: 'The next store would not fault, and nobody would put the page into the log.',
  source: [
    'kvm_mmu_slot_apply_flags()',
    'kvm_arch_mmu_enable_log_dirty_pt_masked()',
    'kvm_flush_remote_tlbs_memslot()',
  ],
  when: 'every-step',
  reads: [
    'sp',
    'dirty_log',
    'host_pfn',
    'vcpu.pc',
    'vcpu.insn',
    'vcpu.ghost_tlb',
    'vcpu.request_flush_current',
    'vcpu.root',
    'vcpu.pml_buffer',
  ],
  needs: ({ geometry }) => geometry.dirty_log !== null,
  applies: (kvm) =>
    firstLoggedPage(kvm, (_gfn, page) => isClean(kvm, page)) >= 0 &&
    firstEntry(kvm, (_page, _sp, _index, spte) =>
      is_last_spte(spte) ? { message: '', where: {} } : null,
    ) !== null,
  check: (kvm) => writableLeaf(kvm) ?? writableTlbEntry(kvm),
  witness: {
    says: 'a page that is not in the log is mapped, and another one is in the log',
    reads: ['sp', 'dirty_log', 'vcpu.pml_buffer'],
    reached: (kvm) =>
      kvm.dirty_log.pc === 'idle' &&
      kvm.dirty_log.dirty_bitmap.bits !== 0 &&
      firstEntry(kvm, (page, _sp, index, spte) => {
        const gfn = kvm_mmu_page_get_gfn(kvm, page, index);
        const clean = firstLoggedPage(kvm, (g, p) => g === gfn && isClean(kvm, p)) >= 0;
        return is_last_spte(spte) && clean ? { message: '', where: {} } : null;
      }) !== null,
  },
});
