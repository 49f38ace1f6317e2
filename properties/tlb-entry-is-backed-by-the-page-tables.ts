/** What a vCPU retains in its TLB is in the shadow page table, or a flush for it is owed. */
import { ACC_WRITE_MASK } from '../model/access.ts';
import { is_last_spte, is_mmu_writable_spte, is_writable_pte, spte_to_pfn } from '../model/spte.ts';
import { hasPcids } from '../model/geometry.ts';
import { walkFromRoot } from '../model/tlb/hardware.ts';
import { isUnlocked } from '../model/shadow/lock.ts';
import type { Finding, Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';

/** A vCPU outside the guest uses nothing before it has served its requests. */
const usesItsTlb = (kvm: Kvm, v: number): boolean => kvm.vcpu.at(v).pc === 'guest';

const isOwed = (kvm: Kvm, pfn: number): boolean =>
  !isUnlocked(kvm) &&
  (kvm.ghost_owed.link || kvm.ghost_owed.unmap.has(pfn) || kvm.ghost_owed.protect.has(pfn));

/** A leaf protected for the log of dirty pages: the call that did it flushes before it returns. */
const isFlushedLater = (kvm: Kvm, spte: number): boolean =>
  kvm.dirty_log.pc !== 'idle' && is_mmu_writable_spte(spte);

/** Loaded by another root, which the guest has left without a flush of its PCID. */
const isOfOtherRoot = (kvm: Kvm, v: number, i: number): boolean =>
  hasPcids(kvm.geometry) && kvm.vcpu.at(v).ghost_tlb.at(i).cr3 !== kvm.vcpu.at(v).cr3;

const unbacked = (kvm: Kvm, v: number): Finding | null => {
  const { ghost_tlb } = kvm.vcpu.at(v);
  for (let i = 0; i < ghost_tlb.length; i += 1) {
    const { valid, va, pfn, access } = ghost_tlb.at(i);
    if (!valid || isOwed(kvm, pfn) || isOfOtherRoot(kvm, v, i)) continue;
    const spte = walkFromRoot(kvm, v, va);
    const same = is_last_spte(spte) && spte_to_pfn(spte) === pfn;
    // The guest's own duty covers rights that it took away; the write right is KVM's as well.
    if (same && ((access & ACC_WRITE_MASK) === 0 || is_writable_pte(spte))) continue;
    if (same && isFlushedLater(kvm, spte)) continue;
    const message = same
      ? 'a TLB entry may write where the page table no longer lets it'
      : 'a TLB entry maps what the page table no longer maps';
    return { message, where: { vcpu: v, va: hex(va), pfn: hex(pfn) } };
  }
  return null;
};

export const tlbEntryIsBackedByThePageTables = stateProperty({
  id: 'tlb-entry-is-backed-by-the-page-tables',
  brief: 'T1',
  says:
    'A TLB entry of a vCPU in the guest maps the frame that the shadow page table maps and ' +
    'writes only where it may, unless the holder of mmu_lock, or a call that arms the log of ' +
    'dirty pages, owes a flush for it.',
  why: 'Every change of a present entry that hardware has cached needs a flush by its deadline.',
  source: ['kvm_flush_remote_tlbs()', 'mmu_spte_update()', 'kvm_mmu_commit_zap_page()'],
  when: 'in-guest',
  reads: [
    'sp',
    'mmu_notifier',
    'memslots',
    'dirty_log',
    'nx',
    'split',
    'zapper',
    'mmu_lock.holder',
    'ghost_owed',
    'vcpu.ghost_tlb',
    'vcpu.cr3',
    'vcpu.pc',
    'vcpu.root',
  ],
  applies: (kvm) => {
    for (let v = 0; v < kvm.vcpu.length; v += 1) {
      if (usesItsTlb(kvm, v) && kvm.vcpu.at(v).ghost_tlb.at(0).valid) return true;
    }
    return false;
  },
  check: (kvm) => {
    for (let v = 0; v < kvm.vcpu.length; v += 1) {
      const finding = usesItsTlb(kvm, v) ? unbacked(kvm, v) : null;
      if (finding !== null) return finding;
    }
    return null;
  },
  witness: {
    says: 'a vCPU in the guest retains a translation for which a flush is owed',
    reads: [
      'mmu_notifier',
      'memslots',
      'dirty_log',
      'nx',
      'split',
      'zapper',
      'mmu_lock.holder',
      'ghost_owed',
      'vcpu.ghost_tlb',
      'vcpu.pc',
    ],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        const entry = kvm.vcpu.at(v).ghost_tlb.at(0);
        if (usesItsTlb(kvm, v) && entry.valid && isOwed(kvm, entry.pfn)) return true;
      }
      return false;
    },
  },
});
