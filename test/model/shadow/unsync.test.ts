import { describe, expect, it } from 'vitest';
import {
  collectUnsync,
  kvm_gfn_is_write_tracked,
  kvm_unsync_pages,
  mark_unsync,
  mmu_try_to_unsync_pages,
} from '../../../model/shadow/unsync.ts';
import type { Kvm } from '../../../model/index.ts';
import { aKvm, aLink, aMark, aPage, type KvmInput } from '../../support/kvm.ts';

/**
 * Root 0 leads to directory 1, which leads to tables 2 and 3.
 *
 *     sp0 l3 [0] -> sp1 l2 [0] -> sp2 l1
 *                          [1] -> sp3 l1
 */
const aTree = (input: KvmInput = {}): Kvm => {
  const kvm = aKvm({ geometry: { levels: 3 }, ...input });
  aPage(kvm, 0, { level: 3, root_count: 1 });
  aPage(kvm, 1, { level: 2 });
  aPage(kvm, 2);
  aPage(kvm, 3);
  aLink(kvm, 0, 1);
  aLink(kvm, 1, 2, 0);
  aLink(kvm, 1, 3, 1);
  return kvm;
};

const marks = (kvm: Kvm, sp: number) => {
  const { unsync_children, unsync_child_bitmap } = kvm.sp.at(sp);
  return [unsync_children, unsync_child_bitmap.bits];
};

describe('mark_unsync', () => {
  it('marks the entry and climbs to the root', () => {
    const kvm = aTree();
    mark_unsync(kvm, 1 * 2 + 1);
    expect([marks(kvm, 1), marks(kvm, 0)]).toEqual([
      [1, 0b10],
      [1, 0b01],
    ]);
  });

  it('stops at an ancestor that knows already', () => {
    const kvm = aTree();
    aMark(kvm, 1, 0);
    mark_unsync(kvm, 1 * 2 + 1);
    expect([marks(kvm, 1), marks(kvm, 0)]).toEqual([
      [2, 0b11],
      [0, 0],
    ]);
  });

  it('counts an entry once', () => {
    const kvm = aTree();
    mark_unsync(kvm, 2);
    mark_unsync(kvm, 2);
    expect(marks(kvm, 1)).toEqual([1, 0b01]);
  });

  it('counts every call, within bounds, as the mutant has it', () => {
    const kvm = aTree({ rules: { mark_unsync_count: 'per-call' } });
    for (let i = 0; i < 6; i += 1) mark_unsync(kvm, 2);
    expect(marks(kvm, 1)).toEqual([3, 0b01]);
  });

  it('stays with the parents, as the mutant has it', () => {
    const kvm = aTree({ rules: { mark_unsync_climb: 'parents-only' } });
    mark_unsync(kvm, 2);
    expect([marks(kvm, 1), marks(kvm, 0)]).toEqual([
      [1, 0b01],
      [0, 0],
    ]);
  });
});

describe('kvm_unsync_pages', () => {
  it('marks every page of the gfn, in each role, and all their ancestors', () => {
    const kvm = aTree();
    kvm.sp.at(3).gfn = 2;
    kvm_unsync_pages(kvm, 2);
    expect([2, 3].map((sp) => kvm.sp.at(sp).unsync)).toEqual([true, true]);
    expect([marks(kvm, 1), marks(kvm, 0)]).toEqual([
      [2, 0b11],
      [1, 0b01],
    ]);
    expect(kvm.ghost.warning).toBe('none');
  });

  it('passes over zapped, direct, freed and other pages', () => {
    const kvm = aKvm();
    aPage(kvm, 0, { gfn: 2 });
    kvm.sp.at(0).role.invalid = true;
    aPage(kvm, 1, { gfn: 2, direct: true });
    aPage(kvm, 2, { gfn: 3 });
    kvm.sp.at(3).gfn = 2;
    kvm_unsync_pages(kvm, 2);
    expect([0, 1, 2, 3].filter((sp) => kvm.sp.at(sp).unsync)).toEqual([]);
  });

  it('warns above 4K', () => {
    const kvm = aTree();
    kvm_unsync_pages(kvm, 1);
    expect(kvm.ghost.warning).toBe('unsync-above-4k');
  });
});

