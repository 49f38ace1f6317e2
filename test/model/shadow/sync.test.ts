import { describe, expect, it } from 'vitest';
import { sync_spte } from '../../../model/shadow/sync.ts';
import { ACC_ALL, ACC_USER_MASK, ACC_WRITE_MASK } from '../../../model/access.ts';
import { gpte, NO_GPTE } from '../../../model/gpte.ts';
import type { Kvm } from '../../../model/index.ts';
import { leafSpte, NO_SPTE } from '../../../model/spte.ts';
import {
  aKvm,
  aLeaf,
  aLink,
  aMark,
  aPage,
  aProgram,
  hold,
  run,
  type KvmInput,
  type PageInput,
} from '../../support/kvm.ts';

const readOnly = ACC_ALL & ~ACC_WRITE_MASK;

interface Stale extends KvmInput, PageInput {
  /** The guest entry as it is now. */
  readonly pte: number;
  /** The access of the leaf, which maps gfn 4. */
  readonly mapped?: number;
}

/** An unsync table at gfn 1 whose leaf lags behind the guest entry. */
const aStaleTable = ({ pte, mapped = ACC_ALL, access = ACC_ALL, ...input }: Stale): Kvm => {
  const kvm = aKvm(input);
  aPage(kvm, 0, { gfn: 1, unsync: true, access });
  aLeaf(kvm, 0, { gfn: 4, access: mapped });
  kvm.memory.at(1).set(0, pte);
  return kvm;
};

const leaf = (kvm: Kvm) => kvm.sp.at(0).spt.get(0);

describe('sync_spte', () => {
  it('passes over entries that are no leaf', () => {
    const kvm = aStaleTable({ pte: NO_GPTE });
    expect(sync_spte(kvm, 0, 1)).toBe(false);
    aPage(kvm, 1);
    aLink(kvm, 0, 1, 1);
    expect(sync_spte(kvm, 0, 1)).toBe(false);
  });

  it('drops a leaf whose guest entry is gone, is not accessed, or names another gfn', () => {
    for (const pte of [NO_GPTE, gpte({ gfn: 4, accessed: false }), gpte({ gfn: 5 })]) {
      const kvm = aStaleTable({ pte });
      expect(sync_spte(kvm, 0, 0)).toBe(true);
      expect([leaf(kvm), kvm.rmap.at(4).bits]).toEqual([NO_SPTE, 0]);
      expect(kvm.ghost_owed.unmap.bits).toBe(1 << 4);
    }
  });

  it('leaves a leaf alone whose access is the cached one', () => {
    const kvm = aStaleTable({ pte: gpte({ gfn: 4 }) });
    expect(sync_spte(kvm, 0, 0)).toBe(false);
    expect(leaf(kvm)).toBe(leafSpte(4, ACC_ALL));
  });

  it('takes rights away, and wants a flush when the write right is among them', () => {
    const kvm = aStaleTable({ pte: gpte({ gfn: 4, access: readOnly }) });
    expect(sync_spte(kvm, 0, 0)).toBe(true);
    expect(leaf(kvm)).toBe(leafSpte(4, readOnly));
    expect(kvm.sp.at(0).shadowed_access.get(0)).toBe(readOnly);
    const other = aStaleTable({ pte: gpte({ gfn: 4, access: 6 }), mapped: ACC_ALL });
    expect(sync_spte(other, 0, 0)).toBe(false);
    expect(leaf(other)).toBe(leafSpte(4, 6));
  });

  it('takes the write right from a clean entry', () => {
    const kvm = aStaleTable({ pte: gpte({ gfn: 4, dirty: false }) });
    expect(sync_spte(kvm, 0, 0)).toBe(true);
    expect(leaf(kvm)).toBe(leafSpte(4, readOnly));
  });

  it('never gives more than the role of the page', () => {
    const kvm = aStaleTable({ pte: gpte({ gfn: 4 }), access: readOnly, mapped: ACC_USER_MASK });
    expect(sync_spte(kvm, 0, 0)).toBe(false);
    expect(leaf(kvm)).toBe(leafSpte(4, readOnly));
  });

  it('gives the write right back, except on a gfn that is shadowed', () => {
    const pte = gpte({ gfn: 4 });
    const free = aStaleTable({ pte, mapped: ACC_USER_MASK });
    expect(sync_spte(free, 0, 0)).toBe(false);
    expect(leaf(free)).toBe(leafSpte(4, ACC_ALL));
    const shadowed = aStaleTable({ pte, mapped: ACC_USER_MASK });
    aPage(shadowed, 1, { gfn: 4, unsync: true });
    expect(sync_spte(shadowed, 0, 0)).toBe(false);
    expect(leaf(shadowed)).toBe(leafSpte(4, readOnly));
    expect(shadowed.sp.at(0).shadowed_access.get(0)).toBe(ACC_ALL);
  });

  it('keeps frame or cached access, as the mutants have it', () => {
    const frame = aStaleTable({ pte: gpte({ gfn: 5 }), rules: { sync_gfn_change: 'keep' } });
    expect(sync_spte(frame, 0, 0)).toBe(false);
    expect(leaf(frame)).toBe(leafSpte(4, ACC_ALL));
    const pte = gpte({ gfn: 4, access: readOnly });
    const access = aStaleTable({ pte, rules: { sync_access: 'keep' } });
    expect(sync_spte(access, 0, 0)).toBe(true);
    expect(access.sp.at(0).shadowed_access.get(0)).toBe(ACC_ALL);
  });
});

