/** Known bugs of the modelled parts that this model cannot express yet, each with what it lacks. */
export interface WaitingBug {
  readonly id: string;
  /**
   * `A`: unsync, sync, write protection. `B`: roles, access bits, sharing. `C`: lists, quota,
   * zapping, caches. `E`: dirty logging. `G`: notifier, memory slots, MMIO. Of `F` (huge pages) and
   * `H` (TDP) what goes on for ever.
   */
  readonly category: 'A' | 'B' | 'C' | 'E' | 'F' | 'G' | 'H';
  readonly waits: string;
  readonly why: string;
}

const nested = 'nested paging';
const bits = 'more mode bits in the role';

/** Order: by category, then as in the list of known bugs. */
export const waitingBugs: readonly WaitingBug[] = [
  {
    id: 'ept-sync-null-permission-spte',
    category: 'A',
    waits: nested,
    why: 'Only EPT entries can be present without a right to read.',
  },
  {
    id: 'pae-toggle-no-reset',
    category: 'B',
    waits: `${bits}: CR4.PAE, and 32-bit guest tables`,
    why: 'Guest tables have one format.',
  },
  {
    id: 'maxphyaddr-missing-from-role',
    category: 'B',
    waits: `${bits}: reserved bits`,
    why: 'Entries have no reserved bits.',
  },
  {
    id: 'nx-treated-reserved-in-shadow',
    category: 'B',
    waits: 'reserved bits of SPTEs',
    why: 'Nothing here looks for reserved bits in the entries of KVM itself.',
  },
  {
    id: 'nsvm-mmu-type-not-switched',
    category: 'B',
    waits: nested,
    why: 'There is one struct kvm_mmu per vCPU.',
  },
  {
    id: 'nx-flag-set-after-publish',
    category: 'F',
    waits: 'the TDP MMU',
    why: 'Only there is a table published without mmu_lock held for write.',
  },
  {
    id: 'fault-on-own-page-table-loops',
    category: 'F',
    waits: 'a level of mapping that is chosen before mmu_lock is taken',
    why:
      'Here it is chosen after the tables on the way are shadowed. Of the bug there remains that ' +
      'the table is unshadowed again and again: the mutant `unprotect-repeats-for-ever`.',
  },
  {
    id: 'tdp-yield-livelock',
    category: 'H',
    waits: 'the TDP MMU',
    why: 'Its iterators yield.',
  },
  {
    id: 'quota-reclaim-under-read-lock',
    category: 'C',
    waits: 'the TDP MMU',
    why: 'There is one exclusive mmu_lock.',
  },
  {
    id: 'nested-orphans-linger',
    category: 'C',
    waits: 'a bound on pages that nothing leads to',
    why: 'The rule `nested_orphans` can keep them: they cost memory, and nothing breaks by it.',
  },
  {
    id: 'zapped-pages-retained',
    category: 'C',
    waits: 'the limits of 2013, which counted pages until they were freed',
    why: 'Linux 7.2 stops counting a page when it is zapped.',
  },
  {
    id: 'shrinker-inverted-check',
    category: 'C',
    waits: 'several VMs',
    why: 'The rule `shrinker` brings the shrinker; with one VM it has no choice to get wrong.',
  },
  {
    id: 'rmap-array-kept-on-move',
    category: 'C',
    waits: 'arrays of a slot that moves',
    why: 'Counters and rmaps are kept by frame, not by slot.',
  },
  {
    id: 'tdp-ad-bits-overwritten',
    category: 'E',
    waits: 'the TDP MMU',
    why: 'Here a leaf is read and changed in one step.',
  },
  {
    id: 'dirty-clear-hits-nonleaf',
    category: 'E',
    waits: 'the TDP MMU',
    why: 'A leaf stays one while its dirty flag is cleared, under an exclusive mmu_lock.',
  },
  {
    id: 'pml-active-in-l2',
    category: 'E',
    waits: nested,
    why: 'Nothing logs addresses of a nested guest.',
  },
  {
    id: 'nested-pml-stale-gpa',
    category: 'E',
    waits: nested,
    why: 'No guest has a log of its own.',
  },
  {
    id: 'prefetch-clobbers-writable',
    category: 'E',
    waits: 'prefetching over entries that are present',
    why: 'Here a neighbour that is mapped is passed over.',
  },
  {
    id: 'prefault-sees-obsolete-root',
    category: 'G',
    waits: 'the pre-fault ioctl',
    why: 'A vCPU loads roots only on its way into the guest.',
  },
  {
    id: 'zero-step-deadlock',
    category: 'G',
    waits: 'private memory',
    why: 'The retry in the kernel is that of TDX.',
  },
  {
    id: 'mmio-gen-wrap-one-as-only',
    category: 'G',
    waits: 'a second address space',
    why:
      'Generations of one address space have no bits that name it. See ' +
      '`mmio-generation-wraps-unnoticed` for a wrap that nobody detects.',
  },
  {
    id: 'mmio-cached-during-update',
    category: 'G',
    waits: 'the generations of 2014, which did not advance after the update',
    why:
      'What is cached during an update carries the old number and is out of date afterwards in ' +
      'any case.',
  },
  {
    id: 'pfn-change-warn-in-shadow',
    category: 'G',
    waits: 'nothing: it is a false alarm that KVM once gave, and stays silent here',
    why: 'A leaf of another frame is dropped before; the warning of the model is not reached.',
  },
];
