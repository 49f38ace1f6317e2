/** Which store made an entry stale, and which one put a stale entry there. */
import { gpteText } from '../../model/gpte.ts';
import {
  is_last_spte,
  is_mmu_writable_spte,
  is_writable_pte,
  spte_to_pfn,
  spteText,
} from '../../model/spte.ts';
import { pfnOf } from '../picture/shadow-walk.ts';
import { created } from './pages.ts';
import {
  cause,
  finalState,
  gpteBehind,
  hex,
  inSyncAt,
  isTableInSync,
  lastChange,
  named,
  pageAt,
  since,
  spteAt,
  stateAt,
  until,
  vcpuAt,
  type Cause,
  type CauseFinder,
  type WhyRun,
} from './run.ts';

/** The step that put what is in an entry now. */
export const entryStored = (run: WhyRun, sp: number, index: number): number | undefined =>
  lastChange(run, (state) => spteAt(state, sp, index));

/** The last change of the guest entry behind an entry. */
export const guestStored = (run: WhyRun, sp: number, index: number): number | undefined => {
  const gfn = pageAt(finalState(run), sp)?.gfn;
  return lastChange(run, (state) => state.memory[pfnOf(state, run.geometry, gfn ?? 0)]?.[index]);
};

/** The step of the walk that led to a store: it read the entry as it was then. */
function walkBefore(run: WhyRun, stored: number, level: number): number | undefined {
  const before = stateAt(run, stored - 1);
  const v = before.mmu_lock.holder;
  if (v === null) return undefined;
  const read = (state: typeof before) => vcpuAt(state, v)?.walker.ptes[level - 1] ?? 0;
  return read(before) === 0 ? undefined : lastChange(until(run, stored - 1), read);
}

/** Whether the entry was stale when it was stored, or became so. */
export function staleEntry(run: WhyRun, sp: number, index: number): Cause[] {
  const page = pageAt(finalState(run), sp);
  const stored = entryStored(run, sp, index);
  const changed = guestStored(run, sp, index);
  if (page === undefined || stored === undefined) return [];
  const entry = `gfn ${hex(page.gfn)}[${index}]`;
  const spte = `sp${sp}[${index}] ${spteText(spteAt(finalState(run), sp, index))}`;
  const now = gpteText(gpteBehind(run, finalState(run), sp, index));
  const mixed = `stores ${spte}, while ${entry} is ${now}`;
  if (changed === undefined) return cause(stored, mixed);
  const was = gpteText(gpteBehind(run, stateAt(run, changed - 1), sp, index));
  const store = { step: changed, text: `changes ${entry} from ${was} to ${now}` };
  if (stored <= changed) {
    return [...cause(stored, `stores ${spte}`), { ...store, text: `${store.text}; ${spte} stays` }];
  }
  const read = walkBefore(run, stored, page.role.level);
  const old = read !== undefined && read < changed;
  return [
    ...(old ? cause(read, `reads ${entry}, before it changes`) : []),
    store,
    ...cause(stored, old ? `stores ${spte}, from what was read at step ${read}` : mixed),
  ];
}

export const entryDisagrees: CauseFinder = (run, finding) => {
  const [sp, index] = ['sp', 'index'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined) return [];
  return staleEntry(run, sp, index);
};

export const childIsAnother: CauseFinder = (run, finding) => {
  const [sp, index, child] = ['sp', 'index', 'child'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined || child === undefined) return [];
  return [...created(run, child), ...staleEntry(run, sp, index)];
};

/** Since when a page in sync shadows the gfn. */
const shadowedInSync = (run: WhyRun, gfn: number): Cause[] =>
  inSyncAt(finalState(run), gfn).flatMap((sp) =>
    cause(
      since(run, (state) => {
        const page = pageAt(state, sp);
        return page !== undefined && page.gfn === gfn && isTableInSync(page);
      }),
      `sp${sp} shadows gfn ${hex(gfn)} in sync from here on`,
    ),
  );

const isWritable = (spte: number): boolean =>
  is_last_spte(spte) && (is_writable_pte(spte) || is_mmu_writable_spte(spte));

const madeWritable = (run: WhyRun, sp: number, index: number): Cause[] => {
  const text = `sp${sp}[${index}] ${spteText(spteAt(finalState(run), sp, index))} is writable`;
  return cause(
    since(run, (state) => isWritable(spteAt(state, sp, index))),
    `${text} from here on`,
  );
};

export const tableIsWritable: CauseFinder = (run, finding) => {
  const [sp, index, gfn] = ['sp', 'index', 'gfn'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined || gfn === undefined) return [];
  return [...shadowedInSync(run, gfn), ...madeWritable(run, sp, index)];
};

export const syncedTableIsWritable: CauseFinder = (run, finding) => {
  const gfn = named(finding, 'gfn');
  if (gfn === undefined) return [];
  const leaves = (finalState(run).rmap[gfn] ?? []).map((sptep) => ({
    sp: Math.floor(sptep / run.geometry.entries),
    index: sptep % run.geometry.entries,
  }));
  const writable = leaves.filter(({ sp, index }) => isWritable(spteAt(finalState(run), sp, index)));
  return [
    ...shadowedInSync(run, gfn),
    ...writable.flatMap(({ sp, index }) => madeWritable(run, sp, index)),
  ];
};

/** A leaf, and what is cached beside it. */
export const leafRightsDiffer: CauseFinder = (run, finding) => {
  const [sp, index] = ['sp', 'index'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined) return [];
  const cached = lastChange(run, (state) => pageAt(state, sp)?.shadowed_access[index]);
  const { leaf, cached: access } = finding.where;
  return [
    ...created(run, sp),
    ...cause(entryStored(run, sp, index), `stores the leaf sp${sp}[${index}] with ${leaf}`),
    ...cause(cached, `the access cached for sp${sp}[${index}] is ${access} from here on`),
  ];
};

export const leafMapsAnotherFrame: CauseFinder = (run, finding) => {
  const [sp, index, gfn] = ['sp', 'index', 'gfn'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined || gfn === undefined) return [];
  const stored = entryStored(run, sp, index);
  if (stored === undefined) return [];
  const pfn = spte_to_pfn(spteAt(finalState(run), sp, index));
  const moved = since(run, (state) => pfnOf(state, run.geometry, gfn) !== pfn);
  const v = stateAt(run, stored - 1).mmu_lock.holder;
  const found =
    v === null
      ? undefined
      : lastChange(until(run, stored - 1), (state) => vcpuAt(state, v)?.fault.pfn === pfn);
  return [
    ...(v === null ? [] : cause(found, `vcpu${v} finds pfn ${hex(pfn)} behind gfn ${hex(gfn)}`)),
    ...cause(moved, `pfn ${hex(pfn)} is no longer behind gfn ${hex(gfn)}`),
    ...cause(stored, `stores sp${sp}[${index}] pfn ${hex(pfn)}`),
  ];
};
