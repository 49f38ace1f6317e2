/** When a vCPU loaded what it still holds, what took it away, and which flush passed it by. */
import { ACC_WRITE_MASK } from '../../model/access.ts';
import { is_last_spte, is_writable_pte, spte_to_pfn, spteText } from '../../model/spte.ts';
import type { ShadowState } from '../picture/shadow-state.ts';
import { pfnOf, shadowWalk } from '../picture/shadow-walk.ts';
import {
  cause,
  finalState,
  hex,
  inSyncAt,
  isAllocated,
  lastStep,
  named,
  pageAt,
  since,
  stateAt,
  vcpuAt,
  type Cause,
  type CauseFinder,
  type Test,
  type WhyRun,
} from './run.ts';

const isOwed = ({ ghost_owed }: ShadowState): boolean =>
  ghost_owed.link || ghost_owed.unmap.length > 0 || ghost_owed.protect.length > 0;

/** The last flush after a step that left the vCPU what it holds. */
export const flushPassing = (
  run: WhyRun,
  v: number,
  from: number | undefined,
  held: Test,
): Cause[] =>
  from === undefined
    ? []
    : cause(
        lastStep(run, from + 1, (before, after) => isOwed(before) && !isOwed(after) && held(after)),
        `pays the owed flush; vcpu${v} keeps what it holds`,
      );

export interface Held {
  readonly v: number;
  readonly va: number;
  readonly pfn: number;
  readonly writes: boolean;
  readonly held: Test;
  /** When it was loaded. */
  readonly loaded: readonly Cause[];
}

/** The TLB entry that a finding names by vCPU and address. */
export function tlbEntryOf(
  run: WhyRun,
  v: number | undefined,
  va: number | undefined,
): Held | undefined {
  if (v === undefined || va === undefined) return undefined;
  const entry = vcpuAt(finalState(run), v)?.ghost_tlb.find((e) => e.valid && e.va === va);
  if (entry === undefined) return undefined;
  const { pfn, access } = entry;
  const held: Test = (state) =>
    vcpuAt(state, v)?.ghost_tlb.some(
      (e) => e.valid && e.va === va && e.pfn === pfn && e.access === access,
    ) ?? false;
  const text = `vcpu${v} loads va ${hex(va)} -> pfn ${hex(pfn)} into its TLB`;
  const writes = (access & ACC_WRITE_MASK) !== 0;
  return { v, va, pfn, writes, held, loaded: cause(since(run, held), text) };
}

const leafAt = (run: WhyRun, state: ShadowState, { v, va }: Held) => {
  const root = vcpuAt(state, v)?.root ?? null;
  return shadowWalk(state, run.geometry, root, va).findLast(({ spte }) => is_last_spte(spte));
};

export const tlbIsNotBacked: CauseFinder = (run, finding) => {
  const held = tlbEntryOf(run, named(finding, 'vcpu'), named(finding, 'va'));
  if (held === undefined) return [];
  const step = since(run, (state) => {
    const leaf = leafAt(run, state, held);
    if (leaf === undefined || spte_to_pfn(leaf.spte) !== held.pfn) return true;
    return held.writes && !is_writable_pte(leaf.spte);
  });
  if (step === undefined) return held.loaded;
  const before = leafAt(run, stateAt(run, step - 1), held);
  const after = leafAt(run, stateAt(run, step), held);
  const was = before === undefined ? '' : `, sp${before.sp}[${before.index}] before`;
  const now = after === undefined ? 'nothing' : spteText(after.spte);
  return [
    ...held.loaded,
    ...cause(step, `the page table has ${now} for va ${hex(held.va)} from here on${was}`),
    ...flushPassing(run, held.v, step, held.held),
  ];
};

export const tlbWritesToTable: CauseFinder = (run, finding) => {
  const held = tlbEntryOf(run, named(finding, 'vcpu'), named(finding, 'va'));
  const gfn = named(finding, 'gfn');
  if (held === undefined || gfn === undefined) return [];
  const [sp] = inSyncAt(finalState(run), gfn);
  const step = since(run, (state) => inSyncAt(state, gfn).length > 0);
  return [
    ...held.loaded,
    ...(sp === undefined ? [] : cause(step, `sp${sp} shadows gfn ${hex(gfn)} in sync`)),
    ...flushPassing(run, held.v, step, held.held),
  ];
};

const isMapped = (state: ShadowState, pfn: number): boolean =>
  state.sp.some((page) => page.spt.some((spte) => is_last_spte(spte) && spte_to_pfn(spte) === pfn));

export const tlbFrameIsForeign: CauseFinder = (run, finding) => {
  const held = tlbEntryOf(run, named(finding, 'vcpu'), named(finding, 'va'));
  if (held === undefined) return [];
  const { pfn } = held;
  const gfns = Array.from({ length: run.geometry.gfns }, (_, gfn) => gfn);
  const gone = since(run, (state) => !isMapped(state, pfn));
  const moved = since(run, (state) => gfns.every((gfn) => pfnOf(state, run.geometry, gfn) !== pfn));
  return [
    ...held.loaded,
    ...cause(gone, `takes away the last leaf of pfn ${hex(pfn)}`),
    ...flushPassing(run, held.v, gone, held.held),
    ...cause(moved, `pfn ${hex(pfn)} is no longer behind any guest frame`),
  ];
};

export const cacheLeadsToFreedPage: CauseFinder = (run, finding) => {
  const v = named(finding, 'vcpu');
  const sp = named(finding, 'sp');
  if (v === undefined || sp === undefined) return [];
  const loaded = since(
    run,
    (state) => vcpuAt(state, v)?.ghost_psc.some((e) => e.valid && e.sp === sp) ?? false,
  );
  const freed = since(run, (state) => !isAllocated(pageAt(state, sp)));
  return [
    ...cause(loaded, `vcpu${v} loads the way to sp${sp} into its paging-structure cache`),
    ...cause(freed, `frees sp${sp} before vcpu${v} has dropped the way to it`),
  ];
};
