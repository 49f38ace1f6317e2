/** Leaves of shadow pages, by the address of their entry. */
import type { SpteAddress } from '../read/event.ts';
import { baseOf, pagesAt, type Spte } from '../read/spte.ts';

export interface Leaf {
  readonly sptep: SpteAddress;
  readonly gfn: number;
  readonly level: number;
  spte: Spte;
  /** Line that wrote it last. */
  line: number;
}

/** A range up to which looking up each gfn is cheaper than looking at each leaf. */
const fewGfns = 4096;

/** Levels at which an entry can map memory. */
const leafLevels = [1, 2, 3] as const;
const keyOf = (gfn: number, level: number): number => gfn * 8 + level;

export class Leaves {
  readonly #bySptep = new Map<SpteAddress, Leaf>();
  readonly #byGfn = new Map<number, Set<Leaf>>();

  get size(): number {
    return this.#bySptep.size;
  }

  at(sptep: SpteAddress): Leaf | undefined {
    return this.#bySptep.get(sptep);
  }

  set(leaf: Leaf): void {
    this.drop(leaf.sptep);
    this.#bySptep.set(leaf.sptep, leaf);
    const key = keyOf(leaf.gfn, leaf.level);
    const list = this.#byGfn.get(key);
    if (list === undefined) this.#byGfn.set(key, new Set([leaf]));
    else list.add(leaf);
  }

  drop(sptep: SpteAddress): void {
    const leaf = this.#bySptep.get(sptep);
    if (leaf === undefined) return;
    this.#bySptep.delete(sptep);
    const key = keyOf(leaf.gfn, leaf.level);
    const list = this.#byGfn.get(key);
    list?.delete(leaf);
    if (list?.size === 0) this.#byGfn.delete(key);
  }

  dropTable(spt: SpteAddress): void {
    for (let at = spt; at < spt + 4096; at += 8) this.drop(at);
  }

  /** Leaves that map any gfn from `first` to before `end`. */
  within(first: number, end: number): ReadonlySet<Leaf> {
    const mapsSome = ({ gfn, level }: Leaf) => gfn < end && gfn + pagesAt(level) > first;
    const found = new Set<Leaf>();
    if (end - first <= fewGfns) {
      for (let gfn = first; gfn < end; gfn += 1) for (const leaf of this.over(gfn)) found.add(leaf);
    } else {
      for (const leaf of this.#bySptep.values()) if (mapsSome(leaf)) found.add(leaf);
    }
    return found;
  }

  dropRange(first: number, end: number): void {
    for (const leaf of this.within(first, end)) this.drop(leaf.sptep);
  }

  clear(): void {
    this.#bySptep.clear();
    this.#byGfn.clear();
  }

  /** Leaves over `gfn`, whatever their level. */
  *over(gfn: number): Iterable<Leaf> {
    for (const level of leafLevels) {
      const found = this.#byGfn.get(keyOf(baseOf(gfn, level), level));
      if (found !== undefined) yield* found;
    }
  }
}
