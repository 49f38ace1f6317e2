/** What a state of the shadow MMU is in the middle of: exits, mmu_lock, owed flushes. */
import type { Snapshot } from '../checker/catalogue.ts';
import { shadowState, type ShadowState } from '../picture/shadow-state.ts';
import type { Activity } from './activity.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;

/** The notifier has mmu_lock before its flush; between start and end it is in progress. */
interface WithNotifier {
  readonly mmu_notifier: { readonly pc: string };
}

function sectionsOf(state: ShadowState & WithNotifier): Activity['sections'] {
  const { holder } = state.mmu_lock;
  const { pc } = state.mmu_notifier;
  return {
    ...Object.fromEntries(
      state.vcpu.map((vcpu, v) => [
        `vcpu${v}`,
        [
          ...(vcpu.pc === 'guest' ? [] : ['outside the guest']),
          ...(holder === v ? ['mmu_lock'] : []),
        ],
      ]),
    ),
    mm: [
      ...(pc === 'idle' ? [] : ['MMU notifier invalidation']),
      ...(pc === 'flush' ? ['mmu_lock'] : []),
    ],
  };
}

/** Zapped pages too: they are freed by a flush. */
function owedBy({ ghost_owed, sp }: ShadowState): string[] {
  const { unmap, protect, link } = ghost_owed;
  return [
    ...unmap.map((pfn) => `unmap pfn ${hex(pfn)}`),
    ...protect.map((pfn) => `protect pfn ${hex(pfn)}`),
    ...(link ? ['link'] : []),
    ...sp.flatMap(({ list }, i) => (list === 'invalid_list' ? [`free sp${i}`] : [])),
  ];
}

const tlbEntries = ({ vcpu }: ShadowState): number =>
  vcpu.reduce((sum, { ghost_tlb }) => sum + ghost_tlb.filter(({ valid }) => valid).length, 0);

export function shadowActivity(snapshot: Snapshot): Activity {
  const state = shadowState(snapshot) as ShadowState & WithNotifier;
  const owed = owedBy(state);
  return {
    sections: sectionsOf(state),
    owed,
    counters: {
      'shadow pages': state.sp.filter(({ list }) => list !== 'free').length,
      'unsync pages': state.sp.filter(({ unsync }) => unsync).length,
      'owed flushes': owed.length,
      'TLB entries': tlbEntries(state),
    },
  };
}
