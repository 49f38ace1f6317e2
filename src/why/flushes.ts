/** Which step left a flush owed. */
import { isTableSpte, spte_to_pfn, spteText } from '../../model/spte.ts';
import {
  cause,
  endOf,
  finalState,
  hex,
  named,
  since,
  spteAt,
  stateAt,
  until,
  type Cause,
  type CauseFinder,
  type WhyRun,
} from './run.ts';

/** Entries that a step changed and that were present before, in words. */
export function changedEntries(
  run: WhyRun,
  step: number,
  wanted: (old: number) => boolean,
): string {
  const before = stateAt(run, step - 1);
  const after = stateAt(run, step);
  const texts = before.sp.flatMap((page, sp) =>
    page.spt.flatMap((old, index) => {
      const now = spteAt(after, sp, index);
      if (old === 0 || old === now || !wanted(old)) return [];
      return [`sp${sp}[${index}] ${spteText(old)} -> ${spteText(now)}`];
    }),
  );
  return texts.join(', ');
}

/** What was done when the flush became due. */
function owing(run: WhyRun, step: number | undefined, what: string, of: (old: number) => boolean) {
  if (step === undefined) return [];
  const entries = changedEntries(run, step, of);
  return cause(step, entries === '' ? `owes a flush of ${what}` : `${entries} owes a flush`);
}

const linkOwed = (run: WhyRun): Cause[] =>
  owing(
    run,
    since(run, (state) => state.ghost_owed.link),
    'a table entry',
    isTableSpte,
  );

const maps = (pfn: number) => (spte: number) => !isTableSpte(spte) && spte_to_pfn(spte) === pfn;

/** Where the thread that splits huge pages is without mmu_lock. */
const unlockedSplit: ReadonlySet<string> = new Set(['idle', 'start', 'topup']);

/** What is owed at the end, by the steps that made it so; no flush came since. */
export const flushIsOwed: CauseFinder = (run) => {
  const { unmap, protect, link } = finalState(run).ghost_owed;
  const frames = (kind: 'unmap' | 'protect', pfns: readonly number[]) =>
    pfns.flatMap((pfn) => {
      const step = since(run, (state) => state.ghost_owed[kind].includes(pfn));
      return owing(run, step, `pfn ${hex(pfn)}`, maps(pfn));
    });
  const owed = [
    ...frames('unmap', unmap),
    ...frames('protect', protect),
    ...(link ? linkOwed(run) : []),
  ];
  const from = Math.min(...owed.map(({ step }) => step));
  const isFree = (step: number): boolean => {
    const { mmu_lock, split } = stateAt(run, step);
    return mmu_lock.holder === null && unlockedSplit.has(split.pc);
  };
  const steps = run.steps.map((_, i) => i + 1);
  const dropped = steps.find((step) => step >= from && isFree(step));
  return [...owed, ...cause(dropped, 'drops mmu_lock, and no flush came before')];
};

export const linkIsOwed: CauseFinder = (run, finding) => {
  const step = endOf(run);
  const owed = linkOwed(until(run, step - 1));
  const child = named(finding, 'child');
  if (owed.length === 0 || child === undefined) return [];
  return [...owed, { step, text: `links sp${child} before that flush` }];
};
