import { describe, expect, it } from 'vitest';
import type { DirtyLog } from '../../../model/geometry.ts';
import type { Kvm } from '../../../model/index.ts';
import { noteStore } from '../../../model/shadow/dirty-log.ts';
import { is_mmu_writable_spte, is_writable_pte, isDirtyClear } from '../../../model/spte.ts';
import { aLeaf, aLink, aPage, aProgram, aVcpu, run, type KvmInput } from '../../support/kvm.ts';

/** Pages 0..3 of the slot are gfns 2..5, two to a word. */
const withLog = (log: Partial<DirtyLog> = {}, input: KvmInput = {}) => {
  const dirty_log: DirtyLog = {
    base_gfn: 2,
    npages: 4,
    word: 2,
    enabled: false,
    protect: 'get',
    pml: 'none',
    clears: [],
    ...log,
  };
  const program = aProgram({
    ...input,
    geometry: { gfns: 6, tables: 2, ...input.geometry, dirty_log },
    budget: { log_dirty: 2, harvest: 2, lock_break: 1 },
  });
  aVcpu(program.current, 0, { root: null });
  aVcpu(program.current, 1, { root: null });
  return program;
};

/** A 4K leaf for each gfn, in pages 0 and 1; their rights by gfn afterwards. */
const mapAt4k = (kvm: Kvm): void => {
  for (const [i, gfn] of [2, 3, 4, 5].entries()) {
    if (i % 2 === 0) aPage(kvm, i / 2, { gfn: i / 2 });
    aLeaf(kvm, Math.floor(i / 2), { index: i % 2, gfn });
  }
};
const writable = (kvm: Kvm): number[] =>
  [2, 3, 4, 5].filter((_gfn, i) => is_writable_pte(kvm.sp.at(Math.floor(i / 2)).spt.get(i % 2)));

describe('switching dirty logging on', () => {
  it('waits for those in KVM, protects the slot, and flushes without the lock', () => {
    const program = withLog();
    const kvm = program.current;
    mapAt4k(kvm);
    kvm.vcpu.at(0).pc = 'walk_addr';
    run(program, 'kvm_update_flags_memslot');
    expect(kvm.dirty_log).toMatchObject({ enabled: true, pc: 'srcu', call: 'enable' });
    expect(run(program, 'kvm_mmu_slot_apply_flags')).toBe(false);
    kvm.vcpu.at(0).srcu_awaited = false;
    run(program, 'kvm_mmu_slot_apply_flags');
    kvm.mmu_lock.holder = 0;
    expect(run(program, 'kvm_mmu_slot_remove_write_access')).toBe(false);
    kvm.mmu_lock.holder = null;
    run(program, 'kvm_mmu_slot_remove_write_access');
    expect(writable(kvm)).toEqual([]);
    expect(is_mmu_writable_spte(kvm.sp.at(0).spt.get(0))).toBe(true);
    expect(kvm.ghost_owed.protect.bits).toBe(0);
    expect(kvm.dirty_log.pc).toBe('flush');
    run(program, 'kvm_flush_remote_tlbs_memslot');
    expect(kvm.dirty_log.pc).toBe('idle');
    expect(kvm.dirty_log.harvest.bits).toBe(0);
  });

  it('protects nothing when all pages count as dirty', () => {
    const program = withLog({ protect: 'initially-set' });
    const kvm = program.current;
    mapAt4k(kvm);
    run(program, 'kvm_update_flags_memslot');
    run(program, 'kvm_mmu_slot_apply_flags');
    expect(kvm.dirty_log.pc).toBe('idle');
    expect(kvm.dirty_log.dirty_bitmap.bits).toBe(0b1111);
    expect(writable(kvm)).toEqual([2, 3, 4, 5]);
  });

  it('waits for the slot updates and the invalidations of others', () => {
    const program = withLog({}, { geometry: { host_readonly: [3] } });
    program.current.mmu_notifier.mn_active_invalidate_count = 1;
    expect(run(program, 'kvm_update_flags_memslot')).toBe(false);
    program.current.mmu_notifier.mn_active_invalidate_count = 0;
    program.current.memslots.pc = 'sync';
    expect(run(program, 'kvm_update_flags_memslot')).toBe(false);
  });

  it('forgets the log when it is switched off', () => {
    const program = withLog({ enabled: true });
    program.current.dirty_log.dirty_bitmap.bits = 0b101;
    run(program, 'kvm_update_flags_memslot');
    expect(program.current.dirty_log).toMatchObject({ enabled: false, call: 'disable' });
    expect(program.current.dirty_log.dirty_bitmap.bits).toBe(0);
    run(program, 'kvm_mmu_slot_apply_flags');
    run(program, 'kvm_mmu_recover_huge_pages');
    expect(program.current.dirty_log.pc).toBe('idle');
  });
});

