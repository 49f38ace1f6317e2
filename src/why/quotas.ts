/** What is counted, and what is kept ready: quota, caches, disallow_lpage, unsync_children. */
import { hugeRun } from '../../model/geometry.ts';
import type { ShadowPage, ShadowState } from '../picture/shadow-state.ts';
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
  stateAt,
  until,
  vcpuAt,
  type Cause,
  type CauseFinder,
  type WhyRun,
} from './run.ts';

const usedPages = ({ arch }: ShadowState): number => arch.n_used_mmu_pages;

/** Pages that a step created, and those that it took off the active list. */
function pageTexts(run: WhyRun, step: number): string[] {
  const [before, after] = [stateAt(run, step - 1), stateAt(run, step)];
  return after.sp.flatMap((page, sp) => {
    const was = pageAt(before, sp);
    if (!isAllocated(was) && isAllocated(page)) return [`creates sp${sp}`];
    if (was?.list === 'active' && page.list !== 'active') return [`zaps sp${sp}`];
    return isAllocated(was) && !isAllocated(page) ? [`frees sp${sp}`] : [];
  });
}

const counted = (run: WhyRun, step: number): string => {
  const from = usedPages(stateAt(run, step - 1));
  const to = usedPages(stateAt(run, step));
  return from === to ? `n_used_mmu_pages stays ${to}` : `n_used_mmu_pages ${from} -> ${to}`;
};

/** Each page that came since the last time when some went. */
export const quotaIsExceeded: CauseFinder = (run) => {
  const fell = lastStep(run, 1, (before, after) => usedPages(after) < usedPages(before)) ?? 0;
  return run.steps.flatMap((_, i): Cause[] => {
    const step = i + 1;
    if (step <= fell || usedPages(stateAt(run, step)) <= usedPages(stateAt(run, i))) return [];
    return [{ step, text: [...pageTexts(run, step), counted(run, step)].join(', ') }];
  });
};

/** The step at which the count and the pages part. */
export const usedPagesAreMiscounted: CauseFinder = (run) => {
  const off = (state: ShadowState): number =>
    usedPages(state) - state.sp.filter(({ list }) => list === 'active' || list === 'none').length;
  const step = since(run, (state) => off(state) !== 0);
  if (step === undefined) return [];
  return cause(step, [...pageTexts(run, step), counted(run, step)].join(', '));
};

export const rootIsReclaimed: CauseFinder = (run, finding) => {
  const sp = named(finding, 'sp');
  if (sp === undefined) return [];
  const before = until(run, endOf(run) - 1);
  const full = lastChange(before, usedPages);
  const held = finalState(before).vcpu.flatMap(({ root }, v) =>
    root === sp
      ? cause(
          since(before, (state) => vcpuAt(state, v)?.root === sp),
          `vcpu${v} has sp${sp} as its root from here on`,
        )
      : [],
  );
  return [
    ...held,
    ...(full === undefined ? [] : cause(full, counted(run, full))),
    ...cause(endOf(run), `zaps sp${sp} to make room`),
  ];
};

export const cachesAreShort: CauseFinder = (run, finding) => {
  const v = named(finding, 'vcpu');
  if (v === undefined) return [];
  const step = lastChange(until(run, endOf(run) - 1), (state) => {
    const vcpu = vcpuAt(state, v);
    return [vcpu?.mmu_page_header_cache, vcpu?.mmu_pte_list_desc_cache];
  });
  const { pages, descriptors } = finding.where;
  const left = `pages ${pages}, descriptors ${descriptors}`;
  return [
    ...cause(step, `the caches of vcpu${v} hold: ${left}`),
    ...cause(endOf(run), `vcpu${v} takes mmu_lock with that`),
  ];
};

/** Whether a page stands for a table in a run of frames, of any size. */
const isInRun = ({ geometry }: WhyRun, gfn: number, number: number): boolean =>
  Array.from({ length: geometry.levels - 1 }, (_, i) => i + 2).some(
    (level) => hugeRun(geometry, gfn, level) === number,
  );

