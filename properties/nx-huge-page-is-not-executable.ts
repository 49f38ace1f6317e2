/** Under the NX huge page mitigation nothing above 4K is executable. */
import { ACC_ALL, ACC_EXEC_MASK } from '../model/access.ts';
import { PG_LEVEL_4K } from '../model/geometry.ts';
import { isValid } from '../model/shadow/mmu-page.ts';
import { is_last_spte, spteAccess } from '../model/spte.ts';
import type { MmuPageView } from '../model/state.ts';
import type { Finding, Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';
import { isNxInForce, someFlaggedPage } from './helpers/nx.ts';
import { firstEntry } from './helpers/pages.ts';

const isHugeLeaf = (page: MmuPageView, spte: number): boolean =>
  is_last_spte(spte) && page.role.level > PG_LEVEL_4K;

const someHugeLeaf = (kvm: Kvm): boolean =>
  firstEntry(kvm, (page, _sp, _index, spte) =>
    isHugeLeaf(page, spte) ? { message: '', where: {} } : null,
  ) !== null;

/** The first huge translation with one of the rights that a vCPU in the guest retains. */
const hugeTlbEntry = (kvm: Kvm, rights: number): Finding | null => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const { ghost_tlb } = kvm.vcpu.at(v);
    if (kvm.vcpu.at(v).pc !== 'guest') continue;
    for (let i = 0; i < ghost_tlb.length; i += 1) {
      const { valid, huge, access, va } = ghost_tlb.at(i);
      if (!valid || !huge || (access & rights) === 0) continue;
      return {
        message: 'a vCPU in the guest retains an executable huge translation',
        where: { vcpu: v, va: hex(va) },
      };
    }
  }
  return null;
};

export const nxHugePageIsNotExecutable = stateProperty({
  id: 'nx-huge-page-is-not-executable',
  brief: 'N1',
  says:
    'While the NX huge page mitigation is in force, no leaf above 4K of a valid page is ' +
    'executable, and no vCPU in the guest retains an executable translation from one.',
  why:
    'A guest that changes the size of an executable page without a flush stops the processor ' +
    'with a machine check (iTLB multihit).',
  source: ['make_spte()', 'set_nx_huge_pages()', 'CVE-2018-12207'],
  when: 'every-step',
  reads: ['sp', 'nx', 'vcpu.ghost_tlb', 'vcpu.pc'],
  needs: ({ nx_huge_pages }) => nx_huge_pages !== 'never',
  applies: (kvm) => isNxInForce(kvm) && (someHugeLeaf(kvm) || hugeTlbEntry(kvm, ACC_ALL) !== null),
  check: (kvm) => {
    if (!isNxInForce(kvm)) return null;
    const leaf = firstEntry(kvm, (page, sp, index, spte) => {
      if (!isValid(page) || !isHugeLeaf(page, spte)) return null;
      if ((spteAccess(spte) & ACC_EXEC_MASK) === 0) return null;
      return { message: 'a leaf above 4K is executable', where: { sp, index } };
    });
    return leaf ?? hugeTlbEntry(kvm, ACC_EXEC_MASK);
  },
  witness: {
    says: 'a huge leaf that is not executable stands beside a page that was split',
    reads: ['sp', 'nx'],
    reached: (kvm) => isNxInForce(kvm) && someHugeLeaf(kvm) && someFlaggedPage(kvm, () => true),
  },
});
