/** Rules on the TDP MMU. */
import { spte_to_pfn, spteText } from '../read/spte.ts';
import { hex, type Judge, type Moment, type TraceRule } from './rule.ts';
import type { TdpChanged } from '../read/event.ts';

const common = {
  needs: ['kvm_tdp_mmu_spte_changed'],
  modes: 'TDP MMU',
  kernels: '6.1 and later',
} as const;

/** With one root, an entry that was written to is not empty. */
function judgeEmpty(judge: Judge, at: Moment, { asId, level, gfn, old }: TdpChanged): void {
  const { tdp, format } = at.vm;
  if (tdp.roots !== 1 || format.is_frozen_spte(old)) return;
  const [known] = tdp.values(asId, level, gfn);
  judge.judge(at, () =>
    known === undefined
      ? undefined
      : {
          message: `gfn ${hex(gfn)} level ${level} is not empty`,
          because: [{ line: known.line, what: `${spteText(known.spte)} is written` }],
          objects: [spteText(known.spte)],
        },
  );
}

export const tdpOldMatchesLastNew: TraceRule = {
  ...common,
  id: 'tdp-old-matches-last-new',
  says: 'The value that is replaced is the last one written there, in one of the roots.',
  why: 'A lost update leaves a mapping that nobody accounts for and nobody flushes.',
  source: ['tdp_mmu_set_spte_atomic()', 'handle_changed_spte()'],
  memory: 'history',
  watch: (judge) => ({
    kvm_tdp_mmu_spte_changed: (event, at) => {
      const { tdp, format } = at.vm;
      if (!format.is_shadow_present_pte(event.old)) {
        judgeEmpty(judge, at, event);
        return;
      }
      judge.judge(at, () => {
        if (tdp.replaced(event, format) !== undefined) return undefined;
        if (tdp.replacedInSplit(event) !== undefined) return undefined;
        const { asId, gfn, level, old } = event;
        const known = tdp.values(asId, level, gfn);
        return {
          message: `${spteText(old)} was never written to gfn ${hex(gfn)} level ${level}`,
          because: known.map(({ line, spte }) => ({ line, what: `${spteText(spte)} is written` })),
          objects: known.map(({ spte, obsolete }) =>
            obsolete ? `${spteText(spte)} in an invalid root` : spteText(spte),
          ),
        };
      });
    },
  }),
};

export const tdpOldNeverFrozen: TraceRule = {
  ...common,
  id: 'tdp-old-never-frozen',
  says: 'A frozen entry is changed by nobody but its owner.',
  why: 'The owner is about to free or to fill what the entry leads to.',
  source: ['__tdp_mmu_set_spte_atomic()', 'is_frozen_spte()'],
  memory: 'line',
  watch: (judge) => ({
    kvm_tdp_mmu_spte_changed: (event, at) =>
      judge.judge(at, () =>
        at.vm.format.is_frozen_spte(event.old)
          ? {
              message: `the frozen entry of gfn ${hex(event.gfn)} level ${event.level} is replaced`,
            }
          : undefined,
      ),
  }),
};

export const tdpLeafToLeafKeepsPfn: TraceRule = {
  ...common,
  id: 'tdp-leaf-to-leaf-keeps-pfn',
  says: 'A leaf of the TDP MMU that is replaced by a leaf keeps its frame.',
  why: 'To change a mapping, it is removed and flushed first.',
  source: ['handle_changed_spte()'],
  memory: 'line',
  watch: (judge) => ({
    kvm_tdp_mmu_spte_changed: ({ old, new: now, level, gfn }, at) => {
      const { format } = at.vm;
      const isLeaf = (spte: typeof old) =>
        format.is_shadow_present_pte(spte) && format.is_last_spte(spte, level);
      if (!isLeaf(old) || !isLeaf(now)) return;
      judge.judge(at, () =>
        spte_to_pfn(old) === spte_to_pfn(now)
          ? undefined
          : { message: `gfn ${hex(gfn)}: ${spteText(old)} becomes ${spteText(now)}` },
      );
    },
  }),
};
