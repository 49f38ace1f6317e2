/** What each event changes in what is known of a VM. */
import type {
  EventKind,
  EventOf,
  FastFault,
  Gotten,
  Linked,
  SpteSet,
  TdpChanged,
  TraceEvent,
  Updated,
  Zapped,
} from '../read/event.ts';
import { parseRole, type Descriptor } from '../read/role.ts';
import { baseOf, isSameSpte, takesAway } from '../read/spte.ts';
import { isValid, tableOf, type ShadowPage } from './pages.ts';
import { owe, type Thread } from './thread.ts';
import type { Vm } from './vm.ts';

/** Where an event is applied. */
interface Place {
  readonly vm: Vm;
  readonly thread: Thread;
  readonly line: number;
}

type Effects = {
  readonly [K in EventKind]?: (event: EventOf<K>, at: Place) => void;
};

/**
 * The TDP MMU makes one root per role and address space. Without a marker that says where a VM
 * begins, one more of a kind belongs to another VM, whose events cannot be told apart.
 */
function noteRoot(sp: Descriptor, { vm, thread, line }: Place): void {
  if (!sp.direct || sp.level < 4) return;
  // A page of the upper level that is linked is no root; then there are at least two, too.
  vm.tdp.roots += 1;
  if (!vm.tdp.used || vm.settings.started) return;
  const hasOne = vm.pages.alike(sp).some((page) => isValid(page));
  if (hasOne && !thread.switched) {
    vm.miss({ kind: 'several-vms', line, since: line, why: 'there is more than one VM' });
  }
  thread.switched = false;
}

function get({ sp, created }: Gotten, at: Place): void {
  const { vm, thread, line } = at;
  const { pages, kernel } = vm;
  if (created) {
    noteRoot(sp, at);
    const unprotected = !sp.direct && sp.level === 5 && !thread.writeProtected.has(sp.gfn);
    thread.got = pages.add(sp, line, kernel.family, unprotected && sp.role === undefined);
  } else {
    const valid = pages.alike(sp).filter((page) => !page.invalid);
    thread.got = valid.length === 1 ? valid[0] : undefined;
    if (valid.length === 0) pages.add(sp, line, kernel.family, false);
  }
  thread.gotAs = sp;
  thread.writeProtected.clear();
}

/** Of pages that print alike, the one that the event can mean. */
const meant = (pages: readonly ShadowPage[], unsync: boolean): ShadowPage | undefined =>
  pages.find((page) => page.unsync === unsync && !page.invalid) ??
  pages.find((page) => page.unsync === unsync);

function zap({ sp }: Zapped, { vm, thread, line }: Place): void {
  const { pages, leaves } = vm;
  const fits = pages.alike(sp).filter((p) => p.invalid === sp.invalid && p.unsync === sp.unsync);
  // Which of several is meant cannot be told: nothing that links showed is known from here on.
  for (const page of fits) {
    if (page.spt !== undefined) leaves.dropTable(page.spt);
    if (fits.length > 1) pages.displace(page);
  }
  const page = fits.find(({ obsolete }) => obsolete) ?? fits[0];
  if (page === undefined) return;
  if (thread.got === page) thread.got = undefined;
  thread.zapped.push(page);
  page.tracks = false;
  if (sp.root > 0) {
    page.invalid = true;
    return;
  }
  pages.remove(page, line);
  if (!(sp.direct && vm.usesTdpMmu)) owe(thread, line, 'a page is zapped');
  if (pages.live > 0) return;
  leaves.clear();
  // Perhaps the end of a VM: the next one begins with generation 0 again.
  if (!vm.settings.started) pages.gen = undefined;
}

function link(event: Linked, { vm, thread }: Place): void {
  const { pages } = vm;
  const role = parseRole(event.role, vm.kernel.family);
  const { got } = thread;
  const fits = got !== undefined && got.sp.gfn === event.gfn && got.sp.level === role.level;
  if (fits) pages.place(got, event.spt, role);
  thread.got = undefined;
  thread.gotAs = undefined;
  const table = tableOf(event.sptep);
  if (pages.at(table) !== undefined || vm.complete !== true) return;
  const level = role.level + 1;
  const direct = vm.tdp.used ? [] : pages.unplaced(level, true);
  const roots = [...pages.unplaced(level, false), ...direct];
  if (roots.length === 1 && roots[0] !== undefined) pages.place(roots[0], table);
}

function set(event: SpteSet, { vm, thread, line }: Place): void {
  const { gfn, level, spte, sptep } = event;
  const { format } = vm;
  const { lastTdp } = thread;
  if (format.is_writable_pte(spte)) vm.slots.wrote(gfn, line);
  const isTdp =
    lastTdp !== undefined &&
    lastTdp.level === level &&
    lastTdp.gfn === baseOf(gfn, level) &&
    isSameSpte(format.settled(lastTdp.new), format.settled(spte));
  if (isTdp) return;
  // With a TDP MMU, leaves of tables that no link shows are its own, and have their own events.
  if (vm.usesTdpMmu && vm.pages.at(tableOf(sptep)) === undefined) return;
  vm.leaves.set({ sptep, gfn: baseOf(gfn, level), level, spte, line });
}

