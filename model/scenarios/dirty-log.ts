/** Scenarios of the log of dirty pages: what the guest writes, and what userspace learns of it. */
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';
import type { DirtyLog } from '../geometry.ts';

const large = (gfn: number): number => gpte({ gfn, large: true });

/** Pages from frame 2 on, two to a word. */
export const log = (of: Partial<DirtyLog> = {}): DirtyLog => ({
  base_gfn: 2,
  npages: 2,
  word: 2,
  enabled: false,
  protect: 'get',
  pml: 'none',
  clears: [],
  ...of,
});

export const dirtyLogScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-dirty-enable',
    says:
      'Userspace switches dirty logging on and asks for the pages written, while two vCPUs map ' +
      'and write them at 4K.',
    geometry: { gfns: 4, tables: 2, shadow_pages: 2, prev_roots: 0, dirty_log: log() },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, log_dirty: 1, harvest: 1 },
  }),
  scenario({
    id: 'shadow-dirty-huge',
    says:
      'Dirty logging is switched on for a slot that is mapped by a huge leaf: the leaf becomes ' +
      'read-only, and gives way to small ones where the guest writes.',
    geometry: {
      gfns: 4,
      tables: 1,
      shadow_pages: 3,
      prev_roots: 0,
      host_level: [1, 1, 2, 2],
      dirty_log: log(),
    },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, log_dirty: 1, harvest: 1 },
  }),
  scenario({
    id: 'shadow-dirty-tables',
    says:
      'Guest tables are in the logged slot: KVM sets flags in them and emulates a store to one, ' +
      'and userspace has to learn of both.',
    geometry: {
      gfns: 3,
      tables: 2,
      shadow_pages: 3,
      prev_roots: 0,
      vcpus: 1,
      dirty_log: log({ base_gfn: 0, npages: 3, enabled: true }),
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2, accessed: false, dirty: false }), gpte({ gfn: 0 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 0, index: 1, value: gpte({ gfn: 1 }) }],
    budget: { fault: 4, store: 1, harvest: 2 },
  }),
  scenario({
    id: 'shadow-dirty-becomes-table',
    says:
      'One vCPU writes a page that userspace takes from the log, while another one begins to use ' +
      'it as a page table: what was protected for the log must be protected for the table too.',
    geometry: {
      gfns: 4,
      tables: 3,
      shadow_pages: 4,
      prev_roots: 0,
      dirty_log: log({ npages: 1, enabled: true }),
    },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 3 }), NO_GPTE],
    ],
    addresses: [0, 2],
    stores: [],
    budget: { fault: 3, harvest: 1 },
  }),
  scenario({
    id: 'shadow-dirty-recover',
    says:
      'Dirty logging is switched off: small leaves in the place of a huge page are zapped, with ' +
      'breaks of the lock, while the guest goes on writing.',
    geometry: {
      gfns: 4,
      tables: 1,
      shadow_pages: 3,
      prev_roots: 0,
      host_level: [1, 1, 2, 2],
      kinds: ['uw'],
      dirty_log: log({ enabled: true }),
    },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, log_dirty: 1, lock_break: 1 },
  }),
  scenario({
    id: 'shadow-dirty-lock-break',
    says:
      'The walk that protects a slot breaks mmu_lock, and a vCPU maps a page that was protected ' +
      'already.',
    geometry: {
      gfns: 5,
      tables: 2,
      shadow_pages: 3,
      prev_roots: 0,
      vcpus: 1,
      host_level: [1, 1, 2, 2, 1],
      dirty_log: log({ npages: 3 }),
    },
    initialMemory: [
      [gpte({ gfn: 1 }), large(2)],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 2],
    stores: [],
    budget: { fault: 4, log_dirty: 1, harvest: 1, lock_break: 2 },
  }),
  scenario({
    id: 'shadow-dirty-pml',
    says:
      'Two vCPUs without paging write a page and a huge one while the processor logs modified ' +
      'pages: small leaves are armed by the dirty flag, the huge one by the write right.',
    geometry: {
      gfns: 4,
      tables: 0,
      shadow_pages: 3,
      prev_roots: 0,
      nonpaging: [0, 1],
      host_level: [1, 1, 2, 2],
      kinds: ['uw'],
      dirty_log: log({ pml: 'direct' }),
    },
    initialMemory: [],
    addresses: [2, 3],
    stores: [],
    budget: { fault: 3, log_dirty: 1, harvest: 2 },
  }),
  scenario({
    id: 'shadow-dirty-nested-pml',
    says:
      'The processor logs modified pages, but the tables shadowed are those of a nested guest: ' +
      'its small pages are logged by the write right, in a section of their own.',
    geometry: {
      gfns: 4,
      tables: 1,
      shadow_pages: 3,
      prev_roots: 0,
      vcpus: 1,
      host_level: [1, 1, 2, 2],
      kinds: ['uw'],
      dirty_log: log({ pml: 'nested' }),
    },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 4, log_dirty: 1, harvest: 2 },
  }),
  scenario({
    id: 'shadow-dirty-nx',
    says:
      'A table that was split for execution is in a logged slot: the recovery worker lets it be, ' +
      'and the huge page comes back when logging ends.',
    nx_huge_pages: 'force',
    geometry: {
      gfns: 4,
      tables: 1,
      shadow_pages: 3,
      prev_roots: 0,
      vcpus: 1,
      host_level: [1, 1, 2, 2],
      kinds: ['uw', 'ux'],
      dirty_log: log({ enabled: true }),
    },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 4, log_dirty: 1, nx_recover: 1 },
  }),
];
