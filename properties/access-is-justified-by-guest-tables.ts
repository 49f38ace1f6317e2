/** Every completed guest access used a translation that the guest's own tables justify. */
import { kindNames } from '../model/shadow/walker.ts';
import { accessesOf, scenarioKind, storeKind, type GuestAccess } from '../model/guest/guest.ts';
import { findUsablePfn, usableTranslations } from '../model/tlb/hardware.ts';
import { isAllowed } from '../model/tlb/oracle.ts';
import type { AccessKind } from '../model/access.ts';
import type { Finding, Kvm } from './property.ts';
import { hex, stepProperty } from './property.ts';

/** What a step of the guest accessed. */
const accessesOfStep = (
  kvm: Kvm,
  [, second = 0, third = 0]: readonly number[],
  transition: string,
): readonly GuestAccess[] => {
  if (transition === 'guestStore') return [{ va: second, kind: storeKind(kvm) }];
  if (transition === 'guestAccess') return [{ va: second, kind: scenarioKind(kvm, third) }];
  const what = kvm.workload.instructions[second];
  return what === undefined ? [] : accessesOf(what);
};

const isForeign = (kvm: Kvm, v: number, va: number, kind: AccessKind, pfn: number): boolean =>
  !isAllowed(kvm, v, va, kind, pfn);

const unjustified = (kvm: Kvm, v: number, { va, kind }: GuestAccess): Finding | null => {
  if (findUsablePfn(kvm, v, va, kind, isForeign) < 0) return null;
  for (const { pfn, by } of usableTranslations(kvm, v, va, kind)) {
    if (isAllowed(kvm, v, va, kind, pfn)) continue;
    return {
      message: `the guest reaches frame ${hex(pfn)}, which its tables do not give`,
      where: { vcpu: v, va: hex(va), kind: kindNames.includes(kind) ? kind : 'ur', by },
    };
  }
  return null;
};

export const accessIsJustifiedByGuestTables = stepProperty({
  id: 'access-is-justified-by-guest-tables',
  brief: 'T2',
  says:
    'A guest access reaches a frame, with rights, that the guest tables gave for the address at ' +
    'some time since the last invalidation that covers it.',
  why:
    'The guest has changed its tables and flushed as the manual asks; an access by the old ones ' +
    'reads or corrupts memory that it has given to somebody else.',
  source: ['SDM "Caching Translation Information"', 'Documentation/virt/kvm/x86/mmu.rst'],
  on: ['guestAccess', 'guestStore', 'guestInstruction'],
  reads: [
    'sp',
    'host_pfn',
    'vcpu.cr0_pg_clear',
    'vcpu.cr0_wp',
    'vcpu.cr3',
    'vcpu.cr4_pcide',
    'vcpu.cr4_smap',
    'vcpu.cr4_smep',
    'vcpu.efer_nx_clear',
    'vcpu.ghost_allowed_frame',
    'vcpu.ghost_psc',
    'vcpu.ghost_tlb',
    'vcpu.root',
  ],
  applies: (_before, after, [v = 0]) => after.vcpu.at(v).pc === 'guest',
  check: (before, _after, args, transition) => {
    for (const access of accessesOfStep(before, args, transition)) {
      const finding = unjustified(before, args[0] ?? 0, access);
      if (finding !== null) return finding;
    }
    return null;
  },
  witness: {
    says: 'a vCPU may still use an old translation after the guest changed its tables',
    reads: ['vcpu.ghost_allowed_frame'],
    reached: (kvm) => {
      for (let v = 0; v < kvm.vcpu.length; v += 1) {
        const { ghost_allowed_frame } = kvm.vcpu.at(v);
        for (let i = 0; i < ghost_allowed_frame.length; i += 1) {
          if (ghost_allowed_frame.at(i).count() > 1) return true;
        }
      }
      return false;
    },
  },
});
