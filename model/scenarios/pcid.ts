/** Scenarios of PCIDs: CR3 loaded without a flush, and what is cached for each PCID. */
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

/** By its second CR3 the guest reads through a table that it edits by its first. */
export const twoRoots = {
  geometry: {
    gfns: 6,
    tables: 4,
    shadow_pages: 6,
    vcpus: 1,
    cr3: [0, 1],
    cr4: ['pcide'],
  },
  initialMemory: [
    [gpte({ gfn: 3 }), NO_GPTE],
    [gpte({ gfn: 2 }), NO_GPTE],
    [gpte({ gfn: 4 }), NO_GPTE],
    [gpte({ gfn: 2 }), NO_GPTE],
  ],
  addresses: [0],
  stores: [{ gfn: 2, index: 0, value: gpte({ gfn: 5 }) }],
} as const;

export const pcidScenarios: readonly Scenario[] = [
  scenario({
    ...twoRoots,
    id: 'shadow-pcid',
    says:
      'Two roots have a PCID each. The guest edits a table of the one while it runs on the ' +
      'other, invalidates a PCID or not, and goes back without a flush.',
    geometry: { ...twoRoots.geometry, pcids: [0, 1] },
    budget: { fault: 3, store: 1, cr3: 3, cr4: 1, invpcid: 1 },
  }),
  scenario({
    ...twoRoots,
    id: 'shadow-pcide',
    says:
      'The guest sets CR4.PCIDE after it has flushed, and goes back to a root of before without ' +
      'a flush: what was cached then must not serve it.',
    geometry: { ...twoRoots.geometry, pcids: [0, 0] },
    budget: { fault: 3, store: 1, cr3: 4, cr4: 1 },
  }),
  scenario({
    id: 'shadow-pcid-notifier',
    says:
      'The host takes a frame back while the guest runs on another PCID than the one for which ' +
      'the hardware retains a translation of the frame.',
    geometry: {
      gfns: 5,
      tables: 4,
      pfns: 6,
      shadow_pages: 6,
      vcpus: 1,
      cr3: [0, 1],
      cr4: ['pcide'],
      pcids: [0, 1],
    },
    initialMemory: [
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0],
    stores: [],
    budget: { fault: 3, cr3: 3, cr4: 1, notifier: 1 },
  }),
  scenario({
    ...twoRoots,
    id: 'shadow-invpcid',
    says:
      'As with a PCID each, where the guest invalidates one address in a PCID, or everything, or ' +
      'clears CR4.PCIDE, which does the same.',
    geometry: { ...twoRoots.geometry, pcids: [0, 1] },
    budget: { fault: 3, store: 1, cr3: 3, cr4: 2, invpcid_addr: 1, invpcid_all: 1 },
  }),
];
