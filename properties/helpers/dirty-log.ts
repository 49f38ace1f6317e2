/** What several properties ask about the log of dirty pages. */
import { isClean } from '../../model/shadow/dirty-log.ts';
import type { Kvm } from '../property.ts';

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

/** Whether some store has been told to userspace, or is about to be. */
export const somePageIsLogged = (kvm: Kvm): boolean =>
  kvm.dirty_log.enabled && firstLoggedPage(kvm, (_gfn, page) => !isClean(kvm, page)) >= 0;

/** The emulator has written the page and is about to mark it. */
export const isAboutToBeMarked = (kvm: Kvm, gfn: number): boolean => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { pc, emulated } = kvm.vcpu.at(v);
    if (pc === 'read_indirect_shadow_pages' && emulated.gfn === gfn) return true;
  }
  return false;
};
