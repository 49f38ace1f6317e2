import { describe, expect, it } from 'vitest';
import {
  flushLocal,
  flushLocalAddress,
  isFlushOwed,
  kvm_flush_remote_tlbs,
  oweLink,
  oweProtect,
  oweUnmap,
} from '../../../model/tlb/flush.ts';
import type { Kvm } from '../../../model/index.ts';
import { aKvm, hold, type KvmInput } from '../../support/kvm.ts';

/** Three vCPUs with a full TLB each; vCPU 0 holds mmu_lock, vCPU 1 is in the guest. */
const aKvmWithFullTlbs = (input: KvmInput = {}): Kvm => {
  const kvm = aKvm({ geometry: { vcpus: 3, tlb_entries: 2, psc_entries: 1 }, ...input });
  hold(kvm);
  kvm.vcpu.at(1).pc = 'guest';
  for (let v = 0; v < 3; v += 1) {
    const { ghost_tlb, ghost_psc } = kvm.vcpu.at(v);
    [0, 1].forEach((i) =>
      Object.assign(ghost_tlb.at(i), { valid: true, va: i, pfn: 4, access: 7 }),
    );
    Object.assign(ghost_psc.at(0), { valid: true, va: 2, level: 2, sp: 1 });
  }
  return kvm;
};
const retained = (kvm: Kvm, v: number) => [
  kvm.vcpu.at(v).ghost_tlb.at(0).valid,
  kvm.vcpu.at(v).ghost_tlb.at(1).valid,
  kvm.vcpu.at(v).ghost_psc.at(0).valid,
];

describe('flushLocal', () => {
  it('drops everything of one vCPU, to the canonical value', () => {
    const kvm = aKvmWithFullTlbs();
    flushLocal(kvm, 1);
    expect([0, 1].map((v) => retained(kvm, v))).toEqual([
      [true, true, true],
      [false, false, false],
    ]);
    expect(kvm.vcpu.at(1).ghost_tlb.at(1)).toMatchObject({ va: 0, pfn: 0, access: 0 });
    expect(kvm.vcpu.at(1).ghost_psc.at(0)).toMatchObject({ va: 0, level: 0, sp: 0 });
  });
});

describe('flushLocalAddress', () => {
  it('drops one address, and the upper entries on the way to it', () => {
    const kvm = aKvmWithFullTlbs();
    flushLocalAddress(kvm, 1, 1);
    expect(retained(kvm, 1)).toEqual([true, false, true]);
    flushLocalAddress(kvm, 1, 3);
    expect(retained(kvm, 1)).toEqual([true, false, false]);
  });
});

describe('flushes owed', () => {
  it('are owed for a frame unmapped, a frame protected, or a link removed', () => {
    for (const owe of [
      (kvm: Kvm) => oweUnmap(kvm, 4, 1),
      (kvm: Kvm) => oweProtect(kvm, 4, 1),
      (kvm: Kvm) => oweLink(kvm),
    ]) {
      const kvm = aKvmWithFullTlbs();
      expect(isFlushOwed(kvm)).toBe(false);
      owe(kvm);
      expect(isFlushOwed(kvm)).toBe(true);
      kvm_flush_remote_tlbs(kvm);
      expect(isFlushOwed(kvm)).toBe(false);
    }
  });
});

describe('kvm_flush_remote_tlbs', () => {
  const reached = (remote_flush: 'all-vcpus' | 'in-guest-only' | 'caller-only') => {
    const kvm = aKvmWithFullTlbs({ rules: { remote_flush } });
    kvm_flush_remote_tlbs(kvm);
    return [0, 1, 2].filter((v) => !retained(kvm, v).includes(true));
  };

  it('reaches every vCPU, wherever it is', () => {
    expect(reached('all-vcpus')).toEqual([0, 1, 2]);
  });

  it('passes over some, as the mutants have it', () => {
    expect(reached('in-guest-only')).toEqual([0, 1]);
    expect(reached('caller-only')).toEqual([0]);
  });
});
