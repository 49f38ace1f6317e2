/** Scenarios of vCPUs without paging: direct MMUs, which shadow no guest tables. */
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

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
];
