/** Whether the few tables, frames and vCPUs of a scenario can stand for those of a pattern. */
import type { Scenario } from '../../../model/index.ts';
import { hasDirectMmus, hasHugeFrames } from '../../../model/geometry.ts';
import { is_large_pte } from '../../../model/gpte.ts';
import type { Act, Witnessed } from './happening.ts';
import type { Pattern } from './pattern.ts';

export interface PatternSize {
  /** Shadow pages that exist at a time. */
  readonly pages: number;
  /** Gfns of guest tables, and of any kind. */
  readonly tables: number;
  readonly gfns: number;
  readonly vcpus: number;
  readonly direct: boolean;
  readonly items: number;
}

/** A run of a scenario cannot show more: its guest acts a few times. */
const mostItems = 40;

export function sizeOf({ items, vcpus }: Pattern): PatternSize {
  const alive = new Set<number>();
  const tables = new Set<number>();
  const gfns = new Set<number>();
  const threads = new Set<number>();
  let pages = 0;
  for (const { act, actor, page, leaf } of items) {
    if (page !== undefined) {
      gfns.add(page.gfn);
      if (!page.direct) tables.add(page.gfn);
      if (act === 'page-zapped') alive.delete(page.id);
      else alive.add(page.id);
    }
    if (leaf !== undefined) gfns.add(leaf.gfn);
    if (vcpus.has(actor) && act === 'leaf-set') threads.add(actor);
    pages = Math.max(pages, alive.size);
  }
  const direct = items.some(({ page, leaf }) => page?.direct === true || leaf?.fits !== undefined);
  const [t, g, v] = [tables.size, gfns.size, threads.size];
  return { pages, tables: t, gfns: g, vcpus: v, direct, items: items.length };
}

/** What a page is known to be, as far as the pattern has shown it. */
type Known = 'sync' | 'unsync' | 'gone' | undefined;

function impossible({ act, page, leaf }: Witnessed, known: Known): string | undefined {
  if (leaf?.asFound === false) {
    return 'a fault of the model maps the frame that it found, under every rule';
  }
  if (page === undefined) return undefined;
  if (act === 'page-unsynced' && (page.unsync || known === 'unsync')) {
    return 'a page of the model that is unsync does not become it again';
  }
  if (act === 'page-synced' && (!page.unsync || known === 'sync')) {
    return 'a page of the model that is in sync does not become it again';
  }
  return act === 'page-zapped' && known === 'gone'
    ? 'a page of the model is zapped once'
    : undefined;
}

const after: Readonly<Partial<Record<Act, Known>>> = {
  'page-created': 'sync',
  'page-unsynced': 'unsync',
  'page-synced': 'sync',
  'page-zapped': 'gone',
};

/** Why no step of the model can do what one of the items does, whatever the rules. */
export function impossibleIn({ items }: Pattern): string | undefined {
  const pages = new Map<number, Known>();
  for (const item of items) {
    const { act, page, line } = item;
    const why = impossible(item, page && pages.get(page.id));
    if (why !== undefined) return `line ${line}: ${why}`;
    const now = after[act];
    if (page !== undefined && now !== undefined) pages.set(page.id, now);
  }
  return undefined;
}

/**
 * Whether direct pages can occur: a large page of the guest that the host maps in small ones, or a
 * vCPU without paging.
 */
const hasDirectPages = ({ geometry, initialMemory, stores }: Scenario): boolean =>
  hasHugeFrames(geometry) ||
  hasDirectMmus(geometry) ||
  initialMemory.some((table) => table.some(is_large_pte)) ||
  stores.some(({ value }) => is_large_pte(value));

const limits: readonly {
  readonly need: 'pages' | 'tables' | 'gfns' | 'vcpus';
  readonly what: string;
  readonly of: (scenario: Scenario) => number;
}[] = [
  { need: 'pages', what: 'shadow pages at a time', of: (s) => s.geometry.shadow_pages },
  { need: 'tables', what: 'guest tables', of: (s) => s.geometry.tables },
  { need: 'gfns', what: 'guest frames', of: (s) => s.geometry.gfns },
  { need: 'vcpus', what: 'vCPUs', of: (s) => s.geometry.vcpus },
];

/** Why none of `scenarios` is large enough; empty when one may be. */
export function misfit(size: PatternSize, scenarios: readonly Scenario[]): string {
  if (size.items > mostItems) {
    return `${size.items} things happen, and a run of the model shows at most ${mostItems}`;
  }
  const fits = (s: Scenario) =>
    (!size.direct || hasDirectPages(s)) && limits.every(({ need, of }) => size[need] <= of(s));
  if (scenarios.some(fits)) return '';
  const tooMany = limits.map(({ need, what, of }) => {
    const most = Math.max(0, ...scenarios.map(of));
    return size[need] > most ? [`${size[need]} ${what}, and the model has at most ${most}`] : [];
  });
  const [first] = tooMany.flat();
  if (first !== undefined) return `it needs ${first}`;
  const { pages, tables, gfns, vcpus } = size;
  const direct = size.direct ? ', some of them direct' : '';
  return (
    `it needs ${pages} shadow pages${direct}, ${tables} guest tables, ${gfns} guest frames ` +
    `and ${vcpus} vCPUs at once, which no scenario has`
  );
}
