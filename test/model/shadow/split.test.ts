import { describe, expect, it } from 'vitest';
import type { Kvm } from '../../../model/index.ts';
import { isUnlocked } from '../../../model/shadow/lock.ts';
import { sptepOf } from '../../../model/shadow/mmu-page.ts';
import { rmapKey } from '../../../model/shadow/rmap-key.ts';
import {
  is_last_spte,
  is_writable_pte,
  isTableSpte,
  leafSpte,
  spte_to_child_sp,
  spte_to_pfn,
  spteAccess,
  writeProtected,
} from '../../../model/spte.ts';
import {
  aLeaf,
  aLink,
  aPage,
  aProgram,
  aVcpu,
  hold,
  run,
  type KvmInput,
} from '../../support/kvm.ts';

const log = {
  base_gfn: 4,
  npages: 2,
  word: 2,
  enabled: false,
  protect: 'get',
  clears: [],
  pml: 'none',
} as const;

/** A nested guest on root 0, whose entry 0 is a huge leaf over frames 4 and 5; the split is due. */
const aHuge = ({ geometry, ...input }: KvmInput = {}) => {
  const program = aProgram({
    nested: true,
    eager_page_split: true,
    budget: { log_dirty: 1, lock_break: 1, alloc_failure: 1 },
    ...input,
    geometry: { host_level: [1, 1, 1, 1, 2, 2], dirty_log: log, vcpus: 1, ...geometry },
  });
  const kvm = program.current;
  aPage(kvm, 0, { level: 2, root_count: 1 });
  huge(kvm, 0);
  aVcpu(kvm, 0);
  kvm.dirty_log.pc = 'protect';
  kvm.split.pc = 'start';
  kvm.split.level = 2;
  kvm.split.gfn = 4;
  return { program, kvm };
};

const huge = (kvm: Kvm, index: number, spte = leafSpte(4, 7), access = 7): void => {
  const page = kvm.sp.at(0);
  page.spt.set(index, spte);
  page.shadowed_gfn.set(index, 4);
  page.shadowed_access.set(index, access);
  kvm.rmap.at(rmapKey(kvm, 4, 2)).add(sptepOf(kvm, 0, index));
};

const begin = 'kvm_mmu_slot_try_split_huge_pages';
const trySplit = 'shadow_mmu_try_split_huge_page';

describe('KVM_CLEAR_DIRTY_LOG over two huge pages, a word each', () => {
  const clears = [{ first_page: 0, num_pages: 4, pages: [0, 1, 3] }];
  const clear = 'kvm_clear_dirty_log_protect';

  /** Frames 2 to 5 are logged, and all dirty; both huge pages are mapped writable. */
  const aClear = () => {
    const host_level = [1, 1, 2, 2, 2, 2];
    const dirty_log = { ...log, base_gfn: 2, npages: 4, protect: 'initially-set', clears } as const;
    const { program, kvm } = aHuge({
      geometry: { host_level, dirty_log },
      budget: { log_dirty: 1, harvest: 1, lock_break: 1 },
    });
    const page = kvm.sp.at(0);
    page.spt.set(1, leafSpte(2, 7));
    page.shadowed_gfn.set(1, 2);
    page.shadowed_access.set(1, 7);
    kvm.rmap.at(rmapKey(kvm, 2, 2)).add(sptepOf(kvm, 0, 1));
    kvm.dirty_log.pc = 'idle';
    kvm.split.pc = 'idle';
    kvm.split.level = 0;
    kvm.split.gfn = 0;
    kvm.dirty_log.enabled = true;
    kvm.dirty_log.dirty_bitmap.bits = 0b1111;
    return { program, kvm };
  };
  const logged = ({ dirty_log }: Kvm) => [dirty_log.dirty_bitmap.bits, dirty_log.harvest.bits];
  const isWritable = (kvm: Kvm, sp: number, i: number): boolean =>
    is_writable_pte(kvm.sp.at(sp).spt.get(i));

  it('takes a word, splits its page, arms it, and only then takes the next one', () => {
    const { program, kvm } = aClear();
    run(program, clear, { clear: 'pages 0x0+0x4 {0x0,0x1,0x3}' });
    expect(logged(kvm)).toEqual([0b1100, 0b0011]);
    expect(spteAt(kvm)).toEqual(['leaf', 'leaf']);
    run(program, trySplit);
    expect(logged(kvm)).toEqual([0b0100, 0b1011]);
    expect(spteAt(kvm)).toEqual(['leaf', 'table']);
    expect([isWritable(kvm, 1, 0), isWritable(kvm, 1, 1)]).toEqual([false, false]);
    run(program, trySplit);
    expect(spteAt(kvm)).toEqual(['table', 'table']);
    expect([isWritable(kvm, 2, 0), isWritable(kvm, 2, 1)]).toEqual([true, false]);
    expect([kvm.dirty_log.pc, isUnlocked(kvm)]).toEqual(['flush', true]);
  });

  it('leaves the page of a later word in the log while the lock is dropped', () => {
    const { program, kvm } = aClear();
    run(program, clear, { clear: 'pages 0x0+0x4 {0x0,0x1,0x3}' });
    run(program, 'shadow_mmu_try_split_huge_page.yield');
    expect([isUnlocked(kvm), ...logged(kvm)]).toEqual([true, 0b1100, 0b0011]);
    run(program, 'topup_split_caches');
    run(program, trySplit);
    expect(logged(kvm)).toEqual([0b0100, 0b1011]);
  });

  const spteAt = (kvm: Kvm): string[] =>
    [0, 1].map((i) => (is_last_spte(kvm.sp.at(0).spt.get(i)) ? 'leaf' : 'table'));
});

