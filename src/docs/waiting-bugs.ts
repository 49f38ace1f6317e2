/** Known bugs of the modelled parts that this model cannot express yet, each with what it lacks. */
export interface WaitingBug {
  readonly id: string;
  /**
   * `A`: unsync, sync, write protection. `B`: roles, access bits, sharing. Of `C` (zapping), `F`
   * (huge pages) and `H` (TDP) what goes on for ever.
   */
  readonly category: 'A' | 'B' | 'C' | 'F' | 'H';
  readonly waits: string;
  readonly why: string;
}

const huge = 'huge pages and direct pages';
const nested = 'nested paging';
const bits = 'more mode bits in the role';

/** Order: by category, then as in the list of known bugs. */
export const waitingBugs: readonly WaitingBug[] = [
  {
    id: 'wrprot-flush-after-unlock',
    category: 'A',
    waits: 'dirty logging',
    why:
      'Somebody must clear W, keep MMU-writable, and drop mmu_lock before flushing. Here each ' +
      'holder of mmu_lock flushes before it unlocks.',
  },
  {
    id: 'wrprot-flush-keyed-on-w',
    category: 'A',
    waits: 'dirty logging, fast page fault',
    why: 'Here W and MMU-writable always agree, so that keying the flush on either is the same.',
  },
  {
    id: 'sync-loses-pfn-dirty',
    category: 'A',
    waits: 'host unmapping (notifier)',
    why: 'The loss shows when the host takes the page back as clean; here it never does.',
  },
  {
    id: 'ept-sync-null-permission-spte',
    category: 'A',
    waits: nested,
    why: 'Only EPT entries can be present without a right to read.',
  },
  {
    id: 'smep-wp0-user-exec',
    category: 'B',
    waits: `${bits}: CR4.SMEP`,
    why: 'SMEP is off in every scenario.',
  },
  {
    id: 'smap-wp0-role',
    category: 'B',
    waits: `${bits}: CR4.SMAP`,
    why: 'SMAP is off in every scenario.',
  },
  {
    id: 'nxe-missing-from-role',
    category: 'B',
    waits: `${bits}: EFER.NXE`,
    why: 'EFER.NXE is set throughout, and entries have no reserved bits.',
  },
  {
    id: 'cr4-toggle-no-role-update',
    category: 'B',
    waits: `${bits}: CR4.SMAP, CR4.PKE`,
    why: 'CR0.WP is the only control bit that a guest toggles here.',
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
    id: 'ro-host-page-poisons-huge',
    category: 'B',
    waits: `${huge}, read-only host pages`,
    why: 'Every host page is writable.',
  },
  {
    id: 'nx-treated-reserved-in-shadow',
    category: 'B',
    waits: 'NX huge page mitigation, reserved bits',
    why: 'KVM sets NX by itself on huge SPTEs only.',
  },
  {
    id: 'nsvm-mmu-type-not-switched',
    category: 'B',
    waits: nested,
    why: 'There is one struct kvm_mmu per vCPU.',
  },
  {
    id: 'zap-all-livelock',
    category: 'C',
    waits: 'zapping all pages, with yields',
    why: 'Nothing here zaps until a list is empty.',
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
    id: 'fast-pf-fixes-wrong-fault',
    category: 'H',
    waits: 'fast page fault',
    why: 'Every fault takes mmu_lock.',
  },
];
