/**
 * All properties, in the order in which they are asked. When one state breaks several, the first
 * is reported: structure before meaning, KVM's own data before hardware, the checks of the former
 * auditor last, because stronger ones stand before them.
 */
import { pageIsOnTheListOfItsState } from './page-is-on-the-list-of-its-state.ts';
import { pointersLeadToAllocatedPages } from './pointers-lead-to-allocated-pages.ts';
import { hardwareReachesNoFreedPage } from './hardware-reaches-no-freed-page.ts';
import { obsoletePagesComeLast } from './obsolete-pages-come-last.ts';
import { zapAllTakesOldPagesOnly } from './zap-all-takes-old-pages-only.ts';
import { reclaimSparesRootsInUse } from './reclaim-spares-roots-in-use.ts';
import { usedPagesEqualARecount } from './used-pages-equal-a-recount.ts';
import { usedPagesStayWithinTheQuota } from './used-pages-stay-within-the-quota.ts';
import { cachesCoverTheWorstCase } from './caches-cover-the-worst-case.ts';
import { invalidationCountEqualsOpenCalls } from './invalidation-count-equals-open-calls.ts';
import { hardwareWritesNoReadOnlyFrame } from './hardware-writes-no-read-only-frame.ts';
import { writtenFrameIsReportedDirty } from './written-frame-is-reported-dirty.ts';
import { oldFramesHaveNoAccessedLeaf } from './old-frames-have-no-accessed-leaf.ts';
import { agingChangesTheAccessedFlagAlone } from './aging-changes-the-accessed-flag-alone.ts';
import { teardownLeavesNothingMapped } from './teardown-leaves-nothing-mapped.ts';
import { zappedRangeIsLookedUpAgain } from './zapped-range-is-looked-up-again.ts';
import { validPageIsUnique } from './valid-page-is-unique.ts';
import { rootCountEqualsRootSlots } from './root-count-equals-root-slots.ts';
import { leafIsFiledInOneRmap } from './leaf-is-filed-in-one-rmap.ts';
import { rmapKeyIsTheRecordedGfn } from './rmap-key-is-the-recorded-gfn.ts';
import { frameWithoutSlotIsMappedNowhere } from './frame-without-slot-is-mapped-nowhere.ts';
import { parentListMirrorsTableEntries } from './parent-list-mirrors-table-entries.ts';
import { childIsOneLevelBelow } from './child-is-one-level-below.ts';
import { unsyncOnlyAt4k } from './unsync-only-at-4k.ts';
import { unsyncPageIsMarkedInItsAncestors } from './unsync-page-is-marked-in-its-ancestors.ts';
import { unsyncCountEqualsItsBitmap } from './unsync-count-equals-its-bitmap.ts';
import { unsyncPrecedesWritableLeaf } from './unsync-precedes-writable-leaf.ts';
import { shadowedGfnHasNoWritableSpte } from './shadowed-gfn-has-no-writable-spte.ts';
import { invalidPageMapsNothing } from './invalid-page-maps-nothing.ts';
import { guestRunsOnAValidRoot } from './guest-runs-on-a-valid-root.ts';
import { faultMapsBelowAValidRoot } from './fault-maps-below-a-valid-root.ts';
import { countersEqualRecounts } from './counters-equal-recounts.ts';
import { locklessWalkerReadsNoFreedPage } from './lockless-walker-reads-no-freed-page.ts';
import { lpageCountersEqualRecounts } from './lpage-counters-equal-recounts.ts';
import { leafIsNoLargerThanTheHostLeaf } from './leaf-is-no-larger-than-the-host-leaf.ts';
import { leafRightsAreWithinTheCachedAccess } from './leaf-rights-are-within-the-cached-access.ts';
import { leafIsWritableWhereTheHostAllows } from './leaf-is-writable-where-the-host-allows.ts';
import { childHasTheRoleThatItsEntryImplies } from './child-has-the-role-that-its-entry-implies.ts';
import { syncPageAgreesWithGuestTable } from './sync-page-agrees-with-guest-table.ts';
import { flushLeavesNoStaleEntry } from './flush-leaves-no-stale-entry.ts';
import { syncedRootReachesNoUnsyncPage } from './synced-root-reaches-no-unsync-page.ts';
import { newLinkWaitsForTheFlushOfTheOld } from './new-link-waits-for-the-flush-of-the-old.ts';
import { owedFlushIsPaidBeforeUnlock } from './owed-flush-is-paid-before-unlock.ts';
import { shadowedGfnHasNoWritableTlbEntry } from './shadowed-gfn-has-no-writable-tlb-entry.ts';
import { hardwareReachesNoForeignFrame } from './hardware-reaches-no-foreign-frame.ts';
import { tlbEntryIsBackedByThePageTables } from './tlb-entry-is-backed-by-the-page-tables.ts';
import { accessIsJustifiedByGuestTables } from './access-is-justified-by-guest-tables.ts';
import { mmioIsEmulatedWhereNoSlotIs } from './mmio-is-emulated-where-no-slot-is.ts';
import { mmioAccessIsJustifiedByGuestTables } from './mmio-access-is-justified-by-guest-tables.ts';
import { pageFaultIsJustifiedByGuestTables } from './page-fault-is-justified-by-guest-tables.ts';
import { legalAccessCompletes } from './legal-access-completes.ts';
import { cleanPageIsWriteProtected } from './clean-page-is-write-protected.ts';
import { clearTakesWhatItWasAskedFor } from './clear-takes-what-it-was-asked-for.ts';
import { dirtyLogCallReturns } from './dirty-log-call-returns.ts';
import { loggingEndsWithHugePagesPossible } from './logging-ends-with-huge-pages-possible.ts';
import { loggedSlotGainsNoWritableHugeLeaf } from './logged-slot-gains-no-writable-huge-leaf.ts';
import { storeReachesTheDirtyLog } from './store-reaches-the-dirty-log.ts';
import { kernelWarningsStaySilent } from './kernel-warnings-stay-silent.ts';
import { auditLeafMapsTheHostFrame } from './audit-leaf-maps-the-host-frame.ts';
import { auditLeafHasAnRmap } from './audit-leaf-has-an-rmap.ts';
import { auditSyncedTableIsNotWritable } from './audit-synced-table-is-not-writable.ts';
import { splitCachesCoverAPage } from './split-caches-cover-a-page.ts';
import { splitKeepsTheRightsOfTheGuest } from './split-keeps-the-rights-of-the-guest.ts';
import { splitLeavesTheReserve } from './split-leaves-the-reserve.ts';
import { splitLosesNoPage } from './split-loses-no-page.ts';
import { splitEnds } from './split-ends.ts';
import { exitReturnsToTheGuest } from './exit-returns-to-the-guest.ts';
import { repeatedInstructionEnds } from './repeated-instruction-ends.ts';
import type { KvmProgress, KvmProperty } from './property.ts';
import { nxHugePageIsNotExecutable } from './nx-huge-page-is-not-executable.ts';
import { nxListGainsWhatCouldBeHuge } from './nx-list-gains-what-could-be-huge.ts';
import { nxListHoldsFlaggedDirectPages } from './nx-list-holds-flagged-direct-pages.ts';
import { nxTableIsNotReplacedByAHugePage } from './nx-table-is-not-replaced-by-a-huge-page.ts';

