/** Scenarios in which shadow pages are scarce, or the objects to build them from. */
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

export const quotaScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-quota',
    says:
      'The quota grants a root and one table; two vCPUs fault by turns on two tables, and each ' +
      'fault has to zap the table of the other one.',
    geometry: {
      gfns: 5,
      tables: 3,
      shadow_pages: 5,
      quota: { n_max: 2, min_free: 1, refill: 1 },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 2],
    stores: [],
    budget: { fault: 4 },
  }),
  scenario({
    id: 'shadow-quota-roots',
    says:
      'Two address spaces under a quota of two pages: loading the other root makes room; with ' +
      'both roots held there is none for a table.',
    geometry: {
      gfns: 4,
      tables: 3,
      shadow_pages: 6,
      vcpus: 1,
      cr3: [0, 1],
      quota: { n_max: 2, min_free: 1, refill: 2 },
    },
    initialMemory: [
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 3 }), gpte({ gfn: 2 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 2, index: 0, value: NO_GPTE }],
    budget: { fault: 4, store: 1, cr3: 2 },
  }),
  scenario({
    id: 'shadow-caches',
    says:
      'Memory caches are counted, and filling them may fail: a table linked twice and a frame ' +
      'mapped twice need an object each, taken under the lock.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 3, vcpus: 1, caches: true },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 1 })],
      [gpte({ gfn: 2 }), gpte({ gfn: 2 })],
    ],
    stores: [],
    budget: { fault: 5, alloc_failure: 1 },
  }),
  scenario({
    id: 'shadow-quota-takes-root',
    says:
      'Making room may zap the very root that the fault runs on: whoever looks at the root ' +
      'afterwards gives up, and the guest goes on with a new one.',
    preset: 'recursive-reclaim',
    geometry: {
      gfns: 5,
      tables: 3,
      shadow_pages: 7,
      vcpus: 1,
      quota: { n_max: 3, min_free: 2, refill: 2 },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 2],
    stores: [],
    budget: { fault: 4 },
    excludes: {
      'reclaim-spares-roots-in-use':
        'The preset lets it: recursion through nested pages, which are not modelled, does not ' +
        'look at who holds a page.',
    },
  }),
  scenario({
    id: 'shadow-quota-changes',
    says:
      'Userspace lowers the quota and raises it again while a guest faults on two tables: pages ' +
      'that are too many go at once, and roots in use keep the quota up.',
    geometry: {
      gfns: 5,
      tables: 3,
      shadow_pages: 6,
      vcpus: 1,
      quota: { n_max: 3, min_free: 1, refill: 1, lowered: 1 },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 2],
    stores: [],
    budget: { fault: 4, set_quota: 3 },
  }),
];