describe('kvm_mmu_slot_try_split_huge_pages', () => {
  it('waits for mmu_lock, and holds it with the first page in view', () => {
    const { program, kvm } = aHuge();
    hold(kvm);
    expect(run(program, begin)).toBe(false);
    kvm.mmu_lock.holder = null;
    expect(run(program, begin)).toBe(true);
    expect([kvm.split.pc, kvm.split.sptep, isUnlocked(kvm)]).toEqual(['try', 0, false]);
  });

  it('is done at once where nothing is huge', () => {
    const { program, kvm } = aHuge();
    kvm.rmap.at(rmapKey(kvm, 4, 2)).bits = 0;
    expect(run(program, begin)).toBe(true);
    expect([kvm.split.pc, isUnlocked(kvm)]).toEqual(['idle', true]);
  });

  it('passes over pages that are zapped', () => {
    const { program, kvm } = aHuge();
    kvm.sp.at(0).role.invalid = true;
    run(program, begin);
    expect(kvm.split.pc).toBe('idle');
  });
});

describe('shadow_mmu_try_split_huge_page', () => {
  it('puts a direct page of the same frames and rights in the place of the huge leaf', () => {
    const { program, kvm } = aHuge();
    run(program, begin);
    expect(run(program, trySplit)).toBe(true);
    const link = kvm.sp.at(0).spt.get(0);
    expect(isTableSpte(link)).toBe(true);
    const page = kvm.sp.at(spte_to_child_sp(link));
    const { level, direct, access } = page.role;
    expect({ level, direct, access, gfn: page.gfn }).toEqual({
      level: 1,
      direct: true,
      access: 7,
      gfn: 4,
    });
    expect([0, 1].map((i) => page.spt.get(i))).toEqual([leafSpte(4, 7), leafSpte(5, 7)]);
    expect(kvm.rmap.at(rmapKey(kvm, 4, 2)).bits).toBe(0);
    expect([4, 5].map((gfn) => kvm.rmap.at(gfn).bits)).toEqual([1 << 2, 1 << 3]);
    expect([kvm.split.pc, isUnlocked(kvm)]).toEqual(['idle', true]);
    expect([kvm.ghost_owed.unmap.bits, kvm.ghost_owed.protect.bits]).toEqual([0, 0]);
    expect(kvm.ghost.warning).toBe('none');
  });

  it('takes the access that is recorded, whatever the leaf may do', () => {
    const { program, kvm } = aHuge({ nx_huge_pages: 'force' });
    kvm.sp.at(0).spt.set(0, leafSpte(4, 6));
    run(program, begin);
    run(program, trySplit);
    const page = kvm.sp.at(spte_to_child_sp(kvm.sp.at(0).spt.get(0)));
    expect([page.role.access, spteAccess(page.spt.get(0))]).toEqual([7, 7]);
  });

  it('keeps what it finds in a page, and owes a flush for leaves that may write less', () => {
    const { program, kvm } = aHuge();
    aPage(kvm, 1, { gfn: 4, direct: true });
    aLeaf(kvm, 1, { index: 1, gfn: 5 });
    kvm.sp.at(1).spt.set(1, writeProtected(leafSpte(5, 7)));
    run(program, begin);
    run(program, trySplit);
    expect(spte_to_child_sp(kvm.sp.at(0).spt.get(0))).toBe(1);
    expect([0, 1].map((i) => spteAccess(kvm.sp.at(1).spt.get(i)))).toEqual([7, 5]);
    expect([kvm.ghost_owed.unmap.bits, kvm.ghost_owed.protect.bits]).toEqual([0, 1 << 5]);
  });

  it('flushes before it links a page that leads to a table', () => {
    const { program, kvm } = aHuge({
      geometry: {
        levels: 3,
        gfns: 8,
        host_level: [1, 1, 1, 1, 3, 3, 3, 3],
        dirty_log: { ...log, npages: 4, word: 4 },
      },
    });
    kvm.rmap.at(rmapKey(kvm, 4, 2)).bits = 0;
    kvm.sp.at(0).role.level = 3;
    kvm.rmap.at(rmapKey(kvm, 4, 3)).add(0);
    kvm.split.level = 3;
    aPage(kvm, 1, { gfn: 4, level: 2, direct: true });
    aLink(kvm, 1, aPage(kvm, 2, { gfn: 4, direct: true }));
    run(program, begin);
    run(program, trySplit);
    expect([kvm.split.pc, kvm.sp.at(0).spt.get(0)]).toEqual(['flush', 0]);
    expect(kvm.ghost_owed.unmap.bits).toBe(0xf0);
    expect(run(program, 'shadow_mmu_split_huge_page.link')).toBe(false);
    expect(run(program, 'shadow_mmu_split_huge_page.flush')).toBe(true);
    expect(kvm.ghost_owed.unmap.bits).toBe(0);
    expect(run(program, 'shadow_mmu_split_huge_page.link')).toBe(true);
    expect(spte_to_child_sp(kvm.sp.at(0).spt.get(0))).toBe(1);
    // The level below is next: the half that the table does not lead to.
    expect([kvm.split.pc, kvm.split.level]).toEqual(['try', 2]);
    expect(is_last_spte(kvm.sp.at(1).spt.get(1)) && spte_to_pfn(kvm.sp.at(1).spt.get(1))).toBe(6);
  });

  it('gives the rmap up at the reserve', () => {
    const { program, kvm } = aHuge({ geometry: { quota: { n_max: 2, min_free: 1, refill: 1 } } });
    kvm.arch.n_used_mmu_pages = 1;
    run(program, begin);
    run(program, trySplit);
    expect([kvm.split.pc, is_last_spte(kvm.sp.at(0).spt.get(0))]).toEqual(['idle', true]);
  });

  it('drops mmu_lock to fill its caches, and starts the walk anew', () => {
    const { program, kvm } = aHuge({ geometry: { caches: true } });
    run(program, begin);
    run(program, trySplit);
    expect([kvm.split.pc, isUnlocked(kvm)]).toEqual(['topup', true]);
    run(program, 'topup_split_caches');
    const { split_page_header_cache: pages, split_desc_cache: descriptors } = kvm.split;
    expect([kvm.split.pc, pages, descriptors]).toEqual(['try', 1, 3]);
    run(program, trySplit);
    expect([kvm.split.pc, kvm.split.split_page_header_cache]).toEqual(['idle', 0]);
    expect(kvm.ghost.warning).toBe('none');
  });

  it('goes on without what cannot be allocated', () => {
    const { program, kvm } = aHuge({ geometry: { caches: true } });
    run(program, begin);
    run(program, trySplit);
    run(program, 'topup_split_caches.fail');
    expect([kvm.split.pc, is_last_spte(kvm.sp.at(0).spt.get(0))]).toEqual(['idle', true]);
  });
});

