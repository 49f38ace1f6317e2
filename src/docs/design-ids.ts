/**
 * The ids of the design notes, and which of our properties stand for each.
 *
 * Order: as in the notes: lists and structure, protection, agreement with the guest, translations,
 * host, NX, dirty logging, accounting, progress; the checks of the former auditor; the invariants
 * that the list of known bugs refers to.
 */
import { knownBugIds } from './known-bug-ids.ts';

export interface DesignId {
  readonly id: string;
  readonly about: string;
  /** Ids of properties; empty when all of it waits. */
  readonly properties: readonly string[];
  /** What of it is not checked yet, and the capability that it waits for. */
  readonly waits?: string;
}

const semantic: readonly DesignId[] = [
  {
    id: 'L1',
    about: 'each shadow page is on the list of its state',
    properties: ['page-is-on-the-list-of-its-state'],
  },
  {
    id: 'L2',
    about: 'nothing refers to a freed page',
    properties: ['pointers-lead-to-allocated-pages', 'split-loses-no-page'],
  },
  {
    id: 'L3',
    about: 'no hardware structure leads to a freed page',
    properties: ['hardware-reaches-no-freed-page', 'lockless-walker-reads-no-freed-page'],
  },
  { id: 'L4', about: 'one valid page for a gfn and role', properties: ['valid-page-is-unique'] },
  {
    id: 'L5',
    about: 'root_count equals the slots that hold the root',
    properties: ['root-count-equals-root-slots'],
    waits: 'PAE roots: with 32-bit guests',
  },
  {
    id: 'L6',
    about: 'obsolete pages are behind valid ones on the active list',
    properties: ['obsolete-pages-come-last'],
  },
  {
    id: 'R1',
    about: 'a present leaf is in exactly one rmap',
    properties: ['leaf-is-filed-in-one-rmap'],
  },
  {
    id: 'R2',
    about: 'filed under the gfn that removal computes',
    properties: ['rmap-key-is-the-recorded-gfn'],
  },
  {
    id: 'R3',
    about: 'parent lists mirror table entries',
    properties: ['parent-list-mirrors-table-entries'],
  },
  {
    id: 'R4',
    about: 'levels decrease by one; leaves where leaves may be',
    properties: ['child-is-one-level-below'],
  },
  {
    id: 'R5',
    about: 'a leaf lies in one memslot; disallow_lpage is a recount',
    properties: ['lpage-counters-equal-recounts'],
    waits: 'memslots, and the reasons against huge pages that they bring',
  },
  {
    id: 'P1',
    about: 'a gfn shadowed in sync is write-protected, in SPTEs and in TLBs',
    properties: ['shadowed-gfn-has-no-writable-spte', 'shadowed-gfn-has-no-writable-tlb-entry'],
    waits: 'the TDP MMU; for a second address space see docs/findings.md',
  },
  {
    id: 'P2',
    about: 'unsync only at 4K, indirect, not write-tracked',
    properties: ['unsync-only-at-4k'],
  },
  {
    id: 'P3',
    about: 'ancestors of an unsync page are marked',
    properties: ['unsync-page-is-marked-in-its-ancestors', 'unsync-count-equals-its-bitmap'],
  },
  {
    id: 'P4',
    about: 'unsync before writable',
    properties: ['unsync-precedes-writable-leaf'],
  },
  {
    id: 'P5',
    about: 'no writable huge leaf over a shadowed gfn',
    properties: ['shadowed-gfn-has-no-writable-spte'],
  },
  {
    id: 'Y1',
    about: 'a page in sync agrees with the guest table',
    properties: ['sync-page-agrees-with-guest-table', 'child-has-the-role-that-its-entry-implies'],
  },
  {
    id: 'Y2',
    about: 'after a flush of the guest nothing older is reachable',
    properties: ['flush-leaves-no-stale-entry', 'synced-root-reaches-no-unsync-page'],
    waits:
      'INVPCID of an address and of all contexts. For INVLPG the statement is about accesses: ' +
      'see T2, which judges every access after it',
  },
  {
    id: 'Y3',
    about: 'rights of a leaf within the cached access, that within the role',
    properties: ['leaf-rights-are-within-the-cached-access', 'split-keeps-the-rights-of-the-guest'],
  },
  {
    id: 'T1',
    about: 'a TLB entry is backed by the page tables or a flush is owed',
    properties: ['tlb-entry-is-backed-by-the-page-tables'],
  },
  {
    id: 'T2',
    about: 'every completed access and every delivered #PF is one the architecture allows',
    properties: [
      'access-is-justified-by-guest-tables',
      'page-fault-is-justified-by-guest-tables',
      'mmio-access-is-justified-by-guest-tables',
    ],
  },
  {
    id: 'H1',
    about: 'nothing maps a host frame that is no longer behind the gfn',
    properties: [
      'audit-leaf-maps-the-host-frame',
      'hardware-reaches-no-foreign-frame',
      'leaf-is-no-larger-than-the-host-leaf',
    ],
  },
  {
    id: 'H2',
    about: 'no write where the host may not write',
    properties: ['leaf-is-writable-where-the-host-allows', 'hardware-writes-no-read-only-frame'],
  },
  {
    id: 'N1',
    about: 'no executable huge leaf or TLB entry under the NX mitigation',
    properties: ['nx-huge-page-is-not-executable'],
  },
  {
    id: 'N2',
    about: 'the list of possible NX huge pages',
    properties: ['nx-list-holds-flagged-direct-pages', 'nx-list-gains-what-could-be-huge'],
    waits: 'lists by type: with the TDP MMU',
  },
  {
    id: 'N3',
    about: 'no huge leaf over a table split for execution',
    properties: ['nx-table-is-not-replaced-by-a-huge-page'],
  },
  {
    id: 'D1',
    about: 'no store is lost',
    properties: ['store-reaches-the-dirty-log'],
  },
  {
    id: 'D2',
    about: 'protection is armed',
    properties: ['clean-page-is-write-protected'],
  },
  {
    id: 'D3',
    about: 'granularity of 4K',
    properties: ['logged-slot-gains-no-writable-huge-leaf'],
  },
  {
    id: 'A1',
    about: 'page quota',
    properties: [
      'used-pages-equal-a-recount',
      'used-pages-stay-within-the-quota',
      'split-leaves-the-reserve',
    ],
  },
  {
    id: 'A2',
    about: 'memory caches',
    properties: [
      'caches-cover-the-worst-case',
      'split-caches-cover-a-page',
      'kernel-warnings-stay-silent',
    ],
  },
  { id: 'A3', about: 'counters are recounts', properties: ['counters-equal-recounts'] },
  {
    id: 'X1',
    about: 'an MMIO SPTE is in no rmap, and counts in its own generation only',
    properties: [
      'mmio-is-emulated-where-no-slot-is',
      'mmio-access-is-justified-by-guest-tables',
      'leaf-is-filed-in-one-rmap',
    ],
  },
  {
    id: 'G1',
    about: 'a legal access completes',
    properties: ['legal-access-completes', 'repeated-instruction-ends', 'split-ends'],
    waits:
      'strong fairness: that a lock which is free again and again is got some time is assumed, ' +
      'by letting others take it finitely often',
  },
  {
    id: 'G2',
    about: 'bounded zapping',
    properties: ['zap-all-takes-old-pages-only', 'reclaim-spares-roots-in-use'],
    waits: 'recycling of long rmaps',
  },
];

