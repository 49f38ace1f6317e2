/** Memory slots and MMIO: when a slot came or went, and what was taken for a device since when. */
import { is_mmio_spte, spteText } from '../../model/spte.ts';
import { shadowWalk, type ShadowStop } from '../picture/shadow-walk.ts';
import type { ShadowState } from '../picture/shadow-state.ts';
import { afterFlush } from './access.ts';
import { entryStored, guestStored, staleEntry } from './entries.ts';
import { created } from './pages.ts';
import {
  cause,
  endOf,
  finalState,
  hex,
  isAllocated,
  lastChange,
  lastStep,
  named,
  pageAt,
  since,
  spteAt,
  until,
  vcpuAt,
  type Cause,
  type CauseFinder,
  type WhyRun,
} from './run.ts';

const slotOf = ({ memslots }: ShadowState) => [
  memslots.state,
  memslots.base,
  memslots.pc === 'idle',
];

const slotTexts: Readonly<Record<string, string>> = {
  present: 'the slot is there from here on',
  invalid: 'the slot is about to go from here on',
  absent: 'the slot is gone from here on',
};

/** The change of the slot after which lookups find what they find at the end. */
const slotChanged = (run: WhyRun): Cause[] => {
  const { state } = finalState(run).memslots;
  return cause(lastChange(run, slotOf), slotTexts[state] ?? `the slot is ${state} from here on`);
};

const generationChanged = (run: WhyRun): Cause[] => {
  const { generation } = finalState(run).memslots;
  return cause(
    lastChange(run, ({ memslots }) => memslots.generation),
    `the generation of the slots is ${generation} from here on`,
  );
};

/** The MMIO entry that an address leads to. */
const mmioStop = (run: WhyRun, v: number, va: number): ShadowStop | undefined =>
  shadowWalk(finalState(run), run.geometry, vcpuAt(finalState(run), v)?.root ?? null, va).find(
    ({ spte }) => is_mmio_spte(spte),
  );

/** What a vCPU went by when it took an access for MMIO, and when that was. */
function takenForMmio(run: WhyRun, v: number): { readonly va: number; readonly causes: Cause[] } {
  const before = until(run, endOf(run) - 1);
  const vcpu = vcpuAt(finalState(before), v);
  const exit = since(before, (state) => vcpuAt(state, v)?.pc === 'emulate_mmio');
  const va = vcpu?.insn.va ?? 0;
  if (vcpu === undefined || exit === undefined) return { va, causes: [] };
  const taken = cause(exit, `vcpu${v} takes the access to va ${hex(va)} for MMIO`);
  const remembers = (state: ShadowState) => vcpuAt(state, v)?.mmio;
  const remembered = lastChange(before, remembers);
  const { mmio } = vcpu;
  const isCached = mmio.va === va + 1 && remembered !== undefined && remembered < exit;
  const stop = mmioStop(before, v, va);
  // An entry is looked at where nothing is remembered, which it is then.
  if (isCached) {
    const text = `vcpu${v} remembers MMIO at gfn ${hex(mmio.gfn)}, generation ${mmio.generation}`;
    return { va, causes: [...cause(remembered, text), ...taken] };
  }
  if (stop === undefined) return { va, causes: taken };
  const { sp, index, spte } = stop;
  const stored = cause(
    entryStored(before, sp, index),
    `stores sp${sp}[${index}] ${spteText(spte)}`,
  );
  return { va, causes: [...stored, ...taken] };
}

export const slotIsTakenForMmio: CauseFinder = (run, finding) => {
  const v = named(finding, 'vcpu');
  if (v === undefined) return [];
  return [...takenForMmio(run, v).causes, ...slotChanged(run), ...generationChanged(run)];
};

/** MMIO by an entry or a memory that the guest has since made stale. */
export const mmioIsStale: CauseFinder = (run, finding) => {
  const [v, va] = ['vcpu', 'va'].map((name) => named(finding, name));
  if (v === undefined || va === undefined) return [];
  const before = until(run, endOf(run) - 1);
  const { causes } = takenForMmio(run, v);
  const stop = mmioStop(before, v, va);
  if (stop === undefined) return causes;
  const { sp, index } = stop;
  const from = Math.max(entryStored(before, sp, index) ?? 0, guestStored(before, sp, index) ?? 0);
  const [, ...rest] = causes;
  return [...staleEntry(before, sp, index), ...afterFlush(before, v, sp, from), ...rest];
};

/** The leaf of a frame whose slot has gone. */
export const leafOutlivesItsSlot: CauseFinder = (run, finding) => {
  const gfn = named(finding, 'gfn');
  if (gfn === undefined) return [];
  const leaves = (finalState(run).rmap[gfn] ?? []).flatMap((sptep) => {
    const sp = Math.floor(sptep / run.geometry.entries);
    const index = sptep % run.geometry.entries;
    const text = `stores sp${sp}[${index}] ${spteText(spteAt(finalState(run), sp, index))}`;
    return cause(entryStored(run, sp, index), text);
  });
  return [...leaves, ...slotChanged(run)];
};

const madeObsolete = (run: WhyRun, sp: number): Cause[] =>
  cause(
    since(run, (state) => pageAt(state, sp)?.obsolete === true),
    `sp${sp} is of an old generation from here on`,
  );

export const obsoletePageIsNotLast: CauseFinder = (run, finding) => {
  const sp = named(finding, 'sp');
  if (sp === undefined) return [];
  const state = finalState(run);
  const position = pageAt(state, sp)?.position ?? 0;
  const behind = state.sp.flatMap((page, other) => {
    const isValid = page.list === 'active' && !page.obsolete && !page.role.invalid;
    return isValid && page.position < position ? [other] : [];
  });
  return [
    ...created(run, sp),
    ...madeObsolete(run, sp),
    ...behind.flatMap((other) =>
      cause(
        since(run, (at) => isAllocated(pageAt(at, other))),
        `sp${other} joins active_mmu_pages behind sp${sp}`,
      ),
    ),
  ];
};

export const newPageIsZapped: CauseFinder = (run, finding) => {
  const sp = named(finding, 'sp');
  if (sp === undefined) return [];
  const before = until(run, endOf(run) - 1);
  const begun = lastStep(before, 1, (from, to) =>
    to.sp.some((page, other) => page.obsolete && pageAt(from, other)?.obsolete === false),
  );
  return [
    ...cause(begun, 'begins a new generation: the pages there are obsolete from here on'),
    ...created(before, sp),
    ...cause(endOf(run), `zaps sp${sp}, which is not obsolete`),
  ];
};

/** A fault that goes on below a root that was zapped, or is of an old generation. */
export const rootIsLost: CauseFinder = (run, finding) => {
  const [v, root] = ['vcpu', 'root'].map((name) => named(finding, name));
  if (v === undefined || root === undefined) return [];
  const before = until(run, endOf(run) - 1);
  const locked = since(before, (state) => state.mmu_lock.holder === v);
  const zapped = since(before, (state) => pageAt(state, root)?.role.invalid === true);
  const held = since(before, (state) => vcpuAt(state, v)?.root === root);
  return [
    ...cause(held, `vcpu${v} has sp${root} as its root from here on`),
    ...cause(zapped, `zaps sp${root}`),
    ...madeObsolete(before, root),
    ...cause(locked, `vcpu${v} takes mmu_lock for its fault`),
    ...cause(endOf(run), `stores a leaf below sp${root}`),
  ];
};
