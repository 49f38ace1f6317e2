/** When pages were created, linked, marked and freed. */
import { is_last_spte, isTableSpte, spte_to_child_sp, spteText } from '../../model/spte.ts';
import { accessText } from '../../model/access.ts';
import type { ShadowState } from '../picture/shadow-state.ts';
import {
  cause,
  finalState,
  hex,
  isAllocated,
  lastStep,
  named,
  pageAt,
  since,
  spteAt,
  vcpuAt,
  type Cause,
  type CauseFinder,
  type Test,
  type WhyRun,
} from './run.ts';

const entries = (state: ShadowState, sp: number): number[] =>
  (state.sp[sp]?.spt ?? []).map((_, index) => sp * (state.sp[sp]?.spt.length ?? 1) + index);

export const created = (run: WhyRun, sp: number): Cause[] => {
  const page = pageAt(finalState(run), sp);
  if (!isAllocated(page)) return [];
  const { level, access, direct } = page.role;
  const kind = direct ? ' direct' : '';
  return cause(
    since(run, (state) => isAllocated(pageAt(state, sp))),
    `creates sp${sp} l${level} gfn ${hex(page.gfn)} access ${accessText(access)}${kind}`,
  );
};

const leadsTo = (state: ShadowState, sp: number, index: number, child: number): boolean => {
  const spte = spteAt(state, sp, index);
  return isTableSpte(spte) && spte_to_child_sp(spte) === child;
};

export const linked = (run: WhyRun, sp: number, index: number, child: number): Cause[] =>
  cause(
    since(run, (state) => leadsTo(state, sp, index, child)),
    `sp${sp}[${index}] leads to sp${child} from here on`,
  );

const freed = (run: WhyRun, sp: number): Cause[] =>
  cause(
    since(run, (state) => !isAllocated(pageAt(state, sp))),
    `frees sp${sp}`,
  );

const holdsRoot = (state: ShadowState, v: number, sp: number): boolean => {
  const vcpu = vcpuAt(state, v);
  return vcpu?.root === sp || (vcpu?.prev_root.some((prev) => prev.sp === sp) ?? false);
};

/** What points at the freed page, whichever way it does. */
function pointer(run: WhyRun, finding: Parameters<CauseFinder>[1], target: number): Cause[] {
  const [sp, index, child] = ['sp', 'index', 'child'].map((name) => named(finding, name));
  const [v, gfn, parent] = ['vcpu', 'gfn', 'parent'].map((name) => named(finding, name));
  if (sp !== undefined && index !== undefined && child !== undefined) {
    return linked(run, sp, index, child);
  }
  if (v !== undefined) {
    const step = since(run, (state) => holdsRoot(state, v, target));
    return cause(step, `vcpu${v} holds sp${target} as a root from here on`);
  }
  const listed = (list: (state: ShadowState) => readonly number[] | undefined): Test => {
    return (state) => entries(state, target).some((sptep) => list(state)?.includes(sptep));
  };
  if (gfn !== undefined) {
    const step = since(
      run,
      listed((state) => state.rmap[gfn]),
    );
    return cause(step, `the rmap of gfn ${hex(gfn)} lists an entry of sp${target} from here on`);
  }
  if (sp === undefined || parent === undefined) return [];
  const step = since(
    run,
    listed((state) => state.sp[sp]?.parent_ptes),
  );
  return cause(step, `the parent list of sp${sp} names sp${target} from here on`);
}

export const pointsAtFreedPage: CauseFinder = (run, finding) => {
  const target = named(finding, 'child') ?? named(finding, 'parent') ?? named(finding, 'sp');
  if (target === undefined) return [];
  return [...pointer(run, finding, target), ...freed(run, target)];
};

export const pagesAreTwins: CauseFinder = (run, finding) =>
  ['sp', 'twin'].flatMap((name) => {
    const sp = named(finding, name);
    return sp === undefined ? [] : created(run, sp);
  });

const holders = (state: ShadowState, sp: number): number =>
  state.vcpu
    .flatMap(({ root, prev_root }) => [root, ...prev_root.map((prev) => prev.sp)])
    .filter((held) => held === sp).length;

export const rootIsMiscounted: CauseFinder = (run, finding) => {
  const sp = named(finding, 'sp');
  if (sp === undefined) return [];
  const step = since(run, (state) => pageAt(state, sp)?.root_count !== holders(state, sp));
  return cause(step, `root_count of sp${sp} and the number of its holders part here`);
};

export const childIsMadeAndLinked: CauseFinder = (run, finding) => {
  const [sp, index, child] = ['sp', 'index', 'child'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined || child === undefined) return [];
  const left = since(run, (state) => !leadsTo(state, sp, index, child));
  return [
    ...created(run, child),
    ...linked(run, sp, index, child),
    ...cause(left, `sp${sp}[${index}] does not lead to sp${child} from here on`),
  ];
};

