/** Why hardware still finds what the guest tables no longer give: the stale entry on the way. */
import {
  gpte_access,
  gpte_accessed,
  gpte_dirty,
  gpte_to_gfn,
  is_present_gpte,
} from '../../model/gpte.ts';
import {
  is_last_spte,
  isTableSpte,
  is_writable_pte,
  spte_to_child_sp,
  spte_to_pfn,
  spteAccess,
  spteText,
} from '../../model/spte.ts';
import { ACC_WRITE_MASK } from '../../model/access.ts';
import { kindNames } from '../../model/shadow/walker.ts';
import { guestWalk, pfnOf, shadowWalk, type ShadowStop } from '../picture/shadow-walk.ts';
import type { ShadowState, ShadowVcpu } from '../picture/shadow-state.ts';
import { entryStored, guestStored, staleEntry } from './entries.ts';
import { turnsTaken } from './loops.ts';
import { created, linked } from './pages.ts';
import {
  cause,
  endOf,
  finalState,
  gpteBehind,
  hex,
  lastChange,
  lastStep,
  named,
  pageAt,
  since,
  spteAt,
  stateAt,
  vcpuAt,
  type Cause,
  type CauseFinder,
  type WhyRun,
} from './run.ts';

/** Whether an entry of a page that shadows a guest table says what the guest entry says. */
function isStale(run: WhyRun, state: ShadowState, { sp, index, level, spte }: ShadowStop): boolean {
  const page = pageAt(state, sp);
  if (page === undefined || page.role.direct || spte === 0) return false;
  const pte = gpteBehind(run, state, sp, index);
  if (!is_present_gpte(pte) || !gpte_accessed(pte)) return true;
  if (isTableSpte(spte)) return pageAt(state, spte_to_child_sp(spte))?.gfn !== gpte_to_gfn(pte);
  if (level > 1) return false;
  const rights = gpte_access(pte) & page.role.access;
  const clean = is_writable_pte(spte) && !gpte_dirty(pte);
  if (clean) return true;
  const wider = page.role.cr0_wp && (spteAccess(spte) & ~rights) !== 0;
  return wider || spte_to_pfn(spte) !== pfnOf(state, run.geometry, gpte_to_gfn(pte));
}

const invalidations: Readonly<Record<string, string>> = {
  guestMovCr3: 'MOV CR3',
  guestInvlpg: 'INVLPG',
};

/** The last invalidation by the guest after a step; and how KVM got past the sync. */
export function afterFlush(run: WhyRun, v: number, sp: number, from: number): Cause[] {
  const flush = lastStep(
    run,
    from + 1,
    (_before, _after, { actor, transition }) => actor === `vcpu${v}` && transition in invalidations,
  );
  if (flush === undefined) return [];
  const name = invalidations[run.steps[flush - 1]?.transition ?? ''];
  const { request_sync, root } = vcpuAt(stateAt(run, flush), v) ?? { request_sync: true };
  const unasked = name === 'MOV CR3' && root !== null && !request_sync;
  const asked = unasked ? ', and no sync is asked for' : '';
  const skipped = lastStep(run, flush + 1, (before, after, { actor, transition }) => {
    const served = vcpuAt(before, v)?.request_sync === true && !vcpuAt(after, v)?.request_sync;
    const skips = transition === 'is_unsync_root' && vcpuAt(after, v)?.pc !== 'sync_roots';
    return served && skips && actor === `vcpu${v}`;
  });
  const synced = since(run, (state) => pageAt(state, sp)?.unsync === false);
  return [
    ...cause(flush, `${name}: what was cached before must not be used from here on${asked}`),
    ...cause(skipped, `finds nothing unsync below the root: no sync`),
    ...(synced !== undefined && synced > flush ? cause(synced, `marks sp${sp} in sync`) : []),
  ];
}

/** How a page came to be stale and in use: unsync, and linked or kept as it was. */
function staleStop(run: WhyRun, v: number, stops: readonly ShadowStop[], at: number): Cause[] {
  const stop = stops[at];
  if (stop === undefined) return [];
  const { sp, index } = stop;
  const changed = guestStored(run, sp, index);
  const later = stops.slice(0, at).flatMap((above, i) => {
    const child = stops[i + 1]?.sp ?? sp;
    const [link] = linked(run, above.sp, above.index, child);
    if (link === undefined || changed === undefined || link.step < changed) return [];
    const place = `sp${above.sp}[${above.index}]`;
    return [{ ...link, text: `links sp${child} at ${place}; sp${sp}[${index}] is stale by then` }];
  });
  const stored = entryStored(run, sp, index) ?? 0;
  return [
    ...cause(
      since(run, (state) => pageAt(state, sp)?.unsync === true),
      `sp${sp} is unsync from here on: stores to its table go unnoticed`,
    ),
    ...staleEntry(run, sp, index),
    ...later,
    ...afterFlush(run, v, sp, Math.max(changed ?? 0, stored)),
  ];
}

/** A page on the way that belongs to another way of the guest, or grants too much for this one. */
function strayStop(run: WhyRun, v: number, va: number, stops: readonly ShadowStop[]): Cause[] {
  const state = finalState(run);
  const guest = guestWalk(state, run.geometry, v, va);
  const at = stops.findIndex(({ sp, level }) => {
    const own = guest.find((stop) => stop.level === level);
    const page = pageAt(state, sp);
    if (page === undefined || page.role.direct || own === undefined) return false;
    const above = guest.filter((stop) => stop.level > level);
    const rights = above.reduce((access, { pte }) => access & gpte_access(pte), 7);
    return page.gfn !== own.gfn || (page.role.cr0_wp && (page.role.access & ~rights) !== 0);
  });
  const stop = stops[at];
  const above = stops[at - 1];
  if (stop === undefined) return [];
  const link = above === undefined ? [] : linked(run, above.sp, above.index, stop.sp);
  return [...created(run, stop.sp), ...link];
}

