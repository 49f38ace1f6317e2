/** Scenarios about building and linking: lookup, sharing, races of the fault with the guest. */
import { ACC_USER_MASK } from '../access.ts';
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

const readOnly = (gfn: number): number => gpte({ gfn, access: ACC_USER_MASK });

/**
 * Root 0 leads to directory 1, that to table 2 with data and to table 3, which maps the root and
 * table 2 for guest software to write them.
 *
 *     root 0 [0] -> directory 1 [0] -> table 2 [0], [1] -> frame 4
 *            [1]                [1] -> table 3 [0] -> root 0, [1] -> table 2
 */
const directoryWithWindows = {
  initialMemory: [
    [gpte({ gfn: 1 }), NO_GPTE],
    [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    [gpte({ gfn: 4 }), gpte({ gfn: 4 })],
    [gpte({ gfn: 0 }), gpte({ gfn: 2 })],
  ],
  addresses: [1, 2, 3, 4, 5],
  stores: [
    { gfn: 2, index: 1, value: gpte({ gfn: 5 }) },
    { gfn: 0, index: 1, value: gpte({ gfn: 1 }) },
  ],
};

export const linkScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-passthrough',
    says:
      'Hardware walks one level more than the nested page tables have: two vCPUs share the page ' +
      'below a root of one entry, one edits a table, the other one flushes.',
    nested: true,
    geometry: { gfns: 4, tables: 2, shadow_pages: 5, passthrough: true },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 3 }) }],
    budget: { fault: 3, store: 1, cr3: 1 },
  }),
  scenario({
    id: 'shadow-link-unsync-child',
    says:
      'A directory with an unsync table below becomes visible at a second place of the root. ' +
      'The guest need not flush for that.',
    geometry: { levels: 3, gfns: 6, tables: 4, shadow_pages: 5, vcpus: 1 },
    ...directoryWithWindows,
    budget: { fault: 4, store: 2 },
    maxSteps: 120,
  }),
  scenario({
    id: 'shadow-link-unsync-child-shared',
    says:
      'The same directory, linked by one vCPU while another one uses whatever is linked: the ' +
      'pages below must be in sync before the link is visible, not only before the first runs on.',
    geometry: { levels: 3, gfns: 6, tables: 4, shadow_pages: 5 },
    ...directoryWithWindows,
    budget: { fault: 4, store: 2, lock_break: 1 },
    actors: { fault: [0], store: [0] },
    maxSteps: 120,
  }),
  scenario({
    id: 'shadow-link-unsync-table',
    says:
      'A table that is unsync becomes visible at a second place of the root: the lookup finds ' +
      'it stale and must not use it as it is.',
    geometry: { gfns: 5, tables: 3, shadow_pages: 4, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [gpte({ gfn: 3 }), gpte({ gfn: 3 })],
      [gpte({ gfn: 0 }), gpte({ gfn: 1 })],
    ],
    stores: [
      { gfn: 1, index: 1, value: gpte({ gfn: 4 }) },
      { gfn: 0, index: 1, value: gpte({ gfn: 1 }) },
    ],
    budget: { fault: 5, store: 2, cr3: 1 },
  }),
  scenario({
    id: 'shadow-shared-directory',
    says:
      'Two root entries with different rights lead to one directory whose entries differ in ' +
      'rights too: four ways to one table, as in check_effective_sp_permissions.',
    geometry: { levels: 3, gfns: 5, tables: 4, shadow_pages: 8, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), readOnly(1)],
      [readOnly(2), gpte({ gfn: 3 })],
      [gpte({ gfn: 4 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 2, 4, 6],
    stores: [],
    budget: { fault: 5 },
  }),
  scenario({
    id: 'shadow-two-roles',
    says:
      'Two root entries with different rights lead to one table, which is thus shadowed twice at ' +
      '4K. Both shadow pages may be unsync at once, and both must be found by a flush.',
    geometry: { gfns: 4, tables: 2, shadow_pages: 4 },
    initialMemory: [
      [gpte({ gfn: 1 }), readOnly(1)],
      [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1, 2],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 3 }) }],
    budget: { fault: 5, store: 1, cr3: 1 },
  }),
  scenario({
    id: 'shadow-fault-race',
    says:
      'One vCPU walks the guest tables while another one edits the table and shadows it: what ' +
      'the walk read is out of date when mmu_lock is taken.',
    geometry: { gfns: 5, tables: 3, shadow_pages: 4 },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 1 }), NO_GPTE],
    ],
    addresses: [0, 2],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 4 }) }],
    budget: { fault: 3, store: 1 },
  }),
  scenario({
    id: 'shadow-fault-through-old-entry',
    says:
      'A walk reads the old root entry and then the new leaf entry: the #PF that it ends in is ' +
      'one that a processor with the old entry cached would deliver too.',
    geometry: { gfns: 5, tables: 3, shadow_pages: 4, flood_threshold: 3 },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [gpte({ gfn: 4 }), NO_GPTE],
      [gpte({ gfn: 0 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 2, 3],
    stores: [
      { gfn: 0, index: 0, value: gpte({ gfn: 2 }) },
      { gfn: 1, index: 0, value: NO_GPTE },
    ],
    budget: { fault: 4, store: 2 },
    actors: { store: [1] },
  }),
  scenario({
    id: 'shadow-recursive-root',
    says:
      'The root maps itself, so that one guest table is shadowed at two levels, one of which ' +
      'must never become unsync.',
    geometry: { gfns: 4, tables: 2, shadow_pages: 4 },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 0 })],
      [gpte({ gfn: 2 }), gpte({ gfn: 0 })],
    ],
    stores: [
      { gfn: 0, index: 0, value: NO_GPTE },
      { gfn: 1, index: 0, value: gpte({ gfn: 3 }) },
    ],
    budget: { fault: 3, store: 1, invlpg: 1 },
  }),
];