describe('KVM_GET_DIRTY_LOG', () => {
  it('takes what is dirty, protects that alone, and returns after a flush', () => {
    const program = withLog({ enabled: true });
    const kvm = program.current;
    expect(run(program, 'kvm_get_dirty_log_protect')).toBe(false);
    mapAt4k(kvm);
    kvm.dirty_log.dirty_bitmap.bits = 0b0110;
    run(program, 'kvm_get_dirty_log_protect');
    expect(writable(kvm)).toEqual([2, 5]);
    expect(kvm.dirty_log.harvest.bits).toBe(0b0110);
    noteStore(kvm, 3);
    expect(kvm.dirty_log.ghost_unlogged.bits).toBe(0);
    run(program, 'kvm_flush_remote_tlbs_memslot');
    noteStore(kvm, 3);
    expect(kvm.dirty_log.ghost_unlogged.bits).toBe(0b0010);
  });
});

describe('KVM_CLEAR_DIRTY_LOG', () => {
  const clears = [
    { first_page: 0, num_pages: 2, pages: [0, 1] },
    { first_page: 2, num_pages: 1, pages: [2] },
  ];

  it('takes what it is asked for and finds dirty, in words that need not be whole', () => {
    const program = withLog({ enabled: true, protect: 'clear', clears });
    const kvm = program.current;
    mapAt4k(kvm);
    kvm.dirty_log.dirty_bitmap.bits = 0b1101;
    const [first, last] = ['pages 0x0+0x2 {0x0,0x1}', 'pages 0x2+0x1 {0x2}'];
    run(program, 'kvm_clear_dirty_log_protect', { clear: first });
    expect(kvm.dirty_log.dirty_bitmap.bits).toBe(0b1100);
    expect(kvm.dirty_log.harvest.bits).toBe(0b0001);
    expect(writable(kvm)).toEqual([3, 4, 5]);
    run(program, 'kvm_flush_remote_tlbs_memslot');
    expect(run(program, 'kvm_clear_dirty_log_protect', { clear: first })).toBe(false);
    run(program, 'kvm_clear_dirty_log_protect', { clear: last });
    expect(kvm.dirty_log.dirty_bitmap.bits).toBe(0b1000);
  });
});

describe('KVM_GET_DIRTY_LOG under manual protection', () => {
  const get = 'kvm_get_dirty_log_protect.manual';

  it('copies, and leaves the log and all leaves as they are, with mmu_lock held by another', () => {
    const program = withLog({ enabled: true, protect: 'clear' });
    const kvm = program.current;
    mapAt4k(kvm);
    kvm.dirty_log.dirty_bitmap.bits = 0b0110;
    kvm.mmu_lock.holder = 0;
    expect(run(program, get)).toBe(true);
    expect(kvm.dirty_log).toMatchObject({ pc: 'idle' });
    expect(kvm.dirty_log.dirty_bitmap.bits).toBe(0b0110);
    expect(writable(kvm)).toEqual([2, 3, 4, 5]);
  });

  it('waits for other calls, which hold slots_lock', () => {
    const program = withLog({ enabled: true, protect: 'clear' });
    program.current.dirty_log.dirty_bitmap.bits = 1;
    program.current.dirty_log.pc = 'flush';
    expect(run(program, get)).toBe(false);
  });
});

describe('the walk that protects a slot', () => {
  it('may break the lock after a page, and goes on behind it', () => {
    const program = withLog();
    const kvm = program.current;
    mapAt4k(kvm);
    run(program, 'kvm_update_flags_memslot');
    run(program, 'kvm_mmu_slot_apply_flags');
    run(program, 'kvm_mmu_slot_remove_write_access.yield');
    expect(writable(kvm)).toEqual([3, 4, 5]);
    expect(kvm.dirty_log).toMatchObject({ pc: 'protect', cursor: 1 });
    expect(run(program, 'kvm_mmu_slot_remove_write_access.yield')).toBe(false);
    run(program, 'kvm_mmu_slot_remove_write_access');
    expect(writable(kvm)).toEqual([]);
    expect(kvm.dirty_log).toMatchObject({ pc: 'flush', cursor: 0 });
  });

  it('arms small leaves of a nested guest first where there is PML', () => {
    const program = withLog({ pml: 'nested' });
    const kvm = program.current;
    mapAt4k(kvm);
    run(program, 'kvm_update_flags_memslot');
    run(program, 'kvm_mmu_slot_apply_flags');
    expect(run(program, 'kvm_mmu_slot_remove_write_access')).toBe(false);
    run(program, 'kvm_mmu_slot_leaf_clear_dirty');
    expect(writable(kvm)).toEqual([]);
    run(program, 'kvm_mmu_slot_remove_write_access');
    expect(kvm.dirty_log.pc).toBe('flush');
  });
});

