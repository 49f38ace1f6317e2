/**
 * The difference of two states in KVM's words, as far as the VM as a whole and threads other than
 * vCPUs are concerned: notifier and frames of the host, memory slots, the log of dirty pages,
 * splitting, the NX huge page mitigation, counters. See `describe.ts`.
 */

interface Memslots {
  readonly pc: string;
  readonly state: string;
  readonly base: number;
  readonly generation: number;
  readonly update_in_progress: boolean;
}

interface DirtyLog {
  readonly enabled: boolean;
  readonly dirty_bitmap: readonly number[];
  readonly ghost_unlogged: readonly number[];
}

interface Split {
  readonly pc: string;
  readonly spare: boolean;
  readonly carried: boolean;
  readonly child: number;
}

interface Notifier {
  readonly calls: readonly { readonly pc: string; readonly gfn: number }[];
  readonly mmu_invalidate_in_progress: number;
  readonly mmu_invalidate_seq: number;
  readonly mmu_invalidate_range_start: number;
  readonly mmu_invalidate_range_end: number;
}

interface Nx {
  readonly nx_huge_pages: boolean;
  readonly possible_nx_huge_pages: readonly (number | null)[];
}

/** The parts of a snapshot that are described here. */
export interface HostParts {
  readonly arch: { readonly n_used_mmu_pages: number; readonly n_max_mmu_pages: number };
  readonly nx: Nx;
  readonly mmu_notifier: Notifier;
  readonly host_pfn: readonly number[];
  readonly host_level: readonly number[];
  readonly host: { readonly readonly: readonly number[]; readonly dirty: readonly number[] };
  readonly zapper: { readonly pc: string };
  readonly memslots: Memslots;
  readonly dirty_log: DirtyLog;
  readonly split: Split;
  readonly disallow_lpage: readonly number[];
}

type Say = (line: string) => void;

const hex = (value: number): string => `0x${value.toString(16)}`;

export const describeHost = (old: HostParts, now: HostParts, say: Say): void => {
  describeNotifier(old.mmu_notifier, now.mmu_notifier, say);
  describeFrames(old, now, say);
  describeZapper(old.zapper.pc, now.zapper.pc, say);
  describeMemslots(old.memslots, now.memslots, say);
  describeDirtyLog(old.dirty_log, now.dirty_log, say);
  describeSplit(old.split, now.split, say);
  describeNx(old.nx, now.nx, say);
  describeCounts(old, now, say);
};

const describeNotifier = (old: Notifier, now: Notifier, say: Say): void => {
  now.calls.forEach(({ pc, gfn }, call) => {
    const was = old.calls[call] ?? { pc, gfn };
    if (was.pc === 'idle' && pc !== 'idle') say(`+ invalidation of gfn ${hex(gfn)}`);
    if (was.pc !== 'flush' && pc === 'flush') say('+ mmu_lock mm');
    if (was.pc === 'flush' && pc !== 'flush') say('- mmu_lock mm');
    if (was.pc !== 'idle' && pc === 'idle') say(`- invalidation of gfn ${hex(was.gfn)}`);
  });
  const range = ({ mmu_invalidate_in_progress: n, ...to }: Notifier): string =>
    `${n} from gfn ${hex(to.mmu_invalidate_range_start)} to ${hex(to.mmu_invalidate_range_end)}`;
  if (range(old) !== range(now)) {
    const none = now.mmu_invalidate_in_progress === 0;
    say(`mmu_invalidate_in_progress ${none ? 0 : range(now)}`);
  }
  if (old.mmu_invalidate_seq !== now.mmu_invalidate_seq) {
    say(`mmu_invalidate_seq ${now.mmu_invalidate_seq}`);
  }
};

