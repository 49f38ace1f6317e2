/**
 * The sets of the oracle, and how they grow: see `oracle.ts`.
 */
import { lowestBit, withoutLowest } from '../bits.ts';
import type { Kvm } from '../state.ts';
import type { JudgedKind } from '../judged-kinds.ts';
import { ACC_USER_MASK, isWrite, permits } from '../access.ts';
import { addressCount, pagesPerLeaf, prefixCount, prefixOf, tableIndex } from '../geometry.ts';
import { activePcid } from '../modes.ts';
import {
  gpte_access,
  gpte_accessed,
  gpte_dirty,
  gpte_to_gfn,
  is_large_pte,
  is_rsvd_bits_set,
  is_present_gpte,
} from '../gpte.ts';
import { readGuest } from '../shadow/mmu-page.ts';

export const entryPermits = (pte: number, { kind, cr0_wp, efer_nx }: JudgedKind): boolean => {
  if (!is_present_gpte(pte) || is_rsvd_bits_set(pte, efer_nx)) return false;
  return permits(gpte_access(pte), kind, cr0_wp);
};

/** Nothing is cached or used whose accessed flag is clear: whoever uses it sets the flag first. */
const mayBeUsed = (pte: number, kind: JudgedKind): boolean =>
  entryPermits(pte, kind) && gpte_accessed(pte);

/** A write needs the dirty flag of the leaf, which whoever performs it has set before. */
const leafMayBeUsed = (pte: number, kind: JudgedKind): boolean =>
  mayBeUsed(pte, kind) && (gpte_dirty(pte) || !isWrite(kind.kind));

/** No value: what `valueBy` returns for a vCPU that has no store in flight to the entry. */
export const NONE = -1;

/**
 * A value that the architecture lets the entry have now: what memory holds (`by` is -1), or what it
 * held before the emulated store that vCPU `by` has in flight. Callers go through all of them.
 */
export const valueBy = (kvm: Kvm, gfn: number, index: number, by: number): number => {
  if (by < 0) return readGuest(kvm, gfn, index);
  const { emulated } = kvm.vcpu.at(by);
  const isHere = emulated.pending && emulated.gfn === gfn && emulated.index === index;
  return isHere ? emulated.old : NONE;
};

/** The vCPUs whose stores in flight leave two values: none under the strict oracle. */
export const storers = (kvm: Kvm): number => (kvm.oracle === 'strict' ? 0 : kvm.vcpu.length);

/** Sets of tables that belong to one PCID. */
export const tableSetsPerPcid = (kvm: Kvm): number =>
  prefixCount(kvm.geometry) * kvm.judgedKinds.length;

/** Sets of frames that belong to one PCID. */
export const frameSetsPerPcid = (kvm: Kvm): number =>
  addressCount(kvm.geometry) * kvm.judgedKinds.length;

/** Where the set of tables is that entries of `va` at `level` lead to, for the active PCID. */
export const tableSet = (kvm: Kvm, v: number, va: number, level: number, k: number): number =>
  activePcid(kvm, v) * tableSetsPerPcid(kvm) +
  prefixOf(kvm.geometry, va, level) * kvm.judgedKinds.length +
  k;

/** Where the set of frames is that accesses at `va` may reach, for the active PCID. */
export const frameSet = (kvm: Kvm, v: number, va: number, k: number): number =>
  activePcid(kvm, v) * frameSetsPerPcid(kvm) + va * kvm.judgedKinds.length + k;

/** Lets the sets of `v` take in all that can be read now. */
export const grow = (kvm: Kvm, v: number): void => {
  if (kvm.vcpu.at(v).cr0_pg_clear) return;
  const g = kvm.geometry;
  const kinds = kvm.judgedKinds;
  for (let k = 0; k < kinds.length; k += 1) {
    const kind = kinds[k];
    if (kind === undefined) continue;
    for (let level = g.levels; level > 1; level -= 1) growTables(kvm, v, level, k, kind);
    growFrames(kvm, v, k, kind);
  }
};

