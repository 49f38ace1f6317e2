/**
 * The difference of two states in KVM's words, one line per changed thing.
 *
 * `sp3 l1 gfn 0x4 unsync`, `spte sp1[0] pfn 0x2 wux -> -`, `+ owed flush {pfn 0x2}`. Works on
 * snapshots, so that it needs no bound state. Order: locks and vCPUs, guest memory, shadow pages,
 * TLBs, obligations.
 */
import { accessText } from './access.ts';
import { describeHost, type HostParts } from './describe-host.ts';
import { describeKept, type KeptParts } from './describe-kept.ts';
import { gpteText } from './gpte.ts';
import { spteText } from './spte.ts';
import type { RoleView, VcpuView } from './state.ts';

/** The parts of a snapshot that are described; the layout guarantees their shape. */
interface Snapshot extends HostParts {
  readonly mmu_lock: { readonly holder: number | null };
  readonly arch: { readonly indirect_shadow_pages: number };
  readonly ghost_owed: {
    readonly unmap: readonly number[];
    readonly protect: readonly number[];
    readonly link: boolean;
  };
  readonly ghost: { readonly warning: string };
  readonly gfn_write_track: readonly number[];
  readonly rmap: readonly (readonly number[])[];
  readonly memory: readonly (readonly number[])[];
  readonly sp: readonly Page[];
  readonly vcpu: readonly Vcpu[];
}

interface Page {
  readonly list: string;
  readonly gfn: number;
  readonly role: Pick<RoleView, 'level' | 'access' | 'direct' | 'smm' | 'invalid'>;
  readonly obsolete: boolean;
  readonly unsync: boolean;
  readonly unsync_children: number;
  readonly root_count: number;
  readonly write_flooding_count: number;
  readonly unsync_child_bitmap: readonly number[];
  readonly spt: readonly number[];
  readonly shadowed_gfn: readonly number[];
  readonly shadowed_access: readonly number[];
}

interface Vcpu extends Pick<
  VcpuView,
  'cr0_wp' | 'cr0_pg_clear' | 'smm' | 'cr4_smep' | 'cr4_smap' | 'cr4_pcide'
> {
  readonly pc: string;
  readonly root: number | null;
  readonly request_sync: boolean;
  readonly request_flush_current: boolean;
  readonly request_free_obsolete_roots: boolean;
  readonly request_flush_guest: boolean;
  readonly prev_root: readonly { readonly sp: number | null }[];
  readonly walker: { readonly ptes: readonly number[] };
  readonly pml_buffer: readonly number[];
  readonly mmio: { readonly va: number; readonly gfn: number; readonly generation: number };
  readonly ghost_tlb: readonly TlbEntry[];
  readonly ghost_psc: readonly PscEntry[];
}

interface TlbEntry {
  readonly valid: boolean;
  readonly va: number;
  readonly pfn: number;
  readonly access: number;
  readonly clean: boolean;
}