const audit: readonly DesignId[] = [
  { id: 'audit 1', about: 'unsync at level 1 only', properties: ['unsync-only-at-4k'] },
  {
    id: 'audit 2',
    about: 'a leaf maps the frame that the host has for its gfn',
    properties: ['audit-leaf-maps-the-host-frame'],
  },
  {
    id: 'audit 3',
    about: 'a leaf has a non-empty rmap',
    properties: ['audit-leaf-has-an-rmap', 'frame-without-slot-is-mapped-nowhere'],
  },
  {
    id: 'audit 4',
    about: 'no writable SPTE in the rmap of a table shadowed in sync',
    properties: ['audit-synced-table-is-not-writable'],
  },
  {
    id: 'audit 5',
    about: 'no unsync page below a root that was just synced',
    properties: ['synced-root-reaches-no-unsync-page'],
  },
  {
    id: 'assertions of the source',
    about: 'WARN_ON_ONCE() and KVM_BUG_ON() of the modelled functions',
    properties: ['kernel-warnings-stay-silent'],
  },
];

const flushes: readonly DesignId[] = [
  {
    id: 'F-LINK',
    about: 'flush between two table entries',
    properties: ['new-link-waits-for-the-flush-of-the-old', 'owed-flush-is-paid-before-unlock'],
  },
  {
    id: 'F-UNMAP',
    about: 'flush before unlock when a leaf goes away',
    properties: ['owed-flush-is-paid-before-unlock'],
  },
  {
    id: 'F-PROT',
    about: 'flush before unlock when MMU-writable goes away',
    properties: ['owed-flush-is-paid-before-unlock'],
  },
];

export const designIds: readonly DesignId[] = [...semantic, ...audit, ...flushes, ...knownBugIds];
