/**
 * Shadow page-table entries as a trace prints them: 64 bits in two halves. Kernel: spte.h.
 *
 * The software bits moved between kernels and differ between the x86 and the EPT format; the
 * predicates have the names that the model uses for its own small words.
 */

export interface Spte {
  /** Bits 63..32 and 31..0, both from 0 to 2^32-1. */
  readonly hi: number;
  readonly lo: number;
}

/** `text`: hexadecimal digits without prefix, at most 16. */
export function parseSpte(text: string): Spte {
  const at = text.length - 8;
  return at <= 0
    ? { hi: 0, lo: Number.parseInt(text, 16) }
    : { hi: Number.parseInt(text.slice(0, at), 16), lo: Number.parseInt(text.slice(at), 16) };
}

export const spteText = ({ hi, lo }: Spte): string =>
  hi === 0 ? lo.toString(16) : hi.toString(16) + lo.toString(16).padStart(8, '0');

/** Bits 51..12. */
export const spte_to_pfn = ({ hi, lo }: Spte): number =>
  (hi & 0xfffff) * 0x100000 + Math.floor(lo / 0x1000);

export const isSameSpte = (a: Spte, b: Spte): boolean => a.hi === b.hi && a.lo === b.lo;

/** Pages of 4 KiB that an entry of a table of this level maps. */
export const pagesAt = (level: number): number => 512 ** (level - 1);

/** First gfn of the range that an entry of this level over `gfn` maps. */
export const baseOf = (gfn: number, level: number): number => gfn - (gfn % pagesAt(level));

export type KernelFamily = '5.10' | '6.x' | '7.x';
export type EntryFormat = 'x86' | 'ept';

/** What the bits mean in one kernel and format. */
export interface SpteFormat {
  readonly family: KernelFamily;
  readonly format: EntryFormat;
  readonly is_shadow_present_pte: (spte: Spte) => boolean;
  readonly is_mmio_spte: (spte: Spte) => boolean;
  /** A value that marks an entry of the TDP MMU which its owner alone may change. */
  readonly is_frozen_spte: (spte: Spte) => boolean;
  readonly is_last_spte: (spte: Spte, level: number) => boolean;
  readonly is_writable_pte: (spte: Spte) => boolean;
  readonly is_executable_pte: (spte: Spte) => boolean;
  readonly isHostWritable: (spte: Spte) => boolean;
  readonly is_mmu_writable_spte: (spte: Spte) => boolean;
  /** Without the bits that change without an event: accessed, dirty, writable. */
  readonly settled: (spte: Spte) => Spte;
}

const W = 1 << 1;
const PS = 1 << 7;
const bit = (n: number): ((spte: Spte) => boolean) =>
  n < 32 ? ({ lo }) => ((lo >>> n) & 1) === 1 : ({ hi }) => ((hi >>> (n - 32)) & 1) === 1;

/** All but the write right and the accessed and dirty bits of either format. */
const settledBits = ~(W | (1 << 5) | (1 << 6) | (1 << 8) | (1 << 9));

/** Whether a leaf has the memory type that KVM gives it in the EPT format, and no other one. */
export const looksLikeEpt = ({ lo }: Spte): boolean => (lo & 0x38) === 0x30;

/** FROZEN_SPTE, REMOVED_SPTE. */
const frozenWords: Readonly<Record<KernelFamily, readonly string[]>> = {
  '5.10': [],
  '6.x': ['5a0', '80000000000005a0'],
  '7.x': ['80000000000001a0'],
};

/** 5.10 marks MMIO entries with both bits of the A/D type. */
const isMmio510 = ({ hi }: Spte): boolean => (hi & 0x300000) === 0x300000;

function softwareBits(family: KernelFamily, format: EntryFormat): { host: number; mmu: number } {
  if (format === 'x86') return family === '5.10' ? { host: 10, mmu: 11 } : { host: 9, mmu: 10 };
  if (family === '5.10') return { host: 10, mmu: 11 };
  return family === '6.x' ? { host: 57, mmu: 58 } : { host: 53, mmu: 55 };
}

export function spteFormat(family: KernelFamily, format: EntryFormat): SpteFormat {
  const { host, mmu } = softwareBits(family, format);
  const frozen = frozenWords[family].map(parseSpte);
  const mmuPresent = bit(11);
  const isZero = ({ hi, lo }: Spte) => hi === 0 && lo === 0;
  const is_mmio_spte =
    family === '5.10' ? isMmio510 : (spte: Spte) => !mmuPresent(spte) && (spte.hi & 0x80000) !== 0;
  const x86 = format === 'x86';
  const nx = bit(63);
  const x = bit(2);
  return {
    family,
    format,
    is_shadow_present_pte:
      family === '5.10' ? (spte) => !isZero(spte) && !isMmio510(spte) : mmuPresent,
    is_mmio_spte,
    is_frozen_spte: (spte) => frozen.some((word) => isSameSpte(word, spte)),
    is_last_spte: ({ lo }, level) => level === 1 || (lo & PS) !== 0,
    is_writable_pte: ({ lo }) => (lo & W) !== 0,
    is_executable_pte: x86 ? (spte) => !nx(spte) : x,
    isHostWritable: bit(host),
    is_mmu_writable_spte: bit(mmu),
    settled: ({ hi, lo }) => ({ hi, lo: (lo & settledBits) >>> 0 }),
  };
}

/** Whether hardware may know more after a change of an entry than what is left in it. */
export function takesAway(format: SpteFormat, old: Spte, now: Spte): boolean {
  if (!format.is_shadow_present_pte(old)) return false;
  if (!format.is_shadow_present_pte(now)) return true;
  return format.is_writable_pte(old) && !format.is_writable_pte(now);
}
