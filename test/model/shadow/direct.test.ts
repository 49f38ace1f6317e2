import { describe, expect, it } from 'vitest';
import { gpte, NO_GPTE } from '../../../model/gpte.ts';
import { kvm_mmu_page_get_gfn } from '../../../model/shadow/rmap.ts';
import { rmapKey } from '../../../model/shadow/rmap-key.ts';
import { is_last_spte, spte_to_pfn } from '../../../model/spte.ts';
import { isAllowed } from '../../../model/tlb/oracle.ts';
import { aPage, aProgram, run, type KvmInput } from '../../support/kvm.ts';

const v = 0;

/** vCPU 0 runs without paging, vCPU 1 with it. */
const aProgramWithout = (input: KvmInput = {}) => {
  const program = aProgram({
    initialMemory: [[gpte({ gfn: 1 }), NO_GPTE]],
    budget: { fault: 2 },
    ...input,
    geometry: { nonpaging: [v], ...input.geometry },
  });
  const kvm = program.current;
  const steps = (...names: readonly string[]) => {
    for (const name of names) expect([name, run(program, name, { v })]).toEqual([name, true]);
    return kvm.vcpu.at(v).pc;
  };
  return { program, kvm, steps };
};

const enter = ['kvm_mmu_load', 'mmu_alloc_root', 'vcpu_enter_guest'];
const toTheLeaf = ['direct_page_fault', 'direct_page_fault.lock'];
const link = ['kvm_mmu_get_child_sp', 'direct_map'];
const leaf = ['mmu_try_to_unsync_pages', 'mmu_set_spte'];

describe('a vCPU without paging', () => {
  it('is given a direct root over all frames, with nothing to sync', () => {
    const { kvm, steps } = aProgramWithout();
    expect(steps(...enter)).toBe('guest');
    expect(kvm.sp.at(0)).toMatchObject({ gfn: 0, root_count: 1 });
    expect(kvm.sp.at(0).role).toMatchObject({ level: 2, direct: true, access: 7, cr0_wp: false });
    expect(kvm.arch.indirect_shadow_pages).toBe(0);
    expect(kvm.vcpu.at(v).request_sync).toBe(false);
  });

  it('maps an address to the frame of that number', () => {
    const { program, kvm, steps } = aProgramWithout();
    steps(...enter);
    expect(run(program, 'guestAccess', { v, va: '0x3', kind: 'ur' })).toBe(true);
    expect(steps(...toTheLeaf, ...link, ...leaf)).toBe('enter');
    const page = kvm.sp.at(1);
    expect([page.gfn, page.role.level, page.role.direct]).toEqual([2, 1, true]);
    expect([kvm_mmu_page_get_gfn(kvm, page, 1), spte_to_pfn(page.spt.get(1))]).toEqual([3, 3]);
    expect(kvm.rmap.at(rmapKey(kvm, 3, 1)).count()).toBe(1);
  });

  it('is given a leaf as large as that of the host', () => {
    const host_level = [1, 1, 2, 2, 1, 1];
    const { program, kvm, steps } = aProgramWithout({ geometry: { host_level } });
    steps(...enter);
    run(program, 'guestAccess', { v, va: '0x3', kind: 'uw' });
    expect(steps(...toTheLeaf, ...leaf)).toBe('enter');
    expect(is_last_spte(kvm.sp.at(0).spt.get(1))).toBe(true);
    expect(spte_to_pfn(kvm.sp.at(0).spt.get(1))).toBe(2);
  });

  it('has its writes to a tracked frame emulated', () => {
    const { program, kvm, steps } = aProgramWithout();
    steps(...enter);
    run(program, 'guestAccess', { v, va: '0x1', kind: 'ur' });
    steps(...toTheLeaf, ...link, ...leaf, 'vcpu_enter_guest');
    aPage(kvm, 3, { gfn: 1, level: 2 });
    const { spt } = kvm.sp.at(1);
    spt.set(1, spt.get(1) & ~(1 << 3));
    run(program, 'guestAccess', { v, va: '0x1', kind: 'uw' });
    expect(steps('direct_page_fault')).toBe('emulate_write');
  });

  it('may reach the frame of its address alone', () => {
    const { kvm } = aProgramWithout();
    expect([0, 1, 2].map((pfn) => isAllowed(kvm, v, 1, 'uw', pfn))).toEqual([false, true, false]);
    expect(isAllowed(kvm, 1, 1, 'uw', 1)).toBe(false);
  });

  it('leaves its control registers and its TLB to the others', () => {
    const { program, kvm, steps } = aProgramWithout({ budget: { cr3: 1, wp: 1, invlpg: 1 } });
    steps(...enter);
    expect(kvm.vcpu.at(v).pc).toBe('guest');
    expect(run(program, 'guestMovCr3', { v, cr3: '0x0' })).toBe(false);
    expect(run(program, 'guestMovCr0Wp', { v })).toBe(false);
    expect(run(program, 'guestInvlpg', { v, va: '0x0' })).toBe(false);
  });

  it('shares no root with one that pages by the table in frame 0', () => {
    const { program, kvm, steps } = aProgramWithout();
    steps(...enter);
    for (const name of enter.slice(0, 2)) expect(run(program, name, { v: 1 })).toBe(true);
    const roots = [0, 1].map((vcpu) => kvm.vcpu.at(vcpu).root);
    expect(roots).toEqual([0, 1]);
    expect(kvm.sp.at(1).role.direct).toBe(false);
  });
});
