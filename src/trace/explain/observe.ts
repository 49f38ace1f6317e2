/** What happens in a trace, event by event, with the identities that the tracker gives. */
import { gfnOfDirectEntry, isLevelBelow } from '../../../properties/helpers/facts.ts';
import type {
  Dropped,
  EventKind,
  EventOf,
  Linked,
  SpteSet,
  TraceEvent,
  Unmapped,
  Updated,
} from '../read/event.ts';
import { isAccessWithin, parseRole, type Descriptor } from '../read/role.ts';
import { baseOf, pagesAt, spte_to_pfn } from '../read/spte.ts';
import type { Moment } from '../rules/rule.ts';
import type { Leaf } from '../track/leaves.ts';
import { indexOf, tableOf, type ShadowPage } from '../track/pages.ts';
import type { Vm } from '../track/vm.ts';
import {
  host,
  type Act,
  type Happening,
  type LeafSeen,
  type PageSeen,
  type Witnessed,
} from './happening.ts';

/** Things of a kernel that the model has no counterpart for, by event. */
export const withoutCounterpart: Readonly<Partial<Record<EventKind, string>>> = {
  kvm_mmu_zap_all_fast: 'the model has no fast zap of all pages',
  kvm_mmu_split_huge_page: 'the model splits no huge page eagerly',
  fast_page_fault: 'the model has no repair of write protection without the lock',
  kvm_tdp_mmu_spte_changed: 'an entry of the TDP MMU is no entry of a shadow page',
  mark_mmio_spte: 'the model has no memory slots, hence no MMIO',
  handle_mmio_page_fault: 'the model has no memory slots, hence no MMIO',
  change_mmu_pages: 'the model has no limit of pages',
};

type Apply = () => void;
type Watcher<K extends EventKind> = (event: EventOf<K>, at: Moment, apply: Apply) => void;

/** Happenings that are kept; older ones are forgotten. */
const kept = 100_000;

export class Observer {
  /** Order: as they happen. */
  readonly happenings: Witnessed[] = [];
  /** Kinds of events that occurred at all. */
  readonly kinds = new Set<EventKind>();
  /** Threads that entered a guest. */
  readonly vcpuThreads = new Set<number>();
  readonly #pages = new WeakMap<ShadowPage, number>();
  readonly #leaves = new Map<string, number>();
  #ids = 0;

  /** Notes what `event` does; `apply` makes it happen. */
  readonly see = (event: TraceEvent, at: Moment, apply: Apply): void => {
    this.kinds.add(event.kind);
    const watcher = this.#watchers[event.kind] as Watcher<EventKind> | undefined;
    if (watcher === undefined) apply();
    else watcher(event, at, apply);
    if (this.happenings.length > 2 * kept) this.happenings.splice(0, kept);
  };

