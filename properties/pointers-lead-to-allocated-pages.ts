/** Nothing in KVM points at a shadow page that was freed. */
import { lowestBit, withoutLowest } from '../model/bits.ts';
import { isAllocated, sptep_to_sp } from '../model/shadow/mmu-page.ts';
import { isTableSpte, spte_to_child_sp } from '../model/spte.ts';
import type { Finding, Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { hasEntry, firstEntry, firstPage, somePage } from './helpers/pages.ts';

const isFreed = (kvm: Kvm, sp: number): boolean => !isAllocated(kvm.sp.at(sp));

const freedOwner = (kvm: Kvm, spteps: number): number => {
  for (let rest = spteps; rest !== 0; rest = withoutLowest(rest)) {
    const sp = sptep_to_sp(kvm, lowestBit(rest));
    if (isFreed(kvm, sp)) return sp;
  }
  return -1;
};

const danglingRmap = (kvm: Kvm): Finding | null => {
  for (let gfn = 0; gfn < kvm.rmap.length; gfn += 1) {
    const sp = freedOwner(kvm, kvm.rmap.at(gfn).bits);
    if (sp >= 0) {
      return { message: 'the rmap lists an entry of a freed page', where: { gfn: hex(gfn), sp } };
    }
  }
  return null;
};

const danglingNxPage = (kvm: Kvm): Finding | null => {
  const { possible_nx_huge_pages: pages } = kvm.nx;
  for (let i = 0; i < pages.length; i += 1) {
    const sp = pages.get(i);
    if (sp !== null && isFreed(kvm, sp)) {
      return { message: 'the list of possible NX huge pages names a freed page', where: { sp } };
    }
  }
  return null;
};

const danglingRoot = (kvm: Kvm): Finding | null => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { root, prev_root } = kvm.vcpu.at(v);
    if (root !== null && isFreed(kvm, root)) {
      return { message: 'a vCPU runs on a freed root', where: { vcpu: v, sp: root } };
    }
    for (let i = 0; i < prev_root.length; i += 1) {
      const { sp } = prev_root.at(i);
      if (sp !== null && isFreed(kvm, sp)) {
        return { message: 'a vCPU caches a freed root', where: { vcpu: v, sp } };
      }
    }
  }
  return null;
};

export const pointersLeadToAllocatedPages = stateProperty({
  id: 'pointers-lead-to-allocated-pages',
  brief: 'L2',
  says:
    'Table entries, roots, parent lists, rmaps and the list of possible NX huge pages refer to ' +
    'allocated shadow pages only.',
  why: 'Whoever follows such a pointer uses freed memory of the host.',
  source: ['kvm_mmu_commit_zap_page()', 'CVE-2026-46113', 'CVE-2026-53359'],
  when: 'every-step',
  reads: ['sp', 'rmap', 'nx', 'vcpu.prev_root', 'vcpu.root'],
  applies: (kvm) => somePage(kvm, () => true),
  check: (kvm) =>
    firstEntry(kvm, (_page, sp, index, spte) =>
      isTableSpte(spte) && isFreed(kvm, spte_to_child_sp(spte))
        ? {
            message: 'a table entry leads to a freed page',
            where: { sp, index, child: spte_to_child_sp(spte) },
          }
        : null,
    ) ??
    firstPage(kvm, (page, sp) => {
      const owner = freedOwner(kvm, page.parent_ptes.bits);
      if (owner < 0) return null;
      return { message: 'a parent list names a freed page', where: { sp, parent: owner } };
    }) ??
    danglingRmap(kvm) ??
    danglingNxPage(kvm) ??
    danglingRoot(kvm),
  witness: {
    says: 'a page is linked below another one',
    reads: ['sp'],
    reached: (kvm) => hasEntry(kvm, 'table'),
  },
});