const describeFrames = (old: HostParts, now: HostParts, say: Say): void => {
  now.host_pfn.forEach((pfn, gfn) => {
    const was = old.host_pfn[gfn] ?? pfn;
    if (was !== pfn) say(`host gfn ${hex(gfn)} pfn ${hex(was)} -> ${hex(pfn)}`);
  });
  now.host_level.forEach((level, gfn) => {
    const was = old.host_level[gfn] ?? level;
    if (was !== level) say(`host gfn ${hex(gfn)} l${was} -> l${level}`);
  });
  const readonly = added(old.host.readonly, now.host.readonly);
  const writable = added(now.host.readonly, old.host.readonly);
  if (readonly !== '') say(`host gfn ${readonly} read-only`);
  if (writable !== '') say(`host gfn ${writable} writable`);
  const dirty = added(old.host.dirty, now.host.dirty);
  if (dirty !== '') say(`host pfn ${dirty} reported as written`);
};

/** What is in the second list alone, as text. */
const added = (old: readonly number[], now: readonly number[]): string =>
  now
    .filter((item) => !old.includes(item))
    .map(hex)
    .join(',');

const describeZapper = (old: string, now: string, say: Say): void => {
  const held = (pc: string): boolean => pc !== 'idle' && pc !== 'gone';
  if (held(now) && !held(old)) say('+ mmu_lock zap');
  if (held(old) && !held(now)) say('- mmu_lock zap');
  if (now === 'gone' && old !== 'gone') say('the VM is gone');
};

const describeNx = (old: Nx, now: Nx, say: Say): void => {
  if (old.nx_huge_pages !== now.nx_huge_pages) {
    say(`nx_huge_pages ${now.nx_huge_pages ? 'on' : 'off'}`);
  }
  const list = ({ possible_nx_huge_pages: pages }: Nx): string =>
    pages
      .filter((sp) => sp !== null)
      .map((sp) => `sp${sp}`)
      .join(',');
  if (list(old) !== list(now)) say(`possible_nx_huge_pages {${list(now)}}`);
};

const describeCounts = (old: HostParts, now: HostParts, say: Say): void => {
  for (const name of ['n_used_mmu_pages', 'n_max_mmu_pages'] as const) {
    const [from, to] = [old.arch[name], now.arch[name]];
    if (from !== to) say(`${name} ${from} -> ${to}`);
  }
  now.disallow_lpage.forEach((to, run) => {
    const from = old.disallow_lpage[run] ?? to;
    if (from !== to) say(`disallow_lpage[${run}] ${from} -> ${to}`);
  });
};

const describeMemslots = (old: Memslots, now: Memslots, say: Say): void => {
  const held = (slots: Memslots): boolean => slots.pc === 'zap' || slots.pc === 'commit';
  if (held(now) && !held(old)) say('+ mmu_lock ioctl');
  if (held(old) && !held(now)) say('- mmu_lock ioctl');
  if (old.state !== now.state) say(`slot ${old.state} -> ${now.state}`);
  if (old.base !== now.base) say(`slot at base ${now.base}`);
  if (now.update_in_progress && !old.update_in_progress) say('slots + update in progress');
  if (old.generation !== now.generation) say(`slots generation ${now.generation}`);
  if (old.update_in_progress && !now.update_in_progress) say('slots - update in progress');
};

const describeDirtyLog = (old: DirtyLog, now: DirtyLog, say: Say): void => {
  if (old.enabled !== now.enabled) say(`dirty logging ${now.enabled ? 'on' : 'off'}`);
  const marked = added(old.dirty_bitmap, now.dirty_bitmap);
  const gone = added(now.dirty_bitmap, old.dirty_bitmap);
  if (marked !== '') say(`dirty_bitmap + page ${marked}`);
  if (gone !== '') say(`dirty_bitmap - page ${gone}`);
  const lost = added(old.ghost_unlogged, now.ghost_unlogged);
  if (lost !== '') say(`page ${lost} written, not in the log`);
};

const describeSplit = (old: Split, now: Split, say: Say): void => {
  const held = ({ pc }: Split): boolean => pc !== 'idle' && pc !== 'start' && pc !== 'topup';
  if (held(now) && !held(old)) say('+ mmu_lock ioctl');
  if (held(old) && !held(now)) say('- mmu_lock ioctl');
  if (now.pc === 'idle') return;
  if (now.spare !== old.spare) say(`split ${now.spare ? '+' : '-'} page in advance`);
  if (now.carried && !old.carried) say(`split keeps sp${now.child} for later`);
};
