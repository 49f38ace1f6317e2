/** Scenarios in which userspace changes a memory slot, and in which frames are in no slot. */
import { ACC_USER_MASK } from '../access.ts';
import type { Memslot } from '../geometry.ts';
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

const slotAt = (...bases: readonly number[]): Memslot => ({
  bases,
  npages: 1,
  changes: ['create', 'delete'],
  present: true,
  readonly: false,
  generations: 8,
});

const guestSemantics = 'KVM cannot see the store; what the guest then sees is its own affair.';

export const memslotScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-memslot-delete',
    says:
      'Userspace deletes the slot of a data frame and may create it again, while two vCPUs fault ' +
      'on the frame and retain translations of it.',
    geometry: { gfns: 4, tables: 2, shadow_pages: 5, memslot: slotAt(2) },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 2, memslot: 2 },
  }),
  scenario({
    id: 'shadow-memslot-lock-break',
    says:
      'Zapping all pages for a slot that goes breaks mmu_lock between two tables: vCPUs load new ' +
      'roots and fault in between.',
    geometry: { gfns: 5, tables: 3, shadow_pages: 7, memslot: slotAt(3) },
    initialMemory: [
      [gpte({ gfn: 1 }), gpte({ gfn: 2 })],
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 2],
    stores: [],
    budget: { fault: 3, memslot: 1, lock_break: 1 },
  }),
  scenario({
    id: 'shadow-memslot-move',
    says:
      'Userspace moves a slot to another guest frame, which the guest maps as well: the host ' +
      'frame behind both is the same.',
    geometry: {
      gfns: 4,
      tables: 2,
      shadow_pages: 5,
      memslot: slotAt(2, 3),
      host_pfn: [0, 1, 2, 2],
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 2, memslot: 1 },
  }),
  scenario({
    id: 'shadow-memslot-two-roots',
    says:
      'Two roots share a table. The older root and the table are zapped when the lock breaks, ' +
      'the root that the vCPU faults on is obsolete and not zapped yet.',
    geometry: {
      gfns: 6,
      tables: 4,
      shadow_pages: 8,
      vcpus: 1,
      cr3: [0, 1],
      memslot: { ...slotAt(5), changes: ['delete'] },
    },
    initialMemory: [
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 3 })],
      [gpte({ gfn: 4 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 2],
    stores: [],
    budget: { fault: 3, cr3: 1, memslot: 1, lock_break: 1 },
  }),
  scenario({
    id: 'shadow-memslot-unsync',
    says:
      'The slot goes while the table that maps it is unsync: one obsolete page is zapped as a ' +
      'child of another one.',
    geometry: { gfns: 3, tables: 2, shadow_pages: 5, vcpus: 1, memslot: slotAt(2) },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 2, access: ACC_USER_MASK }) }],
    budget: { fault: 4, store: 1, memslot: 1, invlpg: 1 },
  }),
  scenario({
    id: 'shadow-mmio',
    says:
      'A frame is in no slot until userspace creates one: accesses to it are emulated, by an ' +
      'MMIO SPTE and by what the vCPU remembers, until the slot is there.',
    geometry: {
      gfns: 3,
      tables: 2,
      shadow_pages: 5,
      memslot: { ...slotAt(2), present: false },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
    ],
    addresses: [0],
    stores: [],
    budget: { fault: 4, memslot: 2 },
  }),
  scenario({
    id: 'shadow-mmio-wrap',
    says: 'The generation in MMIO SPTEs wraps: all shadow pages are zapped, and with them those.',
    geometry: {
      gfns: 3,
      tables: 2,
      shadow_pages: 5,
      vcpus: 1,
      memslot: { ...slotAt(2), present: false, generations: 4, changes: ['create', 'flags'] },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), NO_GPTE],
    ],
    addresses: [0],
    stores: [],
    budget: { fault: 5, memslot: 4 },
  }),
  scenario({
    id: 'shadow-mmio-sync',
    says:
      'The guest repoints an entry from a frame without slot to memory, in an unsync table, and ' +
      'flushes.',
    geometry: {
      gfns: 4,
      tables: 2,
      shadow_pages: 3,
      vcpus: 1,
      memslot: { ...slotAt(2), present: false },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [
      { gfn: 1, index: 0, value: gpte({ gfn: 3 }) },
      { gfn: 1, index: 0, value: gpte({ gfn: 2, access: ACC_USER_MASK }) },
    ],
    budget: { fault: 5, store: 2, cr3: 1, invlpg: 1 },
  }),
  scenario({
    id: 'shadow-mmio-over-leaf',
    says:
      'Userspace repoints an entry from memory to a frame without slot behind the back of KVM: ' +
      'the leaf that is still there must go first.',
    geometry: {
      gfns: 4,
      tables: 2,
      shadow_pages: 3,
      vcpus: 1,
      memslot: { ...slotAt(2), present: false },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 3, access: ACC_USER_MASK }), NO_GPTE],
    ],
    addresses: [0],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 2 }) }],
    budget: { fault: 5, host_store: 2 },
    excludes: {
      'access-is-justified-by-guest-tables': guestSemantics,
      'flush-leaves-no-stale-entry': guestSemantics,
      'page-fault-is-justified-by-guest-tables': guestSemantics,
      'mmio-access-is-justified-by-guest-tables': guestSemantics,
    },
  }),
  scenario({
    id: 'shadow-memslot-read-only',
    says:
      'A frame in a read-only slot, and a table that maps itself: reads are mapped without the ' +
      'write right, writes are emulated as MMIO.',
    geometry: {
      gfns: 3,
      tables: 2,
      shadow_pages: 5,
      vcpus: 1,
      memslot: { ...slotAt(2), readonly: true },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2, access: ACC_USER_MASK }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 2 }) }],
    budget: { fault: 5, store: 1, cr3: 1, memslot: 1 },
  }),
  scenario({
    id: 'shadow-mmio-renewed',
    says:
      'A slot comes where an MMIO SPTE stands in an unsync table; a flush of the guest renews ' +
      'the SPTE with the new generation.',
    ci: false,
    geometry: {
      gfns: 3,
      tables: 2,
      shadow_pages: 3,
      vcpus: 1,
      memslot: { ...slotAt(2), present: false },
    },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 4, cr3: 1, memslot: 1 },
    excludes: {
      'mmio-is-emulated-where-no-slot-is':
        'Finding: sync_mmio_spte() renews an MMIO SPTE without looking for a slot.',
    },
  }),
];
