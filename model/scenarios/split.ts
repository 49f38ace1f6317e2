/** Scenarios of eager page splitting: what is split, with which rights, and from which memory. */
import { ACC_USER_MASK } from '../access.ts';
import { gpte, NO_GPTE } from '../gpte.ts';
import type { Scenario } from '../scenario.ts';
import { fourFrames, log, split, twoFrames } from './split-common.ts';

const large = (gfn: number): number => gpte({ gfn, large: true });
const largeReadOnly = (gfn: number): number => gpte({ gfn, large: true, access: ACC_USER_MASK });

export const splitScenarios: readonly Scenario[] = [
  split({
    id: 'shadow-split',
    says: 'A huge page is split while two vCPUs fault on it, with and without a break of the lock.',
    geometry: { ...twoFrames, shadow_pages: 3 },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, lock_break: 1 },
  }),
  split({
    id: 'shadow-split-levels',
    says:
      'A huge page two levels above 4K is split to the one between, and that to 4K, while its ' +
      'guest faults on it.',
    geometry: { ...fourFrames, shadow_pages: 5, vcpus: 1 },
    initialMemory: [[large(4), NO_GPTE]],
    addresses: [0, 3],
    stores: [],
    budget: { fault: 3, lock_break: 2 },
  }),
  split({
    id: 'shadow-split-clear',
    says:
      'A slot is logged with a full bitmap: its huge page is left alone until userspace clears a ' +
      'page of it, and split then.',
    geometry: {
      ...twoFrames,
      shadow_pages: 3,
      dirty_log: log(2, 2, {
        enabled: false,
        protect: 'initially-set',
        clears: [{ first_page: 0, num_pages: 2, pages: [1] }],
      }),
    },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, lock_break: 1, harvest: 1 },
  }),
  split({
    id: 'shadow-split-clear-next-frame',
    says:
      'The last page that userspace clears is the first one of a huge page: only that the huge ' +
      'page is split arms the log for it.',
    geometry: {
      gfns: 6,
      tables: 1,
      shadow_pages: 3,
      host_level: [1, 1, 1, 1, 2, 2],
      prev_roots: 0,
      vcpus: 1,
      dirty_log: log(3, 3, {
        word: 2,
        protect: 'initially-set',
        clears: [{ first_page: 0, num_pages: 2, pages: [0, 1] }],
      }),
    },
    initialMemory: [[large(4), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, lock_break: 1, harvest: 1 },
  }),
  split({
    id: 'shadow-split-clear-words',
    says:
      'Userspace clears two words by one call: the huge page of each is split before the word is ' +
      'armed, and with mmu_lock dropped in the second one the guest writes pages of the first.',
    geometry: {
      gfns: 6,
      tables: 1,
      shadow_pages: 3,
      host_level: [1, 1, 2, 2, 2, 2],
      prev_roots: 0,
      vcpus: 1,
      dirty_log: log(2, 4, {
        word: 2,
        protect: 'initially-set',
        clears: [{ first_page: 0, num_pages: 4, pages: [0, 1, 2, 3] }],
      }),
    },
    initialMemory: [[large(2), large(4)]],
    addresses: [0, 1, 2],
    stores: [],
    budget: { fault: 4, lock_break: 2, harvest: 1 },
  }),
  split({
    id: 'shadow-split-rights',
    says:
      'Two root entries map one huge page, one of them read-only: each is split into a page with ' +
      'its own rights.',
    geometry: { ...twoFrames, shadow_pages: 4, vcpus: 1 },
    initialMemory: [[large(2), largeReadOnly(2)]],
    addresses: [0, 1, 2],
    stores: [],
    budget: { fault: 4, lock_break: 1 },
  }),
  split({
    id: 'shadow-split-dirty-flag',
    says:
      'A large entry is first mapped clean, hence read-only, then written: the page that it is ' +
      'split into must have the rights of the second mapping.',
    geometry: { ...twoFrames, shadow_pages: 4, vcpus: 1 },
    initialMemory: [[gpte({ gfn: 2, large: true, dirty: false }), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 4, lock_break: 1 },
  }),
  split({
    id: 'shadow-split-nx',
    says:
      'Under the NX mitigation a huge page is not executable; split to 4K it is again. Fetches ' +
      'leave pages behind that the split finds in part filled.',
    nx_huge_pages: 'force',
    geometry: { ...twoFrames, shadow_pages: 4, kinds: ['ur', 'ux'], vcpus: 1, faults_max: 2 },
    initialMemory: [[large(2), large(2)]],
    addresses: [0, 1, 2],
    stores: [],
    retries: true,
    budget: { fault: 3, nx_recover: 1 },
  }),
  split({
    id: 'shadow-split-levels-alias',
    says:
      'Two root entries map one huge page two levels above 4K, one of them read-only: splits of ' +
      'the second find lists that are not empty at each level.',
    geometry: { ...fourFrames, shadow_pages: 8, vcpus: 1 },
    initialMemory: [[large(4), largeReadOnly(4)]],
    addresses: [0, 4],
    stores: [],
    budget: { fault: 2, lock_break: 1 },
  }),
  split({
    id: 'shadow-split-reserve',
    says:
      'The quota leaves pages for one split and the reserve: the second huge page stays, and ' +
      'faults find room.',
    geometry: {
      ...fourFrames,
      shadow_pages: 5,
      vcpus: 1,
      quota: { n_max: 3, min_free: 1, refill: 1 },
    },
    initialMemory: [[large(4), NO_GPTE]],
    addresses: [0, 3],
    stores: [],
    budget: { fault: 4 },
  }),
  split({
    id: 'shadow-split-caches',
    says:
      'The caches of splitting are counted, and filling them may fail: two huge pages of one run ' +
      'need an object for every smaller page.',
    geometry: { ...twoFrames, shadow_pages: 4, vcpus: 1, caches: true },
    initialMemory: [[large(2), largeReadOnly(2)]],
    addresses: [0, 2],
    stores: [],
    budget: { fault: 3, lock_break: 1, alloc_failure: 1 },
  }),
  split({
    id: 'shadow-split-protected',
    says:
      'The first time that logging is switched on there is no memory to split with: the huge ' +
      'page is write-protected as it is, and split the next time.',
    geometry: { ...twoFrames, shadow_pages: 4, vcpus: 1, caches: true },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, log_dirty: 3, alloc_failure: 1 },
  }),
  split({
    id: 'shadow-split-contention',
    says:
      'Whenever the split looks, mmu_lock is contended or the processor is wanted by another ' +
      'task: it is asked whether it ever ends.',
    geometry: { ...twoFrames, shadow_pages: 3, vcpus: 1, faults_max: 0 },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0],
    stores: [],
    budget: { fault: 2 },
    retries: true,
    endless: true,
    lasting_contention: true,
    excludes: {
      'split-ends': 'Upstream drops mmu_lock before it has split anything, see findings.',
      'dirty-log-call-returns': 'The call waits for the split.',
    },
  }),
  split({
    id: 'shadow-endless-split',
    says:
      'A guest repeats for ever what faulted while a huge page is split, or is not, when the ' +
      'reserve leaves no room for it; mmu_lock is dropped a few times.',
    geometry: {
      ...twoFrames,
      shadow_pages: 4,
      vcpus: 1,
      faults_max: 0,
      quota: { n_max: 2, min_free: 1, refill: 1 },
    },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, lock_break: 2 },
    retries: true,
    endless: true,
  }),
  split({
    id: 'shadow-split-shrinker',
    says:
      'Pages are taken away for want of memory while huge pages are split, in the Linux that did ' +
      'so; today only faults take pages, for their own.',
    geometry: {
      ...twoFrames,
      shadow_pages: 4,
      vcpus: 1,
      quota: { n_max: 4, min_free: 1, refill: 1 },
    },
    initialMemory: [[large(2), large(2)]],
    addresses: [0, 2],
    stores: [],
    budget: { fault: 4, lock_break: 1, shrink: 2 },
  }),
  split({
    id: 'shadow-split-not-nested',
    says: 'Huge pages of a guest that is not nested stay until they are written, but in series v2.',
    nested: false,
    geometry: { ...twoFrames, shadow_pages: 3, vcpus: 1 },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, lock_break: 1 },
  }),
];
