import { describe, expect, it } from 'vitest';
import { gpte, NO_GPTE } from '../../../model/gpte.ts';
import { isAllowed, resetAllowed } from '../../../model/tlb/oracle.ts';
import { aLeaf, aLink, aPage, aProgram, aVcpu, run } from '../../support/kvm.ts';

const v = 0;

/** Root 0 is loaded for PCID 0, root 1 is cached for PCID 1: table 3 of it maps frame 4. */
const aGuest = (rules = {}, oracle: 'lenient' | 'strict' = 'strict') => {
  const program = aProgram({
    budget: { cr3: 4, cr4: 2, invpcid_addr: 1, invpcid_all: 1 },
    geometry: { gfns: 6, tables: 4, cr3: [0, 1], pcids: [0, 1], cr4: ['pcide'], vcpus: 1 },
    initialMemory: [
      [gpte({ gfn: 2 }), NO_GPTE],
      [gpte({ gfn: 3 }), NO_GPTE],
      [gpte({ gfn: 5 }), NO_GPTE],
      [gpte({ gfn: 4 }), NO_GPTE],
    ],
    rules,
    oracle,
  });
  const kvm = program.current;
  for (const sp of [0, 1]) aPage(kvm, sp, { gfn: sp, level: 2, root_count: 1 });
  aPage(kvm, 2, { gfn: 3, unsync: true });
  aLink(kvm, 1, 2);
  aLeaf(kvm, 2, { gfn: 4 });
  kvm.sp.at(1).unsync_child_bitmap.add(0);
  kvm.sp.at(1).unsync_children = 1;
  aVcpu(kvm, v, { root: 0 });
  const vcpu = kvm.vcpu.at(v);
  vcpu.prev_root.at(0).sp = 1;
  vcpu.prev_root.at(0).cr3 = 1;
  vcpu.cr4_pcide = true;
  vcpu.cr3 = 1;
  resetAllowed(kvm, v);
  vcpu.cr3 = 0;
  vcpu.pc = 'guest';
  return { program, kvm, vcpu };
};

/** Frames that the second PCID may reach at address 0. */
const framesOfOther = (kvm: ReturnType<typeof aGuest>['kvm']) => {
  kvm.vcpu.at(v).cr3 = 1;
  const frames = [4, 5].filter((pfn) => isAllowed(kvm, v, 0, 'ur', pfn));
  kvm.vcpu.at(v).cr3 = 0;
  return frames;
};

describe('guestInvpcid.addr', () => {
  it('syncs the address in the cached root of the PCID', () => {
    const { program, kvm, vcpu } = aGuest();
    kvm.memory.at(3).set(0, NO_GPTE);
    expect(run(program, 'guestInvpcid.addr', { v, pcid: 1, va: '0x0' })).toBe(true);
    // The current root is of another PCID.
    expect(run(program, '__kvm_mmu_invalidate_addr', { v })).toBe(true);
    expect(kvm.sp.at(2).spt.get(0)).not.toBe(0);
    expect(run(program, '__kvm_mmu_invalidate_addr', { v })).toBe(true);
    expect([kvm.sp.at(2).spt.get(0), vcpu.invpcid]).toEqual([0, 2]);
    expect(run(program, 'kvm_flush_remote_tlbs', { v })).toBe(true);
    expect([vcpu.pc, vcpu.invpcid]).toEqual(['enter', 0]);
  });

  it('leaves the cached root alone for another PCID, and by the rule', () => {
    for (const [pcid, rules] of [
      [0, {}],
      [1, { invpcid_addr_roots: 'current-only' }],
    ] as const) {
      const { program, kvm } = aGuest(rules);
      kvm.memory.at(3).set(0, NO_GPTE);
      run(program, 'guestInvpcid.addr', { v, pcid, va: '0x0' });
      run(program, '__kvm_mmu_invalidate_addr', { v });
      run(program, '__kvm_mmu_invalidate_addr', { v });
      expect(kvm.sp.at(2).spt.get(0)).not.toBe(0);
    }
  });
});

