/**
 * Which pages count as dirty, and arming the log again by write protection.
 *
 * Kernel: mark_page_dirty_in_slot(), kvm_slot_dirty_track_enabled(),
 * kvm_arch_mmu_enable_log_dirty_pt_masked(), kvm_mmu_write_protect_pt_masked(),
 * slot_rmap_write_protect(), __rmap_clear_dirty(). What userspace calls is in `host/dirty-log.ts`.
 *
 * kvm_mmu_zap_collapsible_spte() gives huge pages back when logging ends.
 *
 * A leaf that is protected for the log keeps MMU-writable: it may become writable again as soon as
 * its page counts as dirty. That is why the flush may come after mmu_lock is dropped.
 */
import { lowestBit, withoutLowest } from '../bits.ts';
import { PG_LEVEL_2M, PG_LEVEL_4K, pagesPerLeaf, type DirtyLog } from '../geometry.ts';
import { withDirtyClear } from '../spte.ts';
import type { Kvm } from '../state.ts';
import { kvm_mmu_max_mapping_level } from './huge.ts';
import { pfnOf, spte_index, sptep_to_sp } from './mmu-page.ts';
import { drop_spte, kvm_mmu_slot_gfn_write_protect, rmap_write_protect } from './rmap.ts';
import { rmapKey } from './rmap-key.ts';
import { mmu_spte_update } from './spte-update.ts';

/** The number of the page in the slot that can be logged, or -1. */
export const pageOf = (kvm: Kvm, gfn: number): number => {
  const slot = kvm.geometry.dirty_log;
  const page = slot === null ? -1 : gfn - slot.base_gfn;
  return slot !== null && page < slot.npages ? page : -1;
};

/** kvm_slot_dirty_track_enabled() of the slot of the frame, as a lookup finds it now. */
export const kvm_slot_dirty_track_enabled = (kvm: Kvm, gfn: number): boolean =>
  kvm.dirty_log.enabled && pageOf(kvm, gfn) >= 0;

/** mark_page_dirty(): the page counts as dirty from here on. */
export const mark_page_dirty = (kvm: Kvm, gfn: number): void => {
  if (!kvm_slot_dirty_track_enabled(kvm, gfn)) return;
  kvm.dirty_log.dirty_bitmap.add(pageOf(kvm, gfn));
  kvm.dirty_log.ghost_unlogged.delete(pageOf(kvm, gfn));
};

const isInPmlBuffer = (kvm: Kvm, page: number): boolean => {
  if (kvm.geometry.dirty_log?.pml !== 'direct') return false;
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    if (kvm.vcpu.at(v).pml_buffer.has(page)) return true;
  }
  return false;
};

/** Whether a store to the page must be told to userspace, and nothing has done so yet. */
export const isClean = (kvm: Kvm, page: number): boolean =>
  kvm.dirty_log.enabled &&
  !kvm.dirty_log.dirty_bitmap.has(page) &&
  !kvm.dirty_log.harvest.has(page) &&
  !isInPmlBuffer(kvm, page);

/** vmx_flush_pml_buffer(): what the processor has logged is marked. Returns whether any was. */
export const vmx_flush_pml_buffer = (kvm: Kvm, v: number): boolean => {
  const { pml_buffer } = kvm.vcpu.at(v);
  const logged = pml_buffer.bits;
  pml_buffer.bits = 0;
  for (let rest = logged; rest !== 0; rest = withoutLowest(rest)) {
    const page = lowestBit(rest);
    const gfn = (kvm.geometry.dirty_log?.base_gfn ?? 0) + page;
    if (kvm.rules.pml_flush === 'marked') mark_page_dirty(kvm, gfn);
    if (isClean(kvm, page)) kvm.dirty_log.ghost_unlogged.add(page);
  }
  return logged !== 0;
};

/** The ghost's view of a store to host memory by the guest, or by KVM on its behalf. */
export const noteStore = (kvm: Kvm, pfn: number): void => {
  const slot = kvm.geometry.dirty_log;
  if (slot === null || !kvm.dirty_log.enabled) return;
  for (let page = 0; page < slot.npages; page += 1) {
    if (pfnOf(kvm, slot.base_gfn + page) !== pfn || !isClean(kvm, page)) continue;
    kvm.dirty_log.ghost_unlogged.add(page);
  }
};

