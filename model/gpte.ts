/**
 * Guest page-table entries as words. Kernel: FNAME(gpte_*) of paging_tmpl.h.
 *
 * Bit 0 present, bits 1..3 access, bit 4 accessed, bit 5 dirty, bit 6 page size (a leaf above 4K),
 * from bit 7 the guest frame.
 * A non-present entry is the word 0: the guest stores nothing else there.
 */
import { ACC_ALL, ACC_EXEC_MASK, ACC_WRITE_MASK, accessText } from './access.ts';

const PRESENT = 1;
const ACCESS_SHIFT = 1;
const PT_ACCESSED_MASK = 1 << 4;
const PT_DIRTY_MASK = 1 << 5;
const PT_PAGE_SIZE_MASK = 1 << 6;
const GFN_SHIFT = 7;

export const NO_GPTE = 0;

export interface GpteFields {
  readonly gfn: number;
  readonly access?: number;
  /** Accessed flag; set unless the guest clears it. */
  readonly accessed?: boolean;
  /** Dirty flag; set unless the guest clears it. */
  readonly dirty?: boolean;
  /** A leaf above 4K, which maps an aligned run of frames. */
  readonly large?: boolean;
}

/** A present entry; every right and both flags unless told otherwise. */
export const gpte = (f: GpteFields): number =>
  PRESENT |
  ((f.access ?? ACC_ALL) << ACCESS_SHIFT) |
  ((f.accessed ?? true) ? PT_ACCESSED_MASK : 0) |
  ((f.dirty ?? true) ? PT_DIRTY_MASK : 0) |
  (f.large === true ? PT_PAGE_SIZE_MASK : 0) |
  (f.gfn << GFN_SHIFT);

export const is_present_gpte = (pte: number): boolean => (pte & PRESENT) !== 0;
export const gpte_to_gfn = (pte: number): number => pte >>> GFN_SHIFT;
export const gpte_access = (pte: number): number => (pte >>> ACCESS_SHIFT) & ACC_ALL;
export const gpte_accessed = (pte: number): boolean => (pte & PT_ACCESSED_MASK) !== 0;
export const gpte_dirty = (pte: number): boolean => (pte & PT_DIRTY_MASK) !== 0;
/** is_large_pte(): an entry above 4K that maps frames instead of leading to a table. */
export const is_large_pte = (pte: number): boolean => (pte & PT_PAGE_SIZE_MASK) !== 0;
export const gpteWithAccessed = (pte: number): number => pte | PT_ACCESSED_MASK;
export const gpteWithDirty = (pte: number): number => pte | PT_DIRTY_MASK;

/**
 * FNAME(is_rsvd_bits_set): with EFER.NX clear the execute-disable bit is reserved. Abstracts: all
 * other reserved bits, which the guest leaves alone.
 */
export const is_rsvd_bits_set = (pte: number, efer_nx: boolean): boolean =>
  !efer_nx && (gpte_access(pte) & ACC_EXEC_MASK) === 0;

/** FNAME(protect_clean_gpte): a clean leaf grants no write until a write fault sets its D flag. */
export const protect_clean_gpte = (access: number, pte: number): number =>
  gpte_dirty(pte) ? access : access & ~ACC_WRITE_MASK;

/** Largest word over `gfns` guest frames. */
export const gpteMax = (gfns: number): number => ((gfns - 1) << GFN_SHIFT) | ((1 << GFN_SHIFT) - 1);

/** `gfn 0x3 wux`, with the flags that are clear named. */
export const gpteText = (pte: number): string => {
  if (!is_present_gpte(pte)) return 'not present';
  const clear = `${gpte_accessed(pte) ? '' : ' !A'}${gpte_dirty(pte) ? '' : ' !D'}`;
  const large = is_large_pte(pte) ? ' large' : '';
  return `gfn 0x${gpte_to_gfn(pte).toString(16)} ${accessText(gpte_access(pte))}${large}${clear}`;
};
