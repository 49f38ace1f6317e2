/** Scenarios of eager page splitting in which the split finds pages that are there already. */
import { gpte, NO_GPTE } from '../gpte.ts';
import type { Scenario } from '../scenario.ts';
import { fourFrames, split, twoFrames } from './split-common.ts';

const large = (gfn: number): number => gpte({ gfn, large: true });

const departure = 'A split does not flush for leaves that may write less, see findings.';
const windowOfSplit = {
  'owed-flush-is-paid-before-unlock': departure,
  'tlb-entry-is-backed-by-the-page-tables': departure,
  'shadowed-gfn-has-no-writable-tlb-entry': departure,
};

export const splitReuseScenarios: readonly Scenario[] = [
  split({
    id: 'shadow-split-alias',
    says:
      'Two root entries map one huge page with the same rights: the second one to be split finds ' +
      'the page of the first, full or in part taken away by the host.',
    geometry: { ...twoFrames, shadow_pages: 3, vcpus: 1 },
    initialMemory: [[large(2), large(2)]],
    addresses: [0, 1, 2],
    stores: [],
    budget: { fault: 3, notifier: 1, host_resize: 1 },
  }),
  split({
    id: 'shadow-split-finds-table',
    says:
      'A page that the split finds leads to a table that is filled in part: what the huge page ' +
      'gave and the table does not is lost, and must be flushed.',
    nx_huge_pages: 'force',
    geometry: { ...fourFrames, shadow_pages: 5, kinds: ['ur', 'ux'] },
    initialMemory: [[large(4), large(4)]],
    addresses: [0, 5],
    stores: [],
    budget: { fault: 2 },
    actors: { fault: [0] },
  }),
  split({
    id: 'shadow-split-over-unsync-table',
    says:
      'The first frame of a huge page is a guest table that has gone unsync: the table that the ' +
      'split makes there must find it out of the way, and has no vCPU to sync it with.',
    geometry: {
      ...fourFrames,
      tables: 5,
      shadow_pages: 7,
      vcpus: 1,
    },
    initialMemory: [
      [large(4), gpte({ gfn: 1 })],
      [gpte({ gfn: 4 }), large(4)],
      [NO_GPTE, NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [gpte({ gfn: 5 }), NO_GPTE],
    ],
    addresses: [3, 4, 6],
    stores: [],
    budget: { fault: 3 },
  }),
  split({
    id: 'shadow-split-no-vcpu',
    says:
      'The first frame of a huge page is a guest table that has gone unsync, at the level of the ' +
      'page that the split makes: only that the latter is direct keeps the two apart.',
    geometry: { ...twoFrames, tables: 3, shadow_pages: 5, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 2 }), large(2)],
      [NO_GPTE, NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    ],
    addresses: [0, 2, 3],
    stores: [],
    budget: { fault: 4 },
  }),
  split({
    id: 'shadow-split-makes-room',
    says:
      'While mmu_lock is dropped in a split, faults take the last pages of the quota, and the ' +
      'next one zaps the oldest page that nobody uses: were the page for the split made before, ' +
      'it would be that one.',
    geometry: {
      ...twoFrames,
      tables: 2,
      shadow_pages: 5,
      vcpus: 1,
      quota: { n_max: 3, min_free: 1, refill: 1 },
    },
    initialMemory: [
      [large(2), gpte({ gfn: 1 })],
      [gpte({ gfn: 3 }), gpte({ gfn: 3 })],
    ],
    addresses: [0, 2, 3],
    stores: [],
    budget: { fault: 4, lock_break: 1 },
  }),
  split({
    id: 'shadow-split-host-resizes',
    says: 'The host splits and joins its own huge page while KVM splits the mapping of it.',
    geometry: { ...twoFrames, shadow_pages: 3, vcpus: 1 },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, lock_break: 1, notifier: 1, host_resize: 1 },
  }),
  split({
    id: 'shadow-split-less-permissive',
    says:
      'A page that the split finds holds a leaf that lost its write right when its frame was a ' +
      'guest table; the huge leaf has it, and another vCPU is about to load that table again.',
    excludes: { ...windowOfSplit },
    geometry: {
      ...twoFrames,
      tables: 4,
      shadow_pages: 5,
      cr3: [0, 3],
      flood_threshold: 1,
      kinds: ['uw'],
    },
    initialMemory: [
      [large(2), NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [NO_GPTE, NO_GPTE],
    ],
    addresses: [1],
    stores: [],
    budget: { fault: 2, cr3: 3 },
    actors: { fault: [1], cr3: [0] },
  }),
  split({
    id: 'shadow-split-edited-unseen',
    says:
      'The same, and a vCPU stores to the table through the translation that it has kept: what ' +
      'shadows the table is then out of date and taken to be in sync.',
    ci: false,
    excludes: {
      ...windowOfSplit,
      'sync-page-agrees-with-guest-table': 'It follows from the missing flush, see findings.',
      'child-has-the-role-that-its-entry-implies': 'It follows from the missing flush.',
    },
    geometry: {
      ...twoFrames,
      tables: 4,
      shadow_pages: 7,
      cr3: [0, 3],
      flood_threshold: 1,
      kinds: ['uw'],
    },
    initialMemory: [
      [large(2), NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [large(0), NO_GPTE],
    ],
    addresses: [1],
    stores: [{ gfn: 3, index: 0, value: NO_GPTE }],
    budget: { fault: 3, cr3: 3, store: 1 },
    actors: { cr3: [0], store: [1] },
  }),
];
