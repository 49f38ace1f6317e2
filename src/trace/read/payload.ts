/** The text after the name of an event, read. One reader per event; undefined: malformed. */
import type { SpteAddress, TraceEvent } from './event.ts';
import { parseDescriptor } from './role.ts';
import { parseSpte, type KernelFamily } from './spte.ts';

export interface Payload {
  readonly text: string;
  readonly family: KernelFamily;
}

type Reader = (payload: Payload) => TraceEvent | undefined;

const hex = (text: string | undefined): number => Number.parseInt(text ?? '', 16);

/** Starts of the direct map without randomisation, with four and five levels of paging. */
const MAP_4_HI = 0xffff8880;
const MAP_5_HI = 0xff110000;

/** Kernel virtual to physical; exact, because a map is far below 2^53 bytes. */
export function spteAddress(digits: string): SpteAddress {
  const hi = hex(digits.slice(0, -8));
  const lo = hex(digits.slice(-8));
  return (hi - (hi >= 0xffff0000 ? MAP_4_HI : MAP_5_HI)) * 2 ** 32 + lo;
}

/** A reader for a form with groups; `read` gets the groups from 1. */
const form =
  (pattern: RegExp, read: (...groups: string[]) => TraceEvent): Reader =>
  ({ text }) => {
    const m = pattern.exec(text);
    return m === null ? undefined : read(...m.slice(1));
  };

const ofPage =
  (kind: 'kvm_mmu_unsync_page' | 'kvm_mmu_sync_page' | 'kvm_mmu_prepare_zap_page'): Reader =>
  ({ text, family }) => {
    const described = parseDescriptor(text, family);
    return described && { kind, sp: described.sp };
  };

const gotten: Reader = ({ text, family }) => {
  const described = parseDescriptor(text, family);
  if (described?.created === undefined) return undefined;
  return { kind: 'kvm_mmu_get_page', sp: described.sp, created: described.created };
};

const constant = (event: TraceEvent): Reader => {
  return () => event;
};

const HEX = '([0-9a-f]+)';
/** `name value` as tracefs prints it, or `name=value`. */
const f = (name: string, value: string): string => `${name}[ =]${value}`;

const spteRequested = new RegExp(
  `^${f('gfn', HEX)} ${f('pfn', HEX)} ${f('level', '(\\d+)')}(?: access[ =][0-9a-f]+)?$`,
);
const spteSet = new RegExp(`^gfn ${HEX} spte ${HEX} \\([-rwxu]{3,4}\\) level (\\d+) at ${HEX}$`);
const spteSetRaw = new RegExp(`^gfn=${HEX} spte=${HEX} sptep=${HEX} level=(\\d+)(?: [rxu]=\\S+)*$`);
const split = new RegExp(
  `^${f('gfn', HEX)} ${f('spte', HEX)} ${f('level', '(\\d+)')} ${f('errno', '(-?\\d+)')}$`,
);
const tdpChanged = new RegExp(
  `^as id (\\d+) gfn ${HEX} level (\\d+) old_spte ${HEX} new_spte ${HEX}$`,
);
const tdpChangedRaw = new RegExp(
  `^gfn=${HEX} old_spte=${HEX} new_spte=${HEX} level=(\\d+) as_id=(\\d+)$`,
);
const fastFault = new RegExp(
  `^vcpu \\d+ gva ${HEX} error_code \\S* ?sptep \\S+ old (?:0x)?${HEX} new (?:0x)?${HEX} ` +
    'spurious ([01]) fixed ([01])$',
);
const fastFaultRaw = new RegExp(
  `^vcpu_id=\\d+ cr2_or_gpa=(?:0x)?${HEX} error_code=\\S* sptep=\\S+ ` +
    `old_spte=(?:0x)?${HEX} new_spte=(?:0x)?${HEX} ret=(\\d+)$`,
);
/** `(drop_spte+0x0/0x190 [kvm]) `, or the address of the probe in `report -R`. */
const PROBE = '(?:\\)|__probe\\w*=\\S+) ';
const X = `(?:0x)?${HEX}`;
const probeSpte = new RegExp(`${PROBE}(?:gfn=\\S+ role=\\S+ )?sptep=${X} spte=${X}$`);
const probeUpdate = new RegExp(`${PROBE}sptep=${X} old=${X} new=${X}$`);
const probeLink = new RegExp(`${PROBE}sptep=${X} childgfn=${X} role=${X} spt=${X}$`);