describe('kvm_mmu_recover_huge_pages', () => {
  const host_level = [1, 1, 1, 1, 2, 2];

  /** Gfns 4 and 5 mapped small by a direct page, gfn 2 by a table of the guest. */
  const switchedOff = () => {
    const program = withLog({ enabled: true }, { geometry: { host_level } });
    const kvm = program.current;
    aPage(kvm, 0, { gfn: 4, direct: true });
    for (const index of [0, 1]) aLeaf(kvm, 0, { index, gfn: 4 + index });
    aPage(kvm, 1, { gfn: 1 });
    aLeaf(kvm, 1, { gfn: 2 });
    run(program, 'kvm_update_flags_memslot');
    run(program, 'kvm_mmu_slot_apply_flags');
    return program;
  };
  const mapped = (kvm: Kvm): number[] => [2, 4, 5].filter((gfn) => kvm.rmap.at(gfn).bits !== 0);

  it('zaps what could be huge, keeps the lock for the flush, and returns', () => {
    const program = switchedOff();
    const kvm = program.current;
    run(program, 'kvm_mmu_recover_huge_pages');
    expect(mapped(kvm)).toEqual([2]);
    expect(kvm.ghost_owed.unmap.bits).toBe(0b110000);
    kvm.vcpu.at(0).pc = 'enter';
    expect(run(program, 'kvm_mmu_load', { v: 0 })).toBe(false);
    run(program, 'kvm_mmu_recover_huge_pages.flush');
    expect(kvm.ghost_owed.unmap.bits).toBe(0);
    expect(kvm.dirty_log.pc).toBe('idle');
  });

  it('flushes before it breaks the lock', () => {
    const program = switchedOff();
    const kvm = program.current;
    run(program, 'kvm_mmu_recover_huge_pages.yield');
    expect(mapped(kvm)).toEqual([2, 5]);
    run(program, 'kvm_mmu_recover_huge_pages.flush');
    expect(kvm.dirty_log).toMatchObject({ pc: 'recover', cursor: 3 });
    run(program, 'kvm_mmu_recover_huge_pages');
    expect(mapped(kvm)).toEqual([2]);
  });

  it('leaves alone what a shadowed table keeps small', () => {
    const program = switchedOff();
    const kvm = program.current;
    aPage(kvm, 2, { gfn: 5 });
    run(program, 'kvm_mmu_recover_huge_pages');
    expect(mapped(kvm)).toEqual([2, 4, 5]);
    expect(kvm.dirty_log.pc).toBe('idle');
  });
});

describe('PML', () => {
  /** vCPU 0 runs without paging on a page at 2M over a table for gfns 2 and 3. */
  const running = () => {
    const program = withLog(
      { enabled: true, pml: 'direct', npages: 2 },
      { geometry: { gfns: 4, tables: 0, nonpaging: [0, 1], kinds: ['uw'] } },
    );
    const kvm = program.current;
    aPage(kvm, 0, { gfn: 0, level: 2, direct: true });
    aPage(kvm, 1, { gfn: 2, direct: true });
    aLink(kvm, 0, 1, 1);
    aLeaf(kvm, 1, { gfn: 2 });
    aVcpu(kvm, 0, { root: 0, pc: 'guest' });
    kvm.dirty_log.dirty_bitmap.bits = 0b01;
    return program;
  };
  const write = (program: ReturnType<typeof running>): boolean =>
    run(program, 'guestAccess', { v: 0, va: '0x2', kind: 'uw' });

  it('arms a page by its dirty flag, and logs the store in the buffer first', () => {
    const program = running();
    const kvm = program.current;
    run(program, 'kvm_get_dirty_log_protect');
    run(program, 'kvm_flush_remote_tlbs_memslot');
    const armed = kvm.sp.at(1).spt.get(0);
    expect([is_writable_pte(armed), isDirtyClear(armed)]).toEqual([true, true]);
    write(program);
    expect(isDirtyClear(kvm.sp.at(1).spt.get(0))).toBe(false);
    expect(kvm.vcpu.at(0).pml_buffer.bits).toBe(0b01);
    expect(kvm.dirty_log.dirty_bitmap.bits).toBe(0);
    expect(kvm.dirty_log.ghost_unlogged.bits).toBe(0);
    run(program, 'vmx_flush_pml_buffer', { v: 0 });
    expect(kvm.vcpu.at(0).pml_buffer.bits).toBe(0);
    expect(kvm.dirty_log.dirty_bitmap.bits).toBe(0b01);
  });

  it('logs nothing by a translation that was loaded with the flag set', () => {
    const program = running();
    const kvm = program.current;
    run(program, 'tlbFill', { v: 0, va: '0x2', slot: 0 });
    run(program, 'kvm_get_dirty_log_protect');
    write(program);
    expect(isDirtyClear(kvm.sp.at(1).spt.get(0))).toBe(true);
    run(program, 'kvm_flush_remote_tlbs_memslot');
    run(program, 'tlbFill', { v: 0, va: '0x2', slot: 0 });
    expect(kvm.vcpu.at(0).ghost_tlb.at(0).clean).toBe(true);
    write(program);
    expect(kvm.vcpu.at(0).ghost_tlb.at(0).clean).toBe(false);
    expect(kvm.vcpu.at(0).pml_buffer.bits).toBe(0b01);
  });
});
