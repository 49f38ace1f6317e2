import { describe, expect, it } from 'vitest';
import { ACC_ALL, ACC_USER_MASK } from '../../../model/access.ts';
import { gpte, NO_GPTE } from '../../../model/gpte.ts';
import { emulationOf, mmioSpteAt } from '../../../model/shadow/mmio.ts';
import { vcpu_cache_mmio_info, vcpu_match_mmio_gva } from '../../../model/shadow/mmio-info.ts';
import { sync_spte } from '../../../model/shadow/sync.ts';
import {
  get_mmio_spte_generation,
  get_mmio_spte_gfn,
  is_last_spte,
  is_mmio_spte,
  is_shadow_present_pte,
  make_mmio_spte,
  NO_SPTE,
  spteText,
} from '../../../model/spte.ts';
import type { Kvm, Rules } from '../../../model/index.ts';
import { aLink, aPage, aProgram, aVcpu, run } from '../../support/kvm.ts';

const memslot = {
  bases: [4],
  npages: 1,
  changes: ['create'],
  present: false,
  readonly: false,
  generations: 8,
} as const;

/** Root 0 over table 1, which maps gfn 4 at address 0 by an MMIO SPTE of generation 0. */
const withMmio = (rules: Partial<Rules> = {}) => {
  const program = aProgram({ geometry: { memslot }, rules, budget: { fault: 4, memslot: 1 } });
  const kvm = program.current;
  aPage(kvm, 0, { level: 2, root_count: 1 });
  aPage(kvm, 1, { unsync: true });
  aLink(kvm, 0, 1);
  kvm.memory.at(0).set(0, gpte({ gfn: 1 }));
  kvm.memory.at(1).set(0, gpte({ gfn: 4 }));
  kvm.sp.at(1).spt.set(0, make_mmio_spte(4, ACC_ALL, 0));
  aVcpu(kvm, 0);
  return program;
};

const entry = (kvm: Kvm): number => kvm.sp.at(1).spt.get(0);

describe('make_mmio_spte', () => {
  it('holds a frame and a generation, and is neither present nor a leaf', () => {
    const spte = make_mmio_spte(5, ACC_USER_MASK, 3);
    expect([get_mmio_spte_gfn(spte), get_mmio_spte_generation(spte)]).toEqual([5, 3]);
    expect(is_mmio_spte(spte)).toBe(true);
    expect(is_shadow_present_pte(spte) || is_last_spte(spte)).toBe(false);
    expect(spteText(spte)).toBe('mmio gfn 0x5 generation 3');
  });
});

describe('a fault on an MMIO SPTE', () => {
  it('is emulated while the generation is that of the SPTE, and remembered', () => {
    const program = withMmio();
    expect(run(program, 'guestAccess', { v: 0, va: '0x0', kind: 'ur' })).toBe(true);
    const kvm = program.current;
    expect(kvm.vcpu.at(0).pc).toBe('emulate_mmio');
    expect(emulationOf(kvm, 0)).toEqual({ gfn: 4, mmio: true });
    expect(vcpu_match_mmio_gva(kvm, kvm.vcpu.at(0))).toBe(true);
  });

  it('takes the long way when the generation has advanced or is about to', () => {
    for (const change of [
      (kvm: Kvm) => (kvm.memslots.generation = 1),
      (kvm: Kvm) => (kvm.memslots.update_in_progress = true),
    ]) {
      const program = withMmio();
      change(program.current);
      run(program, 'guestAccess', { v: 0, va: '0x0', kind: 'ur' });
      expect(program.current.vcpu.at(0).pc).toBe('walk_addr');
    }
  });

  it('walks again when what was remembered is out of date at emulation', () => {
    const program = withMmio();
    run(program, 'guestAccess', { v: 0, va: '0x0', kind: 'ur' });
    program.current.memslots.update_in_progress = true;
    expect(emulationOf(program.current, 0)).toBeNull();
    run(program, 'x86_emulate_instruction', { v: 0 });
    expect(program.current.vcpu.at(0).pc).toBe('walk_addr');
  });
});

describe('mmioSpteAt', () => {
  it('finds nothing where a leaf or nothing is', () => {
    const { current } = withMmio();
    expect(mmioSpteAt(current, 0, 0)).toBe(entry(current));
    expect([1, 2].map((va) => mmioSpteAt(current, 0, va))).toEqual([NO_SPTE, NO_SPTE]);
  });
});

describe('vcpu_cache_mmio_info', () => {
  it('remembers nothing while the slots are being changed', () => {
    const { current } = withMmio();
    current.memslots.update_in_progress = true;
    vcpu_cache_mmio_info(current, current.vcpu.at(0), 4, ACC_ALL);
    expect(current.vcpu.at(0).mmio.va).toBe(0);
  });
});

describe('sync_spte on an MMIO SPTE', () => {
  it('renews it with the generation of now when the guest entry names its gfn', () => {
    const { current } = withMmio();
    current.memslots.generation = 2;
    expect(sync_spte(current, 1, 0)).toBe(false);
    expect(get_mmio_spte_generation(entry(current))).toBe(2);
  });

  it('clears it when the entry names another gfn, and when the entry is gone', () => {
    for (const value of [gpte({ gfn: 5 }), NO_GPTE]) {
      const { current } = withMmio();
      current.memory.at(1).set(0, value);
      sync_spte(current, 1, 0);
      expect(entry(current)).toBe(NO_SPTE);
    }
  });

  it('clears it where a slot has come, under the rule that would close the finding', () => {
    const { current } = withMmio({ sync_mmio: 'clear-where-slot' });
    current.memslots.state = 'present';
    sync_spte(current, 1, 0);
    expect(entry(current)).toBe(NO_SPTE);
  });
});