const hasUnsync = (state: ShadowState, sp: number): boolean => {
  const page = pageAt(state, sp);
  return page !== undefined && (page.unsync || page.unsync_children > 0);
};

export const markIsMissing: CauseFinder = (run, finding) => {
  const [sp, index, child] = ['sp', 'index', 'child'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined || child === undefined) return [];
  const marked = (state: ShadowState) =>
    pageAt(state, sp)?.unsync_child_bitmap.includes(index) ?? false;
  const unsync = since(run, (state) => hasUnsync(state, child));
  const below = pageAt(finalState(run), child)?.unsync === true ? 'is' : 'has pages below that are';
  const cleared = lastStep(run, 1, (before, after) => marked(before) && !marked(after));
  return [
    ...cause(unsync, `sp${child} ${below} unsync from here on`),
    ...linked(run, sp, index, child),
    ...cause(cleared, `clears the mark of sp${sp}[${index}]`),
  ];
};

export const unsyncIsForbidden: CauseFinder = (run, finding) => {
  const [sp, gfn] = ['sp', 'gfn'].map((name) => named(finding, name));
  if (sp === undefined || gfn === undefined) return [];
  const unsync = since(run, (state) => pageAt(state, sp)?.unsync === true);
  const tracked = since(run, (state) => (state.gfn_write_track[gfn] ?? 0) > 0);
  return [
    ...cause(tracked, `gfn ${hex(gfn)} is write-tracked from here on`),
    ...cause(unsync, `makes sp${sp} unsync`),
  ];
};

export const entryBelowInvalidPage: CauseFinder = (run, finding) => {
  const [sp, index] = ['sp', 'index'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined) return [];
  const stored = since(run, (state) => spteAt(state, sp, index) !== 0);
  return [
    ...cause(
      since(run, (state) => pageAt(state, sp)?.role.invalid === true),
      `zaps sp${sp}`,
    ),
    ...cause(stored, `stores sp${sp}[${index}] ${spteText(spteAt(finalState(run), sp, index))}`),
  ];
};

export const rootIsNotItsOwn: CauseFinder = (run, finding) => {
  const [v, root] = ['vcpu', 'root'].map((name) => named(finding, name));
  if (v === undefined || root === undefined) return [];
  const held = since(run, (state) => vcpuAt(state, v)?.root === root);
  const invalid = since(run, (state) => pageAt(state, root)?.role.invalid === true);
  const wp = pageAt(finalState(run), root)?.role.cr0_wp;
  const mode = since(run, (state) => vcpuAt(state, v)?.cr0_wp !== wp);
  return [
    ...cause(held, `vcpu${v} has sp${root} as its root from here on`),
    ...cause(invalid, `zaps sp${root}; vcpu${v} keeps it`),
    ...cause(mode, `CR0.WP of vcpu${v} is no longer that of the role of sp${root}`),
  ];
};

export const pageIsOnAnotherList: CauseFinder = (run, finding) => {
  const sp = named(finding, 'sp');
  const list = finding.where['list'];
  if (sp === undefined || list === undefined) return [];
  const invalid = since(run, (state) => pageAt(state, sp)?.role.invalid === true);
  return [...created(run, sp), ...cause(invalid, `zaps sp${sp}, which stays on list "${list}"`)];
};

export const leafIsMisfiled: CauseFinder = (run, finding) => {
  const [sp, index] = ['sp', 'index'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined) return [];
  const spte = spteAt(finalState(run), sp, index);
  const present = is_last_spte(spte);
  const step = since(run, (state) => is_last_spte(spteAt(state, sp, index)) === present);
  const name = `sp${sp}[${index}]`;
  return [
    ...created(run, sp),
    ...cause(step, present ? `stores the leaf ${name} ${spteText(spte)}` : `takes away ${name}`),
  ];
};

/** A page that was unsync when the sync of everything above it ended. */
export const pageWasPassedOver: CauseFinder = (run, finding) => {
  const [parent, sp] = ['parent', 'sp'].map((name) => named(finding, name));
  if (parent === undefined || sp === undefined) return [];
  const begun = lastStep(
    run,
    1,
    (before, after) =>
      before.mmu_lock.sync_parent !== parent && after.mmu_lock.sync_parent === parent,
  );
  return [
    ...cause(
      since(run, (state) => pageAt(state, sp)?.unsync === true),
      `sp${sp} is unsync from here on`,
    ),
    ...cause(begun, `begins to sync what is below sp${parent}`),
  ];
};