/** Publishes the slot with dirty logging on or off, and with a new bitmap. */
export const publishLogDirty = (kvm: Kvm, enabled: boolean): void => {
  const { dirty_log, geometry } = kvm;
  const allSet = enabled && geometry.dirty_log?.protect === 'initially-set';
  dirty_log.enabled = enabled;
  dirty_log.dirty_bitmap.bits = allSet ? allPages(geometry.dirty_log) : 0;
  dirty_log.ghost_unlogged.bits = 0;
};

export const allPages = ({ npages }: Pick<DirtyLog, 'npages'>): number => 2 ** npages - 1;

/** The rmaps of the slot from `start_level` up, in the order of a walk. */
export const slotRmaps = (kvm: Kvm, start_level: number): readonly number[] => {
  const { base_gfn, npages } = kvm.geometry.dirty_log ?? { base_gfn: 0, npages: 0 };
  const keys = new Set<number>();
  for (let level = start_level; level <= kvm.geometry.levels; level += 1) {
    for (let page = 0; page < npages; page += 1) {
      const key = rmapKey(kvm, base_gfn + page, level);
      if (key < kvm.rmap.length) keys.add(key);
    }
  }
  return [...keys];
};

/** ALIGN() to the frames of a leaf at 2M: up to the next boundary. */
const alignUp = (kvm: Kvm, gfn: number): number => {
  const pages = pagesPerLeaf(kvm.geometry, PG_LEVEL_2M);
  return Math.ceil(gfn / pages) * pages;
};

/** Whether the ends of a word are taken to be in two frames of 2M. */
const crossesFrames = (kvm: Kvm, start: number, end: number): boolean => {
  if (kvm.rules.word_crossing === 'never') return false;
  if (kvm.rules.word_crossing === 'ends-rounded-up')
    return alignUp(kvm, start) !== alignUp(kvm, end);
  const pages = pagesPerLeaf(kvm.geometry, PG_LEVEL_2M);
  return Math.floor(start / pages) !== Math.floor(end / pages);
};

/**
 * The leaves above 4K that map a page lose the write right. They lose MMU-writable as well, by the
 * function that protects guest tables, and the caller flushes when mmu_lock is dropped already: see
 * docs/findings.md.
 */
const protectHuge = (kvm: Kvm, gfn: number): void => {
  if (kvm.rules.clear_huge_protect === 'left-writable') return;
  if (kvm.rules.clear_huge_protect === 'as-guest-table') {
    kvm_mmu_slot_gfn_write_protect(kvm, gfn, 0, PG_LEVEL_2M);
    return;
  }
  for (let level = PG_LEVEL_2M; level <= kvm.geometry.levels; level += 1) {
    const key = rmapKey(kvm, gfn, level);
    if (key < kvm.rmap.length) rmap_write_protect(kvm, key, false);
  }
};

/**
 * kvm_arch_mmu_enable_log_dirty_pt_masked(): arm logging for the pages of one word. Leaves above 4K
 * are looked at only where switching logging on has left them alone.
 */
export const kvm_arch_mmu_enable_log_dirty_pt_masked = (
  kvm: Kvm,
  slot: DirtyLog,
  mask: number,
): void => {
  if (slot.protect === 'initially-set') {
    const start = slot.base_gfn + lowestBit(mask);
    const end = slot.base_gfn + 31 - Math.clz32(mask);
    protectHuge(kvm, start);
    if (crossesFrames(kvm, start, end)) protectHuge(kvm, end);
  }
  for (let page = 0; page < slot.npages; page += 1) {
    if ((mask & (1 << page)) === 0) continue;
    armLeaves(kvm, rmapKey(kvm, slot.base_gfn + page, PG_LEVEL_4K));
  }
};

/**
 * kvm_mmu_write_protect_pt_masked(), or with PML __rmap_clear_dirty(), on one chain at 4K: the
 * dirty flag would do only where the processor logs addresses of this guest.
 */
