/** All rules, in the order of reports. */
import { fastFaultKeepsPfn, fastFaultOnlyIfWritableAllowed } from './dirty.ts';
import { writableSpteImpliesDirtyLogged } from './dirty.ts';
import { flushBeforeEntry } from './flush.ts';
import { guestOracle } from './guest.ts';
import { dirtyLogNoWritableHuge, nxHugeNotExec, tdpNxHugeNotExec } from './huge.ts';
import * as leaves from './leaves.ts';
import * as links from './links.ts';
import { mmioFaultOutsideSlots, mmioSpteOutsideSlots } from './mmio.ts';
import * as pages from './pages.ts';
import type { TraceRule } from './rule.ts';
import { tdpLeafToLeafKeepsPfn, tdpOldMatchesLastNew, tdpOldNeverFrozen } from './tdp.ts';
import * as unsync from './unsync.ts';

export const traceRules: readonly TraceRule[] = [
  unsync.unsyncOnly4kLevel,
  unsync.unsyncNoUpperSpOnGfn,
  unsync.unsyncTargetKnown,
  unsync.syncOfUnsync,
  unsync.syncTargetKnown,
  unsync.writableSpteNeedsUnsyncSp,
  unsync.upperSpGfnNotWritable,
  unsync.leafSpGfnNotWritable,
  unsync.upperSpNoUnsyncSibling,
  pages.newSpIsSync,
  pages.newSpCurrentGen,
  pages.existingSpKnown,
  pages.zappedSpKnown,
  pages.unsyncFlagAsTracked,
  pages.validSpIsUnique,
  pages.zapAllGenAlternates,
  pages.usedPagesAsCounted,
  links.childLevelIsParentMinus1,
  links.childAccessSubsetOfParent,
  links.directParentHasDirectChild,
  links.linkedSpIsTheFoundOne,
  links.leafInLiveTable,
  links.directLeafGfnIsSpGfnPlusIndex,
  leaves.sptePfnAsRequested,
  leaves.sptePfnAligned,
  leaves.onePfnPerGfn,
  leaves.leafInsideOneSlot,
  leaves.updateKeepsPfn,
  leaves.readonlySlotNotWritable,
  nxHugeNotExec,
  tdpNxHugeNotExec,
  dirtyLogNoWritableHuge,
  writableSpteImpliesDirtyLogged,
  fastFaultOnlyIfWritableAllowed,
  fastFaultKeepsPfn,
  flushBeforeEntry,
  tdpOldMatchesLastNew,
  tdpOldNeverFrozen,
  tdpLeafToLeafKeepsPfn,
  pages.liveSpsWithinLimit,
  mmioSpteOutsideSlots,
  mmioFaultOutsideSlots,
  guestOracle,
];

export type { TraceRule, Violation } from './rule.ts';
