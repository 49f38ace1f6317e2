/** What made an assumption wrong that KVM warns about. */
import { spteText } from '../../model/spte.ts';
import type { ShadowState } from '../picture/shadow-state.ts';
import { loggingBegan } from './dirty-log.ts';
import { entryStored } from './entries.ts';
import { callTexts } from './host.ts';
import { lockDropped } from './splits.ts';
import {
  cause,
  endOf,
  finalState,
  lastChange,
  pageAt,
  since,
  spteAt,
  until,
  vcpuAt,
  type Cause,
  type CauseFinder,
  type WhyRun,
} from './run.ts';

/** The run up to the state in which the step was taken that warned. */
const beforeEnd = (run: WhyRun): WhyRun => until(run, endOf(run) - 1);

/** When the pages were zapped that are; one of them is zapped once more in the last step. */
function zappedTwice(run: WhyRun): Cause[] {
  const zapped = finalState(run).sp.flatMap((page, sp) =>
    page.role.invalid
      ? cause(
          since(run, (state) => pageAt(state, sp)?.role.invalid === true),
          `zaps sp${sp}`,
        )
      : [],
  );
  return [...zapped, ...cause(endOf(run), 'zaps a page that was zapped already')];
}

/** Calls that began without being counted, and the change of the slot that they did not find. */
function endsUncounted(run: WhyRun): Cause[] {
  const slot = lastChange(beforeEnd(run), ({ memslots }) => memslots.state);
  const { state } = finalState(run).memslots;
  const calls = run.steps.flatMap((_, i) =>
    callTexts(run, i + 1).map((text) => ({ step: i + 1, text })),
  );
  return [
    ...calls,
    ...cause(slot, `the slot is ${state} from here on`),
    ...cause(endOf(run), 'takes back a count that nobody has made'),
  ];
}

/** What became of the huge page while nobody held mmu_lock. */
function splitOfTable(run: WhyRun): Cause[] {
  const before = beforeEnd(run);
  const { sptep } = finalState(before).split;
  const { entries } = run.geometry;
  const [sp, index] = [Math.floor(sptep / entries), sptep % entries];
  const entry = spteText(spteAt(finalState(before), sp, index));
  const text = `sp${sp}[${index}] is ${entry} from here on`;
  return [...lockDropped(before, 1), ...cause(entryStored(before, sp, index), text)];
}

function cachesAreEmpty(run: WhyRun): Cause[] {
  const after = finalState(run);
  const v = after.mmu_lock.holder ?? finalState(beforeEnd(run)).mmu_lock.holder;
  if (v === null) return lockDropped(beforeEnd(run), 1);
  const left = (state: ShadowState) => {
    const vcpu = vcpuAt(state, v);
    const [pages, descriptors] = [vcpu?.mmu_page_header_cache, vcpu?.mmu_pte_list_desc_cache];
    return `the caches of vcpu${v} hold: pages ${pages}, descriptors ${descriptors}`;
  };
  const before = beforeEnd(run);
  return [
    ...cause(lastChange(before, left), left(finalState(before))),
    ...cause(endOf(run), `takes from the caches of vcpu${v} what they do not hold`),
  ];
}

const allocationFailed = (run: WhyRun): Cause[] => [
  ...cause(
    since(beforeEnd(run), ({ split }) => split.pc === 'try'),
    'is about to split a page',
  ),
  ...cause(endOf(run), 'goes on without the page that could not be allocated'),
];

const mappedHuge = (run: WhyRun): Cause[] => [
  ...loggingBegan(run),
  ...cause(endOf(run), 'makes a huge leaf writable'),
];

/** By warning; the others are about one step alone. */
const finders: Readonly<Record<string, (run: WhyRun) => Cause[]>> = {
  'page-listed-twice': zappedTwice,
  'page-unlisted-twice': zappedTwice,
  'invalidate-count-negative': endsUncounted,
  'split-of-what-is-not-huge': splitOfTable,
  'split-without-page': allocationFailed,
  'memory-cache-empty': cachesAreEmpty,
  'writable-huge-page-in-logged-slot': mappedHuge,
};

export const warningFires: CauseFinder = (run) =>
  finders[finalState(run).ghost.warning]?.(run) ?? [];
