/** Leaves above 4K: how the host maps, and the mitigation that keeps them from being executed. */
import { isHostWritable, spteText } from '../../model/spte.ts';
import { entryStored } from './entries.ts';
import { tlbLoaded } from './access.ts';
import { created, linked } from './pages.ts';
import {
  cause,
  endOf,
  finalState,
  hex,
  isAllocated,
  lastChange,
  named,
  pageAt,
  since,
  spteAt,
  until,
  type Cause,
  type CauseFinder,
  type WhyRun,
} from './run.ts';

const stored = (run: WhyRun, sp: number, index: number): Cause[] =>
  cause(
    entryStored(run, sp, index),
    `stores sp${sp}[${index}] ${spteText(spteAt(finalState(run), sp, index))}`,
  );

const levelText = (level: number): string => (level === 1 ? '4K' : level === 2 ? '2M' : '1G');

export const leafIsTooLarge: CauseFinder = (run, finding) => {
  const [sp, index, gfn] = ['sp', 'index', 'gfn'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined || gfn === undefined) return [];
  const level = (state: ReturnType<typeof finalState>) => state.host_level[gfn];
  const resized = lastChange(run, level);
  const now = levelText(level(finalState(run)) ?? 1);
  return [
    ...cause(resized, `the host maps gfn ${hex(gfn)} at ${now} from here on`),
    ...stored(run, sp, index),
  ];
};

/** The store of a leaf whose rights the host does not give. */
export const leafIsTooWritable: CauseFinder = (run, finding) => {
  const [sp, index] = ['sp', 'index'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined) return [];
  const spte = spteAt(finalState(run), sp, index);
  const host = isHostWritable(spte) ? ' host-writable' : '';
  const text = `stores sp${sp}[${index}] ${spteText(spte)}${host}`;
  return cause(entryStored(run, sp, index), text);
};

const nxChanged = (run: WhyRun): Cause[] =>
  cause(
    since(run, ({ nx }) => nx.nx_huge_pages),
    'nx_huge_pages is on from here on',
  );

export const hugePageIsExecutable: CauseFinder = (run, finding) => {
  const [sp, index] = ['sp', 'index'].map((name) => named(finding, name));
  const [v, va] = ['vcpu', 'va'].map((name) => named(finding, name));
  if (sp !== undefined && index !== undefined) {
    return [...stored(run, sp, index), ...nxChanged(run)];
  }
  if (v === undefined || va === undefined) return [];
  return [...tlbLoaded(run, v, va), ...nxChanged(run)];
};

const flagged = (run: WhyRun, sp: number): Cause[] =>
  cause(
    since(run, (state) => pageAt(state, sp)?.nx_huge_page_disallowed === true),
    `sp${sp} is flagged nx_huge_page_disallowed from here on`,
  );

const listed = (run: WhyRun, sp: number): Cause[] =>
  cause(
    since(run, ({ nx }) => nx.possible_nx_huge_pages.includes(sp)),
    `puts sp${sp} on the list of possible NX huge pages`,
  );

export const listNamesAnotherPage: CauseFinder = (run, finding) => {
  const sp = named(finding, 'sp');
  const count = ({ nx }: ReturnType<typeof finalState>) => nx.nr_possible_nx_huge_pages;
  if (sp === undefined) {
    const step = lastChange(run, count);
    return cause(step, `nr_possible_nx_huge_pages is ${count(finalState(run))} from here on`);
  }
  const zapped = since(run, (state) => pageAt(state, sp)?.list !== 'active');
  const unflagged = since(run, (state) => pageAt(state, sp)?.nx_huge_page_disallowed === false);
  return [
    ...listed(run, sp),
    ...cause(zapped, `zaps sp${sp}, which stays on the list`),
    ...cause(unflagged, `sp${sp} is not flagged from here on`),
  ];
};

/** What is in the way of a huge page where the listed page stands. */
export const listedPageStaysSmall: CauseFinder = (run, finding) => {
  const [sp, gfn] = ['sp', 'gfn'].map((name) => named(finding, name));
  if (sp === undefined || gfn === undefined) return [];
  const { entries } = run.geometry;
  const level = pageAt(finalState(run), sp)?.role.level ?? 1;
  const frames = entries ** level;
  const first = Math.floor(gfn / frames) * frames;
  const tables = finalState(run).sp.flatMap((page, other) =>
    isAllocated(page) && !page.role.direct && page.gfn >= first && page.gfn < first + frames
      ? [other]
      : [],
  );
  const resized = lastChange(run, (state) => state.host_level[gfn]);
  return [
    ...tables.flatMap((table) => created(run, table)),
    ...cause(resized, `the host maps gfn ${hex(gfn)} small from here on`),
    ...created(run, sp),
    ...listed(run, sp),
  ];
};

export const tableGivesWayToHugePage: CauseFinder = (run, finding) => {
  const [sp, child] = ['sp', 'child'].map((name) => named(finding, name));
  if (sp === undefined || child === undefined) return [];
  const before = until(run, endOf(run) - 1);
  const links = (pageAt(finalState(before), sp)?.spt ?? []).flatMap((_, index) =>
    linked(before, sp, index, child),
  );
  return [
    ...created(before, child),
    ...links,
    ...flagged(before, child),
    ...cause(endOf(run), `puts a huge page in the place of sp${child}`),
  ];
};
