/** The representative of an orbit under ranked pools: least vector over the candidate orders. */
import type { Pool } from '../machine/index.ts';
import type { RecordShape } from '../state/shape.ts';
import { Columns } from './columns.ts';
import { familiesOf } from './families.ts';
import { Refinement } from './refine.ts';
import { compileRelabel, offsetsOf, type Relabel } from './relabel.ts';

/** Up to this many orders are tried outright. */
const ORDERS_MAX = 24;

type Sort = (words: Int32Array) => void;

export class Ranking {
  readonly #pools: readonly Pool[];
  readonly #offsets: readonly number[];
  readonly #relabel: Relabel;
  readonly #sort: Sort;
  /** By pool: the part of its columns that no permutation of any pool changes. */
  readonly #columns: readonly Columns[];
  readonly #refinement: Refinement;
  /** The lists below run over the identities of all ranked pools, pool by pool. */
  /** Identities in order of rank. */
  readonly #order: Int32Array;
  /** By position in `#order`: where the run of equals that it belongs to ends. */
  readonly #runEnd: Int32Array;
  /** New identity by old one. */
  readonly #to: Int32Array;
  /** By identity: the next lower identity whose exchange with it changes nothing, or -1. */
  readonly #twin: Int32Array;
  readonly #used: Uint8Array;
  readonly #candidate: Int32Array;
  readonly #best: Int32Array;
  #haveBest = false;

