/** Known bugs of the modelled parts that this model cannot express yet, each with what it lacks. */
export interface WaitingBug {
  readonly id: string;
  /**
   * `A`: unsync, sync, write protection. `B`: roles, access bits, sharing. `C`: lists, quota,
   * zapping, caches. `D`: flushes. `E`: dirty logging. `G`: notifier, memory slots, MMIO. `I`:
   * nested paging, cached roots. `H`: TDP. Of `F` (huge pages) what goes on for ever.
   */
  readonly category: 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I';
  readonly waits: string;
  readonly why: string;
}

const nested = 'nested paging';
const tdp = 'the TDP MMU';
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
    waits: tdp,
    why: 'Only there is a table published without mmu_lock held for write.',
  },
  {
    id: 'tdp-yield-livelock',
    category: 'H',
    waits: tdp,
    why: 'Its iterators yield.',
  },
  {
    id: 'quota-reclaim-under-read-lock',
    category: 'C',
    waits: tdp,
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
    id: 'tdp-disconnected-flush-wrong-base',
    category: 'D',
    waits: tdp,
    why: 'It tears tables down while others use them.',
  },
  {
    id: 'tdp-yield-drops-pending-flush',
    category: 'D',
    waits: tdp,
    why: 'A walk over several roots is its own; rmaps are walked once.',
  },
  {
    id: 'nx-recover-tdp-no-flush',
    category: 'D',
    waits: tdp,
    why: 'Pages of the shadow MMU are flushed when they are freed.',
  },
  {
    id: 'nested-flush-before-eptp-switch',
    category: 'D',
    waits: nested,
    why: 'A vCPU has one root loaded.',
  },
  {
    id: 'fault-remap-before-flush',
    category: 'D',
    waits: tdp,
    why: 'Here whoever zaps keeps others out until it has flushed.',
  },
  {
    id: 'svm-asid-reused-after-hotplug',
    category: 'D',
    waits: 'several VMs on one processor',
    why: 'Each vCPU has hardware of its own.',
  },
  {
    id: 'pv-flush-bit-lost',
    category: 'D',
    waits: 'flushes that guests ask of KVM in shared memory',
    why: 'A guest flushes by instructions alone.',
  },
  {
    id: 'tdp-ad-bits-overwritten',
    category: 'E',
    waits: tdp,
    why: 'Here a leaf is read and changed in one step.',
  },
  {
    id: 'dirty-clear-hits-nonleaf',
    category: 'E',
    waits: tdp,
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
  {
    id: 'tdp-iter-skips-after-yield',
    category: 'H',
    waits: tdp,
    why: 'Its iterators yield.',
  },
  {
    id: 'tdp-disconnected-entries-writable',
    category: 'H',
    waits: tdp,
    why: 'Its tables are taken apart under a lock that others share.',
  },
  {
    id: 'tdp-free-before-grace-period',
    category: 'H',
    waits: tdp,
    why: 'Its walkers are protected by RCU.',
  },
  {
    id: 'tdp-frozen-read-as-done',
    category: 'H',
    waits: tdp,
    why: 'Entries are frozen there alone.',
  },
  {
    id: 'invept-keeps-cached-roots',
    category: 'I',
    waits: nested,
    why: 'There is no INVEPT. INVPCID has the mutant `nested-transition-skips-pgd-sync`.',
  },
  {
    id: 'cached-root-keyed-by-wrong-cr3',
    category: 'I',
    waits: nested,
    why: 'There is one struct kvm_mmu per vCPU.',
  },
  {
    id: 'nested-ept-level-mismatch',
    category: 'I',
    waits: nested,
    why: 'Guest and shadow page tables have the same number of levels.',
  },
  {
    id: 'npt-32bit-shadow-level',
    category: 'I',
    waits: nested,
    why: 'Guest and shadow page tables have the same number of levels.',
  },
  {
    id: 'eptp-switch-clobbers-ad',
    category: 'I',
    waits: nested,
    why: 'The role has no ad_disabled.',
  },
  {
    id: 'tdp-invpcid-needs-guest-flush',
    category: 'I',
    waits: tdp,
    why: 'With it no translation of the guest is shadowed; here all are.',
  },
  {
    id: 'nested-walk-below-level-one',
    category: 'I',
    waits: nested,
    why: 'The walk ends at 4K in each mode.',
  },
];
