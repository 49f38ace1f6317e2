/** The finders of causes by property, and how they are asked. */
import type { Geometry } from '../../model/geometry.ts';
import type { PlainRun } from '../checker/catalogue.ts';
import type { Finding } from '../engine/machine/index.ts';
import { shadowState } from '../picture/shadow-state.ts';
import { accessIsNotJustified, faultByAnotherMode, faultMakesNoProgress } from './access.ts';
import {
  cleanPageIsWritable,
  clearLeavesPage,
  loggedLeafIsHuge,
  smallLeafStays,
  storeIsNotLogged,
} from './dirty-log.ts';
import {
  childIsAnother,
  entryDisagrees,
  leafMapsAnotherFrame,
  leafRightsDiffer,
  syncedTableIsWritable,
  tableIsWritable,
} from './entries.ts';
import { flushIsOwed, linkIsOwed } from './flushes.ts';
import {
  cacheLeadsToFreedPage,
  tlbFrameIsForeign,
  tlbIsNotBacked,
  tlbWritesToTable,
} from './hardware.ts';
import {
  childIsMadeAndLinked,
  entryBelowInvalidPage,
  leafIsMisfiled,
  markIsMissing,
  pageIsOnAnotherList,
  pagesAreTwins,
  pageWasPassedOver,
  pointsAtFreedPage,
  rootIsMiscounted,
  rootIsNotItsOwn,
  unsyncIsForbidden,
} from './pages.ts';
import {
  hugePageIsExecutable,
  leafIsTooLarge,
  leafIsTooWritable,
  listedPageStaysSmall,
  listNamesAnotherPage,
  tableGivesWayToHugePage,
} from './huge.ts';
import {
  agingChangesEntry,
  invalidationsAreMiscounted,
  lookupIsOld,
  pageOutlivesTeardown,
  readOnlyFrameIsWritable,
  usedLeafIsMissed,
  writtenFrameIsUnreported,
} from './host.ts';
import { loopCauses } from './loops.ts';
import {
  cachesAreShort,
  counterIsOff,
  lpageIsMiscounted,
  quotaIsExceeded,
  rootIsReclaimed,
  unsyncIsMiscounted,
  usedPagesAreMiscounted,
  walkerIsOvertaken,
} from './quotas.ts';
import type { Cause, CauseFinder } from './run.ts';
import {
  leafOutlivesItsSlot,
  mmioIsStale,
  newPageIsZapped,
  obsoletePageIsNotLast,
  rootIsLost,
  slotIsTakenForMmio,
} from './slots.ts';
import { spareIsLost, splitIsShort, splitTakesRights } from './splits.ts';
import { warningFires } from './warnings.ts';

/**
 * Each property that is violated at a step has an entry; those that are violated by a run without
 * end have the causes of `loops.ts`. A finder may find nothing, and then nothing is said.
 */
