/** What a step of the model does, in the vocabulary that it shares with traces. */
import type { Kvm } from '../../../model/index.ts';
import { pagesPerLeaf } from '../../../model/geometry.ts';
import { isValid, roleWord } from '../../../model/shadow/mmu-page.ts';
import {
  is_last_spte,
  is_writable_pte,
  isTableSpte,
  spte_to_child_sp,
  spte_to_pfn,
} from '../../../model/spte.ts';
import { gfnOfDirectEntry, isLevelBelow } from '../../../properties/helpers/facts.ts';
import {
  host,
  type Act,
  type Happening,
  type LeafSeen,
  type LinkSeen,
  type PageSeen,
} from './happening.ts';

function pageSeen(kvm: Kvm, id: number, unsync: boolean): PageSeen {
  const { gfn, role } = kvm.sp.at(id);
  return { id, gfn, upper: role.level > 1, direct: role.direct, unsync };
}

/** The gfn under which a leaf is filed: the one that was mapped, whatever its place says. */
function filedGfn(kvm: Kvm, sptep: number): number | undefined {
  const { gfns, entries } = kvm.geometry;
  for (let key = 0; key < kvm.rmap.length; key += 1) {
    if (kvm.rmap.at(key).has(sptep)) return key < gfns ? key : (key - gfns) * entries;
  }
  return undefined;
}

function leafSeen(kvm: Kvm, sp: number, index: number): LeafSeen {
  const page = kvm.sp.at(sp);
  const id = sp * kvm.geometry.entries + index;
  const spte = page.spt.get(index);
  const size = pagesPerLeaf(kvm.geometry, page.role.level);
  const place = page.role.direct
    ? gfnOfDirectEntry(page.gfn, index, size)
    : page.shadowed_gfn.get(index);
  const gfn = filedGfn(kvm, id) ?? place;
  return {
    id,
    gfn,
    pfn: spte_to_pfn(spte),
    page: sp,
    huge: page.role.level > 1,
    writable: is_writable_pte(spte),
    fits: page.role.direct ? gfn === place : undefined,
    asFound: undefined,
  };
}

/** The vCPU that holds mmu_lock when the step begins, or takes it in the step; else the host. */
const holder = (before: Kvm, after: Kvm): number =>
  before.mmu_lock.holder ?? after.mmu_lock.holder ?? host;

function pageActs(before: Kvm, after: Kvm, sp: number): Act[] {
  const [was, is] = [before.sp.at(sp), after.sp.at(sp)];
  const isOther = was.gfn !== is.gfn || roleWord(was.role) !== roleWord(is.role);
  if (!isValid(was)) return isValid(is) ? ['page-created'] : [];
  if (!isValid(is)) return ['page-zapped'];
  if (isOther) return ['page-zapped', 'page-created'];
  if (was.unsync === is.unsync) return [];
  return [is.unsync ? 'page-unsynced' : 'page-synced'];
}

function leafAct(was: number, is: number, transition: string): Act | undefined {
  if (was === is) return undefined;
  if (!is_last_spte(is)) return is_last_spte(was) ? 'leaf-dropped' : undefined;
  if (!is_last_spte(was) || transition === 'mmu_set_spte') return 'leaf-set';
  return is_writable_pte(was) && !is_writable_pte(is) ? 'leaf-protected' : undefined;
}

function linkSeen(kvm: Kvm, parent: number, child: number): LinkSeen {
  const [above, below] = [kvm.sp.at(parent).role, kvm.sp.at(child).role];
  return {
    levelBelow: isLevelBelow(below.level, above.level),
    accessWithin: (below.access & ~above.access) === 0,
    parentDirect: above.direct,
  };
}

/** Whether the fault of `actor` found the frame that it maps. */
function isAsFound(before: Kvm, actor: number, pfn: number, sp: number): boolean {
  const { fault } = before.vcpu.at(Math.max(0, actor));
  const size = pagesPerLeaf(before.geometry, before.sp.at(sp).role.level);
  return fault.pfn - (fault.pfn % size) === pfn;
}

function entryActs(before: Kvm, after: Kvm, sp: number, transition: string): Happening[] {
  const found: Happening[] = [];
  const actor = holder(before, after);
  for (let index = 0; index < after.geometry.entries; index += 1) {
    const was = before.sp.at(sp).spt.get(index);
    const is = after.sp.at(sp).spt.get(index);
    if (was === is) continue;
    const act = leafAct(was, is, transition);
    if (act !== undefined) {
      const leaf = leafSeen(act === 'leaf-dropped' ? before : after, sp, index);
      const asFound = act === 'leaf-set' ? isAsFound(before, actor, leaf.pfn, sp) : undefined;
      found.push({ act, actor, leaf: { ...leaf, asFound } });
    }
    if (!isTableSpte(is)) continue;
    const id = spte_to_child_sp(is);
    const page = pageSeen(after, id, after.sp.at(id).unsync);
    found.push({ act: 'page-linked', actor, page, link: linkSeen(after, sp, id) });
  }
  return found;
}

function entries(before: Kvm, after: Kvm): Happening[] {
  const found: Happening[] = [];
  for (let v = 0; v < after.vcpu.length; v += 1) {
    const [was, is] = [before.vcpu.at(v), after.vcpu.at(v)];
    if (was.pc === 'guest' || is.pc !== 'guest') continue;
    if (was.request_flush_current) found.push({ act: 'flushed', actor: v });
    found.push({ act: 'entered', actor: v });
  }
  // The notifier is done where a thread that plays the host would go back to its guest.
  for (let call = 0; call < after.mmu_notifier.calls.length; call += 1) {
    const [was, is] = [before.mmu_notifier.calls.at(call), after.mmu_notifier.calls.at(call)];
    const isDone = was.pc !== 'started' && is.pc === 'started';
    if (isDone) found.push({ act: 'entered', actor: host });
  }
  return found;
}

/** Whether an entry of the page leads nowhere any more because the page is zapped. */
const isGoing = (after: Kvm, sp: number): boolean => !isValid(after.sp.at(sp));

/** Order: by page, then by entry, then by vCPU; within one step there is none. */
export function happeningsOf(before: Kvm, after: Kvm, transition: string): readonly Happening[] {
  const found: Happening[] = [];
  const actor = holder(before, after);
  for (let sp = 0; sp < after.sp.length; sp += 1) {
    for (const act of pageActs(before, after, sp)) {
      const kvm = act === 'page-zapped' ? before : after;
      const unsync = (act === 'page-created' ? after : before).sp.at(sp).unsync;
      found.push({ act, actor, page: pageSeen(kvm, sp, unsync) });
    }
    if (!isGoing(after, sp)) found.push(...entryActs(before, after, sp, transition));
  }
  if (/flush/i.test(transition)) found.push({ act: 'flushed', actor });
  found.push(...entries(before, after));
  return found;
}
