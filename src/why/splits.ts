/** Huge pages that are split: what was ready, what was left, and what the small ones may do. */
import { accessText } from '../../model/access.ts';
import { spteAccess, spteText } from '../../model/spte.ts';
import type { ShadowState } from '../picture/shadow-state.ts';
import { staleEntry } from './entries.ts';
import {
  cause,
  endOf,
  finalState,
  lastChange,
  lastStep,
  named,
  pageAt,
  since,
  spteAt,
  until,
  type Cause,
  type CauseFinder,
  type WhyRun,
} from './run.ts';

/** What was put into the caches last, and what was begun with that. */
export const splitIsShort: CauseFinder = (run) => {
  const before = until(run, endOf(run) - 1);
  const { split } = finalState(before);
  const { split_page_header_cache: pages, split_desc_cache: descriptors } = split;
  const filled = lastChange(before, ({ split: { split_page_header_cache, split_desc_cache } }) => [
    split_page_header_cache,
    split_desc_cache,
  ]);
  return [
    ...cause(filled, `the caches for splits hold: pages ${pages}, descriptors ${descriptors}`),
    ...cause(endOf(run), 'splits a page with that'),
  ];
};

/** The last time that mmu_lock was dropped in the middle of a slot. */
export const lockDropped = (run: WhyRun, from: number): Cause[] =>
  cause(
    lastStep(run, from, (a, b) => a.split.pc !== b.split.pc && b.split.pc === 'topup'),
    'drops mmu_lock before the page is split',
  );

/** The page that was kept, and what happened instead of its use. */
export const spareIsLost: CauseFinder = (run) => {
  const isKept = ({ split }: ShadowState): boolean => split.spare;
  const end = endOf(run);
  const before = until(run, end - 1);
  const kept = since(before, isKept);
  const text = isKept(finalState(run)) ? 'keeps another page in the place of it' : 'forgets it';
  return [
    ...cause(kept, 'a page is kept for a split from here on'),
    ...lockDropped(before, (kept ?? 0) + 1),
    ...cause(end, text),
  ];
};

/** The huge leaf and the guest entry behind it, and what came into its place. */
export const splitTakesRights: CauseFinder = (run, finding) => {
  const [sp, index, child] = ['sp', 'index', 'child'].map((name) => named(finding, name));
  if (sp === undefined || index === undefined || child === undefined) return [];
  const end = endOf(run);
  const before = until(run, end - 1);
  const page = pageAt(finalState(run), child);
  if (page === undefined) return [];
  const { level, access } = page.role;
  const huge = spteText(spteAt(finalState(before), sp, index));
  const leaf = spteAccess(spteAt(finalState(run), child, 0));
  const table = `sp${child} l${level} with access ${accessText(access)}`;
  const entries = `its entries have ${accessText(leaf)}`;
  return [
    ...staleEntry(before, sp, index),
    ...cause(end, `puts ${table} in the place of ${huge}; ${entries}`),
  ];
};