const isPhysicalAddress = (digits: string): boolean => digits.length <= 13;

const readSpteSet: Reader = ({ text }) => {
  const m = spteSet.exec(text) ?? spteSetRaw.exec(text);
  if (m === null) return undefined;
  const raw = text.startsWith('gfn=');
  const [, gfn, spte = '', third = '', fourth = ''] = m;
  const at = raw ? third : fourth;
  if (!isPhysicalAddress(at)) return undefined;
  return {
    kind: 'kvm_mmu_set_spte',
    gfn: hex(gfn),
    spte: parseSpte(spte),
    level: Number(raw ? fourth : third),
    sptep: hex(at),
  };
};

/**
 * `report -R` prints the outcome as a number, which moved: 3 in 5.10, 4 up to 6.11, 5 from then on,
 * where 4 is another one that leaves the entry as it was.
 */
function isFixedRaw(family: KernelFamily, outcome: string, changed: boolean): boolean {
  return family === '5.10' ? outcome === '3' : changed && (outcome === '4' || outcome === '5');
}

const readFastFault: Reader = ({ text, family }) => {
  const raw = fastFaultRaw.exec(text);
  const m = raw ?? fastFault.exec(text);
  if (m === null) return undefined;
  const [, address, old = '', now = '', fourth = '', fixed] = m;
  return {
    kind: 'fast_page_fault',
    address: hex(address),
    old: parseSpte(old),
    new: parseSpte(now),
    fixed: raw === null ? fixed === '1' : isFixedRaw(family, fourth, old !== now),
  };
};

const readTdpChanged: Reader = ({ text }) => {
  const raw = text.startsWith('gfn=');
  const m = (raw ? tdpChangedRaw : tdpChanged).exec(text);
  if (m === null) return undefined;
  const groups = m.slice(1);
  const [asId, gfn, level, old = '', now = ''] = raw
    ? [groups[4], groups[0], groups[3], groups[1], groups[2]]
    : groups;
  return {
    kind: 'kvm_tdp_mmu_spte_changed',
    asId: Number(asId),
    gfn: hex(gfn),
    level: Number(level),
    old: parseSpte(old),
    new: parseSpte(now),
  };
};

const marker: Reader = ({ text }) => ({ kind: 'marker', text: text.replace(/^ip=\S+ buf=/, '') });
const printed: Reader = ({ text }) => ({
  kind: 'marker',
  text: text.replace(/^(?:ip=\S+ buf=|tracing_mark_write: )/, ''),
});

const dropped = form(probeSpte, (sptep = '', spte = '') => ({
  kind: 'drop_spte',
  sptep: spteAddress(sptep),
  spte: parseSpte(spte),
}));

const remote = constant({ kind: 'flush', remote: true });
const local = constant({ kind: 'flush', remote: false });
const boundary = (what: string): Reader => constant({ kind: 'boundary', what });

