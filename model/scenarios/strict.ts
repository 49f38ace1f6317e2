/**
 * Scenarios in which KVM departs from the strict reading of the architecture. The property that
 * breaks is excluded by name; `docs/findings.md` has the argument and the counterexample.
 */
import { ACC_USER_MASK } from '../access.ts';
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';
import { twoRoots } from './pcid.ts';
import { noExecute, readOnlyUserPage } from './rights.ts';

export const strictScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-strict-not-present-fault',
    says:
      'A #PF on an entry that the guest has made not present is delivered while the stale leaf ' +
      'stays: strictly, the fault itself invalidated the address.',
    ci: false,
    oracle: 'strict',
    geometry: { gfns: 3, tables: 2, shadow_pages: 3, vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 2, access: ACC_USER_MASK }), gpte({ gfn: 1 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 1, index: 0, value: NO_GPTE }],
    budget: { fault: 3, store: 1 },
    excludes: {
      'access-is-justified-by-guest-tables':
        'Finding: kvm_inject_emulated_page_fault() syncs only when the fault is of a present page.',
    },
  }),
  scenario({
    ...twoRoots,
    id: 'shadow-strict-invpcid',
    says:
      'A guest invalidates all contexts, then edits a table of a PCID that is not active, and ' +
      'goes back to that PCID without a flush.',
    ci: false,
    oracle: 'strict',
    geometry: { ...twoRoots.geometry, pcids: [0, 1] },
    budget: { fault: 2, store: 1, cr3: 3, cr4: 1, invpcid_all: 1 },
    excludes: {
      'access-is-justified-by-guest-tables':
        'Finding: kvm_mmu_sync_prev_roots() keeps cached roots in sync, which are used unsynced.',
    },
  }),
  scenario({
    ...readOnlyUserPage,
    id: 'shadow-smap-wp0',
    says:
      'With CR4.SMAP set and CR0.WP clear, the supervisor writes a read-only user page under ' +
      'EFLAGS.AC; the mapping for the supervisor alone then lets it read the page without.',
    ci: false,
    geometry: { ...readOnlyUserPage.geometry, kinds: ['sr', 'aw'], cr4: ['smap'] },
    budget: { fault: 3, wp: 1, cr4: 1 },
    excludes: {
      'access-is-justified-by-guest-tables':
        'Finding: a user page that is mapped for the supervisor alone is no user page to SMAP.',
    },
  }),
  scenario({
    id: 'shadow-efer-nx-forced',
    says:
      'The same with the rules of Linux 7.2, where every role has EFER.NX set: a guest that has ' +
      'cleared it keeps reading through an entry that is malformed by now.',
    ci: false,
    ...noExecute,
    excludes: {
      'access-is-justified-by-guest-tables':
        'Finding: kvm_init_shadow_mmu() sets efer_nx in every role, so that pages are shared.',
      'flush-leaves-no-stale-entry':
        'Finding: kvm_init_shadow_mmu() sets efer_nx in every role, so that pages are shared.',
    },
  }),
  scenario({
    id: 'shadow-strict-emulated-window',
    says:
      'Between the two steps of an emulated store another vCPU flushes everything: strictly, it ' +
      'must not see the old translation any more.',
    ci: false,
    oracle: 'strict',
    geometry: { gfns: 5, tables: 3, shadow_pages: 4, flood_threshold: 3 },
    initialMemory: [
      [gpte({ gfn: 1 }), NO_GPTE],
      [gpte({ gfn: 3 }), gpte({ gfn: 0 })],
      [gpte({ gfn: 4 }), gpte({ gfn: 0 })],
    ],
    addresses: [0, 1],
    stores: [{ gfn: 0, index: 0, value: gpte({ gfn: 2 }) }],
    budget: { fault: 3, store: 1, cr3: 1 },
    excludes: {
      'access-is-justified-by-guest-tables':
        'Finding: a store that KVM emulates is not atomic with the zapping of what it changes.',
      'flush-leaves-no-stale-entry':
        'Finding: a store that KVM emulates is not atomic with the zapping of what it changes.',
    },
  }),
];
