/** What several properties ask about the log of dirty pages. */
import { hasPml } from '../../model/layout/dirty-log.ts';
import { pagesPerLeaf } from '../../model/geometry.ts';
import { isValid } from '../../model/shadow/mmu-page.ts';
import { kvm_mmu_page_get_gfn } from '../../model/shadow/rmap.ts';
import { is_last_spte, is_writable_pte, isDirtyClear } from '../../model/spte.ts';
import type { Finding, Kvm } from '../property.ts';
import { hex } from '../property.ts';
import { firstEntry } from './pages.ts';

/** The first page of the slot for which `test` holds, or -1. */
export const firstLoggedPage = (kvm: Kvm, test: (gfn: number, page: number) => boolean): number => {
  const slot = kvm.geometry.dirty_log;
  for (let page = 0; page < (slot?.npages ?? 0); page += 1) {
    if (test((slot?.base_gfn ?? 0) + page, page)) return page;
  }
  return -1;
};

export const gfnOfPage = (kvm: Kvm, page: number): number =>
  (kvm.geometry.dirty_log?.base_gfn ?? 0) + page;

/** The emulator has written the page and is about to mark it. */
export const isAboutToBeMarked = (kvm: Kvm, gfn: number): boolean => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { pc, emulated } = kvm.vcpu.at(v);
    if (pc === 'read_indirect_shadow_pages' && emulated.gfn === gfn) return true;
  }
  return false;
};

/** The first valid leaf that lets the guest write a page for which `test` holds; no message. */
export const writableLeafOver = (kvm: Kvm, test: (page: number) => boolean): Finding | null =>
  firstEntry(kvm, (page, sp, index, spte) => {
    if (!isValid(page) || !is_last_spte(spte) || !is_writable_pte(spte)) return null;
    if (isDirtyClear(spte) && hasPml(kvm.geometry)) return null;
    const first = kvm_mmu_page_get_gfn(kvm, page, index);
    const end = first + pagesPerLeaf(kvm.geometry, page.role.level);
    const found = firstLoggedPage(kvm, (gfn, p) => gfn >= first && gfn < end && test(p));
    if (found < 0) return null;
    const where = { sp, index, gfn: hex(gfnOfPage(kvm, found)), page: hex(found) };
    return { message: '', where };
  });

/** A fast page fault has made the page writable and is about to mark it. */
export const isBeingLetThrough = (kvm: Kvm, gfn: number): boolean => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { pc, insn } = kvm.vcpu.at(v);
    if (pc === 'mark_page_dirty' && insn.va === gfn) return true;
  }
  return false;
};
