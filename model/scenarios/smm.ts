/** Scenarios of system management mode: vCPUs that see the slots of another address space. */
import { gpte, NO_GPTE } from '../gpte.ts';
import type { Memslot } from '../geometry.ts';
import { scenario, type Scenario } from '../scenario.ts';

/** Frame 2 is memory in system management mode, and no memory otherwise. */
const smram: Memslot = {
  bases: [2],
  npages: 1,
  changes: [],
  present: true,
  readonly: false,
  generations: 1,
  as_id: 1,
};

const oneSpace =
  'Finding: account_shadowed() protects the table in the slot of one address space alone.';

export const smmScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-smm',
    says:
      'A vCPU without paging enters and leaves system management mode, where one frame is memory ' +
      'that is none outside; the host moves frames that both see.',
    geometry: {
      gfns: 4,
      tables: 0,
      pfns: 5,
      shadow_pages: 6,
      nonpaging: [0],
      vcpus: 1,
      smm: true,
      memslot: smram,
      kinds: ['uw'],
    },
    initialMemory: [],
    addresses: [1, 2],
    stores: [],
    budget: { fault: 4, smi: 2, notifier: 1 },
  }),
  scenario({
    id: 'shadow-smm-mmio-wrap',
    says:
      'The generation of the slots that a vCPU in system management mode sees wraps, while it ' +
      'holds an MMIO SPTE of the generation to come.',
    geometry: {
      gfns: 3,
      tables: 0,
      shadow_pages: 6,
      nonpaging: [0],
      vcpus: 1,
      smm: true,
      memslot: { ...smram, present: false, changes: ['create', 'flags'], generations: 2 },
    },
    initialMemory: [],
    addresses: [2],
    stores: [],
    budget: { fault: 4, smi: 1, memslot: 2 },
  }),
  scenario({
    id: 'shadow-smm-tables',
    says:
      'In system management mode a vCPU writes frames in which it has page tables that are ' +
      'shadowed for the time outside.',
    geometry: { gfns: 4, tables: 2, shadow_pages: 6, vcpus: 1, smm: true },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 3 }) }],
    budget: { fault: 4, store: 1, smi: 2, cr3: 1 },
    excludes: {
      'shadowed-gfn-has-no-writable-spte': oneSpace,
      'shadowed-gfn-has-no-writable-tlb-entry': oneSpace,
      'sync-page-agrees-with-guest-table': oneSpace,
      'flush-leaves-no-stale-entry': oneSpace,
      'access-is-justified-by-guest-tables': oneSpace,
    },
  }),
];