/** A page without a guest table behind it: its leaves say what was asked for when it was made. */
function directStop(run: WhyRun, stops: readonly ShadowStop[]): Cause[] {
  const at = stops.findIndex(({ sp }) => pageAt(finalState(run), sp)?.role.direct === true);
  const stop = stops[at];
  const above = stops[at - 1];
  if (stop === undefined || above === undefined) return [];
  return [
    ...created(run, stop.sp),
    ...linked(run, above.sp, above.index, stop.sp),
    ...cause(
      entryStored(run, stop.sp, stop.index),
      `stores sp${stop.sp}[${stop.index}] ${spteText(stop.spte)}`,
    ),
  ];
}

export const tlbLoaded = (run: WhyRun, v: number, va: number): Cause[] =>
  cause(
    since(run, (state) => vcpuAt(state, v)?.ghost_tlb.some((e) => e.valid && e.va === va) ?? false),
    `vcpu${v} loads va ${hex(va)} into its TLB`,
  );

/** Bits that say what the same guest entries permit, and what they are called. */
const modes = [
  ['EFER.NX', (vcpu: ShadowVcpu) => !vcpu.efer_nx_clear],
  ['CR4.SMEP', (vcpu: ShadowVcpu) => vcpu.cr4_smep],
  ['CR4.SMAP', (vcpu: ShadowVcpu) => vcpu.cr4_smap],
] as const;

/** No entry is stale by itself: the guest has changed what its entries mean, or KVM the leaf. */
function modeChanged(run: WhyRun, v: number, stops: readonly ShadowStop[]): Cause[] {
  const leaf = stops.at(-1);
  if (leaf === undefined) return [];
  const { sp, index, spte } = leaf;
  const stored = entryStored(run, sp, index);
  const last = modes
    .map(([name, isSet]) => {
      const isSetAt = (state: ShadowState): boolean => {
        const vcpu = vcpuAt(state, v);
        return vcpu !== undefined && isSet(vcpu);
      };
      const verb = isSetAt(finalState(run)) ? 'sets' : 'clears';
      return { name, verb, step: lastChange(run, isSetAt) };
    })
    .findLast(({ step }) => step !== undefined && step > (stored ?? 0));
  const causes = cause(stored, `stores sp${sp}[${index}] ${spteText(spte)}`);
  if (last?.step === undefined) return causes;
  return [
    ...causes,
    ...cause(last.step, `vcpu${v} ${last.verb} ${last.name}; sp${sp}[${index}] stays`),
    ...afterFlush(run, v, sp, last.step),
  ];
}

export const accessIsNotJustified: CauseFinder = (run, finding) => {
  const [v, va] = ['vcpu', 'va'].map((name) => named(finding, name));
  if (v === undefined || va === undefined) return [];
  if (finding.where['by'] === 'tlb') return tlbLoaded(run, v, va);
  const state = finalState(run);
  const root = vcpuAt(state, v)?.root ?? null;
  const stops = shadowWalk(state, run.geometry, root, va);
  const stale = stops.findIndex((stop) => isStale(run, state, stop));
  if (stale >= 0) return staleStop(run, v, stops, stale);
  const others = [() => strayStop(run, v, va, stops), () => directStop(run, stops)];
  const causes = others.map((find) => find()).find((some) => some.length > 0);
  return causes ?? modeChanged(run, v, stops);
};

/** The leaf that every fault leaves as it is, or what they change in turns. */
export const faultMakesNoProgress: CauseFinder = (run, finding) => {
  const [v, va] = ['vcpu', 'va'].map((name) => named(finding, name));
  if (v === undefined || va === undefined) return [];
  const state = finalState(run);
  const stops = shadowWalk(state, run.geometry, vcpuAt(state, v)?.root ?? null, va);
  const leaf = stops.findLast(({ spte }) => is_last_spte(spte));
  const first = since(run, (at) => (vcpuAt(at, v)?.ghost_faults ?? 0) > 0);
  if (first === undefined) return [];
  const turns = turnsTaken(run, first, v, va);
  if (leaf === undefined || turns.length > 1) return turns;
  const text = `sp${leaf.sp}[${leaf.index}] ${spteText(spteAt(state, leaf.sp, leaf.index))}`;
  return cause(entryStored(run, leaf.sp, leaf.index), `stores ${text}, which all faults leave so`);
};

/** The walk judged by a CR0.WP that is not the guest's: a supervisor may write, or may not. */
export const faultByAnotherMode: CauseFinder = (run, finding) => {
  const v = named(finding, 'vcpu');
  const va = named(finding, 'va');
  if (v === undefined || va === undefined) return [];
  const state = finalState(run);
  const before = stateAt(run, endOf(run) - 1);
  const read = guestWalk(state, run.geometry, v, va);
  const permits = read.length === run.geometry.levels && read.every(({ pte }) => permitsRead(pte));
  const writes = kindNames[vcpuAt(before, v)?.insn.kind ?? 0] === 'sw';
  const protectedLeaf = read.some(({ pte }) => (gpte_access(pte) & ACC_WRITE_MASK) === 0);
  if (!permits || !writes || !protectedLeaf || vcpuAt(before, v)?.cr0_wp !== false) return [];
  return cause(
    lastChange(run, (at) => vcpuAt(at, v)?.cr0_wp),
    `vcpu${v} clears CR0.WP: a supervisor may write where W is clear`,
  );
};

const permitsRead = (pte: number): boolean => is_present_gpte(pte);
