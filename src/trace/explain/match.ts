/**
 * Holding a run of the model against a pattern: which of the model's pages, leaves, frames and
 * vCPUs stand for those of the trace. A binding grows as the run goes on, and never changes.
 */
import {
  host,
  type Act,
  type Happening,
  type LeafSeen,
  type PageSeen,
  type Witnessed,
} from './happening.ts';
import type { Pattern } from './pattern.ts';

type Kind = 'page' | 'leaf' | 'gfn' | 'pfn' | 'actor';

/** By variable: the model's number; `free` before it is known, `gone` once the thing is away. */
export type Binding = readonly number[];

const free = -1;
const gone = -2;

export interface Place {
  /** How many items have happened. */
  readonly position: number;
  readonly binding: Binding;
}

/** Acts that a run may show beside those of the pattern, whatever they happen to. */
const incidental: ReadonlySet<Act> = new Set<Act>(['page-linked', 'flushed', 'entered']);

export class Matcher {
  readonly items: readonly Witnessed[];
  readonly #pattern: Pattern;
  readonly #variables = new Map<string, number>();
  /** By variable. */
  readonly #kinds: Kind[] = [];
  /** Entries of a table of the model, which tells in which page a leaf lies. */
  readonly #entries: number;

  constructor(pattern: Pattern, entries: number) {
    this.#pattern = pattern;
    this.items = pattern.items;
    this.#entries = entries;
    for (const { page, leaf, actor } of pattern.items) {
      if (page !== undefined) this.#declare('page', page.id).#declare('gfn', page.gfn);
      if (leaf !== undefined) {
        this.#declare('leaf', leaf.id).#declare('gfn', leaf.gfn).#declare('pfn', leaf.pfn);
        if (this.#isFocal(leaf)) this.#declare('page', leaf.page ?? free);
      }
      if (actor !== host) this.#declare('actor', actor);
    }
  }

  #declare(kind: Kind, id: number): this {
    const key = `${kind} ${id}`;
    if (this.#variables.has(key)) return this;
    this.#variables.set(key, this.#kinds.length);
    this.#kinds.push(kind);
    return this;
  }

  /** Whether it counts in which page a leaf lies. */
  #isFocal({ page }: LeafSeen): boolean {
    return page !== undefined && this.#pattern.focus.pages.has(page);
  }

  get start(): Place {
    return { position: 0, binding: this.#kinds.map(() => free) };
  }

  /** What the model's things are called in the trace. Order: as they occur in it. */
  renamed(binding: Binding): { kind: Kind; trace: number; model: number }[] {
    return [...this.#variables].flatMap(([key, at]) => {
      const [kind = '', id = ''] = key.split(' ');
      const model = binding[at] ?? free;
      return model < 0 ? [] : [{ kind: kind as Kind, trace: Number(id), model }];
    });
  }

  /** Where a step that does `happenings` leads to; nowhere when it does what the trace did not. */
  advance(from: Place, happenings: readonly Happening[]): readonly Place[] {
    if (happenings.length === 0) return [from];
    const reached: Place[] = [];
    this.#consume(from, happenings, reached);
    return reached;
  }

  #consume(at: Place, rest: readonly Happening[], reached: Place[]): void {
    const item = this.items[at.position];
    if (item !== undefined) {
      rest.forEach((happening, i) => {
        const binding = this.#unify(item, happening, at.binding);
        if (binding === undefined) return;
        const next = { position: at.position + 1, binding };
        this.#consume(next, rest.toSpliced(i, 1), reached);
      });
    }
    if (!rest.some((happening) => this.#concerns(at, happening))) reached.push(at);
  }

  /** Whether it happens to an object of the trace, in which it did not happen. */
  #concerns({ position, binding }: Place, { act, page, leaf, actor }: Happening): boolean {
    const next = this.items[position];
    if (next !== undefined && (act === 'flushed' || act === 'entered')) {
      const isDue = next.act === 'flushed' || next.act === 'entered';
      const who = next.actor === host ? host : this.#bound('actor', next.actor, binding);
      if (isDue && (act === 'flushed' || who === actor)) return true;
    }
    if (incidental.has(act) || !this.#pattern.visible.has(act)) return false;
    if (page !== undefined) return this.#isBound('page', page.id, binding);
    return leaf !== undefined && this.#isBound('leaf', leaf.id, binding);
  }

  /** `gone` also while it is not known: that is nobody's number. */
  #bound(kind: Kind, id: number, binding: Binding): number {
    const value = binding[this.#variables.get(`${kind} ${id}`) ?? -1] ?? free;
    return value === free ? gone : value;
  }

  #isBound(kind: Kind, value: number, binding: Binding): boolean {
    return this.#kinds.some((of, i) => of === kind && binding[i] === value);
  }

