/**
 * Entries of the TDP MMU, by address space, level and gfn. Several roots may share an address
 * space, so one place can have several values; a value that is absent is non-present.
 */
import type { TdpChanged } from '../read/event.ts';
import {
  baseOf,
  isSameSpte,
  pagesAt,
  spte_to_pfn,
  type Spte,
  type SpteFormat,
} from '../read/spte.ts';

export interface TdpValue {
  readonly gfn: number;
  readonly level: number;
  spte: Spte;
  line: number;
  /** Of a root that a fast zap invalidated. */
  obsolete: boolean;
}

/** A huge leaf that became a table: its new entries were written before they were linked. */
interface SplitLeaf {
  readonly spte: Spte;
  readonly line: number;
  /** Entries that events have shown since. */
  readonly shown: Set<number>;
}

const maxGfn = 2 ** 40;
const keyOf = (asId: number, level: number, gfn: number): number =>
  (asId * 8 + level) * maxGfn + gfn;

export class TdpTree {
  readonly #values = new Map<number, TdpValue[]>();
  readonly #splits = new Map<number, SplitLeaf[]>();
  /** Whether any event of the TDP MMU was seen. */
  used = false;
  /** Roots that were made so far. */
  roots = 0;

  get size(): number {
    return this.#values.size;
  }

  values(asId: number, level: number, gfn: number): readonly TdpValue[] {
    return this.#values.get(keyOf(asId, level, gfn)) ?? [];
  }

  /** The value that `event` says it replaced; bits that change silently aside. */
  replaced(event: TdpChanged, format: SpteFormat): TdpValue | undefined {
    const old = format.settled(event.old);
    return this.values(event.asId, event.level, event.gfn).find(({ spte }) =>
      isSameSpte(format.settled(spte), old),
    );
  }

  /** The split whose entry, not shown so far, `event` replaces. */
  replacedInSplit({ asId, level, gfn, old }: TdpChanged): SplitLeaf | undefined {
    const splits = this.#splits.get(keyOf(asId, level, baseOf(gfn, level + 1)));
    return splits?.find(
      ({ spte, shown }) =>
        !shown.has(gfn) && spte_to_pfn(spte) + (gfn - baseOf(gfn, level + 1)) === spte_to_pfn(old),
    );
  }

  /** Leaves over `gfn`, of any address space and root. */
  *over(gfn: number): Iterable<TdpValue> {
    for (const asId of [0, 1]) {
      for (const level of [1, 2, 3]) yield* this.values(asId, level, baseOf(gfn, level));
    }
  }

  apply(event: TdpChanged, line: number, format: SpteFormat): void {
    this.used = true;
    const { asId, level, gfn } = event;
    const key = keyOf(asId, level, gfn);
    const list = this.#values.get(key) ?? [];
    const value = this.replaced(event, format);
    const split = value === undefined ? this.replacedInSplit(event) : undefined;
    split?.shown.add(gfn);
    const stays = format.is_shadow_present_pte(event.new);
    if (value !== undefined) {
      if (stays) Object.assign(value, { spte: event.new, line });
      else list.splice(list.indexOf(value), 1);
    } else if (stays) {
      list.push({ gfn, level, spte: event.new, line, obsolete: false });
    }
    if (list.length === 0) this.#values.delete(key);
    else this.#values.set(key, list);
    this.#noteSplit(event, line, format);
  }

  #noteSplit({ asId, level, gfn, old, new: now }: TdpChanged, line: number, f: SpteFormat): void {
    if (level < 2) return;
    const key = keyOf(asId, level - 1, gfn);
    const wasLeaf = f.is_shadow_present_pte(old) && f.is_last_spte(old, level);
    const isTable = f.is_shadow_present_pte(now) && !f.is_last_spte(now, level);
    if (wasLeaf && isTable) {
      const list = this.#splits.get(key) ?? [];
      list.push({ spte: old, line, shown: new Set() });
      this.#splits.set(key, list);
    } else if (!isTable) {
      // The entries of a removed table report after it: keep the newest of what is left.
      const list = this.#splits.get(key);
      if (list !== undefined && list.length > 4) list.splice(0, list.length - 4);
    }
  }

  /** kvm_tdp_mmu_invalidate_roots(). */
  makeObsolete(): void {
    for (const list of this.#values.values()) for (const value of list) value.obsolete = true;
  }

  /** The lockless fix of an entry. Returns whether one was found. */
  fix(gfn: number, old: Spte, now: Spte, line: number, format: SpteFormat): boolean {
    for (const value of this.over(gfn)) {
      if (isSameSpte(format.settled(value.spte), format.settled(old))) {
        value.spte = now;
        value.line = line;
        return true;
      }
    }
    return false;
  }
}

export const lastGfn = (gfn: number, level: number): number => gfn + pagesAt(level) - 1;
