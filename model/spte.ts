/**
 * Shadow page-table entries as words. Kernel: spte.h, spte.c.
 *
 * Bit 0 MMU-present, bit 1 leaf, bits 2..4 access, bit 5 host-writable, bit 6 MMU-writable, bit 7
 * that the dirty flag is clear, from bit 8 the host frame of a leaf or the shadow page that a table
 * entry leads to. Every present entry is readable; its accessed flag is always set.
 *
 * An MMIO SPTE is not present and has the leaf bit; above are a guest frame and a generation.
 *
 * Abstracts: KVM creates SPTEs with both flags set outside prefetching. The accessed flag is kept
 * beside the entries where the host ages them, see `shadow/accessed.ts`; the dirty flag is cleared
 * for PML only.
 */
import { ACC_ALL, ACC_EXEC_MASK, ACC_WRITE_MASK, accessText } from './access.ts';

const PRESENT = 1;
const LEAF = 2;
const ACCESS_SHIFT = 2;
const HOST_WRITABLE = 1 << 5;
const MMU_WRITABLE = 1 << 6;
const DIRTY_CLEAR = 1 << 7;
const TARGET_SHIFT = 8;

/** The mark of an MMIO SPTE: the leaf bit of an entry that is not present. */
const SPECIAL = PRESENT | LEAF;
const MMIO = LEAF;

/** SHADOW_NONPRESENT_VALUE. */
export const NO_SPTE = 0;

export const is_shadow_present_pte = (spte: number): boolean => (spte & PRESENT) !== 0;
export const is_last_spte = (spte: number): boolean =>
  (spte & (PRESENT | LEAF)) === (PRESENT | LEAF);
export const isTableSpte = (spte: number): boolean => (spte & (PRESENT | LEAF)) === PRESENT;
export const spteAccess = (spte: number): number => (spte >>> ACCESS_SHIFT) & ACC_ALL;
export const is_writable_pte = (spte: number): boolean =>
  (spteAccess(spte) & ACC_WRITE_MASK) !== 0 && is_shadow_present_pte(spte);
export const is_mmu_writable_spte = (spte: number): boolean => (spte & MMU_WRITABLE) !== 0;
export const isHostWritable = (spte: number): boolean => (spte & HOST_WRITABLE) !== 0;

/** Host frame of a leaf. */
export const spte_to_pfn = (spte: number): number => spte >>> TARGET_SHIFT;
/** Shadow page that a table entry leads to (spte_to_child_sp()). */
export const spte_to_child_sp = (spte: number): number => spte >>> TARGET_SHIFT;

/** make_nonleaf_spte(): grants everything; the leaves below carry the rights of the path. */
export const make_nonleaf_spte = (child: number): number =>
  PRESENT | (ACC_ALL << ACCESS_SHIFT) | (child << TARGET_SHIFT);

export const is_mmio_spte = (spte: number): boolean => (spte & SPECIAL) === MMIO;
/** The numbers of generations that an MMIO SPTE can hold (MMIO_SPTE_GEN_MASK). */
export const MMIO_SPTE_GENERATIONS = 8;
export const get_mmio_spte_gfn = (spte: number): number =>
  Math.floor((spte >>> TARGET_SHIFT) / MMIO_SPTE_GENERATIONS);
export const get_mmio_spte_generation = (spte: number): number =>
  (spte >>> TARGET_SHIFT) % MMIO_SPTE_GENERATIONS;
export const make_mmio_spte = (gfn: number, access: number, generation: number): number =>
  MMIO | (access << ACCESS_SHIFT) | ((gfn * MMIO_SPTE_GENERATIONS + generation) << TARGET_SHIFT);

/** A leaf. MMU-writable goes with the write right: this slice has no other write protection. */
export const leafSpte = (pfn: number, access: number, host_writable = true): number =>
  PRESENT |
  LEAF |
  (access << ACCESS_SHIFT) |
  (host_writable ? HOST_WRITABLE : 0) |
  (access & ACC_WRITE_MASK ? MMU_WRITABLE : 0) |
  (pfn << TARGET_SHIFT);

/** The same leaf without the hardware write right and without MMU-writable. */
export const writeProtected = (spte: number): number =>
  spte & ~MMU_WRITABLE & ~(ACC_WRITE_MASK << ACCESS_SHIFT);

/** The same leaf without the hardware write right only, as dirty logging leaves it. */
export const withoutWrite = (spte: number): number => spte & ~(ACC_WRITE_MASK << ACCESS_SHIFT);

/** Whether the processor has to set the dirty flag before it writes by the leaf. */
export const isDirtyClear = (spte: number): boolean => (spte & DIRTY_CLEAR) !== 0;
export const withDirtyClear = (spte: number): number => spte | DIRTY_CLEAR;
export const withDirtySet = (spte: number): number => spte & ~DIRTY_CLEAR;

/** make_spte_executable(): the same leaf with the execute right. */
export const make_spte_executable = (spte: number): number =>
  spte | (ACC_EXEC_MASK << ACCESS_SHIFT);

/** The same leaf with the hardware write right. */
export const withWrite = (spte: number): number => spte | (ACC_WRITE_MASK << ACCESS_SHIFT);

/** The same leaf for a frame that nobody may write; MMU-writable stays, as it once did. */
export const ofReadOnlyFrame = (spte: number, pfn: number): number =>
  (spte & ~HOST_WRITABLE & ~(ACC_WRITE_MASK << ACCESS_SHIFT) & ((1 << TARGET_SHIFT) - 1)) |
  (pfn << TARGET_SHIFT);

/** What a leaf above 4K gives for one of the frames that it maps, as a leaf at 4K. */
export const leafAtOffset = (spte: number, frames: number): number =>
  spte + (frames << TARGET_SHIFT);

export const spteMax = (targets: number): number =>
  ((targets - 1) << TARGET_SHIFT) | ((1 << TARGET_SHIFT) - 1);

export const spteText = (spte: number): string => {
  if (is_mmio_spte(spte)) {
    const gfn = get_mmio_spte_gfn(spte).toString(16);
    return `mmio gfn 0x${gfn} generation ${get_mmio_spte_generation(spte)}`;
  }
  if (!is_shadow_present_pte(spte)) return '-';
  if (!is_last_spte(spte)) return `sp${spte_to_child_sp(spte)}`;
  const mmu = is_mmu_writable_spte(spte) ? ' mmu-writable' : '';
  const dirty = isDirtyClear(spte) ? ' !D' : '';
  return `pfn 0x${spte_to_pfn(spte).toString(16)} ${accessText(spteAccess(spte))}${mmu}${dirty}`;
};
