/** Who took a page from the log of dirty pages, and what lets the guest write it all the same. */
import { is_last_spte, is_writable_pte, spteText } from '../../model/spte.ts';
import {
  cause,
  finalState,
  hex,
  lastStep,
  named,
  since,
  spteAt,
  stateAt,
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