describe('guestInvpcid.all', () => {
  it('gives back cached roots that are unsync, after the current one is synced', () => {
    const { program, kvm, vcpu } = aGuest();
    expect(run(program, 'guestInvpcid.all', { v })).toBe(true);
    expect(run(program, 'kvm_mmu_sync_prev_roots', { v })).toBe(false);
    expect(run(program, 'is_unsync_root', { v })).toBe(true);
    expect(run(program, 'vcpu_enter_guest', { v })).toBe(false);
    expect(run(program, 'kvm_mmu_sync_prev_roots', { v })).toBe(true);
    expect(run(program, 'vcpu_enter_guest', { v })).toBe(false);
    expect(run(program, 'kvm_mmu_sync_prev_roots.free', { v })).toBe(true);
    expect([vcpu.prev_root.at(0).sp, kvm.sp.at(1).root_count]).toEqual([null, 0]);
    expect(run(program, 'vcpu_enter_guest', { v })).toBe(true);
  });

  it('keeps cached roots in sync, and all of them by the rule', () => {
    for (const rules of [{}, { guest_flush_roots: 'kept' }]) {
      const { program, kvm, vcpu } = aGuest(rules);
      if (!('guest_flush_roots' in rules)) kvm.sp.at(1).unsync_children = 0;
      run(program, 'guestInvpcid.all', { v });
      run(program, 'is_unsync_root', { v });
      run(program, 'kvm_mmu_sync_prev_roots', { v });
      expect(run(program, 'kvm_mmu_sync_prev_roots.free', { v })).toBe(false);
      expect(vcpu.prev_root.at(0).sp).toBe(1);
    }
  });

  it('lets a PCID that is not active be cached again in the lenient mode alone', () => {
    for (const [oracle, frames] of [
      ['strict', []],
      ['lenient', [5]],
    ] as const) {
      const { program, kvm } = aGuest({}, oracle);
      expect(framesOfOther(kvm)).toEqual([4]);
      kvm.memory.at(3).set(0, gpte({ gfn: 5 }));
      run(program, 'guestInvpcid.all', { v });
      expect(framesOfOther(kvm)).toEqual(frames);
    }
  });
});

describe('guestMovCr4 with pcide', () => {
  it('asks for a flush of everything when it clears it', () => {
    const { program, vcpu } = aGuest();
    expect(run(program, 'guestMovCr4', { v, cr4: 'pcide' })).toBe(true);
    expect([vcpu.cr4_pcide, vcpu.request_flush_guest]).toEqual([false, true]);
    expect([vcpu.request_sync, vcpu.request_flush_current]).toEqual([true, true]);
  });
});

describe('guestMovCr0Pg', () => {
  it('gives all roots back and forgets what was cached, both ways', () => {
    const program = aProgram({
      budget: { pg: 2 },
      geometry: { cr0_pg: 'toggled', vcpus: 1, cr3: [0, 1] },
    });
    const kvm = program.current;
    for (const sp of [0, 1]) aPage(kvm, sp, { gfn: sp, level: 2, root_count: 1 });
    aVcpu(kvm, v, { root: 0 });
    const vcpu = kvm.vcpu.at(v);
    vcpu.prev_root.at(0).sp = 1;
    expect(run(program, 'guestMovCr0Pg', { v })).toBe(true);
    expect([vcpu.cr0_pg_clear, vcpu.root, vcpu.prev_root.at(0).sp]).toEqual([true, null, null]);
    expect(vcpu.request_flush_current).toBe(true);
    expect(isAllowed(kvm, v, 2, 'ur', 2)).toBe(true);
    vcpu.pc = 'guest';
    expect(run(program, 'guestMovCr0Pg', { v })).toBe(true);
    expect(vcpu.cr0_pg_clear).toBe(false);
    expect(run(program, 'guestMovCr0Pg', { v })).toBe(false);
  });
});