export const armLeaves = (kvm: Kvm, key: number): void => {
  const pml = kvm.geometry.dirty_log?.pml ?? 'none';
  const isProtected = pml === 'nested' && kvm.rules.pml_nested === 'write-protect';
  if (pml === 'none' || isProtected) {
    rmap_write_protect(kvm, key, false);
    return;
  }
  if (kvm.costs !== undefined) kvm.costs.rmaps += 1;
  for (let rest = kvm.rmap.at(key).bits; rest !== 0; rest = withoutLowest(rest)) {
    const sp = sptep_to_sp(kvm, lowestBit(rest));
    const index = spte_index(kvm, lowestBit(rest));
    mmu_spte_update(kvm, sp, index, withDirtyClear(kvm.sp.at(sp).spt.get(index)));
  }
};

/**
 * The leaves of one chain that kvm_mmu_zap_collapsible_spte() zaps: those of direct pages where
 * nothing forbids a leaf above. A page that begins before the slot is left alone.
 */
export const collapsibleIn = (kvm: Kvm, key: number): number => {
  let found = 0;
  for (let rest = kvm.rmap.at(key).bits; rest !== 0; rest = withoutLowest(rest)) {
    const page = kvm.sp.at(sptep_to_sp(kvm, lowestBit(rest)));
    if (!page.role.direct || pageOf(kvm, page.gfn) < 0) continue;
    const max = kvm_mmu_max_mapping_level(kvm, page.gfn, kvm.geometry.levels);
    if (page.role.level < max) found |= rest & -rest;
  }
  return found;
};

/** kvm_mmu_zap_collapsible_spte() on one chain. Returns whether anything went. */
export const zapCollapsible = (kvm: Kvm, key: number): boolean => {
  const found = collapsibleIn(kvm, key);
  for (let rest = found; rest !== 0; rest = withoutLowest(rest)) {
    const sptep = lowestBit(rest);
    drop_spte(kvm, sptep_to_sp(kvm, sptep), spte_index(kvm, sptep));
  }
  return found !== 0;
};

/** The pages of a slot that the word from `offset` on stands for. */
export const wordAt = (slot: DirtyLog, offset: number): number =>
  ((2 ** slot.word - 1) << offset) & allPages(slot);

/** Pages of one word of the bitmap are taken from the log. */
export const takeWord = (kvm: Kvm, mask: number): void => {
  kvm.dirty_log.dirty_bitmap.bits &= ~mask;
  kvm.dirty_log.harvest.bits |= mask;
};

/**
 * Takes the first word of which the log has pages among those asked for; false without any. The
 * rest is left for when it has been dealt with: until then mmu_lock may be dropped.
 */
export const takeFirstWord = (kvm: Kvm, asked: number): boolean => {
  const { dirty_log, geometry } = kvm;
  const slot = geometry.dirty_log;
  for (let offset = 0; offset < (slot?.npages ?? 0); offset += slot?.word ?? 1) {
    const ofWord = slot === null ? 0 : asked & wordAt(slot, offset);
    const mask = ofWord & dirty_log.dirty_bitmap.bits;
    if (mask === 0) continue;
    takeWord(kvm, mask);
    dirty_log.word.bits = mask;
    dirty_log.asked.bits = asked & -(2 ** (offset + (slot?.word ?? 1)));
    return true;
  }
  dirty_log.asked.bits = 0;
  return false;
};

/**
 * Huge pages of the word at hand are split: logging of its pages is armed. Goes on to the next word
 * and returns true, or to the flush.
 */
export const armAndTakeNext = (kvm: Kvm): boolean => {
  const { dirty_log, geometry, rules } = kvm;
  const slot = geometry.dirty_log;
  const arms = rules.clear_arming === 'each-word' || dirty_log.asked.bits === 0;
  if (slot !== null && arms) armWord(kvm, slot, dirty_log.word.bits);
  dirty_log.word.bits = 0;
  if (takeFirstWord(kvm, dirty_log.asked.bits)) return true;
  dirty_log.pc = 'flush';
  return false;
};

/** Arms logging again for pages of one word. */
export const armWord = (kvm: Kvm, slot: DirtyLog, mask: number): void => {
  if (mask === 0 || kvm.rules.harvest_protect !== 'armed') return;
  kvm_arch_mmu_enable_log_dirty_pt_masked(kvm, slot, mask);
};
