/** Who took a page from the log of dirty pages, and what lets the guest write it all the same. */
import { is_last_spte, is_writable_pte, spteText } from '../../model/spte.ts';
import { entryStored } from './entries.ts';
import { created } from './pages.ts';
import {
  cause,
  endOf,
  finalState,
  hex,
  lastChange,
  lastStep,
  named,
  since,
  spteAt,
  stateAt,
  until,
  vcpuAt,
  type Cause,
  type CauseFinder,
  type WhyRun,
} from './run.ts';

const calls: Readonly<Record<string, string>> = {
  enable: 'switches dirty logging on',
  get: 'takes',
  clear: 'takes',
};

/** The step after which nothing told userspace of the page, and the return of that call. */
function cleaned(run: WhyRun, page: number): Cause[] {
  const isTold = (state: ReturnType<typeof finalState>): boolean =>
    !state.dirty_log.enabled || state.dirty_log.dirty_bitmap.includes(page);
  const taken = since(run, (state) => !isTold(state));
  const returned = since(run, (state) => !isTold(state) && !state.dirty_log.harvest.includes(page));
  if (returned === undefined) return [];
  const call = taken === undefined ? '' : (calls[stateAt(run, taken).dirty_log.call] ?? '');
  const what = call === 'takes' ? `takes page ${hex(page)} from the log` : call;
  return [
    ...(taken === undefined || what === '' || taken === returned ? [] : cause(taken, what)),
    ...cause(
      returned,
      `the call returns: a store to page ${hex(page)} must be logged from here on`,
    ),
  ];
}

/** Since when an entry lets the guest write. */
function writable(run: WhyRun, sp: number, index: number): Cause[] {
  const spte = spteAt(finalState(run), sp, index);
  const mayWrite = (word: number): boolean => is_last_spte(word) && is_writable_pte(word);
  return cause(
    since(run, (state) => mayWrite(spteAt(state, sp, index))),
    `sp${sp}[${index}] ${spteText(spte)} is writable from here on`,
  );
}

const loaded = (run: WhyRun, v: number, va: number): Cause[] =>
  cause(
    since(run, (state) => vcpuAt(state, v)?.ghost_tlb.some((e) => e.valid && e.va === va) ?? false),
    `vcpu${v} loads va ${hex(va)} into its TLB`,
  );

/** A writable mapping of a page that is not in the log. */
export const cleanPageIsWritable: CauseFinder = (run, finding) => {
  const [page, sp, index] = ['page', 'sp', 'index'].map((name) => named(finding, name));
  const [v, va] = ['vcpu', 'va'].map((name) => named(finding, name));
  if (page === undefined) return [];
  return [
    ...cleaned(run, page),
    ...(sp === undefined || index === undefined ? [] : writable(run, sp, index)),
    ...(v === undefined || va === undefined ? [] : loaded(run, v, va)),
  ];
};

/** A store that did not reach the log. */
export const storeIsNotLogged: CauseFinder = (run, finding) => {
  const page = named(finding, 'page');
  if (page === undefined) return [];
  const written = lastStep(
    run,
    1,
    (before, after) =>
      !before.dirty_log.ghost_unlogged.includes(page) &&
      after.dirty_log.ghost_unlogged.includes(page),
  );
  return [
    ...cleanPageIsWritable(run, finding),
    ...cause(written, `writes page ${hex(page)}, which nothing puts into the log`),
  ];
};

/** A page that stays in the log although it was asked for, and those that were taken. */
export const clearLeavesPage: CauseFinder = (run, finding) => {
  const page = named(finding, 'page');
  if (page === undefined) return [];
  const end = endOf(run);
  const logged = since(run, ({ dirty_log }) => dirty_log.dirty_bitmap.includes(page));
  const left = new Set(finalState(run).dirty_log.dirty_bitmap);
  const { dirty_bitmap } = stateAt(run, end - 1).dirty_log;
  const taken = dirty_bitmap.filter((other) => !left.has(other)).map(hex);
  const what = taken.length === 0 ? 'nothing' : `page ${taken.join(',')} alone`;
  return [
    ...cause(logged, `page ${hex(page)} is in the log from here on`),
    ...cause(end, `takes ${what}; page ${hex(page)} stays`),
  ];
};

export const loggingBegan = (run: WhyRun): Cause[] =>
  cause(
    since(run, ({ dirty_log }) => dirty_log.enabled),
    'dirty logging is on from here on',
  );

const isWaiting = ({ dirty_log: { pc, call } }: ReturnType<typeof finalState>): boolean =>
  pc === 'srcu' && call === 'enable';

/** A fault, the beginning of logging, and the end of the wait for faults that began before. */
export const loggedLeafIsHuge: CauseFinder = (run, finding) => {
  const [sp, index] = ['sp', 'index'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined) return [];
  const before = until(run, endOf(run) - 1);
  const v = finalState(before).mmu_lock.holder;
  const read = (state: ReturnType<typeof finalState>) => vcpuAt(state, v ?? 0)?.walker.ptes;
  const began = v === null ? undefined : lastChange(before, read);
  const waited = lastStep(before, 1, (from, to) => isWaiting(from) && !isWaiting(to));
  return [
    ...cause(began, `vcpu${v} is in a fault from here on`),
    ...loggingBegan(before),
    ...cause(waited, 'waits no longer for faults that began before'),
    ...cause(
      endOf(run),
      `stores sp${sp}[${index}] ${spteText(spteAt(finalState(run), sp, index))}`,
    ),
  ];
};

/** A small leaf, what keeps it small, and the call that passed it by. */
export const smallLeafStays: CauseFinder = (run, finding) => {
  const key = named(finding, 'key');
  if (key === undefined) return [];
  const end = endOf(run);
  const leaves = (finalState(run).rmap[key] ?? []).flatMap((sptep) => {
    const [sp, index] = [Math.floor(sptep / run.geometry.entries), sptep % run.geometry.entries];
    const text = `stores sp${sp}[${index}] ${spteText(spteAt(finalState(run), sp, index))}`;
    return [...created(run, sp), ...cause(entryStored(run, sp, index), text)];
  });
  return [
    ...leaves,
    ...cause(
      since(run, ({ dirty_log }) => !dirty_log.enabled),
      'dirty logging is off from here on',
    ),
    ...cause(end, 'the call returns, and has zapped none of them'),
  ];
};
