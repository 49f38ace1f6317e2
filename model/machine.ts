/**
 * The machine of a configuration: layout, initial state, transitions sized by the scenario, and
 * the moments at which properties are asked. Properties are added by whoever checks.
 */
import type { Machine, Parameter, Transition } from '../src/engine/machine/index.ts';
import { addressCount, notifierCalls, pcidCount, type ClearDirtyLog } from './geometry.ts';
import { gpteText } from './gpte.ts';
import { controlTransitions } from './guest/control.ts';
import { smmTransitions } from './guest/smm.ts';
import { invpcidTransitions } from './guest/invpcid.ts';
import { guestTransitions } from './guest/guest.ts';
import { dirtyLogTransitions } from './host/dirty-log.ts';
import { dirtyLogWalks } from './host/dirty-log-walks.ts';
import { hostTransitions } from './host/host.ts';
import { memslotChanges, memslotTransitions } from './host/memslots.ts';
import { agingTransitions } from './host/aging.ts';
import { notifierTransitions } from './host/notifier.ts';
import { zapRangeTransitions } from './host/zap-range.ts';
import { changeQuotaTransitions } from './shadow/change-quota.ts';
import { faultLockTransitions } from './shadow/fault-lock.ts';
import { directTransitions } from './shadow/direct.ts';
import { fastPageFaultTransitions } from './shadow/fast-page-fault.ts';
import { fetchTransitions } from './shadow/fetch.ts';
import { invlpgTransitions } from './shadow/invlpg.ts';
import { leafTransitions } from './shadow/leaf.ts';
import { linkTransitions } from './shadow/link.ts';
import { locklessTransitions } from './shadow/lockless.ts';
import { nxTransitions } from './shadow/nx.ts';
import { isUnlocked, kvm_mmu_remote_flush_or_zap } from './shadow/lock.ts';
import { pageFaultTransitions } from './shadow/page-fault.ts';
import { prefetchTransitions } from './shadow/prefetch.ts';
import { rootTransitions } from './shadow/roots.ts';
import { shrinkerTransitions } from './shadow/shrinker.ts';
import { splitTransitions } from './shadow/split.ts';
import { syncTransitions } from './shadow/sync.ts';
import { mmioTransitions } from './shadow/mmio.ts';
import { trackWriteTransitions } from './shadow/track-write.ts';
import { kindOf } from './shadow/walker.ts';
import { zapAllTransitions } from './shadow/zap-all.ts';
import { bindKvm, type Kvm, type StateFields } from './state.ts';
import { budgetNames, type Config } from './config.ts';
import { layoutOf } from './layout/index.ts';
import { publishLogDirty } from './shadow/dirty-log.ts';
import { hardwareTransitions } from './tlb/hardware.ts';
import { pmlTransitions } from './tlb/pml.ts';
import { isFaultJustified, resetAllowed } from './tlb/oracle.ts';
import type { ArgumentName, ModelTransition } from './transition.ts';

/** Order: the guest and its hardware, the host, then KVM along the way of a fault. */
export const modelTransitions: readonly ModelTransition[] = [
  ...guestTransitions,
  ...controlTransitions,
  ...invpcidTransitions,
  ...smmTransitions,
  ...hardwareTransitions,
  ...pmlTransitions,
  ...hostTransitions,
  ...notifierTransitions,
  ...agingTransitions,
  ...zapRangeTransitions,
  ...changeQuotaTransitions,
  ...memslotTransitions,
  ...dirtyLogTransitions,
  ...dirtyLogWalks,
  ...zapAllTransitions,
  ...splitTransitions,
  ...shrinkerTransitions,
  ...nxTransitions,
  ...pageFaultTransitions,
  ...directTransitions,
  ...fastPageFaultTransitions,
  ...faultLockTransitions,
  ...locklessTransitions,
  ...fetchTransitions,
  ...linkTransitions,
  ...leafTransitions,
  ...prefetchTransitions,
  ...mmioTransitions,
  ...syncTransitions,
  kvm_mmu_remote_flush_or_zap,
  ...invlpgTransitions,
  ...trackWriteTransitions,
  ...rootTransitions,
];

const hex = (value: number): string => `0x${value.toString(16)}`;

const parameterOf = (config: Config, name: ArgumentName): Parameter => {
  const g = config.geometry;
  switch (name) {
    case 'v':
      return { name, size: g.vcpus };
    case 'va':
      return { name, size: addressCount(g), label: hex };
    case 'kind':
      return { name, size: g.kinds.length, label: (k) => g.kinds[k] ?? String(k) };
    case 'store':
      return { name, size: config.workload.stores.length, label: (s) => storeText(config, s) };
    case 'instruction':
      return {
        name,
        size: config.workload.instructions.length,
        label: (i) => instructionText(config, i),
      };
    case 'cr3':
      return { name, size: g.cr3.length, label: (c) => hex(g.cr3[c] ?? 0) };
    case 'cr4':
      return { name, size: g.cr4.length, label: (c) => g.cr4[c] ?? String(c) };
    case 'pcid':
      return { name, size: pcidCount(g) };
    case 'level':
      return { name, size: g.levels - 1, label: (l) => l + 2 };
    case 'gfn':
      return { name, size: g.gfns, label: hex };
    case 'pfn':
      return { name, size: g.pfns, label: hex };
    case 'change':
      return { name, size: memslotChanges.length, label: (c) => memslotChanges[c] ?? String(c) };
    case 'clear':
      return {
        name,
        size: g.dirty_log?.clears.length ?? 0,
        label: (c) => clearText(g.dirty_log?.clears[c]),
      };
    case 'slot':
      return { name, size: g.tlb_entries };
    case 'call':
      return { name, size: notifierCalls(g) };
    case 'offset':
      return { name, size: Math.max(1, ...g.invalidations.map(({ npages }) => npages)) };
  }
};

