/** What a run without end never does, and what keeps it from that. */
import { gpte_to_gfn, is_present_gpte } from '../../model/gpte.ts';
import { is_last_spte, spteText } from '../../model/spte.ts';
import { guestWalk, shadowWalk } from '../picture/shadow-walk.ts';
import type { ShadowState } from '../picture/shadow-state.ts';
import {
  cause,
  endOf,
  finalState,
  hex,
  isAllocated,
  named,
  pageAt,
  since,
  spteAt,
  stateAt,
  vcpuAt,
  type Cause,
  type Test,
  type WhyRun,
} from './run.ts';

/** States that come again and again: from the one after step `loop` on. */
const repeated = ({ states }: WhyRun, loop: number): readonly ShadowState[] => states.slice(loop);

/** Since when something is so that is so for ever. Nothing when it is not, or always was. */
const forEver = (run: WhyRun, loop: number, test: Test): number | undefined =>
  repeated(run, loop).every(test) ? since(run, test) : undefined;

interface Entry {
  readonly sp: number;
  readonly index: number;
}

/** Entries that the processor passes on its way to an address, in any of the repeated states. */
function entriesOnTheWay(run: WhyRun, loop: number, v: number, va: number): Entry[] {
  const seen = new Map<string, Entry>();
  for (const state of repeated(run, loop)) {
    const root = vcpuAt(state, v)?.root ?? null;
    for (const { sp, index } of shadowWalk(state, run.geometry, root, va)) {
      seen.set(`${sp} ${index}`, { sp, index });
    }
  }
  return [...seen.values()];
}

/** The changes of an entry after a step. */
function changesOf(run: WhyRun, from: number, { sp, index }: Entry): Cause[] {
  const at = (step: number) => spteAt(stateAt(run, step), sp, index);
  return run.steps.flatMap((_, i) =>
    i < from || at(i) === at(i + 1)
      ? []
      : [{ step: i + 1, text: `sp${sp}[${index}] ${spteText(at(i))} -> ${spteText(at(i + 1))}` }],
  );
}

/** An entry that all faults leave as it is, or that they change to and fro. Tables say nothing. */
function entryCauses(run: WhyRun, loop: number, entry: Entry): Cause[] {
  const changes = changesOf(run, loop, entry);
  if (changes.length > 0) {
    return changes.map(({ step, text }) => ({ step, text: `${text}, over and over` }));
  }
  const { sp, index } = entry;
  const spte = spteAt(finalState(run), sp, index);
  if (!is_last_spte(spte)) return [];
  const step = forEver(run, loop, (state) => spteAt(state, sp, index) === spte);
  return cause(step, `stores sp${sp}[${index}] ${spteText(spte)}, which stays for ever`);
}

function notifierCauses(run: WhyRun, loop: number): Cause[] {
  const { mmu_invalidate_range_start: gfn } = finalState(run).mmu_notifier;
  const step = forEver(
    run,
    loop,
    ({ mmu_notifier }) => mmu_notifier.mmu_invalidate_in_progress > 0,
  );
  return cause(step, `the MMU notifier invalidates gfn ${hex(gfn)} from here on, and never ends`);
}

/** Pages that stay unsync although somebody syncs for ever. */
const unsyncCauses = (run: WhyRun, loop: number): Cause[] =>
  finalState(run).sp.flatMap((page, sp) =>
    isAllocated(page) && page.unsync
      ? cause(
          forEver(run, loop, (state) => pageAt(state, sp)?.unsync === true),
          `sp${sp} is unsync from here on, for ever`,
        )
      : [],
  );

/** A table that the guest writes itself: write-tracked for ever, it has no writable leaf. */
function trackedCauses(run: WhyRun, loop: number, v: number, va: number): Cause[] {
  const leaf = guestWalk(finalState(run), run.geometry, v, va).at(-1);
  if (leaf === undefined || !is_present_gpte(leaf.pte)) return [];
  const gfn = gpte_to_gfn(leaf.pte);
  const isTracked: Test = ({ gfn_write_track }) => (gfn_write_track[gfn] ?? 0) > 0;
  const step = forEver(run, loop, isTracked);
  return cause(step, `gfn ${hex(gfn)} is write-tracked from here on, for ever`);
}

/** A split that is put off again and again: mmu_lock is dropped before it. */
const splitCauses = (run: WhyRun, loop: number): Cause[] =>
  run.steps.flatMap((_, i) => {
    const [before, after] = [stateAt(run, i), stateAt(run, i + 1)];
    const isPutOff = before.split.pc !== 'topup' && after.split.pc === 'topup';
    if (i < loop || !isPutOff) return [];
    const { entries } = run.geometry;
    const { sptep } = before.split;
    const name = `sp${Math.floor(sptep / entries)}[${sptep % entries}]`;
    return cause(i + 1, `drops mmu_lock before ${name} is split, over and over`);
  });

/** Whether the processor would find a leaf for the address in any of the repeated states. */
const isEverMapped = (run: WhyRun, loop: number, v: number, va: number): boolean =>
  repeated(run, loop).some((state) => {
    const stops = shadowWalk(state, run.geometry, vcpuAt(state, v)?.root ?? null, va);
    return is_last_spte(stops.at(-1)?.spte ?? 0);
  });

/** Order: of no account. `loop`: the state after so many steps is the last one again. */
export function loopCauses(
  run: WhyRun,
  loop: number,
  finding: Parameters<typeof named>[0],
): Cause[] {
  const [v, va] = ['vcpu', 'va'].map((name) => named(finding, name));
  const end = endOf(run);
  const isAtRest = loop === end;
  const same = isAtRest
    ? 'nobody is sure to move from here on'
    : `all is as it was after step ${loop}`;
  const closing = (text: string): Cause[] => cause(end || undefined, text);
  if (v === undefined || va === undefined) {
    return [
      ...unsyncCauses(run, loop),
      ...splitCauses(run, loop),
      ...notifierCauses(run, loop),
      ...closing(same),
    ];
  }
  const never = isEverMapped(run, loop, v, va)
    ? ''
    : `; va ${hex(va)} was mapped at none of these steps`;
  return [
    ...entriesOnTheWay(run, loop, v, va).flatMap((entry) => entryCauses(run, loop, entry)),
    ...notifierCauses(run, loop),
    ...trackedCauses(run, loop, v, va),
    ...closing(`${same}${never}`),
  ];
}

/** A fault after the other, not yet for ever: what they change on the way to the address. */
export function turnsTaken(run: WhyRun, from: number, v: number, va: number): Cause[] {
  return entriesOnTheWay(run, from, v, va).flatMap((entry) => changesOf(run, from, entry));
}
