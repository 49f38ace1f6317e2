/**
 * For each rule, the shortest traces that break it and the nearest that hold. Both hold the events
 * without which the rule would say that it cannot be exercised.
 */
import { on, type Event } from '../lines.ts';

type Events = readonly (string | Event)[];

export interface RuleCase {
  readonly rule: string;
  readonly good: Events;
  readonly bad: Events;
  readonly host?: string;
}

const page = (gfn: string, level: number, rest = 'wux', state = 'sync'): string =>
  `sp gen 0 gfn ${gfn} l${level} 8-byte q0 ${rest} nxe ad root 0 ${state}`;
const made = (gfn: string, level: number, rest = 'wux', state = 'sync'): string =>
  `kvm_mmu_get_page: ${page(gfn, level, rest, state)} new`;
const found = (gfn: string, level: number, rest = 'wux'): string =>
  `kvm_mmu_get_page: ${page(gfn, level, rest)} existing`;
const zapped = (gfn: string, level: number, rest = 'wux', state = 'sync'): string =>
  `kvm_mmu_prepare_zap_page: ${page(gfn, level, rest, state)}`;
const unsynced = (gfn: string, level = 1): string => `kvm_mmu_unsync_page: ${page(gfn, level)}`;
const synced = (gfn: string, state = 'unsync'): string =>
  `kvm_mmu_sync_page: ${page(gfn, 1, 'wux', state)}`;

/** `role`: low bits of a 6.x role; 700 is wux, 80 direct. */
const linked = (
  parent: number,
  index: number,
  gfn: string,
  role: string,
  child: number,
): string => {
  const entry = (index * 8).toString(16).padStart(3, '0');
  const [sptep, spt] = [`0000${parent}${entry}`, `0000${child}000`].map((at) => `0xffff8880${at}`);
  return `link_sp: (f+0x0/0x1 [kvm]) sptep=${sptep} childgfn=0x${gfn} role=0x${role} spt=${spt}`;
};
const leaf = (gfn: string, spte: string, at: string, level = 1): string =>
  `kvm_mmu_set_spte: gfn ${gfn} spte ${spte} (rwxu) level ${level} at ${at}`;
/** Writable, host- and MMU-writable leaf of a frame; and the same read-only. */
const rw = (pfn: string): string => `${pfn}e67`;
const ro = (pfn: string): string => `${pfn}865`;
const update = (at: string, old: string, now: string): string =>
  `spte_update: (f+0x0/0x1 [kvm]) sptep=0xffff88800000${at} old=0x${old} new=0x${now}`;
const dropped = (at: string, old: string): string =>
  `drop_spte: (f+0x0/0x1 [kvm]) sptep=0xffff88800000${at} spte=0x${old}`;
const requested = (gfn: string, pfn: string, level = 1): string =>
  `kvm_mmu_spte_requested: gfn ${gfn} pfn ${pfn} level ${level}`;
const tdp = (gfn: string, level: number, old: string, now: string): string =>
  `kvm_tdp_mmu_spte_changed: as id 0 gfn ${gfn} level ${level} old_spte ${old} new_spte ${now}`;
const none = '8000000000000000';
const mark = (text: string): string => `tracing_mark_write: ktl ${text}`;
const slot = (id: number, gpa: string, size: string, flags = '0x0'): string[] => [
  mark(`vmm: memslot ${id} gpa=0x${gpa} size=0x${size} flags=${flags}`),
  mark(`vmm: memslot ${id} done`),
];
const fastZap = (gen: number, used = '0'): string =>
  `kvm_mmu_zap_all_fast: kvm-mmu-valid-gen ${gen} used_pages ${used}`;
const entry = 'kvm_entry: vcpu 0, rip 0x1000';
const flush = 'flush_remote: (kvm_flush_remote_tlbs+0x4/0x50 [kvm])';
const fast = (old: string, now: string): string =>
  `fast_page_fault: vcpu 0 gva 5000 error_code P|W sptep 00000000746d40a7 old 0x${old} ` +
  `new ${now} spurious 0 fixed 1`;
