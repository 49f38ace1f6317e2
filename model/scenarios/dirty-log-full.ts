/** Scenarios of a log of dirty pages that begins full: KVM_DIRTY_LOG_INITIALLY_SET. */
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';
import { log } from './dirty-log.ts';

const large = (gfn: number): number => gpte({ gfn, large: true });

const missedFrame =
  'Finding: kvm_arch_mmu_enable_log_dirty_pt_masked() misses the huge page that the last page of ' +
  'a word begins.';
const lateFlush =
  'Finding: KVM_CLEAR_DIRTY_LOG takes MMU-writable from huge pages and flushes after mmu_lock is ' +
  'dropped.';

export const fullDirtyLogScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-dirty-initially-set',
    says:
      'A slot is logged with a full bitmap: nothing is protected until userspace clears pages, ' +
      'word by word, while the guest writes them.',
    geometry: {
      gfns: 5,
      tables: 2,
      shadow_pages: 2,
      prev_roots: 0,
      vcpus: 1,
      kinds: ['uw'],
      dirty_log: log({
        npages: 3,
        protect: 'initially-set',
        clears: [
          { first_page: 0, num_pages: 2, pages: [0] },
          { first_page: 0, num_pages: 3, pages: [1, 2] },
          { first_page: 2, num_pages: 1, pages: [2] },
        ],
      }),
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 4 })],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 4, log_dirty: 1, harvest: 2 },
  }),
  scenario({
    id: 'shadow-dirty-word-crosses',
    says:
      'A word of the bitmap ends within a huge page that begins in the word: clearing the word ' +
      'has to protect it.',
    geometry: {
      gfns: 4,
      tables: 1,
      shadow_pages: 3,
      prev_roots: 0,
      vcpus: 1,
      host_level: [1, 1, 2, 2],
      kinds: ['uw'],
      dirty_log: log({
        base_gfn: 1,
        npages: 3,
        word: 3,
        protect: 'initially-set',
        clears: [{ first_page: 0, num_pages: 3, pages: [0, 1, 2] }],
      }),
    },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, log_dirty: 1, harvest: 2 },
    excludes: {
      'owed-flush-is-paid-before-unlock': lateFlush,
      'tlb-entry-is-backed-by-the-page-tables': lateFlush,
    },
  }),
  scenario({
    id: 'shadow-dirty-word',
    says:
      'A slot starts in the middle of a 2M frame, so that a word of the bitmap ends with the ' +
      'first page of the next one, which is mapped huge.',
    ci: false,
    geometry: {
      gfns: 4,
      tables: 1,
      shadow_pages: 3,
      prev_roots: 0,
      vcpus: 1,
      host_level: [1, 1, 2, 2],
      kinds: ['uw'],
      dirty_log: log({
        base_gfn: 1,
        npages: 3,
        protect: 'initially-set',
        clears: [{ first_page: 0, num_pages: 2, pages: [0, 1] }],
      }),
    },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0],
    stores: [],
    budget: { fault: 2, log_dirty: 1, harvest: 1 },
    excludes: {
      'store-reaches-the-dirty-log': missedFrame,
      'clean-page-is-write-protected': missedFrame,
    },
  }),
  scenario({
    id: 'shadow-dirty-clear-over-table',
    says:
      'Userspace clears pages that the guest writes through a huge leaf, while it begins ' +
      'to use one of them as a page table.',
    ci: false,
    geometry: {
      gfns: 5,
      tables: 4,
      shadow_pages: 5,
      prev_roots: 0,
      vcpus: 1,
      host_level: [1, 1, 2, 2, 1],
      dirty_log: log({
        protect: 'initially-set',
        clears: [{ first_page: 0, num_pages: 2, pages: [0, 1] }],
      }),
    },
    initialMemory: [
      [gpte({ gfn: 3 }), large(2)],
      [NO_GPTE, NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 3],
    stores: [{ gfn: 3, index: 0, value: gpte({ gfn: 1 }) }],
    budget: { fault: 3, store: 1, cr3: 1, log_dirty: 1, harvest: 1 },
    excludes: {
      'owed-flush-is-paid-before-unlock': lateFlush,
      'shadowed-gfn-has-no-writable-tlb-entry': lateFlush,
      'tlb-entry-is-backed-by-the-page-tables': lateFlush,
      'sync-page-agrees-with-guest-table': lateFlush,
      'flush-leaves-no-stale-entry': lateFlush,
      'access-is-justified-by-guest-tables': lateFlush,
    },
  }),
];
