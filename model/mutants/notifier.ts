/** Bugs and broken rules of the MMU notifier and of what it shares with faults. */
import type { Mutant } from './mutant.ts';

export const notifierMutants: readonly Mutant[] = [
  {
    id: 'notifier-elision-unbalanced',
    rule: 'memslot_swap',
    value: 'at-once',
    says:
      'A slot comes or goes between start and end of an invalidation: one of the two finds a ' +
      'slot and counts, the other one does not.',
    source: ['commit 071064f14d87 (2021)', 'kvm_swap_active_memslots()'],
    scenario: 'shadow-notifier-slot',
    property: 'kernel-warnings-stay-silent',
    category: 'G',
  },
  {
    id: 'range-flush-wrong-base-rmap',
    rule: 'notifier_flush_range',
    value: 'one-page',
    says:
      'A huge leaf goes, and the flush covers one page of it. Linux had it when a frame was ' +
      'changed in place.',
    source: ['commit 9ffe9265375c (2022)', 'kvm_flush_remote_tlbs_gfn()'],
    scenario: 'shadow-host-resizes-leaf',
    property: 'owed-flush-is-paid-before-unlock',
    category: 'D',
  },
  {
    id: 'remote-flush-current-root-only',
    rule: 'remote_flush',
    value: 'active-pcid',
    says:
      'A flush reaches only what is cached for the active context. Linux had it for the tags of ' +
      'nested guests; here it is the PCID.',
    source: ['Flush all EPTP/VPID contexts on remote TLB flush (2020)', 'kvm_flush_remote_tlbs()'],
    scenario: 'shadow-pcid-notifier',
    property: 'hardware-reaches-no-foreign-frame',
    category: 'D',
  },
  {
    id: 'overlap-announces-the-latest',
    rule: 'notifier_overlap',
    value: 'latest',
    says: 'An invalidation that starts within another one replaces the range that it announced.',
    source: ['kvm_mmu_invalidate_range_add()'],
    scenario: 'shadow-notifier-overlap',
    property: 'audit-leaf-maps-the-host-frame',
    category: 'rule',
  },
  {
    id: 'overlapping-invalidations-end-together',
    rule: 'notifier_end',
    value: 'withdraws-all',
    says: 'The end of an invalidation takes back the announcement of another one as well.',
    source: ['kvm_mmu_invalidate_end()'],
    scenario: 'shadow-notifier-overlap',
    property: 'invalidation-count-equals-open-calls',
    category: 'rule',
  },
  {
    id: 'unmap-misses-huge-leaves',
    rule: 'notifier_unmap',
    value: '4k-only',
    says: 'The notifier zaps the leaves at 4K of a range and leaves the huge ones.',
    source: ['kvm_unmap_gfn_range()'],
    scenario: 'shadow-host-resizes-leaf',
    property: 'leaf-is-no-larger-than-the-host-leaf',
    category: 'rule',
  },
  {
    id: 'notifier-end-leaves-announcement',
    rule: 'notifier_end',
    value: 'kept',
    says: 'An invalidation ends without taking its announcement back.',
    source: ['kvm_mmu_invalidate_end()'],
    scenario: 'shadow-notifier-overlap',
    property: 'invalidation-count-equals-open-calls',
    category: 'rule',
  },
];