export const causeFinders: Readonly<Record<string, CauseFinder>> = {
  'page-is-on-the-list-of-its-state': pageIsOnAnotherList,
  'pointers-lead-to-allocated-pages': pointsAtFreedPage,
  'hardware-reaches-no-freed-page': cacheLeadsToFreedPage,
  'obsolete-pages-come-last': obsoletePageIsNotLast,
  'zap-all-takes-old-pages-only': newPageIsZapped,
  'teardown-leaves-nothing-mapped': pageOutlivesTeardown,
  'reclaim-spares-roots-in-use': rootIsReclaimed,
  'used-pages-equal-a-recount': usedPagesAreMiscounted,
  'used-pages-stay-within-the-quota': quotaIsExceeded,
  'caches-cover-the-worst-case': cachesAreShort,
  'split-leaves-the-reserve': quotaIsExceeded,
  'split-caches-cover-a-page': splitIsShort,
  'split-loses-no-page': spareIsLost,
  'lockless-walker-reads-no-freed-page': walkerIsOvertaken,
  'aging-changes-the-accessed-flag-alone': agingChangesEntry,
  'old-frames-have-no-accessed-leaf': usedLeafIsMissed,
  'invalidation-count-equals-open-calls': invalidationsAreMiscounted,
  'valid-page-is-unique': pagesAreTwins,
  'root-count-equals-root-slots': rootIsMiscounted,
  'leaf-is-filed-in-one-rmap': leafIsMisfiled,
  'rmap-key-is-the-recorded-gfn': leafIsMisfiled,
  'frame-without-slot-is-mapped-nowhere': leafOutlivesItsSlot,
  'parent-list-mirrors-table-entries': childIsMadeAndLinked,
  'child-is-one-level-below': childIsMadeAndLinked,
  'unsync-only-at-4k': unsyncIsForbidden,
  'unsync-page-is-marked-in-its-ancestors': markIsMissing,
  'unsync-count-equals-its-bitmap': unsyncIsMiscounted,
  'unsync-precedes-writable-leaf': tableIsWritable,
  'shadowed-gfn-has-no-writable-spte': tableIsWritable,
  'invalid-page-maps-nothing': entryBelowInvalidPage,
  'guest-runs-on-a-valid-root': rootIsNotItsOwn,
  'fault-maps-below-a-valid-root': rootIsLost,
  'counters-equal-recounts': counterIsOff,
  'lpage-counters-equal-recounts': lpageIsMiscounted,
  'leaf-is-no-larger-than-the-host-leaf': leafIsTooLarge,
  'nx-huge-page-is-not-executable': hugePageIsExecutable,
  'nx-list-holds-flagged-direct-pages': listNamesAnotherPage,
  'nx-list-gains-what-could-be-huge': listedPageStaysSmall,
  'nx-table-is-not-replaced-by-a-huge-page': tableGivesWayToHugePage,
  'leaf-is-writable-where-the-host-allows': leafIsTooWritable,
  'leaf-rights-are-within-the-cached-access': leafRightsDiffer,
  'child-has-the-role-that-its-entry-implies': childIsAnother,
  'split-keeps-the-rights-of-the-guest': splitTakesRights,
  'sync-page-agrees-with-guest-table': entryDisagrees,
  'flush-leaves-no-stale-entry': accessIsNotJustified,
  'synced-root-reaches-no-unsync-page': pageWasPassedOver,
  'new-link-waits-for-the-flush-of-the-old': linkIsOwed,
  'owed-flush-is-paid-before-unlock': flushIsOwed,
  'shadowed-gfn-has-no-writable-tlb-entry': tlbWritesToTable,
  'hardware-writes-no-read-only-frame': readOnlyFrameIsWritable,
  'hardware-reaches-no-foreign-frame': tlbFrameIsForeign,
  'written-frame-is-reported-dirty': writtenFrameIsUnreported,
  'zapped-range-is-looked-up-again': lookupIsOld,
  'tlb-entry-is-backed-by-the-page-tables': tlbIsNotBacked,
  'logged-slot-gains-no-writable-huge-leaf': loggedLeafIsHuge,
  'store-reaches-the-dirty-log': storeIsNotLogged,
  'clean-page-is-write-protected': cleanPageIsWritable,
  'clear-takes-what-it-was-asked-for': clearLeavesPage,
  'logging-ends-with-huge-pages-possible': smallLeafStays,
  'access-is-justified-by-guest-tables': accessIsNotJustified,
  'mmio-is-emulated-where-no-slot-is': slotIsTakenForMmio,
  'mmio-access-is-justified-by-guest-tables': mmioIsStale,
  'page-fault-is-justified-by-guest-tables': faultByAnotherMode,
  'legal-access-completes': faultMakesNoProgress,
  'audit-leaf-maps-the-host-frame': leafMapsAnotherFrame,
  'audit-leaf-has-an-rmap': leafIsMisfiled,
  'audit-synced-table-is-not-writable': syncedTableIsWritable,
  'kernel-warnings-stay-silent': warningFires,
};

/** One cause per step, in the order of the steps. */
function inOrder(causes: readonly Cause[]): Cause[] {
  const texts = new Map<number, string[]>();
  for (const { step, text } of causes) texts.set(step, [...(texts.get(step) ?? []), text]);
  return [...texts]
    .sort(([a], [b]) => a - b)
    .map(([step, all]) => ({ step, text: [...new Set(all)].join('; ') }));
}

/** What is violated. `loop`: where the loop begins that violates it. */
export interface Breach {
  readonly property: string;
  readonly finding: Finding;
  readonly loop?: number | undefined;
}

/** Order: of the steps. Empty when nothing can be said. */
export function causesOf(
  geometry: Geometry,
  { property, finding, loop }: Breach,
  run: PlainRun,
): readonly Cause[] {
  const plain = { geometry, states: run.states.map(shadowState), steps: run.steps };
  if (loop !== undefined) return inOrder(loopCauses(plain, loop, finding));
  return inOrder(causeFinders[property]?.(plain, finding) ?? []);
}
