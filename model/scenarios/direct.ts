/** Scenarios of vCPUs without paging: direct MMUs, which shadow no guest tables. */
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

/** One page from frame 2 on is logged. */
const log = {
  base_gfn: 2,
  npages: 1,
  word: 2,
  enabled: true,
  protect: 'get',
  clears: [],
  pml: 'none',
} as const;

/** Two vCPUs without paging; frames 2 and 3 are a huge page of the host. */
const logged = {
  tables: 0,
  shadow_pages: 4,
  nonpaging: [0, 1],
  host_level: [1, 1, 2, 2],
  dirty_log: log,
};

export const directScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-nonpaging',
    says:
      'Two vCPUs run without paging on small and huge pages of the host, which splits and joins ' +
      'the huge one.',
    geometry: {
      gfns: 4,
      tables: 0,
      shadow_pages: 4,
      nonpaging: [0, 1],
      host_level: [1, 1, 2, 2],
    },
    initialMemory: [],
    stores: [],
    addresses: [2, 3],
    budget: { fault: 3, notifier: 1, host_resize: 1 },
  }),
  scenario({
    id: 'shadow-nonpaging-moves',
    says: 'The host moves a frame while two vCPUs without paging fault on it.',
    geometry: { gfns: 4, tables: 0, shadow_pages: 3, nonpaging: [0, 1], pfns: 5 },
    initialMemory: [],
    addresses: [1, 2],
    stores: [],
    budget: { fault: 3, notifier: 1 },
  }),
  scenario({
    id: 'shadow-nonpaging-three-levels',
    says: 'A vCPU without paging runs on pages of the host of three sizes.',
    geometry: {
      levels: 3,
      gfns: 8,
      tables: 0,
      shadow_pages: 5,
      nonpaging: [0],
      vcpus: 1,
      host_level: [1, 1, 2, 2, 3, 3, 3, 3],
    },
    initialMemory: [],
    stores: [],
    budget: { fault: 5 },
  }),
  scenario({
    id: 'shadow-nonpaging-beside-paging',
    says:
      'A vCPU without paging, as one that is just being started, edits the tables of another ' +
      'one, which lie in a huge page of the host; the other one flushes.',
    geometry: {
      gfns: 4,
      tables: 4,
      shadow_pages: 5,
      nonpaging: [1],
      host_level: [1, 1, 2, 2],
    },
    initialMemory: [
      [gpte({ gfn: 3 }), NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
    ],
    addresses: [0, 3],
    stores: [{ gfn: 3, index: 0, value: gpte({ gfn: 1 }) }],
    budget: { fault: 3, store: 1, cr3: 1 },
    actors: { store: [1], cr3: [0] },
  }),
  scenario({
    id: 'shadow-cr0-pg',
    says:
      'A guest switches paging off, edits a table of its own that is still shadowed, and ' +
      'switches paging on again, while another vCPU runs by the same tables.',
    geometry: { gfns: 4, tables: 2, shadow_pages: 5, cr0_pg: 'toggled' },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 3 }) }],
    budget: { fault: 3, store: 1, pg: 2 },
    actors: { pg: [0], store: [0] },
  }),
  scenario({
    id: 'shadow-fast-page-fault',
    says:
      'Two vCPUs without paging write a page that userspace takes from the log: each write is ' +
      'let through without mmu_lock.',
    geometry: { ...logged, gfns: 4, host_level: [1, 1, 1, 1] },
    initialMemory: [],
    addresses: [2],
    stores: [],
    budget: { fault: 4, harvest: 2 },
  }),
  scenario({
    id: 'shadow-fast-page-fault-huge',
    says:
      'Dirty logging is switched on for a huge page that vCPUs without paging write: the huge ' +
      'leaf keeps MMU-writable, but gives way to small ones.',
    geometry: { ...logged, gfns: 4, dirty_log: { ...log, npages: 2, enabled: false } },
    initialMemory: [],
    addresses: [2, 3],
    stores: [],
    budget: { fault: 3, log_dirty: 1, harvest: 1 },
  }),
  scenario({
    id: 'shadow-fast-page-fault-table',
    says:
      'A page that userspace has taken from the log becomes a page table of one vCPU, while ' +
      'another one, without paging, writes it.',
    geometry: {
      ...logged,
      tables: 3,
      gfns: 4,
      shadow_pages: 5,
      nonpaging: [1],
      host_level: [1, 1, 1, 1],
    },
    initialMemory: [
      [gpte({ gfn: 2 }), NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [gpte({ gfn: 3 }), NO_GPTE],
    ],
    addresses: [0, 2],
    stores: [],
    budget: { fault: 3, harvest: 1 },
  }),
  scenario({
    id: 'shadow-fast-page-fault-none',
    says:
      'A guest edits the table by which it writes a logged page, and writes by the translation ' +
      'of before, which userspace has taken from the log.',
    geometry: {
      gfns: 4,
      tables: 2,
      shadow_pages: 3,
      vcpus: 1,
      dirty_log: { ...log, npages: 2 },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 3 }) }],
    budget: { fault: 4, store: 1, harvest: 1 },
  }),
  scenario({
    id: 'shadow-nonpaging-nx',
    says:
      'A vCPU without paging writes a huge page and executes from it, under the NX huge page ' +
      'mitigation, and repeats what faulted.',
    nx_huge_pages: 'force',
    geometry: {
      gfns: 4,
      tables: 0,
      shadow_pages: 3,
      nonpaging: [0],
      vcpus: 1,
      host_level: [1, 1, 2, 2],
      kinds: ['uw', 'ux'],
    },
    initialMemory: [],
    addresses: [2, 3],
    stores: [],
    budget: { fault: 8, nx_recover: 1 },
    retries: true,
  }),
];
