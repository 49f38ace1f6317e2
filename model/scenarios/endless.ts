/** Scenarios with runs that need not end: what is asked there is whether things make progress. */
import { ACC_ALL, ACC_USER_MASK } from '../access.ts';
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario, type ScenarioInput } from '../scenario.ts';

/** Repeating an instruction that faulted costs nothing, and nothing counts how often. */
const endless = (input: ScenarioInput): Scenario =>
  scenario({
    ...input,
    geometry: { ...input.geometry, faults_max: 0 },
    retries: true,
    endless: true,
  });

export const endlessScenarios: readonly Scenario[] = [
  endless({
    id: 'shadow-endless-rights',
    says:
      'A guest repeats for ever what faulted, on entries whose rights it widens in an unsync ' +
      'table, and has the table synced.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 3, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2, access: ACC_USER_MASK }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 2, access: ACC_ALL }) }],
    budget: { fault: 4, store: 1, invlpg: 1, cr3: 1 },
  }),
  endless({
    id: 'shadow-endless-notifier',
    says:
      'A guest repeats for ever what faulted while the host moves the frame behind it twice, ' +
      'and later in a quiet system.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 3, pfns: 4, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
    ],
    addresses: [0],
    stores: [],
    budget: { fault: 3, notifier: 2 },
  }),
  endless({
    id: 'shadow-endless-two-vcpus',
    says:
      'Two guests repeat for ever what faulted on one large entry that both have to mark, while ' +
      'the host moves a frame behind it.',
    geometry: { gfns: 4, tables: 2, shadow_pages: 4, pfns: 5 },
    initialMemory: [
      [gpte({ gfn: 2, large: true, accessed: false, dirty: false }), NO_GPTE],
      [NO_GPTE, NO_GPTE],
    ],
    addresses: [0],
    stores: [],
    budget: { fault: 2, notifier: 1 },
  }),
  endless({
    id: 'shadow-endless-huge',
    says:
      'A huge page of the host covers frames one of which becomes a guest table; a write beside ' +
      'the table, repeated for ever, needs small pages in its place.',
    geometry: { gfns: 5, tables: 4, shadow_pages: 5, vcpus: 1, host_level: [1, 1, 2, 2, 1] },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2, large: true })],
      [gpte({ gfn: 0 }), gpte({ gfn: 4 })],
      [NO_GPTE, NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 2, 3],
    stores: [{ gfn: 0, index: 0, value: gpte({ gfn: 3 }) }],
    budget: { fault: 5, store: 1 },
  }),
  endless({
    id: 'shadow-endless-own-table',
    says:
      'A plain write, repeated for ever, to a page that holds a table on the way to itself: KVM ' +
      'may zap the shadow page of the table and retry, which needs the table again.',
    geometry: { levels: 3, gfns: 4, tables: 3, shadow_pages: 5, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 3 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 4, unprotect: 1 },
  }),
  endless({
    id: 'shadow-endless-own-huge-page',
    says:
      'A plain write, repeated for ever, to a huge page that holds the table by which it is ' +
      'mapped: once the table is shadowed the page has to be mapped small.',
    geometry: {
      levels: 3,
      gfns: 4,
      tables: 3,
      shadow_pages: 4,
      vcpus: 1,
      host_level: [1, 1, 2, 2],
    },
    initialMemory: [
      [gpte({ gfn: 2 }), NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [gpte({ gfn: 2, large: true }), NO_GPTE],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3 },
  }),
  endless({
    id: 'shadow-endless-nx',
    says:
      'A guest repeats for ever an instruction that it fetches from one frame of a huge page and ' +
      'that writes another, while the recovery worker takes away what was split for it.',
    nx_huge_pages: 'force',
    geometry: {
      gfns: 4,
      tables: 1,
      shadow_pages: 3,
      host_level: [1, 1, 2, 2],
      kinds: ['uw', 'ux'],
      vcpus: 1,
    },
    initialMemory: [[gpte({ gfn: 2, large: true }), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    instructions: [{ fetch: 0, data: 1, kind: 'uw' }],
    budget: { fault: 2, nx_recover: 2 },
  }),
  endless({
    id: 'shadow-endless-dirty-log',
    says:
      'A guest repeats for ever what faulted while userspace switches dirty logging on and off ' +
      'and asks for the pages written.',
    geometry: {
      gfns: 4,
      tables: 1,
      shadow_pages: 3,
      host_level: [1, 1, 2, 2],
      kinds: ['uw'],
      vcpus: 1,
      dirty_log: {
        base_gfn: 2,
        npages: 2,
        word: 2,
        enabled: false,
        protect: 'get',
        pml: 'none',
        clears: [],
      },
    },
    initialMemory: [[gpte({ gfn: 2, large: true }), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, log_dirty: 2, harvest: 1 },
  }),
];
