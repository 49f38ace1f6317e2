/** Scenarios in which a fault also maps the neighbours of the entry that it needs. */
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

export const prefetchScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-prefetch',
    says:
      'Two vCPUs share a table that maps itself; a fault on one entry maps the other one too, ' +
      'whose accessed or dirty flag may be clear, and which the guest edits.',
    prefetch: true,
    geometry: { gfns: 3, tables: 2, shadow_pages: 3 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2, accessed: false, dirty: false }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [
      { gfn: 1, index: 0, value: gpte({ gfn: 2, dirty: false }) },
      { gfn: 1, index: 0, value: NO_GPTE },
    ],
    budget: { fault: 3, store: 1, invlpg: 1 },
  }),
  scenario({
    id: 'shadow-prefetch-notifier',
    says:
      'A fault on one frame prefetches another one while the host moves that, and must leave it ' +
      'alone.',
    prefetch: true,
    geometry: { gfns: 4, tables: 2, shadow_pages: 3, pfns: 5 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 2, notifier: 1 },
  }),
  scenario({
    id: 'shadow-prefetch-over-leaf',
    says:
      'The guest edits an entry that is mapped writable, in a table that has gone unsync; a ' +
      'fault on the entry beside it prefetches, and must leave the leaf alone.',
    prefetch: true,
    geometry: { gfns: 5, tables: 3, shadow_pages: 3, vcpus: 1, kinds: ['uw'], prev_roots: 0 },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [gpte({ gfn: 3 }), gpte({ gfn: 4, accessed: false })],
      [gpte({ gfn: 1 }), NO_GPTE],
    ],
    addresses: [0, 1, 2],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 3, dirty: false }) }],
    budget: { fault: 4, store: 1, invlpg: 1 },
  }),
  scenario({
    id: 'shadow-prefetch-direct',
    says: 'Frames of a large page of the guest are prefetched into direct pages with its rights.',
    prefetch: true,
    geometry: { gfns: 4, tables: 1, shadow_pages: 4, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 2, large: true, dirty: false }), gpte({ gfn: 2, large: true, access: 4 })],
    ],
    stores: [],
    budget: { fault: 5 },
  }),
];