function update({ sptep, old, new: now }: Updated, { vm, thread, line }: Place): void {
  const leaf = vm.leaves.at(sptep);
  if (leaf !== undefined) {
    if (vm.format.is_shadow_present_pte(now)) Object.assign(leaf, { spte: now, line });
    else vm.leaves.drop(sptep);
  }
  if (takesAway(vm.format, old, now)) owe(thread, line, 'a leaf loses a right');
}

function changeTdp(event: TdpChanged, { vm, thread, line }: Place): void {
  const { format } = vm;
  const { old, new: now, level } = event;
  const wasLeaf = format.is_shadow_present_pte(old) && format.is_last_spte(old, level);
  if (wasLeaf && takesAway(format, old, now)) {
    owe(thread, line, 'a leaf of the TDP MMU is removed or loses a right');
  }
  vm.tdp.apply(event, line, format);
  thread.lastTdp = event;
}

/** fast_page_fault() works on tables that map guest-physical addresses. */
function fix({ address, old, new: now, fixed }: FastFault, { vm, line }: Place): void {
  if (!fixed) return;
  const { format } = vm;
  const gfn = Math.floor(address / 4096);
  if (format.is_writable_pte(now)) vm.slots.wrote(gfn, line);
  if (vm.tdp.fix(gfn, old, now, line, format)) return;
  for (const leaf of vm.leaves.over(gfn)) {
    if (isSameSpte(format.settled(leaf.spte), format.settled(old))) {
      Object.assign(leaf, { spte: now, line });
      return;
    }
  }
}

const effects: Effects = {
  kvm_mmu_get_page: get,
  kvm_mmu_unsync_page: ({ sp }, { vm, line }) => {
    const page = meant(vm.pages.alike(sp), false);
    if (page !== undefined) vm.pages.setUnsync(page, true, line);
  },
  kvm_mmu_sync_page: ({ sp }, { vm, thread, line }) => {
    // While an unsync page is zapped, the event only reports that.
    const zapped = thread.zapped.find((page) => page.unsync && page.sp.key === sp.key);
    const page = zapped ?? meant(vm.pages.alike(sp), true);
    if (page !== undefined) vm.pages.setUnsync(page, false, line);
  },
  kvm_mmu_prepare_zap_page: zap,
  kvm_mmu_zap_all_fast: ({ gen }, { vm }) => {
    vm.pages.makeObsolete();
    vm.tdp.makeObsolete();
    vm.pages.gen = gen === 0 ? 1 : 0;
  },
  write_protect_gfn: ({ gfn }, { thread }) => void thread.writeProtected.add(gfn),
  link_sp: link,
  kvm_mmu_spte_requested: (event, { thread, line }) => {
    thread.requested = { event, line };
  },
  boundary: (_event, { thread }) => {
    thread.requested = undefined;
  },
  kvm_mmu_set_spte: set,
  drop_spte: ({ sptep, spte }, { vm, thread, line }) => {
    if (vm.format.is_shadow_present_pte(spte)) owe(thread, line, 'a leaf is removed');
    vm.leaves.drop(sptep);
  },
  spte_update: update,
  kvm_tdp_mmu_spte_changed: changeTdp,
  fast_page_fault: fix,
  // One that a vCPU makes for itself counts too: threads are judged one by one.
  flush: (_event, { thread }) => {
    thread.owed = undefined;
  },
  unmap_gfn_range: ({ first, end }, { vm }) => vm.leaves.dropRange(first, end),
  unmap_gfn_range_ret: ({ flush }, { thread, line }) => {
    if (flush) owe(thread, line, 'a range is unmapped');
  },
  write_protect_gfn_ret: ({ changed }, { thread, line }) => {
    if (changed) owe(thread, line, 'a gfn is write-protected');
  },
  context: (_event, { thread }) => {
    thread.switched = true;
  },
  kvm_entry: ({ vcpu }, { vm, thread }) => {
    thread.requested = undefined;
    thread.got = undefined;
    thread.gotAs = undefined;
    thread.zapped = [];
    thread.owed = undefined;
    vm.settings.vcpus.add(vcpu);
  },
  change_mmu_pages: ({ goal }, { vm, line }) => {
    vm.settings.limit = { pages: goal, line };
  },
  marker: ({ text }, { vm, line }) => {
    vm.slots.mark(text, line);
    vm.settings.mark(text, line);
  },
};

export function applyEvent(event: TraceEvent, at: Place): void {
  const effect = effects[event.kind] as ((event: TraceEvent, at: Place) => void) | undefined;
  effect?.(event, at);
}