/** A page that counts: it shadows a guest table and is not zapped. */
const isAccounted = (page: ShadowPage | undefined): boolean =>
  isAllocated(page) && !page.role.invalid && !page.role.direct;

/** The step at which a count and the pages that it is of part. */
export const counterIsOff: CauseFinder = (run, finding) => {
  const gfn = named(finding, 'gfn');
  const name = gfn === undefined ? 'indirect_shadow_pages' : `gfn_write_track ${hex(gfn)}`;
  const count = (state: ShadowState): number =>
    gfn === undefined ? state.arch.indirect_shadow_pages : (state.gfn_write_track[gfn] ?? 0);
  const pages = ({ sp }: ShadowState): number =>
    sp.filter(
      (page) =>
        isAccounted(page) && (gfn === undefined || (page.gfn === gfn && page.role.level > 1)),
    ).length;
  const step = since(run, (state) => count(state) !== pages(state));
  if (step === undefined) return [];
  const [from, to] = [stateAt(run, step - 1), stateAt(run, step)].map(count);
  const change = from === to ? `${name} stays ${to}` : `${name} ${from} -> ${to}`;
  return cause(step, [...pageTexts(run, step), change].join(', '));
};

/** The last change of the count, and the pages that came or went since without one. */
export const lpageIsMiscounted: CauseFinder = (run, finding) => {
  const number = named(finding, 'run');
  if (number === undefined) return [];
  const count = (state: ShadowState) => state.disallow_lpage[number];
  const last = lastChange(run, count) ?? 0;
  const now = count(finalState(run));
  const isThere = (state: ShadowState, sp: number): boolean => isAccounted(pageAt(state, sp));
  const missed = finalState(run).sp.flatMap((_, sp) => {
    const step = lastChange(run, (state) => isThere(state, sp));
    const page = pageAt(stateAt(run, (step ?? 1) - 1), sp);
    const gone = step !== undefined && !isThere(stateAt(run, step), sp);
    if (step === undefined || step <= last || !gone || page === undefined) return [];
    if (!isInRun(run, page.gfn, number)) return [];
    return cause(step, `zaps sp${sp}; disallow_lpage[${number}] stays ${now}`);
  });
  return [
    ...cause(last || undefined, `disallow_lpage[${number}] is ${now} from here on`),
    ...missed,
  ];
};

export const unsyncIsMiscounted: CauseFinder = (run, finding) => {
  const sp = named(finding, 'sp');
  if (sp === undefined) return [];
  const off = (state: ShadowState): boolean => {
    const page = pageAt(state, sp);
    return page !== undefined && page.unsync_children !== page.unsync_child_bitmap.length;
  };
  const step = since(run, off);
  if (step === undefined) return [];
  const text = (state: ShadowState): string => {
    const page = pageAt(state, sp);
    return `${page?.unsync_children} {${page?.unsync_child_bitmap.join(',')}}`;
  };
  const [from, to] = [stateAt(run, step - 1), stateAt(run, step)].map(text);
  return cause(step, `unsync_children of sp${sp} goes from ${from} to ${to}`);
};

/** A walk that nobody waits for. */
export const walkerIsOvertaken: CauseFinder = (run, finding) => {
  const [v, sp] = ['vcpu', 'sp'].map((name) => named(finding, name));
  if (sp === undefined) return [];
  const who = v === undefined ? 'who ages' : `vcpu${v}`;
  const pageOf = (state: ShadowState): number =>
    Math.floor((state.aging.sptep - 1) / run.geometry.entries);
  const reached = since(run, (state) =>
    v === undefined ? pageOf(state) === sp : vcpuAt(state, v)?.reading === sp,
  );
  const zapped = since(run, (state) => pageAt(state, sp)?.list !== 'active');
  const freed = since(run, (state) => !isAllocated(pageAt(state, sp)));
  return [
    ...cause(reached, `${who} has reached sp${sp} without mmu_lock`),
    ...(zapped === freed ? [] : cause(zapped, `zaps sp${sp}`)),
    ...cause(freed, `frees sp${sp}; ${who} is still there`),
  ];
};