const goal = (n: number): string => `change_mmu_pages: (f+0x0/0x1 [kvm]) goal=${n}`;
const tdpHost = 'ktl host: linux 6.12.0 npt=Y tdp_mmu=Y nx_huge_pages=N';
const nxHost = (npt: string): string =>
  `ktl host: linux 6.12.0 npt=${npt} tdp_mmu=${npt} nx_huge_pages=Y`;
const fill = (n: number): string[] =>
  Array.from({ length: n }, (_, i) => made((0x100 + i).toString(16), 1));

export const ruleCases: readonly RuleCase[] = [
  {
    rule: 'unsync-only-4k-level',
    good: [made('5', 1), unsynced('5')],
    bad: [made('5', 2), unsynced('5', 2)],
  },
  {
    rule: 'unsync-no-upper-sp-on-gfn',
    good: [made('5', 2), made('5', 1), zapped('5', 2), unsynced('5')],
    bad: [made('5', 2), made('5', 1), zapped('7', 2), unsynced('5')],
  },
  {
    rule: 'unsync-target-known',
    good: [made('5', 1), unsynced('5'), zapped('5', 1, 'wux', 'unsync')],
    bad: [made('5', 1), zapped('5', 1), unsynced('5')],
  },
  { rule: 'sync-of-unsync', good: [synced('5')], bad: [synced('5', 'sync')] },
  {
    rule: 'sync-target-known',
    // While a page is zapped, the event only reports that it is unlinked.
    good: [made('5', 1), unsynced('5'), zapped('5', 1, 'wux', 'unsync'), synced('5')],
    bad: [made('5', 1), unsynced('5'), synced('5'), synced('5')],
  },
  {
    rule: 'writable-spte-needs-unsync-sp',
    good: [made('5', 1), unsynced('5'), leaf('5', rw('77'), '1000'), zapped('9', 1)],
    bad: [made('5', 1), zapped('9', 1), leaf('5', rw('77'), '1000')],
  },
  {
    rule: 'upper-sp-gfn-not-writable',
    good: [leaf('5', rw('77'), '1000'), update('1000', rw('77'), ro('77')), made('5', 2)],
    bad: [leaf('5', rw('77'), '1000'), update('2000', rw('78'), ro('78')), made('5', 2)],
  },
  {
    rule: 'leaf-sp-gfn-not-writable',
    good: [leaf('5', rw('77'), '1000'), update('1000', rw('77'), ro('77')), made('5', 1)],
    bad: [leaf('5', rw('77'), '1000'), update('2000', rw('78'), ro('78')), made('5', 1)],
  },
  {
    rule: 'upper-sp-no-unsync-sibling',
    good: [made('5', 1), unsynced('5'), zapped('5', 1, 'wux', 'unsync'), made('5', 2)],
    bad: [made('5', 1), unsynced('5'), made('5', 2)],
  },
  { rule: 'new-sp-is-sync', good: [made('5', 1)], bad: [made('5', 1, 'wux', 'unsync')] },
  {
    rule: 'new-sp-current-gen',
    good: [fastZap(1), made('5', 1)],
    bad: [fastZap(0), made('5', 1)],
  },
  {
    rule: 'existing-sp-known',
    good: [made('5', 1), found('5', 1), zapped('5', 1)],
    bad: [made('5', 1), zapped('5', 1), found('5', 1)],
  },
  {
    rule: 'zapped-sp-known',
    good: [made('5', 1), zapped('5', 1)],
    bad: [made('5', 1), zapped('5', 1), zapped('5', 1)],
  },
  {
    rule: 'unsync-flag-as-tracked',
    good: [made('5', 1), unsynced('5'), zapped('5', 1, 'wux', 'unsync')],
    bad: [made('5', 1), unsynced('5'), zapped('5', 1)],
  },
  {
    rule: 'valid-sp-is-unique',
    good: [
      made('5', 1),
      linked(1, 0, '5', '701', 2),
      zapped('5', 1),
      made('5', 1),
      linked(1, 0, '5', '701', 3),
    ],
    bad: [
      zapped('9', 1),
      made('5', 1),
      linked(1, 0, '5', '701', 2),
      made('5', 1),
      linked(1, 1, '5', '701', 3),
    ],
  },
  { rule: 'zap-all-gen-alternates', good: [fastZap(0), fastZap(1)], bad: [fastZap(0), fastZap(0)] },
  {
    rule: 'used-pages-as-counted',
    good: [made('5', 1), made('6', 1), zapped('5', 1), fastZap(0, '1')],
    bad: [made('5', 1), made('6', 1), zapped('5', 1), fastZap(0, '2')],
  },
  {
    rule: 'child-level-is-parent-minus-1',
    good: [made('5', 3), linked(1, 0, '5', '703', 2), made('6', 2), linked(2, 0, '6', '702', 3)],
    bad: [made('5', 3), linked(1, 0, '5', '703', 2), made('6', 1), linked(2, 0, '6', '701', 3)],
  },
  {
    rule: 'child-access-subset-of-parent',
    good: [
      made('5', 3, '-ux'),
      linked(1, 0, '5', '503', 2),
      made('6', 2, '-ux'),
      linked(2, 0, '6', '502', 3),
    ],
    bad: [
      made('5', 3, '-ux'),
      linked(1, 0, '5', '503', 2),
      made('6', 2, 'wux'),
      linked(2, 0, '6', '702', 3),
    ],
  },
  {
    rule: 'direct-parent-has-direct-child',
    good: [
      made('200', 2, 'direct wux'),
      linked(1, 0, '200', '782', 2),
      made('200', 1, 'direct wux'),
      linked(2, 0, '200', '781', 3),
    ],
    bad: [
      made('200', 2, 'direct wux'),
      linked(1, 0, '200', '782', 2),
      made('6', 1),
      linked(2, 0, '6', '701', 3),
    ],
  },
  {
    rule: 'linked-sp-is-the-found-one',
    good: [made('6', 1), linked(1, 0, '6', '701', 3)],
    bad: [made('6', 1), linked(1, 0, '7', '701', 3)],
  },
  {
    rule: 'leaf-in-live-table',
    good: [made('6', 1), linked(1, 0, '6', '701', 3), leaf('9', ro('77'), '3000'), zapped('6', 1)],
    bad: [made('6', 1), linked(1, 0, '6', '701', 3), zapped('6', 1), leaf('9', ro('77'), '3000')],
  },
  {
    rule: 'direct-leaf-gfn-is-sp-gfn-plus-index',
    good: [
      made('200', 1, 'direct wux'),
      linked(1, 0, '200', '781', 3),
      leaf('202', ro('77'), '3010'),
    ],
    bad: [
      made('200', 1, 'direct wux'),
      linked(1, 0, '200', '781', 3),
      leaf('402', ro('77'), '3010'),
    ],
  },
  {
    rule: 'spte-pfn-as-requested',
    // 5.10 adds the offset of the level asked for to a frame that is not aligned to it.
    good: [requested('5', '7f', 2), leaf('5', ro('7e'), '1000')],
    bad: [requested('5', '7f'), leaf('5', ro('7e'), '1000')],
  },
  {
    rule: 'spte-pfn-aligned',
    good: [leaf('200', '4008e7', '1000', 2)],
    bad: [leaf('200', '4018e7', '1000', 2)],
  },
  {
    rule: 'one-pfn-per-gfn',
    good: [
      leaf('5', ro('77'), '1000'),
      leaf('5', ro('77'), '2000'),
      dropped('1000', ro('77')),
      dropped('2000', ro('77')),
      leaf('5', ro('78'), '2000'),
    ],
    bad: [leaf('5', ro('77'), '1000'), dropped('3000', ro('77')), leaf('5', ro('78'), '2000')],
  },
  {
    rule: 'leaf-inside-one-slot',
    good: [...slot(0, '0', '200000'), leaf('0', '4008e7', '1000', 2)],
    bad: [...slot(0, '0', '100000'), ...slot(1, '100000', '100000')].concat(
      leaf('0', '4008e7', '1000', 2),
    ),
  },
  {
    rule: 'update-keeps-pfn',
    good: [update('1000', rw('77'), ro('77')), mark('vmm: host poke gpa=0x1 value=0x2')].concat(
      update('1000', rw('77'), ro('78')),
    ),
    bad: [update('1000', rw('77'), ro('78'))],
  },
  {
    rule: 'readonly-slot-not-writable',
    good: [...slot(0, '0', '200000', '0x2'), leaf('5', ro('77'), '1000')],
    bad: [...slot(0, '0', '200000', '0x2'), leaf('5', rw('77'), '1000')],
  },
  {
    rule: 'nx-huge-not-exec',
    good: [leaf('200', '80000000004008e7', '1000', 2)],
    bad: [leaf('200', '4008e7', '1000', 2)],
    host: nxHost('N'),
  },
  {
    rule: 'tdp-nx-huge-not-exec',
    good: [tdp('200', 2, none, '80000000004008e7')],
    bad: [tdp('200', 2, none, '4008e7')],
    host: nxHost('Y'),
  },
  {
    rule: 'dirty-log-no-writable-huge',
    good: [...slot(0, '0', '400000', '0x1'), leaf('200', '4008e5', '1000', 2)],
    bad: [...slot(0, '0', '400000', '0x1'), leaf('200', '4008e7', '1000', 2)],
  },
  {
    rule: 'writable-spte-implies-dirty-logged',
    good: [...slot(0, '0', '400000', '0x1'), leaf('5', rw('77'), '1000')].concat(
      mark('dirty: slot 0 count=1 gfns: 5'),
    ),
    bad: [...slot(0, '0', '400000', '0x1'), leaf('5', rw('77'), '1000')].concat(
      mark('dirty: slot 0 count=1 gfns: 6'),
    ),
  },
  {
    rule: 'fast-fault-only-if-writable-allowed',
    good: [fast('77e65', '77e67')],
    bad: [fast('77a65', '77a67')],
  },
  { rule: 'fast-fault-keeps-pfn', good: [fast('77e65', '77e67')], bad: [fast('77e65', '78e67')] },
  {
    rule: 'flush-before-entry',
    // Another thread may enter in between: both happen under one lock.
    good: [dropped('1000', rw('77')), on(2, entry), flush, entry],
    bad: [dropped('1000', rw('77')), on(2, flush), entry],
  },
  {
    rule: 'tdp-old-matches-last-new',
    good: [tdp('5', 1, none, rw('77')), tdp('5', 1, ro('77').replace('865', 'e65'), none)],
    bad: [tdp('5', 1, none, rw('77')), tdp('5', 1, rw('78'), none)],
    host: tdpHost,
  },
  {
    rule: 'tdp-old-never-frozen',
    good: [tdp('5', 1, none, rw('77'))],
    bad: [tdp('5', 1, '80000000000005a0', rw('77'))],
    host: tdpHost,
  },
  {
    rule: 'tdp-leaf-to-leaf-keeps-pfn',
    good: [tdp('5', 1, rw('77'), ro('77'))],
    bad: [tdp('5', 1, rw('77'), rw('78'))],
    host: tdpHost,
  },
  {
    rule: 'live-sps-within-limit',
    good: [goal(10), ...fill(18), zapped('100', 1)],
    bad: [goal(10), zapped('9', 1), ...fill(19)],
  },
  {
    rule: 'mmio-spte-outside-slots',
    good: [...slot(0, '0', '5000'), 'mark_mmio_spte: sptep:00000000faff5299 gfn 5 access 5 gen 2'],
    bad: [...slot(0, '0', '6000'), 'mark_mmio_spte: sptep:00000000faff5299 gfn 5 access 5 gen 2'],
  },
  {
    rule: 'mmio-fault-outside-slots',
    good: [...slot(0, '0', '6000', '0x2'), 'handle_mmio_page_fault: addr:5000 gfn 5 access 4'],
    bad: [...slot(0, '0', '6000'), 'handle_mmio_page_fault: addr:5000 gfn 5 access 4'],
  },
  {
    rule: 'guest-oracle',
    good: [mark('cpu0 obs: stale=0 checked=9')],
    bad: [mark('cpu0 obs: stale=1 checked=9')],
  },
];