export const properties: readonly KvmProperty[] = [
  pageIsOnTheListOfItsState,
  pointersLeadToAllocatedPages,
  hardwareReachesNoFreedPage,
  obsoletePagesComeLast,
  zapAllTakesOldPagesOnly,
  teardownLeavesNothingMapped,
  reclaimSparesRootsInUse,
  usedPagesEqualARecount,
  usedPagesStayWithinTheQuota,
  cachesCoverTheWorstCase,
  splitLeavesTheReserve,
  splitCachesCoverAPage,
  splitLosesNoPage,
  locklessWalkerReadsNoFreedPage,
  agingChangesTheAccessedFlagAlone,
  oldFramesHaveNoAccessedLeaf,
  invalidationCountEqualsOpenCalls,
  validPageIsUnique,
  rootCountEqualsRootSlots,
  leafIsFiledInOneRmap,
  rmapKeyIsTheRecordedGfn,
  frameWithoutSlotIsMappedNowhere,
  parentListMirrorsTableEntries,
  childIsOneLevelBelow,
  unsyncOnlyAt4k,
  unsyncPageIsMarkedInItsAncestors,
  unsyncCountEqualsItsBitmap,
  unsyncPrecedesWritableLeaf,
  shadowedGfnHasNoWritableSpte,
  invalidPageMapsNothing,
  guestRunsOnAValidRoot,
  faultMapsBelowAValidRoot,
  countersEqualRecounts,
  lpageCountersEqualRecounts,
  leafIsNoLargerThanTheHostLeaf,
  nxHugePageIsNotExecutable,
  nxListHoldsFlaggedDirectPages,
  nxListGainsWhatCouldBeHuge,
  nxTableIsNotReplacedByAHugePage,
  leafRightsAreWithinTheCachedAccess,
  leafIsWritableWhereTheHostAllows,
  childHasTheRoleThatItsEntryImplies,
  splitKeepsTheRightsOfTheGuest,
  syncPageAgreesWithGuestTable,
  flushLeavesNoStaleEntry,
  syncedRootReachesNoUnsyncPage,
  newLinkWaitsForTheFlushOfTheOld,
  owedFlushIsPaidBeforeUnlock,
  shadowedGfnHasNoWritableTlbEntry,
  hardwareWritesNoReadOnlyFrame,
  hardwareReachesNoForeignFrame,
  writtenFrameIsReportedDirty,
  zappedRangeIsLookedUpAgain,
  tlbEntryIsBackedByThePageTables,
  loggedSlotGainsNoWritableHugeLeaf,
  storeReachesTheDirtyLog,
  cleanPageIsWriteProtected,
  clearTakesWhatItWasAskedFor,
  loggingEndsWithHugePagesPossible,
  accessIsJustifiedByGuestTables,
  mmioIsEmulatedWhereNoSlotIs,
  mmioAccessIsJustifiedByGuestTables,
  pageFaultIsJustifiedByGuestTables,
  legalAccessCompletes,
  kernelWarningsStaySilent,
  auditLeafMapsTheHostFrame,
  auditLeafHasAnRmap,
  auditSyncedTableIsNotWritable,
];

/** Asked of runs without end. */
export const progressProperties: readonly KvmProgress[] = [
  repeatedInstructionEnds,
  exitReturnsToTheGuest,
  splitEnds,
  dirtyLogCallReturns,
];

export type { KvmProgress, KvmProperty, Moment } from './property.ts';
