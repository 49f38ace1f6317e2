/** What a picture says in lines: locks, debts, logs, calls under way, and what KVM counts. */
import type { Geometry } from '../../model/geometry.ts';
import type { ShadowState } from './shadow-state.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;
const numbers = (some: readonly number[]): string => `{${some.map(hex).join(',')}}`;

const owedText = ({ unmap, protect, link }: ShadowState['ghost_owed']): string =>
  [
    ...(unmap.length > 0 ? [`unmap pfn ${unmap.map(hex).join(',')}`] : []),
    ...(protect.length > 0 ? [`protect pfn ${protect.map(hex).join(',')}`] : []),
    ...(link ? ['link'] : []),
  ].join('; ');

const entryName = (sptep: number, g: Geometry): string =>
  `sp${Math.floor(sptep / g.entries)}[${sptep % g.entries}]`;

/** The log of dirty pages, and what a call has taken from it without having returned. */
function logFacts({ pc, call, enabled, dirty_bitmap, harvest }: ShadowState['dirty_log']) {
  return [
    ...(enabled ? [`dirty log pages ${numbers(dirty_bitmap)}`] : []),
    ...(enabled && harvest.length > 0 ? [`dirty log taken ${numbers(harvest)}`] : []),
    ...(pc === 'idle' ? [] : [`dirty log call ${call}, before ${pc}`]),
  ];
}

const callWords: Readonly<Record<string, string>> = {
  flush: 'before its flush',
  started: 'started',
  moved: 'frame moved',
};

/** The range that faults look at, the calls that have begun, and counters that do not fit. */
function notifierFacts(notifier: ShadowState['mmu_notifier']): string[] {
  const { mmu_invalidate_range_start: start, mmu_invalidate_range_end: end, calls } = notifier;
  const { mmu_invalidate_in_progress: inProgress, mn_active_invalidate_count: active } = notifier;
  const last = end - start > 1 ? `-${hex(end - 1)}` : '';
  const open = calls.flatMap(({ pc, gfn }, i) =>
    pc === 'idle' ? [] : [`invalidation ${i} of gfn ${hex(gfn)} ${callWords[pc] ?? pc}`],
  );
  const isCounted = inProgress === open.length && active === open.length;
  return [
    ...(inProgress === 0 ? [] : [`MMU notifier invalidates gfn ${hex(start)}${last}`]),
    ...(calls.length > 1 || !isCounted ? open : []),
    ...(isCounted
      ? []
      : [`mmu_invalidate_in_progress ${inProgress}, mn_active_invalidate_count ${active}`]),
  ];
}

function nxFacts(nx: ShadowState['nx']): string[] {
  const listed = nx.possible_nx_huge_pages.flatMap((sp) => (sp === null ? [] : [`sp${sp}`]));
  const count = nx.nr_possible_nx_huge_pages;
  return [
    ...(nx.nx_huge_pages ? ['nx_huge_pages on'] : []),
    ...(listed.length === 0 && count === 0
      ? []
      : [`possible NX huge pages {${listed.join(',')}}, counted ${count}`]),
  ];
}

/** The slot that changes, where there is one; the generation is 0 in all other scenarios. */
function slotFacts({ pc, state, generation }: ShadowState['memslots'], g: Geometry): string[] {
  if (g.memslot === null) return [];
  const under = pc === 'idle' ? '' : `, a change before ${pc}`;
  return [`slot ${state}, generation ${generation}${under}`];
}

function splitFacts({ split }: ShadowState, g: Geometry): string[] {
  const { pc, sptep, spare } = split;
  const { split_page_header_cache: pages, split_desc_cache: descriptors } = split;
  const at = pc === 'start' ? '' : ` at ${entryName(sptep, g)}`;
  return [
    ...(pc === 'idle' ? [] : [`split before ${pc}${at}`]),
    ...(spare ? ['split has a page in advance'] : []),
    ...(pages + descriptors === 0
      ? []
      : [`split caches pages ${pages} descriptors ${descriptors}`]),
  ];
}

function hostFacts({ host, aging, zapper }: ShadowState, g: Geometry): string[] {
  const { readonly: frozen, dirty, ghost_written: written } = host;
  return [
    ...(frozen.length === 0 ? [] : [`host read-only gfn ${numbers(frozen)}`]),
    ...(written.length === 0 ? [] : [`written pfn ${numbers(written)}`]),
    ...(dirty.length === 0 ? [] : [`reported as written pfn ${numbers(dirty)}`]),
    ...(aging.sptep === 0 ? [] : [`ageing ${entryName(aging.sptep - 1, g)}`]),
    ...(zapper.pc === 'idle' ? [] : [`zap by the host before ${zapper.pc}`]),
  ];
}

function quotaFacts({ arch }: ShadowState, g: Geometry): string[] {
  if (g.quota === null) return [];
  return [`shadow pages used ${arch.n_used_mmu_pages} of ${arch.n_max_mmu_pages || g.quota.n_max}`];
}

/** Order: that of interest. */
export function factsOf(state: ShadowState, g: Geometry): string[] {
  const { holder } = state.mmu_lock;
  const owed = owedText(state.ghost_owed);
  return [
    ...(holder === null ? [] : [`mmu_lock vcpu${holder}`]),
    ...(owed === '' ? [] : [`owed flush {${owed}}`]),
    ...notifierFacts(state.mmu_notifier),
    ...hostFacts(state, g),
    ...slotFacts(state.memslots, g),
    ...logFacts(state.dirty_log),
    ...splitFacts(state, g),
    ...quotaFacts(state, g),
    ...nxFacts(state.nx),
    ...state.disallow_lpage.flatMap((n, i) => (n > 0 ? [`disallow_lpage[${i}] ${n}`] : [])),
    ...(state.ghost.warning === 'none' ? [] : [`WARN ${state.ghost.warning}`]),
  ];
}