/** By name of the event. Events that are not here are counted, and otherwise unknown. */
export const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['kvm_mmu_get_page', gotten],
  ['kvm_mmu_unsync_page', ofPage('kvm_mmu_unsync_page')],
  ['kvm_mmu_sync_page', ofPage('kvm_mmu_sync_page')],
  ['kvm_mmu_prepare_zap_page', ofPage('kvm_mmu_prepare_zap_page')],
  [
    'kvm_mmu_zap_all_fast',
    form(
      /^(?:kvm-mmu-valid-gen |mmu_valid_gen=)(\d+)(?: (?:mmu_)?used_pages[ =]([0-9a-f]+))?$/,
      (gen, used) => ({
        kind: 'kvm_mmu_zap_all_fast',
        gen: Number(gen),
        used: used === undefined ? undefined : hex(used),
      }),
    ),
  ],
  [
    'kvm_mmu_spte_requested',
    form(spteRequested, (gfn, pfn, level) => ({
      kind: 'kvm_mmu_spte_requested',
      gfn: hex(gfn),
      pfn: hex(pfn),
      level: Number(level),
    })),
  ],
  ['kvm_mmu_set_spte', readSpteSet],
  [
    'kvm_mmu_split_huge_page',
    form(split, (gfn, spte = '', level, errno) => ({
      kind: 'kvm_mmu_split_huge_page',
      gfn: hex(gfn),
      spte: parseSpte(spte),
      level: Number(level),
      errno: Number(errno),
    })),
  ],
  ['fast_page_fault', readFastFault],
  ['kvm_tdp_mmu_spte_changed', readTdpChanged],
  [
    'mark_mmio_spte',
    form(/^sptep[:=]\S+ gfn[ =]([0-9a-f]+) access[ =]\S+ gen[ =]([0-9a-f]+)$/, (gfn, gen) => ({
      kind: 'mark_mmio_spte',
      gfn: hex(gfn),
      gen: hex(gen),
    })),
  ],
  [
    'handle_mmio_page_fault',
    form(/^addr[:=]\S+ gfn[ =]([0-9a-f]+) access[ =]\S+$/, (gfn) => ({
      kind: 'handle_mmio_page_fault',
      gfn: hex(gfn),
    })),
  ],
  [
    'kvm_entry',
    form(/^vcpu(?:_id=| )(\d+)/, (vcpu) => ({ kind: 'kvm_entry', vcpu: Number(vcpu) })),
  ],
  [
    'kvm_exit',
    form(/^(?:vcpu \d+ )?(?:reason |exit_reason=)(.+?)(?: rip | guest_rip=|$)/, (reason = '') => ({
      kind: 'kvm_exit',
      reason,
    })),
  ],
  ['kvm_page_fault', boundary('fault')],
  ['sync_roots', boundary('synchronisation')],
  ['sync_children', boundary('synchronisation')],
  ['invlpg', boundary('synchronisation')],
  ['invalidate_addr', boundary('synchronisation')],
  ['flush_remote', remote],
  ['flush_remote_range', remote],
  ['flush_remote_memslot', remote],
  ['flush_all', local],
  ['flush_current', local],
  ['flush_asid', local],
  ['flush_guest', local],
  [
    'link_sp',
    form(probeLink, (sptep = '', gfn, role, spt = '') => ({
      kind: 'link_sp',
      sptep: spteAddress(sptep),
      gfn: hex(gfn),
      role: hex(role),
      spt: spteAddress(spt),
    })),
  ],
  ['drop_spte', dropped],
  ['spte_clear', dropped],
  ['page_zap_pte', dropped],
  [
    'spte_update',
    form(probeUpdate, (sptep = '', old = '', now = '') => ({
      kind: 'spte_update',
      sptep: spteAddress(sptep),
      old: parseSpte(old),
      new: parseSpte(now),
    })),
  ],
  [
    'change_mmu_pages',
    form(/[)\da-f] goal=(0x[0-9a-f]+|\d+)$/, (goal) => ({
      kind: 'change_mmu_pages',
      goal: Number(goal),
    })),
  ],
  [
    'write_protect_gfn',
    form(/[)\da-f] gfn=(?:0x)?([0-9a-f]+) /, (gfn) => ({
      kind: 'write_protect_gfn',
      gfn: hex(gfn),
    })),
  ],
  [
    'write_protect_gfn_ret',
    form(/[)\da-f] ret=(?:0x)?(\d+)$/, (ret) => ({
      kind: 'write_protect_gfn_ret',
      changed: ret === '1',
    })),
  ],
  [
    'unmap_gfn_range',
    form(/[)\da-f] start=(?:0x)?([0-9a-f]+) end=(?:0x)?([0-9a-f]+)$/, (first, end) => ({
      kind: 'unmap_gfn_range',
      first: hex(first),
      end: hex(end),
    })),
  ],
  [
    'unmap_gfn_range_ret',
    form(/[)\da-f] flush=(?:0x)?(\d+)$/, (flush) => ({
      kind: 'unmap_gfn_range_ret',
      flush: flush !== '0',
    })),
  ],
  ...['kvm_nested_vmenter', 'kvm_nested_vmrun', 'kvm_smm_transition', 'kvm_enter_smm'].map(
    (name): [string, Reader] => [name, constant({ kind: 'context' })],
  ),
  ['tracing_mark_write', marker],
  ['print', printed],
]);
