/**
 * The part of a trace that is looked for in the model: few objects, and what happens to them, with
 * what comes back to the same state left out.
 */
import { wantsFlush, type Act, type Happening, type Witnessed } from './happening.ts';

/** Objects whose happenings are kept. Everything that happens to another one is left out. */
export interface Focus {
  readonly pages: ReadonlySet<number>;
  readonly leaves: ReadonlySet<number>;
}

export interface Pattern {
  /** Order: of lines. */
  readonly items: readonly Witnessed[];
  readonly focus: Focus;
  /** What the trace records: the rest may happen unseen. */
  readonly visible: ReadonlySet<Act>;
  /** Threads that are vCPUs. */
  readonly vcpus: ReadonlySet<number>;
  /** Happenings that came back to the same state of the objects. */
  readonly leftOut: number;
}

/** The objects of some lines; `andPages`: those that leaves lie in as well. */
export function focusOf(happenings: readonly Happening[], andPages: boolean): Focus {
  const pages = new Set<number>();
  const leaves = new Set<number>();
  for (const { page, leaf } of happenings) {
    if (page !== undefined) pages.add(page.id);
    if (leaf !== undefined) leaves.add(leaf.id);
    if (andPages && leaf?.page !== undefined) pages.add(leaf.page);
  }
  return { pages, leaves };
}

const isOf = (focus: Focus, { page, leaf }: Happening): boolean =>
  page === undefined ? leaf !== undefined && focus.leaves.has(leaf.id) : focus.pages.has(page.id);

/** Of the objects, and the flush that the same thread made then, or its entry without one. */
function selected(
  happenings: readonly Witnessed[],
  focus: Focus,
  visible: ReadonlySet<Act>,
): Witnessed[] {
  /** By thread: who owes a flush on it. */
  const owing = new Map<number, number>();
  const items: Witnessed[] = [];
  for (const one of happenings) {
    if (one.act === 'flushed' || one.act === 'entered') {
      const actor = owing.get(one.thread);
      if (!owing.delete(one.thread) || actor === undefined || !visible.has('flushed')) continue;
      items.push({ ...one, actor });
    } else if (isOf(focus, one)) {
      if (wantsFlush(one)) owing.set(one.thread, one.actor);
      items.push(one);
    }
  }
  return items;
}

/**
 * The kernel reports a page when its table is protected and flushed; for the model it exists before
 * the flush, and nobody can tell.
 */
function withPagesBeforeTheirFlush(items: readonly Witnessed[]): Witnessed[] {
  const moved = [...items];
  for (let i = 1; i < moved.length; i += 1) {
    const [before, one] = [moved[i - 1], moved[i]];
    if (before?.act !== 'flushed' || one?.act !== 'page-created') continue;
    if (before.thread === one.thread) moved.splice(i - 1, 2, one, before);
  }
  return moved;
}

/** The write right of a leaf counts where it is taken away, or where the leaf maps a table. */
function withoutIdleRights(items: readonly Witnessed[]): Witnessed[] {
  const protects = items.some(({ act }) => act === 'leaf-protected');
  const tables = new Set(items.map(({ page }) => page?.gfn));
  return items.map((item) =>
    item.leaf === undefined || protects || tables.has(item.leaf.gfn)
      ? item
      : { ...item, leaf: { ...item.leaf, writable: undefined } },
  );
}

/** What is known of the objects after each item; equal texts: the same state. */
function statesAlong(items: readonly Witnessed[]): string[] {
  const objects = new Map<string, string>();
  const text = () =>
    [...objects]
      .map((pair) => pair.join('='))
      .sort()
      .join(' ');
  const states = [text()];
  for (const { act, actor, page, leaf, link } of items) {
    if (page !== undefined) {
      const isLinked = link !== undefined || (objects.get(`p${page.id}`) ?? '').includes('linked');
      const flag = act === 'page-unsynced' ? 'unsync' : act === 'page-synced' ? 'sync' : 'there';
      objects.set(
        `p${page.id}`,
        act === 'page-zapped' ? 'gone' : flag + (isLinked ? ' linked' : ''),
      );
    }
    if (leaf !== undefined) {
      const value = act === 'leaf-dropped' ? 'none' : `${leaf.writable} ${leaf.gfn} ${leaf.pfn}`;
      objects.set(`l${leaf.id}`, value);
    }
    if (wantsFlush({ act, actor })) objects.set(`owed${actor}`, 'yes');
    else if (act === 'flushed' || act === 'entered') objects.delete(`owed${actor}`);
    states.push(text());
  }
  return states;
}

/** Leaves out what comes back to the same state, and never the last item. */
function withoutCycles(items: readonly Witnessed[]): Witnessed[] {
  const states = statesAlong(items);
  const last = items.length - 1;
  const lastSeen = new Map(states.slice(0, -1).map((state, i) => [state, i]));
  const chosen: Witnessed[] = [];
  for (let at = 0; at <= last; at += 1) {
    at = lastSeen.get(states[at] ?? '') ?? at;
    const item = items[at];
    if (item !== undefined) chosen.push(item);
  }
  return chosen;
}

/** Without any happening of the objects the pattern is empty. */
export function patternOf(
  happenings: readonly Witnessed[],
  focus: Focus,
  seen: { readonly visible: ReadonlySet<Act>; readonly vcpus: ReadonlySet<number> },
): Pattern {
  const all = withPagesBeforeTheirFlush(
    withoutIdleRights(selected(happenings, focus, seen.visible)),
  );
  const items = withoutCycles(all);
  return { ...seen, items, focus, leftOut: all.length - items.length };
}
