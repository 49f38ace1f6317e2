/**
 * A bound state of the model to write into and to call single functions on.
 *
 * `aKvm()` is two vCPUs over two levels, as booted: no shadow page, guest tables all zero. A test
 * names what it cares about; `aPage`, `aLeaf` and `aLink` put consistent shadow pages into it.
 */
import { compileMachine, type Program } from '../../src/engine/program.ts';
import { configOf, createMachine, presets, type Kvm, type Rules } from '../../model/index.ts';
import { scenario, type ScenarioInput } from '../../model/scenario.ts';
import { makeRole, setRole, sptepOf } from '../../model/shadow/mmu-page.ts';
import { leafSpte, make_nonleaf_spte } from '../../model/spte.ts';
import type { StateFields } from '../../model/state.ts';
import { countDisallowLpage } from '../../model/shadow/huge.ts';
import type { Pc } from '../../model/labels.ts';

export interface KvmInput extends Partial<Omit<ScenarioInput, 'geometry'>> {
  readonly geometry?: Partial<ScenarioInput['geometry']>;
  readonly rules?: Partial<Rules>;
}

/** The program of a small machine, in its initial state. */
export const aProgram = (input: KvmInput = {}): Program<Kvm, StateFields> => {
  const { geometry, rules, ...rest } = input;
  const s = scenario({
    id: 'shadow-hand-built',
    says: 'A state built by hand.',
    initialMemory: [],
    stores: [],
    budget: {},
    ...rest,
    geometry: { gfns: 6, tables: 4, shadow_pages: 6, ...geometry },
  });
  const config = configOf(s, { ...presets.upstream, ...rules });
  const program = compileMachine(createMachine(s.machine, config), { checked: true });
  program.initialise(0);
  return program;
};

export const aKvm = (input: KvmInput = {}): Kvm => aProgram(input).current;

export interface PageInput {
  readonly gfn?: number;
  readonly level?: number;
  readonly access?: number;
  readonly cr0_wp?: boolean;
  readonly direct?: boolean;
  readonly unsync?: boolean;
  /** vCPUs and cached roots that hold the page. */
  readonly root_count?: number;
}

/** Makes slot `sp` a valid page, counted as the kernel counts it. Returns `sp`. */
export const aPage = (kvm: Kvm, sp: number, input: PageInput = {}): number => {
  const { gfn = sp, level = 1, access = 7, cr0_wp = true, direct = false } = input;
  const page = kvm.sp.at(sp);
  page.list = 'active';
  page.gfn = gfn;
  setRole(page.role, makeRole(level, access, direct, cr0_wp));
  page.unsync = input.unsync ?? false;
  page.root_count = input.root_count ?? 0;
  if (direct) return sp;
  kvm.arch.indirect_shadow_pages += 1;
  countDisallowLpage(kvm, gfn, 1);
  if (level > 1) kvm.gfn_write_track.set(gfn, kvm.gfn_write_track.get(gfn) + 1);
  return sp;
};

export interface LeafInput {
  readonly index?: number;
  readonly gfn: number;
  readonly access?: number;
}

/** Stores a leaf with its translation and its rmap entry. Returns its sptep. */
export const aLeaf = (kvm: Kvm, sp: number, { index = 0, gfn, access = 7 }: LeafInput): number => {
  const page = kvm.sp.at(sp);
  page.spt.set(index, leafSpte(kvm.geometry.host_pfn[gfn] ?? gfn, access));
  page.shadowed_gfn.set(index, gfn);
  page.shadowed_access.set(index, access);
  kvm.rmap.at(gfn).add(sptepOf(kvm, sp, index));
  return sptepOf(kvm, sp, index);
};

/** Stores a table entry and files it with the child. Returns its sptep. */
export const aLink = (kvm: Kvm, parent: number, child: number, index = 0): number => {
  kvm.sp.at(parent).spt.set(index, make_nonleaf_spte(child));
  kvm.sp.at(child).parent_ptes.add(sptepOf(kvm, parent, index));
  return sptepOf(kvm, parent, index);
};

/** Marks an entry as leading to something unsync. */
export const aMark = (kvm: Kvm, sp: number, index = 0): void => {
  kvm.sp.at(sp).unsync_child_bitmap.add(index);
  kvm.sp.at(sp).unsync_children += 1;
};

export interface VcpuInput {
  readonly root?: number | null;
  readonly pc?: Pc;
}

/** Puts a vCPU into the guest on a root, or before a step of KVM. */
export const aVcpu = (kvm: Kvm, v: number, { root = 0, pc = 'guest' }: VcpuInput = {}): void => {
  kvm.vcpu.at(v).root = root;
  kvm.vcpu.at(v).pc = pc;
};

/** Lets vCPU `v` hold mmu_lock. */
export const hold = (kvm: Kvm, v = 0): void => {
  kvm.mmu_lock.holder = v;
};

/** Executes a transition by name. Returns whether it was enabled. */
export const run = (
  program: Program<Kvm, StateFields>,
  transition: string,
  args: Readonly<Record<string, number | string>> = {},
): boolean => {
  const id = program.instanceOf({ transition, args });
  if (id === undefined) throw new Error(`no instance ${transition} ${JSON.stringify(args)}`);
  return program.execute(id);
};
