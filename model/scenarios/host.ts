/** Scenarios in which something outside the guest edits guest page tables. */
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

const guestSemantics = 'KVM cannot see the store; what the guest then sees is its own affair.';

const aliased = 'A write through the other guest frame bypasses write protection by design.';

export const hostScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-host-store',
    says:
      'Userspace edits the root and a table behind the back of KVM while the guest faults: ' +
      'what KVM keeps about its own pages must still hold.',
    geometry: { gfns: 5, tables: 3, shadow_pages: 5 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 3 }), gpte({ gfn: 1 })],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 1],
    stores: [
      { gfn: 0, index: 0, value: gpte({ gfn: 2 }) },
      { gfn: 1, index: 0, value: gpte({ gfn: 4 }) },
    ],
    budget: { fault: 3, host_store: 2, invlpg: 1 },
    excludes: {
      'access-is-justified-by-guest-tables': guestSemantics,
      'flush-leaves-no-stale-entry': guestSemantics,
      'page-fault-is-justified-by-guest-tables': guestSemantics,
    },
  }),
  scenario({
    id: 'shadow-aliased-frame',
    says:
      'Two guest frames share one host frame that holds a page table. Write protection of one ' +
      'says nothing about the other: the safety of the host must hold all the same.',
    geometry: { gfns: 4, tables: 2, shadow_pages: 3, host_pfn: [0, 1, 2, 1] },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 3, index: 0, value: NO_GPTE }],
    budget: { fault: 3, store: 1, invlpg: 1 },
    excludes: {
      'access-is-justified-by-guest-tables': aliased,
      'flush-leaves-no-stale-entry': aliased,
      'sync-page-agrees-with-guest-table': aliased,
      'shadowed-gfn-has-no-writable-tlb-entry': aliased,
    },
  }),
  scenario({
    id: 'shadow-host-moves-frame',
    says:
      'The host moves a data frame while one vCPU faults on it and another one retains its ' +
      'translation; the old frame is free as soon as the host may change its page table.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 3, pfns: 4 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, notifier: 2 },
  }),
  scenario({
    id: 'shadow-notifier-overlap',
    says:
      'Two threads of the host invalidate at the same time, one of them a range of two frames ' +
      'that it moves one after the other, while a guest faults on both.',
    geometry: {
      gfns: 5,
      tables: 2,
      shadow_pages: 3,
      pfns: 6,
      vcpus: 1,
      invalidations: [
        { gfn: 2, npages: 2 },
        { gfn: 4, npages: 1 },
      ],
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, notifier: 2 },
  }),
  scenario({
    id: 'shadow-notifier-slot',
    says:
      'The host invalidates a frame whose slot comes and goes: a call that finds no slot does ' +
      'not count, and slots wait for every call to end.',
    geometry: {
      gfns: 3,
      tables: 2,
      shadow_pages: 5,
      pfns: 4,
      vcpus: 1,
      memslot: {
        bases: [2],
        npages: 1,
        changes: ['create', 'delete'],
        present: false,
        readonly: false,
        generations: 8,
      },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
    ],
    addresses: [0],
    stores: [],
    budget: { fault: 3, notifier: 2, memslot: 2 },
  }),
];
