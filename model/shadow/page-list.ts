/**
 * active_mmu_pages: a list of shadow pages by age.
 *
 * Kernel: kvm->arch.active_mmu_pages. New pages go to its head; whoever zaps the oldest starts at
 * its tail. Where nobody does, the order is not kept.
 */
import { hasListOrder } from '../geometry.ts';
import type { Kvm, MmuPageView } from '../state.ts';

const countActive = (kvm: Kvm): number => {
  let n = 0;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) if (kvm.sp.at(sp).list === 'active') n += 1;
  return n;
};

/** Puts a new page on the list. */
export const listActive = (kvm: Kvm, page: MmuPageView): void => {
  if (hasListOrder(kvm.geometry)) {
    const older = countActive(kvm);
    if (kvm.rules.list_order === 'newest-first') page.position = older;
    else {
      for (let sp = 0; sp < kvm.sp.length; sp += 1) {
        if (kvm.sp.at(sp).list === 'active') kvm.sp.at(sp).position += 1;
      }
    }
  }
  page.list = 'active';
};

/** Moves a page to another list; newer ones move up by a place. */
export const unlist = (kvm: Kvm, page: MmuPageView, list: 'invalid_list' | 'none'): void => {
  const { position } = page;
  const wasActive = page.list === 'active';
  page.list = list;
  page.position = 0;
  if (!wasActive || !hasListOrder(kvm.geometry)) return;
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    const other = kvm.sp.at(sp);
    if (other.list === 'active' && other.position > position) other.position -= 1;
  }
};

/** The page at a place of the list, 0 being the oldest; `null` past its end. */
export const activePage = (kvm: Kvm, position: number): number | null => {
  for (let sp = 0; sp < kvm.sp.length; sp += 1) {
    if (kvm.sp.at(sp).list === 'active' && kvm.sp.at(sp).position === position) return sp;
  }
  return null;
};