  /** `sort` canonicalises the `sorted` pools, which take no part otherwise. */
  constructor(
    words: number,
    shape: RecordShape,
    ranked: readonly Pool[],
    sorted: readonly Pool[],
    sort: Sort,
  ) {
    this.#pools = ranked;
    this.#offsets = offsetsOf(ranked);
    this.#relabel = compileRelabel(words, familiesOf(shape, ranked), ranked);
    this.#sort = sort;
    const all = [...ranked, ...sorted];
    const families = familiesOf(shape, all);
    this.#columns = ranked.map(({ size }, pool) => {
      const own = families.filter(
        ({ pools, target }) => target === null && pools.length === 1 && pools[0] === pool,
      );
      return new Columns(size, own);
    });
    this.#refinement = new Refinement(families, all, ranked.length);
    const total = ranked.reduce((sum, { size }) => sum + size, 0);
    this.#order = new Int32Array(total);
    this.#runEnd = new Int32Array(total);
    this.#to = new Int32Array(total);
    this.#twin = new Int32Array(total).fill(-1);
    this.#used = new Uint8Array(total);
    this.#candidate = new Int32Array(words);
    this.#best = new Int32Array(words);
  }

  canonicalise(m: Int32Array): void {
    const orders = this.#rank(m);
    if (orders === 1) return this.#applyOrder(m);
    if (orders > ORDERS_MAX && this.#refine(m) > ORDERS_MAX) this.#findTwins(m);
    else this.#twin.fill(-1);
    this.#haveBest = false;
    this.#tryOrders(m, 0, 0);
    copyWords(this.#best, m);
  }

  /** The only order left is that of the ranks. */
  #applyOrder(m: Int32Array): void {
    let moved = false;
    for (let pool = 0; pool < this.#pools.length; pool++) {
      const start = this.#offsets[pool] as number;
      const { size } = this.#pools[pool] as Pool;
      for (let rank = 0; rank < size; rank++) {
        const identity = this.#order[start + rank] as number;
        this.#to[start + identity] = rank;
        moved ||= identity !== rank;
      }
    }
    if (moved) {
      this.#relabel(m, this.#candidate, this.#to);
      copyWords(this.#candidate, m);
    }
    this.#sort(m);
  }

  /** Sorts the identities by their own columns. Returns the number of orders left open. */
  #rank(m: Int32Array): number {
    let orders = 1;
    for (let pool = 0; pool < this.#columns.length; pool++) {
      const columns = this.#columns[pool] as Columns;
      const start = this.#offsets[pool] as number;
      columns.rank(m, this.#order, start);
      const end = start + columns.size;
      for (let from = start; from < end;) {
        const first = this.#order[from] as number;
        let to = from + 1;
        while (to < end && columns.compare(m, first, this.#order[to] as number) === 0) {
          orders *= to - from + 1;
          to++;
        }
        this.#runEnd.fill(to, from, to);
        from = to;
      }
    }
    return orders;
  }

  /** Sorts each run of equals by colour. Returns the number of orders left open. */
  #refine(m: Int32Array): number {
    const colours = this.#refinement.coloursOf(m);
    let orders = 1;
    for (let pool = 0; pool < this.#pools.length; pool++) {
      const start = this.#offsets[pool] as number;
      const end = start + (this.#pools[pool] as Pool).size;
      const colour = (position: number) => colours[start + (this.#order[position] as number)] ?? 0;
      for (let from = start; from < end;) {
        const runEnd = this.#runEnd[from] as number;
        const run = this.#order.subarray(from, runEnd);
        run.sort((x, y) => (colours[start + x] ?? 0) - (colours[start + y] ?? 0) || x - y);
        for (let first = from; first < runEnd;) {
          let to = first + 1;
          while (to < runEnd && colour(to) === colour(first)) orders *= ++to - first;
          this.#runEnd.fill(to, first, to);
          first = to;
        }
        from = runEnd;
      }
    }
    return orders;
  }

  /** Finds identities within a run whose exchange maps the state to itself. */
  #findTwins(m: Int32Array): void {
    this.#twin.fill(-1);
    copyWords(m, this.#best);
    this.#sort(this.#best);
    for (let pool = 0; pool < this.#pools.length; pool++) {
      const start = this.#offsets[pool] as number;
      const end = start + (this.#pools[pool] as Pool).size;
      for (let from = start; from < end; from = this.#runEnd[from] as number) {
        this.#findTwinsIn(m, start, from, this.#runEnd[from] as number);
      }
    }
  }

  #findTwinsIn(m: Int32Array, start: number, from: number, end: number): void {
    for (let position = from + 1; position < end; position++) {
      const x = this.#order[position] as number;
      for (let other = position - 1; other >= from; other--) {
        const y = this.#order[other] as number;
        this.#identity();
        this.#to[start + x] = y;
        this.#to[start + y] = x;
        this.#relabel(m, this.#candidate, this.#to);
        this.#sort(this.#candidate);
        if (!sameWords(this.#candidate, this.#best)) continue;
        this.#twin[start + x] = y;
        break;
      }
    }
  }

  #identity(): void {
    for (let pool = 0; pool < this.#pools.length; pool++) {
      const start = this.#offsets[pool] as number;
      const { size } = this.#pools[pool] as Pool;
      for (let k = 0; k < size; k++) this.#to[start + k] = k;
    }
  }

  /** Assigns new identities from `position` on, in all orders left open; twins in one order. */
  #tryOrders(m: Int32Array, position: number, pool: number): void {
    if (position === this.#order.length) return this.#tryCandidate(m);
    const start = this.#offsets[pool] as number;
    const last = position + 1 === start + (this.#pools[pool] as Pool).size;
    const next = last ? pool + 1 : pool;
    // All positions of a run share its identities: those from the run's start to its end.
    const end = this.#runEnd[position] as number;
    let from = position;
    while (from > start && this.#runEnd[from - 1] === end) from--;
    for (let k = from; k < end; k++) {
      const identity = this.#order[k] as number;
      if (this.#used[start + identity] === 1) continue;
      const twin = this.#twin[start + identity] as number;
      if (twin >= 0 && this.#used[start + twin] === 0) continue;
      this.#used[start + identity] = 1;
      this.#to[start + identity] = position - start;
      this.#tryOrders(m, position + 1, next);
      this.#used[start + identity] = 0;
    }
  }

  #tryCandidate(m: Int32Array): void {
    const candidate = this.#candidate;
    this.#relabel(m, candidate, this.#to);
    this.#sort(candidate);
    if (this.#haveBest && !isLess(candidate, this.#best)) return;
    this.#haveBest = true;
    copyWords(candidate, this.#best);
  }
}

/** Faster than `set` for short vectors. */
function copyWords(source: Int32Array, target: Int32Array): void {
  for (let k = 0; k < source.length; k++) target[k] = source[k] as number;
}

function sameWords(x: Int32Array, y: Int32Array): boolean {
  for (let k = 0; k < x.length; k++) if (x[k] !== y[k]) return false;
  return true;
}

function isLess(x: Int32Array, y: Int32Array): boolean {
  for (let k = 0; k < x.length; k++) {
    if (x[k] !== y[k]) return (x[k] as number) < (y[k] as number);
  }
  return false;
}
