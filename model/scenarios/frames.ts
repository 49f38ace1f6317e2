/** Scenarios in which the host maps frames read-only, shares them, or asks which were written. */
import { ACC_USER_MASK } from '../access.ts';
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

/** Frames 2 and 3 are a huge page of the host, 4 and 5 are another one; the guest maps both. */
const twoHugePages = {
  geometry: { gfns: 6, tables: 1, shadow_pages: 3, vcpus: 1, host_level: [1, 1, 2, 2, 2, 2] },
  initialMemory: [[gpte({ gfn: 2, large: true }), gpte({ gfn: 4, large: true })]],
  addresses: [0, 2],
  stores: [],
  budget: { fault: 3, aging: 2, test_age: 1 },
} as const;

export const frameScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-host-shares-frame',
    says:
      'The host makes two guest frames read-only and puts one frame behind both; a write of the ' +
      'guest has it copied again, while another vCPU retains the translation.',
    prefetch: true,
    geometry: {
      gfns: 4,
      tables: 2,
      shadow_pages: 3,
      host_readonly: [3],
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 2, notifier: 1, host_share: 1 },
  }),
  scenario({
    id: 'shadow-host-takes-frame',
    says:
      'The guest writes a frame, takes the write right away in an unsync table and flushes; then ' +
      'the host takes the frame back and has to know that it was written.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 3, pfns: 4, vcpus: 1, host_dirty: true },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 2, access: ACC_USER_MASK }) }],
    budget: { fault: 3, store: 1, invlpg: 1, notifier: 1 },
  }),
  scenario({
    id: 'shadow-endless-read-only-frame',
    says:
      'A guest repeats for ever an instruction that it fetches from a frame that the host maps ' +
      'read-only and that writes another one of the same large entry.',
    geometry: {
      gfns: 4,
      tables: 1,
      shadow_pages: 4,
      pfns: 5,
      host_readonly: [2],
      kinds: ['uw', 'ux'],
      vcpus: 1,
      faults_max: 0,
    },
    retries: true,
    endless: true,
    initialMemory: [[gpte({ gfn: 2, large: true }), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    instructions: [{ fetch: 0, data: 1, kind: 'uw' }],
    budget: { fault: 3 },
  }),
  scenario({
    id: 'shadow-aging',
    says:
      'The host ages frames without mmu_lock while the leaves of a table that maps itself are ' +
      'write-protected, and while their page is zapped and freed.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 6, vcpus: 1, cr3: [0, 1] },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, cr3: 1, invlpg: 1, aging: 2 },
  }),
  scenario({
    ...twoHugePages,
    id: 'shadow-aging-range',
    says:
      'The host ages a range of two huge pages, and asks for its age, while the guest uses small ' +
      'and huge leaves of it.',
    geometry: { ...twoHugePages.geometry, aging_range: { gfn: 2, npages: 4 } },
  }),
  scenario({
    ...twoHugePages,
    id: 'shadow-aging-unaligned',
    says: 'The range that the host ages begins and ends within a huge page.',
    ci: false,
    geometry: { ...twoHugePages.geometry, aging_range: { gfn: 3, npages: 2 } },
    excludes: {
      'old-frames-have-no-accessed-leaf':
        'Finding: kvm_rmap_age_gfn_range() counts leaves above 4K from the first frame on.',
    },
  }),
  scenario({
    id: 'shadow-zap-range',
    says:
      'KVM zaps a frame, as for another memory type, while one vCPU faults on it and another one ' +
      'retains its translation.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 3 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
    ],
    addresses: [0],
    stores: [],
    budget: { fault: 2, zap_range: 2 },
  }),
  scenario({
    id: 'shadow-teardown',
    says:
      'A VM is torn down at any time at which no vCPU runs: with a root held, a cached root, and ' +
      'an unsync table below.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 5, cr3: [0, 1] },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
    ],
    addresses: [1],
    stores: [],
    budget: { fault: 2, cr3: 1, zap_all: 1 },
  }),
];
