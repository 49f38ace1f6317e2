/** Rules on huge leaves: the NX mitigation, and dirty logging. */
import type { SpteSet, TdpChanged } from '../read/event.ts';
import { isSameSpte, spteText } from '../read/spte.ts';
import { hex, type Judge, type Moment, type TraceRule } from './rule.ts';

type Written = Pick<SpteSet, 'gfn' | 'level' | 'spte'>;

const fromTdp = ({ gfn, level, new: spte }: TdpChanged): Written => ({ gfn, level, spte });

/** Whether a change of the TDP MMU puts a leaf where the same was not before. */
const isNewLeaf = ({ vm: { format } }: Moment, { level, old, new: now }: TdpChanged): boolean =>
  format.is_shadow_present_pte(now) && format.is_last_spte(now, level) && !isSameSpte(old, now);

function judgeNx(judge: Judge, at: Moment, { gfn, level, spte }: Written): void {
  if (level < 2 || at.vm.settings.nxHugePages !== true) return;
  judge.judge(at, () =>
    at.vm.format.is_executable_pte(spte)
      ? {
          message: `gfn ${hex(gfn)} is executable at level ${level} with the mitigation on`,
          objects: [`spte ${spteText(spte)} level ${level}`],
        }
      : undefined,
  );
}

export const nxHugeNotExec: TraceRule = {
  id: 'nx-huge-not-exec',
  says: 'With the NX mitigation on, no leaf above level 1 is executable.',
  why: 'A guest could raise a machine check by changing the size of a page that it executes.',
  source: ['disallowed_hugepage_adjust()', 'make_spte()'],
  needs: ['kvm_mmu_set_spte'],
  modes: 'all, with nx_huge_pages on',
  kernels: 'all',
  memory: 'history',
  watch: (judge) => ({ kvm_mmu_set_spte: (event, at) => judgeNx(judge, at, event) }),
};

export const tdpNxHugeNotExec: TraceRule = {
  ...nxHugeNotExec,
  id: 'tdp-nx-huge-not-exec',
  says: 'With the NX mitigation on, no leaf of the TDP MMU above level 1 is executable.',
  source: ['tdp_mmu_map_handle_target_level()', 'make_huge_page_split_spte()'],
  needs: ['kvm_tdp_mmu_spte_changed'],
  modes: 'TDP MMU, with nx_huge_pages on',
  kernels: '6.1 and later',
  watch: (judge) => ({
    kvm_tdp_mmu_spte_changed: (event, at) => {
      if (isNewLeaf(at, event)) judgeNx(judge, at, fromTdp(event));
    },
  }),
};

function judgeLogged(judge: Judge, at: Moment, { gfn, level, spte }: Written): void {
  const { slots, format } = at.vm;
  if (slots.changing) return;
  const logged = slots.over(gfn);
  if (logged.length === 0 || !logged.every(({ dirtyLog }) => dirtyLog)) return;
  judge.judge(at, () =>
    level > 1 && format.is_writable_pte(spte)
      ? {
          message: `gfn ${hex(gfn)} becomes writable at level ${level} under dirty logging`,
          because: logged.map(({ line, id }) => ({ line, what: `slot ${id} is logged` })),
          objects: [`spte ${spteText(spte)} level ${level}`],
        }
      : undefined,
  );
}

export const dirtyLogNoWritableHuge: TraceRule = {
  id: 'dirty-log-no-writable-huge',
  says: 'While a slot is logged, no writable leaf above level 1 is installed in it.',
  why: 'Writes to its other pages would go unnoticed.',
  source: ['kvm_mmu_hugepage_adjust()', 'kvm_slot_dirty_track_enabled()'],
  needs: ['tracing_mark_write'],
  needsOneOf: ['kvm_mmu_set_spte', 'kvm_tdp_mmu_spte_changed'],
  modes: 'all, with dirty logging',
  kernels: 'all',
  memory: 'history',
  watch: (judge) => ({
    kvm_mmu_set_spte: (event, at) => judgeLogged(judge, at, event),
    kvm_tdp_mmu_spte_changed: (event, at) => {
      if (!isNewLeaf(at, event)) return;
      const { format } = at.vm;
      const was = format.is_shadow_present_pte(event.old) && format.is_writable_pte(event.old);
      if (!was) judgeLogged(judge, at, fromTdp(event));
    },
  }),
};
