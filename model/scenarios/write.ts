/** Scenarios about tables in sync: emulated writes, flooding, zapping, roots that go away. */
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

/**
 * Root 0 leads to table 1, which maps data at address 0 and the root at address 1.
 *
 *     root 0 [0] -> table 1 [0] -> frame 3
 *            [1]            [1] -> root 0
 */
const rootMapped = {
  geometry: { gfns: 5, tables: 3, shadow_pages: 4 },
  initialMemory: [
    [gpte({ gfn: 1 }), NO_GPTE],
    [gpte({ gfn: 3 }), gpte({ gfn: 0 })],
    [gpte({ gfn: 4 }), gpte({ gfn: 0 })],
  ],
};

export const writeScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-emulated-write',
    says:
      'A vCPU edits the root, which KVM emulates in two steps; another one faults and flushes ' +
      'between them.',
    ...rootMapped,
    addresses: [0, 1],
    geometry: { ...rootMapped.geometry, flood_threshold: 3 },
    stores: [
      { gfn: 0, index: 0, value: gpte({ gfn: 2 }) },
      { gfn: 0, index: 0, value: NO_GPTE },
    ],
    budget: { fault: 4, store: 1, cr3: 1 },
  }),
  scenario({
    id: 'shadow-write-flood',
    says:
      'Writes to the root in a row make KVM zap it while both vCPUs run on it: it stays pinned, ' +
      'empty and invalid until they have let go of it.',
    ...rootMapped,
    addresses: [0, 1],
    geometry: { ...rootMapped.geometry, flood_threshold: 2 },
    stores: [
      { gfn: 0, index: 0, value: gpte({ gfn: 2 }) },
      { gfn: 0, index: 1, value: gpte({ gfn: 1 }) },
    ],
    budget: { fault: 3, store: 2 },
  }),
  scenario({
    id: 'shadow-unprotect',
    says:
      'A plain write to a page that holds a table in use: KVM may zap the shadow pages of the ' +
      'table, roots included, and let the guest repeat the write.',
    ...rootMapped,
    geometry: { ...rootMapped.geometry, tables: 2, gfns: 4 },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 0 })],
      [gpte({ gfn: 3 }), gpte({ gfn: 0 })],
    ],
    addresses: [1, 2, 3],
    stores: [],
    budget: { fault: 4, unprotect: 1 },
  }),
  scenario({
    id: 'shadow-lockless-walk',
    says:
      'One vCPU walks the shadow page table without the lock to mark what is in use, while ' +
      'another one zaps and frees a page on the way.',
    lockless_walks: true,
    geometry: { gfns: 2, tables: 1, shadow_pages: 4, kinds: ['uw'] },
    initialMemory: [[NO_GPTE, gpte({ gfn: 0 })]],
    addresses: [3],
    stores: [],
    budget: { fault: 4, unprotect: 1 },
  }),
  scenario({
    id: 'shadow-table-becomes-root',
    says:
      'A table that is shadowed unsync at 4K is loaded into CR3: its 4K page is zapped and freed ' +
      'while another vCPU holds the way to it in its paging-structure cache.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 5, cr3: [0, 1], psc_entries: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 1, index: 0, value: NO_GPTE }],
    budget: { fault: 2, store: 1, cr3: 1 },
  }),
  scenario({
    id: 'shadow-cr3',
    says:
      'Two address spaces share a table. MOV CR3 finds the other root in the cache, pushes one ' +
      'out, and syncs what became unsync meanwhile.',
    geometry: { gfns: 5, tables: 3, shadow_pages: 4, cr3: [0, 1] },
    initialMemory: [
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 3 }), gpte({ gfn: 2 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 2, index: 0, value: gpte({ gfn: 4 }) }],
    budget: { fault: 2, store: 1, cr3: 2 },
  }),
  scenario({
    id: 'shadow-three-roots',
    says: 'More address spaces than cached roots: the oldest root is given back.',
    geometry: { gfns: 5, tables: 4, shadow_pages: 5, cr3: [0, 1, 2], vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 4 }), gpte({ gfn: 3 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 3, index: 0, value: NO_GPTE }],
    budget: { fault: 3, store: 1, cr3: 4 },
  }),
];