/** Root 0 over two unsync tables that map each other writable; vCPU 0 begins to sync them. */
const aSync = (input: KvmInput = {}) => {
  const program = aProgram(input);
  const kvm = program.current;
  aPage(kvm, 0, { gfn: 0, level: 2, root_count: 1 });
  for (const sp of [1, 2]) {
    aPage(kvm, sp, { unsync: true });
    aLink(kvm, 0, sp, sp - 1);
    aMark(kvm, 0, sp - 1);
    aLeaf(kvm, sp, { gfn: 3 - sp });
    kvm.memory.at(sp).set(0, gpte({ gfn: 3 - sp }));
  }
  hold(kvm);
  kvm.vcpu.at(0).root = 0;
  kvm.vcpu.at(0).pc = 'sync_children';
  kvm.mmu_lock.sync_parent = 0;
  kvm.mmu_lock.after_sync = 'enter';
  const step = (name: string) => {
    expect(run(program, name, { v: 0 })).toBe(true);
    return kvm.vcpu.at(0).pc;
  };
  return { kvm, step };
};

const pass = 'mmu_sync_children.protect';
const entry = 'kvm_sync_page.sync_spte';

describe('mmu_sync_children', () => {
  it('protects the whole batch, flushes, syncs each entry, and looks again', () => {
    const { kvm, step } = aSync();
    expect(step(pass)).toBe('flush');
    expect([1, 2].map((sp) => kvm.sp.at(sp).spt.get(0))).toEqual([
      leafSpte(2, readOnly),
      leafSpte(1, readOnly),
    ]);
    expect(step('kvm_flush_remote_tlbs')).toBe('sync_children');
    expect(step(pass)).toBe('sync_spte');
    expect([1, 2].map((sp) => kvm.sp.at(sp).unsync)).toEqual([false, true]);
    expect([step(entry), step(entry), step(entry)]).toEqual(Array(3).fill('sync_spte'));
    expect(step(entry)).toBe('sync_children');
    expect(step(pass)).toBe('enter');
    expect(kvm.mmu_lock.holder).toBe(null);
    expect([1, 2].map((sp) => kvm.sp.at(sp).unsync)).toEqual([false, false]);
    expect([kvm.sp.at(0).unsync_children, kvm.sp.at(0).unsync_child_bitmap.bits]).toEqual([0, 0]);
  });

  it('needs no flush when nothing was writable', () => {
    const { kvm, step } = aSync();
    for (const sp of [1, 2]) kvm.sp.at(sp).spt.set(0, leafSpte(3 - sp, readOnly));
    expect(step(pass)).toBe('sync_spte');
  });

  it('protects nothing, as the mutant has it', () => {
    const { kvm, step } = aSync({ rules: { sync_protect: 'none' } });
    expect(step(pass)).toBe('sync_spte');
    expect(kvm.sp.at(1).spt.get(0)).toBe(leafSpte(2, ACC_ALL));
  });

  it('takes another pass for what did not fit into a batch', () => {
    const { kvm, step } = aSync({ geometry: { unsync_batch: 1 } });
    expect([step(pass), step('kvm_flush_remote_tlbs'), step(pass)]).toEqual([
      'flush',
      'sync_children',
      'sync_spte',
    ]);
    expect([step(entry), step(entry)]).toEqual(['sync_spte', 'sync_children']);
    expect([1, 2].map((sp) => kvm.sp.at(sp).unsync)).toEqual([false, true]);
    expect(step(pass)).toBe('flush');
  });

  it('ends after one batch, as the mutant has it', () => {
    const rules = { sync_passes: 'one' } as const;
    const { kvm, step } = aSync({ geometry: { unsync_batch: 1 }, rules });
    [step(pass), step('kvm_flush_remote_tlbs'), step(pass), step(entry)].forEach(String);
    expect(step(entry)).toBe('enter');
    expect(kvm.sp.at(2).unsync).toBe(true);
  });

  it('flushes at the end when an entry was dropped', () => {
    const { kvm, step } = aSync();
    kvm.memory.at(1).set(0, NO_GPTE);
    [step(pass), step('kvm_flush_remote_tlbs'), step(pass)].forEach(String);
    [step(entry), step(entry), step(entry), step(entry)].forEach(String);
    expect(step(pass)).toBe('flush');
    expect(step('kvm_flush_remote_tlbs')).toBe('enter');
    expect(kvm.ghost_owed.unmap.bits).toBe(0);
  });
});
