/** Scenarios with guest leaves above 4K: direct pages below them, and huge pages of the host. */
import { ACC_USER_MASK } from '../access.ts';
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

const large = (gfn: number): number => gpte({ gfn, large: true });
const largeReadOnly = (gfn: number): number => gpte({ gfn, large: true, access: ACC_USER_MASK });

const guestSemantics = 'KVM cannot see the store; what the guest then sees is its own affair.';
const excludesGuest = {
  'access-is-justified-by-guest-tables': guestSemantics,
  'flush-leaves-no-stale-entry': guestSemantics,
  'page-fault-is-justified-by-guest-tables': guestSemantics,
};

export const hugeScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-direct-two-rights',
    says:
      'Two root entries map one large frame, one of them read-only, over small host pages: each ' +
      'needs a direct page with its own rights.',
    geometry: { gfns: 4, tables: 1, shadow_pages: 4, vcpus: 1 },
    initialMemory: [[large(2), largeReadOnly(2)]],
    stores: [],
    budget: { fault: 6 },
  }),
  scenario({
    id: 'shadow-direct-dirty',
    says:
      'A writable but clean large entry is first mapped read-only, as its read-only twin is; the ' +
      'write that sets the dirty flag must move it to a direct page of its own.',
    geometry: { gfns: 4, tables: 1, shadow_pages: 4, vcpus: 1 },
    initialMemory: [[gpte({ gfn: 2, large: true, dirty: false }), largeReadOnly(2)]],
    stores: [],
    budget: { fault: 6 },
  }),
  scenario({
    id: 'shadow-direct-repointed',
    says:
      'Userspace re-points a large entry at other frames behind the back of KVM, while a direct ' +
      'page for the old ones is linked.',
    geometry: { gfns: 6, tables: 1, shadow_pages: 4, vcpus: 1 },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [{ gfn: 0, index: 0, value: large(4) }],
    budget: { fault: 4, host_store: 2 },
    excludes: excludesGuest,
  }),
  scenario({
    id: 'shadow-direct-becomes-table',
    says:
      'Userspace turns a large entry into one that leads to a table in the first of its frames, ' +
      'while a direct page for the frames is linked.',
    geometry: { gfns: 4, tables: 3, shadow_pages: 4, vcpus: 1 },
    initialMemory: [
      [large(2), NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [gpte({ gfn: 1 }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 0, index: 0, value: gpte({ gfn: 2 }) }],
    budget: { fault: 4, host_store: 2 },
    excludes: excludesGuest,
  }),
  scenario({
    id: 'shadow-huge-over-table',
    says:
      'A huge page of the host covers a run of frames one of which becomes a guest table: the ' +
      'huge mapping must give way, and must not come back while the table is shadowed.',
    geometry: { gfns: 5, tables: 4, shadow_pages: 5, host_level: [1, 1, 2, 2, 1] },
    initialMemory: [
      [gpte({ gfn: 1 }), large(2)],
      [gpte({ gfn: 0 }), gpte({ gfn: 4 })],
      [NO_GPTE, NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    addresses: [0, 1, 3],
    stores: [
      { gfn: 0, index: 0, value: gpte({ gfn: 3 }) },
      { gfn: 3, index: 0, value: gpte({ gfn: 1 }) },
    ],
    budget: { fault: 4, store: 2 },
  }),
  scenario({
    id: 'shadow-huge-levels',
    says:
      'The host maps four frames by one leaf, one of which becomes a guest table: the other half ' +
      'is mapped at the level between, and the table by itself.',
    geometry: {
      levels: 3,
      gfns: 8,
      tables: 8,
      shadow_pages: 6,
      host_level: [1, 1, 1, 1, 3, 3, 3, 3],
      vcpus: 1,
    },
    initialMemory: [
      [gpte({ gfn: 1 }), large(4)],
      [gpte({ gfn: 7 }), NO_GPTE],
      ...Array.from({ length: 5 }, () => [NO_GPTE, NO_GPTE]),
      [gpte({ gfn: 3 }), NO_GPTE],
    ],
    addresses: [0, 4, 6],
    stores: [],
    budget: { fault: 5 },
  }),
  scenario({
    id: 'shadow-host-resizes-leaf',
    says:
      'The host splits its huge page and joins it again while two vCPUs fault on it: a huge leaf ' +
      'becomes a table, and the table a huge leaf.',
    geometry: { gfns: 4, tables: 1, shadow_pages: 4, host_level: [1, 1, 2, 2] },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 4, notifier: 2, host_resize: 2 },
  }),
];