describe('mmu_try_to_unsync_pages', () => {
  it('refuses a gfn that is shadowed above 4K', () => {
    const kvm = aTree();
    expect(kvm_gfn_is_write_tracked(kvm, 1, 0)).toBe(true);
    expect(mmu_try_to_unsync_pages(kvm, 1, false, 0)).toBe(false);
    expect(kvm.sp.at(1).unsync).toBe(false);
  });

  it('makes the pages of any other gfn unsync', () => {
    const kvm = aTree();
    expect(mmu_try_to_unsync_pages(kvm, 2, false, 0)).toBe(true);
    expect(kvm.sp.at(2).unsync).toBe(true);
  });

  it('leaves marking to the caller, as the mutant has it', () => {
    const kvm = aTree({ rules: { unsync_order: 'after-writable' } });
    expect(mmu_try_to_unsync_pages(kvm, 2, false, 0)).toBe(true);
    expect(kvm.sp.at(2).unsync).toBe(false);
  });

  it('opens no table to guest writes while it syncs, not even an unsync one', () => {
    const kvm = aTree();
    expect(mmu_try_to_unsync_pages(kvm, 2, true, 0)).toBe(false);
    kvm.sp.at(2).unsync = true;
    expect(mmu_try_to_unsync_pages(kvm, 2, true, 0)).toBe(false);
    expect(mmu_try_to_unsync_pages(kvm, 5, true, 0)).toBe(true);
  });

  it('opens unsync peers of a batch alone, as the mutant has it', () => {
    const kvm = aTree({ rules: { sync_peer_write: 'allow' } });
    expect(mmu_try_to_unsync_pages(kvm, 2, true, 0)).toBe(false);
    kvm.sp.at(2).unsync = true;
    expect(mmu_try_to_unsync_pages(kvm, 2, true, 0)).toBe(true);
  });
});

describe('collectUnsync', () => {
  const unsyncTree = (batch: number): Kvm => {
    const kvm = aTree({ geometry: { levels: 3, unsync_batch: batch } });
    kvm_unsync_pages(kvm, 2);
    kvm_unsync_pages(kvm, 3);
    return kvm;
  };

  it('finds unsync pages by the marks, and keeps the marks', () => {
    const kvm = unsyncTree(2);
    expect(collectUnsync(kvm, 0)).toBe(0b1100);
    expect(marks(kvm, 1)).toEqual([2, 0b11]);
  });

  it('stops at the size of a batch', () => {
    expect(collectUnsync(unsyncTree(1), 0)).toBe(0b0100);
  });

  it('names a page once that two entries lead to', () => {
    const kvm = aTree();
    aLink(kvm, 0, 1, 1);
    kvm_unsync_pages(kvm, 2);
    expect(marks(kvm, 0)).toEqual([2, 0b11]);
    expect(collectUnsync(kvm, 0)).toBe(0b0100);
    expect(marks(kvm, 0)).toEqual([2, 0b11]);
  });

  it('clears a mark whose page is in sync by now', () => {
    const kvm = unsyncTree(2);
    kvm.sp.at(2).unsync = false;
    expect(collectUnsync(kvm, 0)).toBe(0b1000);
    expect([marks(kvm, 1), marks(kvm, 0)]).toEqual([
      [1, 0b10],
      [1, 0b01],
    ]);
  });

  it('clears a mark whose entry leads nowhere by now', () => {
    const kvm = unsyncTree(2);
    kvm.sp.at(1).spt.set(1, 0);
    expect(collectUnsync(kvm, 0)).toBe(0b0100);
    expect(marks(kvm, 1)).toEqual([1, 0b01]);
  });

  it('clears the marks of all ancestors when nothing is left below', () => {
    const kvm = unsyncTree(2);
    kvm.sp.at(2).unsync = false;
    kvm.sp.at(3).unsync = false;
    expect(collectUnsync(kvm, 0)).toBe(0);
    expect([marks(kvm, 1), marks(kvm, 0)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('does not follow entries without a mark', () => {
    const kvm = aTree();
    kvm.sp.at(2).unsync = true;
    expect(collectUnsync(kvm, 0)).toBe(0);
  });

  it('warns about a mark that was not counted', () => {
    const kvm = aTree();
    kvm.sp.at(1).unsync_child_bitmap.add(0);
    expect(collectUnsync(kvm, 1)).toBe(0);
    expect(kvm.ghost.warning).toBe('unsync-count-negative');
  });
});
