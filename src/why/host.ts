/** The host: which call counts what, and what it learnt of frames, or did not. */
import { is_last_spte, is_writable_pte, spte_to_pfn, spteText } from '../../model/spte.ts';
import type { ShadowState } from '../picture/shadow-state.ts';
import { pfnOf } from '../picture/shadow-walk.ts';
import { changedEntries } from './flushes.ts';
import { flushPassing, tlbEntryOf } from './hardware.ts';
import { created } from './pages.ts';
import {
  cause,
  endOf,
  finalState,
  hex,
  lastChange,
  named,
  pageAt,
  since,
  stateAt,
  until,
  vcpuAt,
  type Cause,
  type CauseFinder,
  type WhyRun,
} from './run.ts';

type Notifier = ShadowState['mmu_notifier'];

const isOpen = ({ pc }: Notifier['calls'][number]): boolean => pc !== 'idle';

const counts = ({ mmu_notifier }: ShadowState) => ({
  mmu_invalidate_in_progress: mmu_notifier.mmu_invalidate_in_progress,
  mn_active_invalidate_count: mmu_notifier.mn_active_invalidate_count,
});

/** What the counters should be. */
const recounts = ({ mmu_notifier: { calls } }: ShadowState) => ({
  mmu_invalidate_in_progress: calls.filter(({ ghost_counted }) => ghost_counted).length,
  mn_active_invalidate_count: calls.filter(isOpen).length,
});

type Counter = keyof ReturnType<typeof counts>;
const counters = ['mmu_invalidate_in_progress', 'mn_active_invalidate_count'] as const;

const isOff = (state: ShadowState, name: Counter): boolean =>
  counts(state)[name] !== recounts(state)[name];

/** Calls that a step started and ended. */
export function callTexts(run: WhyRun, step: number): string[] {
  const [before, after] = [step - 1, step].map((n) => stateAt(run, n).mmu_notifier.calls);
  return (after ?? []).flatMap((call, i) => {
    const was = before?.[i];
    if (was === undefined || isOpen(was) === isOpen(call)) return [];
    const verb = isOpen(call) ? 'begins' : 'ends';
    const { gfn } = isOpen(call) ? call : was;
    const uncounted = isOpen(call) && !call.ghost_counted ? ', and is not counted' : '';
    return [`invalidation ${i} of gfn ${hex(gfn)} ${verb}${uncounted}`];
  });
}

/** Since when each call is open that is so, and the step at which a counter went wrong. */
export const invalidationsAreMiscounted: CauseFinder = (run) => {
  const steps = run.steps.map((_, i) => i + 1);
  const off = counters.flatMap((name) => {
    const step = since(run, (state) => isOff(state, name));
    return step === undefined ? [] : [{ name, step }];
  });
  const last = Math.max(0, ...off.map(({ step }) => step));
  return [
    ...steps
      .filter((step) => step <= last)
      .flatMap((step) => callTexts(run, step).map((text): Cause => ({ step, text }))),
    ...off.flatMap(({ name, step }) => {
      const [from, to] = [step - 1, step].map((n) => counts(stateAt(run, n))[name]);
      const text = from === to ? `${name} stays ${to}` : `${name} ${from} -> ${to}`;
      return cause(step, text);
    }),
  ];
};

/** A vCPU that may still write what the host has made read-only. */
export const readOnlyFrameIsWritable: CauseFinder = (run, finding) => {
  const held = tlbEntryOf(run, named(finding, 'vcpu'), named(finding, 'va'));
  if (held === undefined) return [];
  const { pfn } = held;
  const isWritable = (state: ShadowState): boolean =>
    state.sp.some(({ spt }) =>
      spt.some((spte) => is_last_spte(spte) && is_writable_pte(spte) && spte_to_pfn(spte) === pfn),
    );
  const gone = since(run, (state) => !isWritable(state));
  const gfns = Array.from({ length: run.geometry.gfns }, (_, gfn) => gfn);
  const shared = since(run, (state) =>
    gfns.every(
      (gfn) => pfnOf(state, run.geometry, gfn) !== pfn || state.host.readonly.includes(gfn),
    ),
  );
  return [
    ...held.loaded,
    ...cause(gone, `takes away the last writable leaf of pfn ${hex(pfn)}`),
    ...flushPassing(run, held.v, gone, held.held),
    ...cause(shared, `the host maps pfn ${hex(pfn)} read-only from here on`),
  ];
};

