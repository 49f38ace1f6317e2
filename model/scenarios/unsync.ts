/** Scenarios about unsync pages: opening a table to guest writes, and syncing it again. */
import { ACC_USER_MASK } from '../access.ts';
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

const readOnly = (gfn: number): number => gpte({ gfn, access: ACC_USER_MASK });

/**
 * Root 0 leads to table 1, which maps data at address 0 and itself at address 1.
 *
 *     root 0 [0] -> table 1 [0] -> frame 2 or 3
 *                           [1] -> table 1
 */
const selfMapped = {
  geometry: { gfns: 4, tables: 2, shadow_pages: 3 },
  initialMemory: [
    [gpte({ gfn: 1 }), NO_GPTE],
    [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
  ],
  addresses: [0, 1],
};

export const unsyncScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-unsync',
    says:
      'Two vCPUs share a table that maps itself. One makes it unsync and edits it, both may ' +
      'flush one address or everything; the race of the write fault with the flush is here.',
    ...selfMapped,
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 3 }) }],
    budget: { fault: 3, store: 1, invlpg: 1, cr3: 1 },
  }),
  scenario({
    id: 'shadow-unsync-strict',
    says:
      'The same table under the strict oracle: a delivered #PF invalidates its address, and an ' +
      'emulated store is visible as soon as memory changes.',
    ...selfMapped,
    oracle: 'strict',
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 3 }) }],
    budget: { fault: 3, store: 1, invlpg: 1 },
  }),
  scenario({
    id: 'shadow-unsync-remap',
    says:
      'An entry of an unsync table changes frame and rights, and comes back, while two vCPUs ' +
      'retain translations of it.',
    ...selfMapped,
    stores: [
      { gfn: 1, index: 0, value: gpte({ gfn: 3 }) },
      { gfn: 1, index: 0, value: readOnly(2) },
      { gfn: 1, index: 0, value: NO_GPTE },
    ],
    budget: { fault: 3, store: 2, invlpg: 1 },
  }),
  scenario({
    id: 'shadow-sync-batch',
    says: 'Two unsync tables, one of which maps the other, are synced in one batch by MOV CR3.',
    geometry: { gfns: 4, tables: 3, shadow_pages: 4, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [readOnly(2), gpte({ gfn: 1 })],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    ],
    stores: [
      { gfn: 1, index: 0, value: gpte({ gfn: 2 }) },
      { gfn: 2, index: 1, value: NO_GPTE },
    ],
    budget: { fault: 4, store: 2, cr3: 1, invlpg: 1 },
  }),
  scenario({
    id: 'shadow-sync-passes',
    says: 'More unsync tables than a batch collects: MOV CR3 must look again until none is left.',
    geometry: { gfns: 4, tables: 3, shadow_pages: 4, vcpus: 1, unsync_batch: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [gpte({ gfn: 3 }), gpte({ gfn: 1 })],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    ],
    addresses: [1, 2, 3],
    stores: [{ gfn: 2, index: 1, value: NO_GPTE }],
    budget: { fault: 4, store: 1, cr3: 1, lock_break: 1 },
  }),
  scenario({
    id: 'shadow-sync-three-levels',
    says:
      'An unsync table three levels down, reached through two directories; MOV CR3 and INVLPG ' +
      'must find it by the marks of its ancestors.',
    geometry: { levels: 3, gfns: 5, tables: 3, shadow_pages: 4, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 1 })],
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 3 }), gpte({ gfn: 2 })],
    ],
    addresses: [0, 1, 4, 5],
    stores: [{ gfn: 2, index: 0, value: gpte({ gfn: 4 }) }],
    budget: { fault: 4, store: 1, invlpg: 1, cr3: 1 },
  }),
];
