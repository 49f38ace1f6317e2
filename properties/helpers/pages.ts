/** Loops over shadow pages and their entries, in slot order, stopping at the first finding. */
import { pagesPerLeaf } from '../../model/geometry.ts';
import { isAllocated, isValid, sp_has_gptes } from '../../model/shadow/mmu-page.ts';
import { ACC_USER_MASK, ACC_WRITE_MASK } from '../../model/access.ts';
import { gpte_access, protect_clean_gpte } from '../../model/gpte.ts';
import { is_last_spte, is_shadow_present_pte, isTableSpte } from '../../model/spte.ts';
import type { Kvm, MmuPageView } from '../../model/state.ts';
import type { Finding } from '../property.ts';
import { isTableInSync, isWritableOverSynced, type LeafFacts, type PageFacts } from './facts.ts';

/** Visits every allocated page. */
export const firstPage = (
  kvm: Kvm,
  visit: (page: MmuPageView, sp: number) => Finding | null,
): Finding | null => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (!isAllocated(page)) continue;
    const finding = visit(page, sp);
    if (finding !== null) return finding;
  }
  return null;
};

/** Visits every present entry of every allocated page. */
export const firstEntry = (
  kvm: Kvm,
  visit: (page: MmuPageView, sp: number, index: number, spte: number) => Finding | null,
): Finding | null => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (!isAllocated(page)) continue;
    for (let index = 0; index < page.spt.length; index += 1) {
      const spte = page.spt.get(index);
      if (!is_shadow_present_pte(spte)) continue;
      const finding = visit(page, sp, index, spte);
      if (finding !== null) return finding;
    }
  }
  return null;
};

export const somePage = (kvm: Kvm, test: (page: MmuPageView) => boolean): boolean => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (isAllocated(page) && test(page)) return true;
  }
  return false;
};

/** Whether there is a present leaf (`leaf`) or table entry (`table`). */
export const hasEntry = (kvm: Kvm, what: 'leaf' | 'table'): boolean => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const { spt } = kvm.sp.at(sp);
    for (let i = 0; i < spt.length; i += 1) {
      if (what === 'leaf' ? is_last_spte(spt.get(i)) : isTableSpte(spt.get(i))) return true;
    }
  }
  return false;
};

/** Valid pages that shadow the guest table at `gfn`. */
export const countShadowing = (
  kvm: Kvm,
  gfn: number,
  test: (p: MmuPageView) => boolean,
): number => {
  let n = 0;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (page.gfn === gfn && isValid(page) && sp_has_gptes(page) && test(page)) n += 1;
  }
  return n;
};

/** Whether a valid page in sync shadows the guest table at `gfn`. */
export const isShadowedInSync = (kvm: Kvm, gfn: number): boolean => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const page = kvm.sp.at(sp);
    if (page.gfn === gfn && isTableInSync(factsOf(page))) return true;
  }
  return false;
};

/** What the predicates that traces of real kernels are asked too need to know of a page. */
export const factsOf = (page: MmuPageView): PageFacts => ({
  valid: isValid(page),
  shadowsTable: sp_has_gptes(page),
  level: page.role.level,
  unsync: page.unsync,
});

/** The first frame of a leaf at `level` over `gfn` whose table it leaves unprotected, or -1. */
export const unprotectedUnder = (kvm: Kvm, leaf: LeafFacts, gfn: number, level: number): number => {
  for (let g = gfn; g < gfn + pagesPerLeaf(kvm.geometry, level); g += 1) {
    for (let sp = 0; sp < kvm.sp.length; sp += 1) {
      const page = kvm.sp.at(sp);
      if (page.gfn === g && isWritableOverSynced(leaf, factsOf(page))) return g;
    }
  }
  return -1;
};

/** The entry of a guest table that some vCPU has stored and KVM has not zapped yet. */
export const isStoreInFlight = (kvm: Kvm, gfn: number, index: number): boolean => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { emulated } = kvm.vcpu.at(v);
    if (emulated.pending && emulated.gfn === gfn && emulated.index === index) return true;
  }
  return false;
};

/**
 * Whether an entry of a valid page in sync must agree with the guest entry behind it: nobody is
 * about to zap it, and nobody changed it behind KVM's back.
 */
export const isSettled = (kvm: Kvm, page: MmuPageView, index: number): boolean =>
  isValid(page) &&
  sp_has_gptes(page) &&
  !page.unsync &&
  !isStoreInFlight(kvm, page.gfn, index) &&
  !kvm.ghost.host_stored.has(page.gfn * kvm.geometry.entries + index);

/**
 * The rights that a leaf for guest entry `pte` may have below a page of this role. With CR0.WP
 * clear it may trade the user right for the write right.
 */
export const grantable = (page: MmuPageView, pte: number): number => {
  const access = page.role.access & gpte_access(pte);
  return page.role.cr0_wp
    ? protect_clean_gpte(access, pte)
    : (access | ACC_WRITE_MASK) & (ACC_USER_MASK | ACC_WRITE_MASK | access);
};
