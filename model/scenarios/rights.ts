/** Scenarios about rights: CR0.WP, execution, accessed and dirty flags, forward progress. */
import { ACC_ALL, ACC_EXEC_MASK, ACC_USER_MASK, ACC_WRITE_MASK } from '../access.ts';
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

/** Address 0 is not executable, address 1 is the table that maps both. */
export const noExecute = {
  geometry: { gfns: 3, tables: 2, shadow_pages: 5, vcpus: 1, efer_nx: 'toggled' },
  initialMemory: [
    [gpte({ gfn: 1 }), NO_GPTE],
    [gpte({ gfn: 2, access: ACC_WRITE_MASK | ACC_USER_MASK }), gpte({ gfn: 1 })],
  ],
  addresses: [0, 1],
  stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 2 }) }],
  budget: { fault: 4, store: 1, efer_nx: 2, cr3: 1 },
} as const;

/** Address 0 is a user page that is read-only. */
export const readOnlyUserPage = {
  geometry: { gfns: 3, tables: 2, shadow_pages: 8, vcpus: 1, prev_roots: 0 },
  initialMemory: [
    [gpte({ gfn: 1 }), NO_GPTE],
    [gpte({ gfn: 2, access: ACC_USER_MASK | ACC_EXEC_MASK }), NO_GPTE],
  ],
  addresses: [0],
  stores: [],
} as const;

export const rightsScenarios: readonly Scenario[] = [
  scenario({
    ...readOnlyUserPage,
    id: 'shadow-cr4-smep',
    says:
      'The guest sets and clears CR4.SMEP, and writes a read-only user page with CR0.WP clear: ' +
      'the mapping for the supervisor alone must not let it execute the page.',
    geometry: { ...readOnlyUserPage.geometry, kinds: ['ur', 'sw', 'sx'], cr4: ['smep'] },
    budget: { fault: 4, wp: 2, cr4: 2 },
  }),
  scenario({
    ...readOnlyUserPage,
    id: 'shadow-cr4-smap',
    says:
      'The guest sets and clears CR4.SMAP, and writes a read-only user page with CR0.WP clear: ' +
      'the mapping for the supervisor alone must not outlive the change.',
    geometry: { ...readOnlyUserPage.geometry, kinds: ['ur', 'sr', 'sw'], cr4: ['smap'] },
    budget: { fault: 4, wp: 2, cr4: 2 },
  }),
  scenario({
    id: 'shadow-cr0-wp',
    says:
      'The supervisor writes a read-only user page with CR0.WP clear; the page is shadowed by ' +
      'a mapping that must not serve anybody who has CR0.WP set.',
    geometry: { gfns: 4, tables: 2, shadow_pages: 5, kinds: ['ur', 'sr', 'sw'] },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2, access: ACC_USER_MASK }), gpte({ gfn: 3 })],
    ],
    addresses: [0],
    stores: [],
    budget: { fault: 4, wp: 2 },
  }),
  scenario({
    id: 'shadow-efer-nx',
    says:
      'The guest clears EFER.NX and flushes, whereupon an entry that is not executable is ' +
      'malformed: what was shadowed before must not serve it. Rules of the time when the role ' +
      'told the two modes apart.',
    preset: 'seed-v3',
    ...noExecute,
  }),
  scenario({
    id: 'shadow-rights',
    says:
      'The guest takes rights away from an entry of an unsync table and gives others: write, ' +
      'user and execute, for user and supervisor accesses.',
    geometry: {
      gfns: 3,
      tables: 2,
      shadow_pages: 3,
      vcpus: 1,
      kinds: ['ur', 'uw', 'ux', 'sr', 'sw', 'sx'],
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2, access: ACC_USER_MASK }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [
      { gfn: 1, index: 0, value: gpte({ gfn: 2, access: ACC_EXEC_MASK }) },
      { gfn: 1, index: 0, value: gpte({ gfn: 2, access: ACC_WRITE_MASK | ACC_USER_MASK }) },
    ],
    budget: { fault: 4, store: 2, invlpg: 2 },
  }),
  scenario({
    id: 'shadow-accessed-dirty',
    says:
      'KVM sets the accessed and dirty flags of guest entries by compare-and-exchange; the ' +
      'guest clears them in an unsync table and flushes.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 3 },
    initialMemory: [
      [gpte({ gfn: 1, accessed: false }), NO_GPTE],
      [gpte({ gfn: 2, accessed: false, dirty: false }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [
      { gfn: 1, index: 0, value: gpte({ gfn: 2, dirty: false }) },
      { gfn: 1, index: 0, value: gpte({ gfn: 2, accessed: false }) },
    ],
    budget: { fault: 3, store: 1, invlpg: 1 },
  }),
  scenario({
    id: 'shadow-progress',
    says:
      'A guest repeats what faulted until it completes, on entries whose rights it widens in an ' +
      'unsync table, and on the table that maps the address itself.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 3, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2, access: ACC_USER_MASK }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [
      { gfn: 1, index: 0, value: gpte({ gfn: 2, access: ACC_ALL }) },
      { gfn: 1, index: 0, value: NO_GPTE },
    ],
    budget: { fault: 8, store: 2, invlpg: 1 },
    retries: true,
  }),
];
