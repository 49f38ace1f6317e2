/** The walks that hardware makes over shadow pages, and the guest's manual over guest tables. */
import { tableIndex, type Geometry } from '../../model/geometry.ts';
import { gpte_to_gfn, is_large_pte, is_present_gpte } from '../../model/gpte.ts';
import { isTableSpte, spte_to_child_sp } from '../../model/spte.ts';
import type { ShadowState } from './shadow-state.ts';

/** One shadow page on the way, and the entry read there. */
export interface ShadowStop {
  readonly sp: number;
  readonly level: number;
  readonly index: number;
  readonly spte: number;
}

/** One guest table on the way, by its guest frame, and the entry read there. */
export interface GuestStop {
  readonly gfn: number;
  readonly level: number;
  readonly index: number;
  readonly pte: number;
}

/** Host frame behind a guest frame now. */
export const pfnOf = (state: ShadowState, g: Geometry, gfn: number): number =>
  state.host_pfn[gfn] ?? g.host_pfn[gfn] ?? gfn;

/** An entry of a guest table; frames that hold no table read as zeros. */
export const readGuest = (state: ShadowState, g: Geometry, gfn: number, index: number): number =>
  state.memory[pfnOf(state, g, gfn)]?.[index] ?? 0;

/** Order: from the root down. Ends at a leaf or at an empty entry. */
export function shadowWalk(
  state: ShadowState,
  g: Geometry,
  root: number | null,
  va: number,
): ShadowStop[] {
  const stops: ShadowStop[] = [];
  let sp = root;
  for (let level = g.levels; level > 0 && sp !== null; level -= 1) {
    const index = tableIndex(g, va, level);
    const spte = state.sp[sp]?.spt[index] ?? 0;
    stops.push({ sp, level, index, spte });
    sp = isTableSpte(spte) ? spte_to_child_sp(spte) : null;
  }
  return stops;
}

/**
 * Order: from CR3 down. Ends at an entry that maps, or that is not present. A vCPU without paging
 * walks nothing.
 */
export function guestWalk(state: ShadowState, g: Geometry, v: number, va: number): GuestStop[] {
  const stops: GuestStop[] = [];
  const vcpu = state.vcpu[v];
  if (vcpu?.cr0_pg_clear === true) return stops;
  let gfn: number | null = g.cr3[vcpu?.cr3 ?? 0] ?? 0;
  for (let level = g.levels; level > 0 && gfn !== null; level -= 1) {
    const index = tableIndex(g, va, level);
    const pte = readGuest(state, g, gfn, index);
    stops.push({ gfn, level, index, pte });
    gfn = is_present_gpte(pte) && !is_large_pte(pte) ? gpte_to_gfn(pte) : null;
  }
  return stops;
}
