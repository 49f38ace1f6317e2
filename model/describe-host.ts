/**
 * The difference of two states in KVM's words, as far as threads other than vCPUs are concerned:
 * memory slots, the log of dirty pages, splitting. See `describe.ts`.
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

/** The parts of a snapshot that are described here. */
export interface HostParts {
  readonly memslots: Memslots;
  readonly dirty_log: DirtyLog;
  readonly split: Split;
}

type Say = (line: string) => void;

const hex = (value: number): string => `0x${value.toString(16)}`;

export const describeHost = (old: HostParts, now: HostParts, say: Say): void => {
  describeMemslots(old.memslots, now.memslots, say);
  describeDirtyLog(old.dirty_log, now.dirty_log, say);
  describeSplit(old.split, now.split, say);
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
  const pages = (of: readonly number[], but: readonly number[]): string =>
    of
      .filter((page) => !but.includes(page))
      .map(hex)
      .join(',');
  const added = pages(now.dirty_bitmap, old.dirty_bitmap);
  const gone = pages(old.dirty_bitmap, now.dirty_bitmap);
  if (added !== '') say(`dirty_bitmap + page ${added}`);
  if (gone !== '') say(`dirty_bitmap - page ${gone}`);
  const lost = pages(now.ghost_unlogged, old.ghost_unlogged);
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
