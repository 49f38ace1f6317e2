/** What a state of the shadow MMU is in the middle of: exits, mmu_lock, owed flushes. */
import type { Snapshot } from '../checker/catalogue.ts';
import { shadowState, type ShadowState } from '../picture/shadow-state.ts';
import type { Activity } from './activity.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;

/** What a thread is within: its own work while it is not idle, and mmu_lock at some places. */
const within = (pc: string, work: string, locked: readonly string[]): string[] => [
  ...(pc === 'idle' ? [] : [work]),
  ...(locked.includes(pc) ? ['mmu_lock'] : []),
];

/** Where the thread that splits huge pages holds mmu_lock. */
const splitUnderLock = ['try', 'commit', 'flush', 'link', 'break', 'end'];

function sectionsOf(state: ShadowState): Activity['sections'] {
  const { holder } = state.mmu_lock;
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
      ...new Set(
        state.mmu_notifier.calls.flatMap(({ pc }) =>
          within(pc, 'MMU notifier invalidation', ['flush']),
        ),
      ),
    ],
    ioctl: [
      ...within(state.memslots.pc, 'memory slot change', ['zap', 'commit']),
      ...within(state.dirty_log.pc, 'dirty log call', []),
      ...within(state.split.pc, 'eager page splitting', splitUnderLock),
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

/** Kept ready for faults and splits; none where the scenario does not count them. */
const cacheObjects = ({ vcpu, split }: ShadowState): number =>
  vcpu.reduce(
    (sum, kept) => sum + kept.mmu_page_header_cache + kept.mmu_pte_list_desc_cache,
    split.split_page_header_cache + split.split_desc_cache,
  );

export function shadowActivity(snapshot: Snapshot): Activity {
  const state = shadowState(snapshot);
  const owed = owedBy(state);
  return {
    sections: sectionsOf(state),
    owed,
    counters: {
      'shadow pages': state.sp.filter(({ list }) => list !== 'free').length,
      'unsync pages': state.sp.filter(({ unsync }) => unsync).length,
      'owed flushes': owed.length,
      'TLB entries': tlbEntries(state),
      'cache objects': cacheObjects(state),
      n_used_mmu_pages: state.arch.n_used_mmu_pages,
    },
  };
}