interface PscEntry {
  readonly valid: boolean;
  readonly va: number;
  readonly level: number;
  readonly sp: number;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Calls back with the index and both values where two lists of equal length differ. */
const eachChange = <T>(
  before: readonly T[],
  after: readonly T[],
  visit: (index: number, old: T, now: T) => void,
): void => {
  after.forEach((now, index) => {
    const old = before[index];
    if (old !== undefined && JSON.stringify(old) !== JSON.stringify(now)) visit(index, old, now);
  });
};

const pageText = (sp: number, page: Page): string =>
  `sp${sp} l${page.role.level} gfn ${hex(page.gfn)}`;

const describePage = (sp: number, old: Page, now: Page, say: (line: string) => void): void => {
  if (old.list === 'free') {
    const { access, direct, smm } = now.role;
    const kind = `${direct ? 'direct' : 'sync'}${smm ? ' smm' : ''}`;
    say(`+ ${pageText(sp, now)} access ${accessText(access)} ${kind}`);
  }
  if (now.list === 'free') {
    say(`- ${pageText(sp, old)} freed`);
    return;
  }
  const name = pageText(sp, now);
  if (now.obsolete && !old.obsolete) say(`${name} obsolete`);
  if (now.role.invalid && !old.role.invalid) say(`${name} invalid, list ${now.list}`);
  if (old.unsync !== now.unsync) say(`${name} ${now.unsync ? 'unsync' : 'sync'}`);
  if (old.root_count !== now.root_count) {
    say(`${name} root_count ${old.root_count} -> ${now.root_count}`);
  }
  if (old.unsync_children !== now.unsync_children) {
    const marks = now.unsync_child_bitmap.join(',');
    say(`${name} unsync_children ${old.unsync_children} -> ${now.unsync_children} {${marks}}`);
  }
  if (old.write_flooding_count < now.write_flooding_count) {
    say(`${name} write_flooding_count ${now.write_flooding_count}`);
  }
  eachChange(old.spt, now.spt, (i, from, to) => {
    say(`spte sp${sp}[${i}] ${spteText(from)} -> ${spteText(to)}`);
  });
  describeTranslations(sp, old, now, say);
};

/** What is cached beside the leaves that are present afterwards. */
const describeTranslations = (
  sp: number,
  old: Page,
  now: Page,
  say: (line: string) => void,
): void => {
  now.spt.forEach((spte, i) => {
    if (spte === 0) return;
    const from = `gfn ${hex(old.shadowed_gfn[i] ?? 0)} ${accessText(old.shadowed_access[i] ?? 0)}`;
    const to = `gfn ${hex(now.shadowed_gfn[i] ?? 0)} ${accessText(now.shadowed_access[i] ?? 0)}`;
    if (from !== to) say(`shadowed_translation sp${sp}[${i}] ${to}`);
  });
};

const describeVcpu = (v: number, old: Vcpu, now: Vcpu, say: (line: string) => void): void => {
  const name = `vcpu${v}`;
  if (old.pc === 'guest' && now.pc !== 'guest') say(`${name} exits, next ${now.pc}`);
  if (old.pc !== 'guest' && now.pc === 'guest') say(`${name} enters the guest`);
  if (old.root !== now.root) say(`${name} root ${rootText(old.root)} -> ${rootText(now.root)}`);
  eachChange(old.prev_root, now.prev_root, (i, from, to) => {
    say(`${name} prev_root[${i}] ${rootText(from.sp)} -> ${rootText(to.sp)}`);
  });
  if (old.smm !== now.smm) say(`${name} SMM ${now.smm ? 1 : 0}`);
  if (old.cr0_wp !== now.cr0_wp) say(`${name} CR0.WP ${now.cr0_wp ? 1 : 0}`);
  if (old.cr4_smep !== now.cr4_smep) say(`${name} CR4.SMEP ${now.cr4_smep ? 1 : 0}`);
  if (old.cr0_pg_clear !== now.cr0_pg_clear) say(`${name} CR0.PG ${now.cr0_pg_clear ? 0 : 1}`);
  if (old.cr4_pcide !== now.cr4_pcide) say(`${name} CR4.PCIDE ${now.cr4_pcide ? 1 : 0}`);
  if (old.cr4_smap !== now.cr4_smap) say(`${name} CR4.SMAP ${now.cr4_smap ? 1 : 0}`);
  for (const request of requests) {
    if (now[request] && !old[request]) say(`${name} + ${request}`);
    if (old[request] && !now[request]) say(`${name} - ${request}`);
  }
  if (JSON.stringify(old.mmio) !== JSON.stringify(now.mmio)) {
    say(`${name} remembers ${mmioText(now.mmio)}`);
  }
  if (old.pml_buffer.join() !== now.pml_buffer.join()) {
    say(`${name} PML buffer {${now.pml_buffer.map(hex).join(',')}}`);
  }
  eachChange(old.walker.ptes, now.walker.ptes, (i, _from, to) => {
    if (to !== 0) say(`${name} walk l${i + 1} reads ${gpteText(to)}`);
  });
};

const mmioText = ({ va, gfn, generation }: Vcpu['mmio']): string =>
  va === 0 ? 'no MMIO' : `MMIO at va ${hex(va - 1)} gfn ${hex(gfn)} generation ${generation}`;

const requests = [
  'request_sync',
  'request_flush_current',
  'request_free_obsolete_roots',
  'request_flush_guest',
] as const satisfies readonly (keyof Vcpu)[];

const rootText = (sp: number | null): string => (sp === null ? 'none' : `sp${sp}`);

const describeHardware = (v: number, old: Vcpu, now: Vcpu, say: (line: string) => void): void => {
  eachChange(old.ghost_tlb, now.ghost_tlb, (_i, from, to) => {
    say(`tlb vcpu${v} ${tlbText(from)} -> ${tlbText(to)}`);
  });
  eachChange(old.ghost_psc, now.ghost_psc, (_i, from, to) => {
    say(`psc vcpu${v} ${pscText(from)} -> ${pscText(to)}`);
  });
};

const tlbText = (entry: TlbEntry): string => {
  if (!entry.valid) return '-';
  const rights = `${accessText(entry.access)}${entry.clean ? ' !D' : ''}`;
  return `{va ${hex(entry.va)} pfn ${hex(entry.pfn)} ${rights}}`;
};

const pscText = (entry: PscEntry): string =>
  entry.valid ? `{va ${hex(entry.va)} l${entry.level} sp${entry.sp}}` : '-';

const owedText = (owed: Snapshot['ghost_owed']): string =>
  [
    ...(owed.unmap.length > 0 ? [`unmap pfn ${owed.unmap.map(hex).join(',')}`] : []),
    ...(owed.protect.length > 0 ? [`protect pfn ${owed.protect.map(hex).join(',')}`] : []),
    ...(owed.link ? ['link'] : []),
  ].join('; ');

/** One line per change; empty when nothing that has words changed. */
export const describeChanges = (
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly string[] => {
  const old = before as unknown as Snapshot;
  const now = after as unknown as Snapshot;
  const lines: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
  };
  describeLock(old, now, say);
  describeHost(old, now, say);
  describeKept(before as unknown as KeptParts, after as unknown as KeptParts, say);
  eachChange(old.vcpu, now.vcpu, (v, from, to) => describeVcpu(v, from, to, say));
  eachChange(old.memory, now.memory, (gfn, from, to) => {
    eachChange(from, to, (i, was, is) => {
      say(`gpte gfn ${hex(gfn)}[${i}] ${gpteText(was)} -> ${gpteText(is)}`);
    });
  });
  eachChange(old.sp, now.sp, (sp, from, to) => describePage(sp, from, to, say));
  eachChange(old.gfn_write_track, now.gfn_write_track, (gfn, from, to) => {
    say(`gfn_write_track ${hex(gfn)} ${from} -> ${to}`);
  });
  eachChange(old.vcpu, now.vcpu, (v, from, to) => describeHardware(v, from, to, say));
  describeOwed(old, now, say);
  if (old.ghost.warning !== now.ghost.warning) say(`WARN ${now.ghost.warning}`);
  return lines;
};

const describeLock = (old: Snapshot, now: Snapshot, say: (line: string) => void): void => {
  const from = old.mmu_lock.holder;
  const to = now.mmu_lock.holder;
  if (from === to) return;
  if (from !== null) say(`- mmu_lock vcpu${from}`);
  if (to !== null) say(`+ mmu_lock vcpu${to}`);
};

const describeOwed = (old: Snapshot, now: Snapshot, say: (line: string) => void): void => {
  const from = owedText(old.ghost_owed);
  const to = owedText(now.ghost_owed);
  if (from === to) return;
  say(to === '' ? `- owed flush {${from}}` : `+ owed flush {${to}}`);
};