const growTables = (kvm: Kvm, v: number, level: number, k: number, kind: JudgedKind): void => {
  const span = kvm.geometry.entries ** (level - 1);
  for (let va = 0; va < addressCount(kvm.geometry); va += span) {
    growTablesFrom(kvm, v, va, level, k, kind, k);
    if (kind.plain !== k) growTablesFrom(kvm, v, va, level, k, kind, kind.plain);
  }
};

/** Takes in what can be read now in tables that are in the sets of kind number `from`. */
const growTablesFrom = (
  kvm: Kvm,
  v: number,
  va: number,
  level: number,
  k: number,
  kind: JudgedKind,
  from: number,
): void => {
  const g = kvm.geometry;
  const set = kvm.vcpu.at(v).ghost_allowed_table.at(tableSet(kvm, v, va, level, k));
  const index = tableIndex(g, va, level);
  for (let rest = tablesAbove(kvm, v, va, level, from); rest !== 0; rest = withoutLowest(rest)) {
    for (let by = -1; by < storers(kvm); by += 1) {
      const pte = valueBy(kvm, lowestBit(rest), index, by);
      if (pte === NONE || !mayBeUsed(pte, kind)) continue;
      if (from !== k && isUserEntry(pte)) continue;
      if (is_large_pte(pte)) {
        growLarge(kvm, v, va, level, k, pte, kind);
        continue;
      }
      const pfn = g.host_pfn[gpte_to_gfn(pte)] ?? g.tables;
      if (pfn < g.tables) set.add(pfn);
    }
  }
};

export const isUserEntry = (pte: number): boolean => (gpte_access(pte) & ACC_USER_MASK) !== 0;

/** A leaf above 4K: every address below it takes in its frame of the run. */
const growLarge = (
  kvm: Kvm,
  v: number,
  va: number,
  level: number,
  k: number,
  pte: number,
  kind: JudgedKind,
): void => {
  if (!leafMayBeUsed(pte, kind)) return;
  const { ghost_allowed_frame } = kvm.vcpu.at(v);
  for (let i = 0; i < pagesPerLeaf(kvm.geometry, level); i += 1) {
    ghost_allowed_frame.at(frameSet(kvm, v, va + i, k)).add(gpte_to_gfn(pte) + i);
  }
};

const growFrames = (kvm: Kvm, v: number, k: number, kind: JudgedKind): void => {
  for (let va = 0; va < addressCount(kvm.geometry); va += 1) {
    growFramesFrom(kvm, v, va, k, kind, k);
    if (kind.plain !== k) growFramesFrom(kvm, v, va, k, kind, kind.plain);
  }
};

const growFramesFrom = (
  kvm: Kvm,
  v: number,
  va: number,
  k: number,
  kind: JudgedKind,
  from: number,
): void => {
  const set = kvm.vcpu.at(v).ghost_allowed_frame.at(frameSet(kvm, v, va, k));
  const index = tableIndex(kvm.geometry, va, 1);
  for (let rest = tablesAbove(kvm, v, va, 1, from); rest !== 0; rest = withoutLowest(rest)) {
    for (let by = -1; by < storers(kvm); by += 1) {
      const pte = valueBy(kvm, lowestBit(rest), index, by);
      if (pte === NONE || !leafMayBeUsed(pte, kind)) continue;
      if (from === k || !isUserEntry(pte)) set.add(gpte_to_gfn(pte));
    }
  }
};

/** The tables that may hold the entry of `va` at `level`, as a set of frames. */
export const tablesAbove = (kvm: Kvm, v: number, va: number, level: number, k: number): number => {
  const g = kvm.geometry;
  const vcpu = kvm.vcpu.at(v);
  // No path to the root table has an entry of the supervisor yet.
  if (level === g.levels) {
    return kvm.judgedKinds[k]?.supervisorOnly === true ? 0 : 1 << (g.cr3[vcpu.cr3] ?? 0);
  }
  return vcpu.ghost_allowed_table.at(tableSet(kvm, v, va, level + 1, k)).bits;
};