/** The store of the guest, and each change of a leaf that could have told the host. */
export const writtenFrameIsUnreported: CauseFinder = (run, finding) => {
  const pfn = named(finding, 'pfn');
  if (pfn === undefined) return [];
  const written = since(run, ({ host }) => host.ghost_written.includes(pfn));
  if (written === undefined) return [];
  const maps = (spte: number): boolean => is_last_spte(spte) && spte_to_pfn(spte) === pfn;
  const changes = run.steps.flatMap((_, i) => {
    const entries = i < written ? '' : changedEntries(run, i + 1, maps);
    return entries === '' ? [] : cause(i + 1, `${entries}; pfn ${hex(pfn)} is not reported`);
  });
  return [
    ...cause(written, `the guest writes pfn ${hex(pfn)}`),
    ...changes,
    ...cause(endOf(run), `the host may take pfn ${hex(pfn)} from here on`),
  ];
};

/** The lookup, the zap after it, and the leaf that was stored all the same. */
export const lookupIsOld: CauseFinder = (run, finding) => {
  const v = named(finding, 'vcpu');
  if (v === undefined) return [];
  const before = until(run, endOf(run) - 1);
  const zapped = since(before, (state) => vcpuAt(state, v)?.fault.ghost_predates === true);
  if (zapped === undefined) return [];
  const { pfn } = vcpuAt(finalState(before), v)?.fault ?? { pfn: 0 };
  const found = lastChange(until(run, zapped - 1), (state) => vcpuAt(state, v)?.fault.pfn);
  return [
    ...cause(found, `vcpu${v} finds pfn ${hex(pfn)}`),
    ...cause(zapped, `zaps the range; vcpu${v} does not look up again`),
    ...cause(endOf(run), `maps pfn ${hex(pfn)}`),
  ];
};

/** What the zap of everything passed over. */
export const pageOutlivesTeardown: CauseFinder = (run, finding) => {
  const begun = since(until(run, endOf(run) - 1), ({ zapper }) => zapper.pc === 'commit');
  const zap = cause(begun, 'begins to zap everything');
  const sp = named(finding, 'sp');
  if (sp !== undefined) {
    const { root_count: count } = pageAt(finalState(run), sp) ?? { root_count: 0 };
    const held = count > 0 ? `, of root_count ${count}` : '';
    return [...created(run, sp), ...zap, ...cause(endOf(run), `passes over sp${sp}${held}`)];
  }
  const key = named(finding, 'rmap');
  if (key === undefined) return [];
  const filed = since(run, (state) => (state.rmap[key] ?? []).length > 0);
  return [...cause(filed, `files a leaf in rmap ${key}, which stays`), ...zap];
};

/** What was read of a leaf, and what was written back. */
export const agingChangesEntry: CauseFinder = (run, finding) => {
  const [sp, index] = ['sp', 'index'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined) return [];
  const end = endOf(run);
  const before = until(run, end - 1);
  const entry = (state: ShadowState) => pageAt(state, sp)?.spt[index];
  const stored = lastChange(before, entry);
  const begun = since(before, ({ aging }) => aging.sptep !== 0);
  return [
    ...cause(stored, `stores sp${sp}[${index}] ${spteText(entry(finalState(before)) ?? 0)}`),
    ...cause(begun, 'begins to age a leaf: reads its entry'),
    ...cause(
      end,
      changedEntries(run, end, () => true),
    ),
  ];
};

/** The leaf that was used, and the ageing that went past it. */
export const usedLeafIsMissed: CauseFinder = (run, finding) => {
  const [sp, index] = ['sp', 'index'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined) return [];
  const entry = (state: ShadowState) => pageAt(state, sp)?.spt[index];
  const where = `sp${sp}[${index}]`;
  const aged = lastChange(
    run,
    (state) => state.sp.map((page) => page.accessed_clear).flat().length,
  );
  return [
    ...cause(lastChange(run, entry), `stores ${where} ${spteText(entry(finalState(run)) ?? 0)}`),
    ...cause(aged, `ages leaves, but not ${where}`),
    ...cause(endOf(run), `looks for accessed leaves, but not at ${where}`),
  ];
};
