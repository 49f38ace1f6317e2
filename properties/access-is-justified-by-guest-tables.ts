/** Every completed guest access used a translation that the guest's own tables justify. */
import { kindNames } from '../model/shadow/walker.ts';
import { scenarioKind, storeKind } from '../model/guest/guest.ts';
import { findUsablePfn, usableTranslations } from '../model/tlb/hardware.ts';
import { isAllowed } from '../model/tlb/oracle.ts';
import type { AccessKind } from '../model/access.ts';
import type { Kvm } from './property.ts';
import { hex, stepProperty } from './property.ts';

const kindOfStep = (kvm: Kvm, args: readonly number[], transition: string): AccessKind =>
  transition === 'guestStore' ? storeKind(kvm) : scenarioKind(kvm, args[2] ?? 0);

const isForeign = (kvm: Kvm, v: number, va: number, kind: AccessKind, pfn: number): boolean =>
  !isAllowed(kvm, v, va, kind, pfn);

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
  on: ['guestAccess', 'guestStore'],
  applies: (_before, after, [v = 0]) => after.vcpu.at(v).pc === 'guest',
  check: (before, _after, args, transition) => {
    const [v = 0, va = 0] = args;
    const kind = kindOfStep(before, args, transition);
    if (findUsablePfn(before, v, va, kind, isForeign) < 0) return null;
    for (const { pfn, by } of usableTranslations(before, v, va, kind)) {
      if (isAllowed(before, v, va, kind, pfn)) continue;
      return {
        message: `the guest reaches frame ${hex(pfn)}, which its tables do not give`,
        where: { vcpu: v, va: hex(va), kind: kindNames.includes(kind) ? kind : 'ur', by },
      };
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
