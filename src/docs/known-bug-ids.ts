/** The invariants that the list of known bugs refers to, and our properties that stand for them. */
import type { DesignId } from './design-ids.ts';

export const knownBugIds: readonly DesignId[] = [
  {
    id: 'TLB-WP',
    about: 'P1 for TLBs',
    properties: ['shadowed-gfn-has-no-writable-tlb-entry', 'owed-flush-is-paid-before-unlock'],
  },
  {
    id: 'TLB-GUEST',
    about: 'T2 for accesses, Y2 for MOV CR3',
    properties: ['access-is-justified-by-guest-tables', 'flush-leaves-no-stale-entry'],
  },
  {
    id: 'TLB-SINGLE',
    about: 'zap, flush, install',
    properties: ['new-link-waits-for-the-flush-of-the-old', 'owed-flush-is-paid-before-unlock'],
  },
  { id: 'TLB-PT', about: 'L3', properties: ['hardware-reaches-no-freed-page'] },
  {
    id: 'TLB-HOST',
    about: 'H1',
    properties: ['hardware-reaches-no-foreign-frame', 'hardware-writes-no-read-only-frame'],
  },
  {
    id: 'PFN-DIRTY',
    about: 'the host knows which frames were written when it takes them back',
    properties: ['written-frame-is-reported-dirty'],
  },
  {
    id: 'AGE',
    about: 'what is said of the age of a range covers all of it',
    properties: ['old-frames-have-no-accessed-leaf'],
  },
  {
    id: 'TLB-DIRTY',
    about: 'D2',
    properties: ['clean-page-is-write-protected'],
  },
  {
    id: 'DIRTY',
    about: 'D1',
    properties: ['store-reaches-the-dirty-log'],
  },
  {
    id: 'LOG-CONTRACT',
    about: 'a call takes what it is asked for, and arms the log again',
    properties: ['clear-takes-what-it-was-asked-for', 'clean-page-is-write-protected'],
  },
  { id: 'TLB-TAG', about: 'ASID, VPID, EPTP', properties: [], waits: 'nested paging' },
  { id: 'SH-COHERENT', about: 'Y1', properties: ['sync-page-agrees-with-guest-table'] },
  {
    id: 'SH-UNSYNC',
    about: 'P1 for SPTEs, P2',
    properties: ['shadowed-gfn-has-no-writable-spte', 'unsync-only-at-4k'],
  },
  {
    id: 'SH-MARK',
    about: 'P3',
    properties: ['unsync-page-is-marked-in-its-ancestors', 'unsync-count-equals-its-bitmap'],
  },
  {
    id: 'SH-ROLE',
    about: 'role of a child',
    properties: [
      'child-has-the-role-that-its-entry-implies',
      'child-is-one-level-below',
      'split-keeps-the-rights-of-the-guest',
    ],
  },
  {
    id: 'SH-CTX',
    about: 'the root is that of the mode of the vCPU',
    properties: ['guest-runs-on-a-valid-root'],
    waits: 'mode bits other than CR0.WP and EFER.NX, and the latter in the role',
  },
  {
    id: 'M4',
    about: 'a flush waits for those who walk without mmu_lock',
    properties: ['lockless-walker-reads-no-freed-page'],
  },
  {
    id: 'HUGE-OK',
    about: 'a huge leaf is no larger than that of the host, nor over a shadowed table',
    properties: [
      'leaf-is-no-larger-than-the-host-leaf',
      'logged-slot-gains-no-writable-huge-leaf',
      'logging-ends-with-huge-pages-possible',
    ],
    waits: 'attributes of private memory',
  },
  {
    id: 'NX-LIST',
    about: 'N2',
    properties: ['nx-list-gains-what-could-be-huge', 'nx-list-holds-flagged-direct-pages'],
    waits: 'publishing without mmu_lock: with the TDP MMU',
  },
  {
    id: 'NX-HUGE',
    about: 'N1',
    properties: ['nx-huge-page-is-not-executable'],
  },
  {
    id: 'PERM',
    about: 'T2: rights count there',
    properties: ['access-is-justified-by-guest-tables'],
  },
  {
    id: 'XLATE',
    about: 'gfn and access recorded beside a leaf',
    properties: [
      'rmap-key-is-the-recorded-gfn',
      'leaf-rights-are-within-the-cached-access',
      'split-keeps-the-rights-of-the-guest',
    ],
  },
  {
    id: 'RMAP',
    about: 'R1, R2',
    properties: ['leaf-is-filed-in-one-rmap', 'rmap-key-is-the-recorded-gfn'],
  },
  { id: 'PARENT', about: 'R3', properties: ['parent-list-mirrors-table-entries'] },
  { id: 'NO-DANGLE', about: 'L2', properties: ['pointers-lead-to-allocated-pages'] },
  { id: 'LIST', about: 'L1', properties: ['page-is-on-the-list-of-its-state'] },
  {
    id: 'ACCT',
    about: 'A1, A3',
    properties: ['counters-equal-recounts', 'used-pages-equal-a-recount'],
  },
  {
    id: 'QUOTA',
    about: 'A1',
    properties: ['used-pages-stay-within-the-quota', 'split-leaves-the-reserve'],
  },
  {
    id: 'CACHE',
    about: 'A2',
    properties: [
      'caches-cover-the-worst-case',
      'split-caches-cover-a-page',
      'kernel-warnings-stay-silent',
    ],
  },
  {
    id: 'ROOT-VALID',
    about: 'nothing is mapped below an invalid root, nobody runs on one',
    properties: [
      'invalid-page-maps-nothing',
      'guest-runs-on-a-valid-root',
      'fault-maps-below-a-valid-root',
    ],
  },
  {
    id: 'ZAP-CONTRACT',
    about: 'nothing that predates a zap of everything is left when it returns',
    properties: [
      'frame-without-slot-is-mapped-nowhere',
      'zapped-range-is-looked-up-again',
      'teardown-leaves-nothing-mapped',
    ],
  },
  {
    id: 'TRANS',
    about: 'a change of an SPTE changes what it is about, for aging',
    properties: ['aging-changes-the-accessed-flag-alone', 'kernel-warnings-stay-silent'],
    waits: 'changes without mmu_lock: with the TDP MMU',
  },
  {
    id: 'NOTIF-BALANCE',
    about: 'what is counted as being invalidated is being invalidated',
    properties: ['invalidation-count-equals-open-calls'],
  },
  {
    id: 'SLOT',
    about: 'arrays of a slot are used while it is there',
    properties: ['frame-without-slot-is-mapped-nowhere'],
    waits: 'bounds of the arrays of a slot that moves',
  },
  {
    id: 'MMIO',
    about: 'X1: what is in no slot, and nothing else',
    properties: ['mmio-is-emulated-where-no-slot-is'],
  },
  {
    id: 'GEN',
    about: 'X1: generations',
    properties: ['mmio-is-emulated-where-no-slot-is'],
  },
  {
    id: 'PROG-OP',
    about: 'every operation ends under a fair schedule',
    properties: [
      'exit-returns-to-the-guest',
      'dirty-log-call-returns',
      'zap-all-takes-old-pages-only',
    ],
    waits: 'other operations: updates of the slots that change them, TDP',
  },
  {
    id: 'PROG-FAULT',
    about: 'G1',
    properties: ['legal-access-completes', 'repeated-instruction-ends'],
  },
];