  readonly #watchers: { readonly [K in EventKind]?: Watcher<K> } = {
    kvm_mmu_get_page: ({ sp, created }, at, apply) => {
      apply();
      const page = at.thread.got;
      if (created && page !== undefined) this.#page('page-created', at, page, sp);
    },
    kvm_mmu_unsync_page: ({ sp }, at, apply) => this.#flag('page-unsynced', sp, at, apply),
    kvm_mmu_sync_page: ({ sp }, at, apply) => {
      // While an unsync page is zapped, the event only reports that.
      const isUnlink = at.thread.zapped.some((page) => page.unsync && page.sp.key === sp.key);
      if (isUnlink) apply();
      else this.#flag('page-synced', sp, at, apply);
    },
    kvm_mmu_prepare_zap_page: ({ sp }, at, apply) => {
      const before = at.thread.zapped.length;
      apply();
      const page = at.thread.zapped[before];
      if (!sp.invalid) this.#page('page-zapped', at, page ?? at.vm.pages.alike(sp)[0], sp);
    },
    link_sp: (event, at, apply) => {
      const { got } = at.thread;
      apply();
      this.#link(event, at, got);
    },
    kvm_mmu_set_spte: (event, at, apply) => this.#set(event, at, apply),
    drop_spte: (event, at, apply) => this.#drop(event, at, apply),
    spte_update: (event, at, apply) => this.#update(event, at, apply),
    unmap_gfn_range: (event, at, apply) => this.#unmap(event, at, apply),
    flush: (_event, at, apply) => {
      apply();
      this.#note({ act: 'flushed', actor: at.line.thread }, at);
    },
    kvm_entry: (_event, at, apply) => {
      apply();
      this.vcpuThreads.add(at.line.thread);
      this.#note({ act: 'entered', actor: at.line.thread }, at);
    },
  };

  #note(happening: Happening, at: Moment): void {
    const { number: line, thread } = at.line;
    this.happenings.push({ ...happening, line, thread });
  }

  #idOfPage(page: ShadowPage): number {
    const known = this.#pages.get(page);
    if (known !== undefined) return known;
    this.#ids += 1;
    this.#pages.set(page, this.#ids);
    return this.#ids;
  }

  /** `page`: the known one that is meant; a page that nobody knows is one of its own. */
  #page(act: Act, at: Moment, page: ShadowPage | undefined, sp: Descriptor): void {
    this.#ids += 1;
    const id = page === undefined ? this.#ids : this.#idOfPage(page);
    const { gfn, level, direct, unsync } = sp;
    const seen: PageSeen = { id, gfn, upper: level > 1, direct, unsync };
    this.#note({ act, actor: at.line.thread, page: seen }, at);
  }

  /** The page whose flag the event changes; otherwise one that prints alike. */
  #flag(act: Act, sp: Descriptor, at: Moment, apply: Apply): void {
    const alike = at.vm.pages.alike(sp);
    const before = alike.map(({ unsync }) => unsync);
    apply();
    const changed = alike.find(({ unsync }, i) => unsync !== before[i]);
    this.#page(act, at, changed ?? alike[0], sp);
  }

  /** `got`: the page that the thread looked up last. */
  #link({ sptep, spt, role: word }: Linked, at: Moment, got: ShadowPage | undefined): void {
    const child = at.vm.pages.at(spt) ?? got;
    const parent = at.vm.pages.at(tableOf(sptep));
    if (child === undefined || parent === undefined) return;
    const role = parseRole(word, at.vm.kernel.family);
    const link = {
      levelBelow: isLevelBelow(role.level, parent.sp.level),
      accessWithin: isAccessWithin(role.access, parent.sp.access),
      parentDirect: parent.sp.direct,
    };
    const { gfn, direct } = child.sp;
    const id = this.#idOfPage(child);
    const page: PageSeen = { id, gfn, upper: role.level > 1, direct, unsync: child.unsync };
    this.#note({ act: 'page-linked', actor: at.line.thread, page, link }, at);
  }

  #leafSeen(vm: Vm, leaf: Leaf): LeafSeen {
    const page = vm.pages.at(tableOf(leaf.sptep));
    const pageId = page === undefined ? undefined : this.#idOfPage(page);
    const key = `${pageId ?? ''} ${leaf.sptep}`;
    const known = this.#leaves.get(key);
    if (known === undefined) this.#leaves.set(key, (this.#ids += 1));
    return {
      id: known ?? this.#ids,
      gfn: leaf.gfn,
      pfn: spte_to_pfn(leaf.spte),
      page: pageId,
      huge: leaf.level > 1,
      writable: vm.format.is_writable_pte(leaf.spte),
      fits: page === undefined ? undefined : fits(page, leaf),
      asFound: undefined,
    };
  }

  #leaf(act: Act, at: Moment, leaf: LeafSeen): void {
    this.#note({ act, actor: at.line.thread, leaf }, at);
  }

  #set(event: SpteSet, at: Moment, apply: Apply): void {
    const { requested } = at.thread;
    apply();
    const leaf = at.vm.leaves.at(event.sptep);
    if (leaf === undefined) return;
    const seen = this.#leafSeen(at.vm, leaf);
    const isAsked = requested !== undefined && baseOf(requested.event.gfn, leaf.level) === leaf.gfn;
    const offset = isAsked ? requested.event.gfn - leaf.gfn : 0;
    const asFound = isAsked ? seen.pfn + offset === requested.event.pfn : undefined;
    this.#leaf('leaf-set', at, { ...seen, asFound });
  }

  #drop({ sptep }: Dropped, at: Moment, apply: Apply): void {
    const leaf = at.vm.leaves.at(sptep);
    const seen = leaf && this.#leafSeen(at.vm, leaf);
    apply();
    if (seen !== undefined) this.#leaf('leaf-dropped', at, seen);
  }

  #update({ sptep, new: now }: Updated, at: Moment, apply: Apply): void {
    const leaf = at.vm.leaves.at(sptep);
    const seen = leaf && this.#leafSeen(at.vm, leaf);
    apply();
    if (seen === undefined) return;
    if (!at.vm.format.is_shadow_present_pte(now)) this.#leaf('leaf-dropped', at, seen);
    else if (seen.writable === true && !at.vm.format.is_writable_pte(now)) {
      this.#leaf('leaf-protected', at, { ...seen, writable: false });
    }
  }

  #unmap({ first, end }: Unmapped, at: Moment, apply: Apply): void {
    const gone = [...at.vm.leaves.within(first, end)].map((leaf) => this.#leafSeen(at.vm, leaf));
    apply();
    for (const leaf of gone) this.#note({ act: 'leaf-dropped', actor: host, leaf }, at);
  }
}

function fits(page: ShadowPage, { gfn, sptep, level }: Leaf): boolean | undefined {
  if (!page.sp.direct) return undefined;
  return gfn === gfnOfDirectEntry(page.sp.gfn, indexOf(sptep), pagesAt(level));
}