describe('shadow_mmu_try_split_huge_page.yield', () => {
  it('forgets the page in view, which may be gone when mmu_lock is taken again', () => {
    const { program, kvm } = aHuge();
    run(program, begin);
    expect(run(program, 'shadow_mmu_try_split_huge_page.yield')).toBe(true);
    expect([kvm.split.pc, isUnlocked(kvm), kvm.budget.lock_break]).toEqual(['topup', true, 0]);
    kvm.rmap.at(rmapKey(kvm, 4, 2)).bits = 0;
    run(program, 'topup_split_caches');
    expect(kvm.split.pc).toBe('idle');
  });

  it('goes on with it, as the mutant has it', () => {
    const { program, kvm } = aHuge({ rules: { split_restart: 'never' } });
    run(program, begin);
    run(program, 'shadow_mmu_try_split_huge_page.yield');
    kvm.sp.at(0).spt.set(0, 0);
    run(program, 'topup_split_caches');
    run(program, trySplit);
    expect(kvm.ghost.warning).toBe('split-of-what-is-not-huge');
  });
});

describe('what is not split', () => {
  it('waits with write protection until the split is done', () => {
    const { program } = aHuge();
    expect(run(program, 'kvm_mmu_slot_remove_write_access')).toBe(false);
    run(program, begin);
    run(program, trySplit);
    expect(run(program, 'kvm_mmu_slot_remove_write_access')).toBe(true);
  });

  it('is the page of a guest that is not nested, but in the series of 2022', () => {
    for (const [split_scope, pc] of [
      ['nested', 'idle'],
      ['every-shadow-mmu', 'start'],
    ] as const) {
      const { program, kvm } = aHuge({ nested: false, rules: { split_scope } });
      kvm.split.pc = 'idle';
      kvm.dirty_log.pc = 'srcu';
      run(program, 'kvm_mmu_slot_apply_flags');
      expect([split_scope, kvm.split.pc]).toEqual([split_scope, pc]);
    }
  });
});