/** `gfn 0x1[0] := gfn 0x4 wux` */
export const storeText = (config: Config, number: number): string => {
  const store = config.workload.stores[number];
  if (store === undefined) return String(number);
  return `${hex(store.gfn)}[${store.index}] := ${gpteText(store.value)}`;
};

/** `pages 0x0+0x2 {0x0,0x1}` */
const clearText = (clear: ClearDirtyLog | undefined): string =>
  clear === undefined
    ? ''
    : `pages ${hex(clear.first_page)}+${hex(clear.num_pages)} {${clear.pages.map(hex).join(',')}}`;

/** `x 0x0 ur 0x1` */
const instructionText = (config: Config, number: number): string => {
  const what = config.workload.instructions[number];
  return what === undefined
    ? String(number)
    : `x ${hex(what.fetch)} ${what.kind} ${hex(what.data)}`;
};

/** Of threads and of frames within a range there is mostly one. */
const isAsked = ({ name, size }: Parameter): boolean =>
  size > 1 || (name !== 'call' && name !== 'offset');

const sized = (config: Config, t: ModelTransition): Transition<Kvm> => ({
  name: t.name,
  says: t.says,
  source: t.source,
  actor: t.over[0] === 'v' ? (v = 0) => `vcpu${v}` : () => t.actor ?? 'host',
  parameters: t.over.map((name) => parameterOf(config, name)).filter(isAsked),
  ...(t.at === undefined ? {} : { at: [t.at] }),
  step: t.step,
  ...(t.sure === undefined ? {} : { sure: t.sure }),
});

/** What the state looks like before anything ran: no shadow page, both vCPUs about to enter. */
const boot = (kvm: Kvm): void => {
  for (let gfn = 0; gfn < kvm.geometry.tables; gfn += 1) {
    const table = kvm.initialMemory[gfn] ?? [];
    for (let i = 0; i < kvm.geometry.entries; i += 1) kvm.memory.at(gfn).set(i, table[i] ?? 0);
  }
  for (let gfn = 0; gfn < kvm.host_pfn.length; gfn += 1) {
    kvm.host_pfn.set(gfn, kvm.geometry.host_pfn[gfn] ?? gfn);
  }
  for (let gfn = 0; gfn < kvm.host_level.length; gfn += 1) {
    kvm.host_level.set(gfn, kvm.geometry.host_level[gfn] ?? 1);
  }
  for (const gfn of kvm.geometry.host_readonly) kvm.host.readonly.add(gfn);
  if (kvm.workload.budget.set_quota > 0) {
    kvm.arch.n_max_mmu_pages = kvm.geometry.quota?.n_max ?? 0;
  }
  for (const name of budgetNames) kvm.budget[name] = kvm.workload.budget[name];
  if (kvm.nx_huge_pages === 'force') kvm.nx.nx_huge_pages = true;
  if (kvm.geometry.dirty_log?.enabled === true) publishLogDirty(kvm, true);
  if (kvm.geometry.memslot?.present === true) kvm.memslots.state = 'present';
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    kvm.vcpu.at(v).cr0_wp = true;
    if (kvm.geometry.nonpaging.includes(v)) kvm.vcpu.at(v).cr0_pg_clear = true;
    kvm.vcpu.at(v).pc = 'enter';
    resetAllowed(kvm, v);
  }
};

/**
 * Whether a #PF would be justified is remembered from the exit on: any instant until delivery
 * counts.
 */
const observe = (kvm: Kvm): void => {
  for (let v = 0; v < kvm.vcpu.length; v += 1) {
    const vcpu = kvm.vcpu.at(v);
    const walking = vcpu.pc === 'walk_addr' || vcpu.pc === 'inject_page_fault';
    if (!walking || vcpu.ghost_fault_justified) continue;
    vcpu.ghost_fault_justified = isFaultJustified(kvm, v, vcpu.insn.va, kindOf(vcpu));
  }
};

/** The moments of the briefs: when nobody holds mmu_lock, and while some vCPU is in the guest. */
export const moments = {
  unlocked: isUnlocked,
  'in-guest': (kvm: Kvm): boolean => {
    for (let v = 0; v < kvm.vcpu.length; v += 1) if (kvm.vcpu.at(v).pc === 'guest') return true;
    return false;
  },
} as const;

export const createMachine = (name: string, config: Config): Machine<Kvm, StateFields> => {
  const layout = layoutOf(config);
  const vcpus = layout.fields.vcpu.pool;
  const symmetric = config.workload.actors === undefined && vcpus !== undefined;
  return {
    name,
    layout,
    bind: (view) => bindKvm(config, view),
    initial: [boot],
    transitions: modelTransitions
      .filter((t) => t.needs?.(config) ?? true)
      .map((t) => sized(config, t)),
    properties: [],
    moments,
    place: 'vcpu.pc',
    symmetry: symmetric ? [vcpus] : [],
    normalise: observe,
  };
};