  #unify(item: Witnessed, model: Happening, binding: Binding): Binding | undefined {
    if (item.act !== model.act) return undefined;
    const next = [...binding];
    if (!this.#unifyActor(item, model, next)) return undefined;
    if (item.link !== undefined && !isSameLink(item, model)) return undefined;
    const { page, leaf } = item;
    if (page !== undefined && !this.#unifyPage(page, model.page, next)) return undefined;
    if (leaf !== undefined && !this.#unifyLeaf(leaf, model.leaf, next)) return undefined;
    if (item.act === 'page-zapped' && model.page !== undefined) this.#forget(model.page.id, next);
    return next;
  }

  /** A thread that never enters a guest may be anybody. */
  #unifyActor({ actor }: Witnessed, model: Happening, next: number[]): boolean {
    if (actor === host) return model.actor === host;
    if (!this.#pattern.vcpus.has(actor)) return true;
    return model.actor !== host && this.#bind('actor', actor, model.actor, next);
  }

  #unifyPage(page: PageSeen, model: PageSeen | undefined, next: number[]): boolean {
    return (
      model !== undefined &&
      page.upper === model.upper &&
      page.direct === model.direct &&
      page.unsync === model.unsync &&
      this.#bind('page', page.id, model.id, next) &&
      this.#bind('gfn', page.gfn, model.gfn, next)
    );
  }

  #unifyLeaf(leaf: LeafSeen, model: LeafSeen | undefined, next: number[]): boolean {
    if (model === undefined || leaf.huge !== model.huge) return false;
    if (leaf.writable !== undefined && leaf.writable !== model.writable) return false;
    if (leaf.fits !== undefined && leaf.fits !== model.fits) return false;
    if (leaf.asFound !== undefined && leaf.asFound !== (model.asFound ?? leaf.asFound)) {
      return false;
    }
    const inPage =
      !this.#isFocal(leaf) || this.#bind('page', leaf.page ?? free, model.page ?? free, next);
    return (
      inPage &&
      this.#bind('leaf', leaf.id, model.id, next) &&
      this.#bind('gfn', leaf.gfn, model.gfn, next) &&
      this.#bind('pfn', leaf.pfn, model.pfn, next)
    );
  }

  /** One name for one thing, both ways. */
  #bind(kind: Kind, id: number, value: number, next: number[]): boolean {
    const at = this.#variables.get(`${kind} ${id}`);
    if (at === undefined) return false;
    if (next[at] === value) return true;
    if (next[at] !== free || this.#isBound(kind, value, next)) return false;
    next[at] = value;
    return true;
  }

  /** The page and its leaves are away; their numbers may be given to others. */
  #forget(page: number, next: number[]): void {
    this.#kinds.forEach((kind, i) => {
      const value = next[i] ?? free;
      const isLeaf = kind === 'leaf' && Math.floor(value / this.#entries) === page;
      if (value >= 0 && (isLeaf || (kind === 'page' && value === page))) next[i] = gone;
    });
  }
}

const isSameLink = ({ link: a }: Happening, { link: b }: Happening): boolean =>
  a?.levelBelow === b?.levelBelow &&
  a?.accessWithin === b?.accessWithin &&
  a?.parentDirect === b?.parentDirect;
