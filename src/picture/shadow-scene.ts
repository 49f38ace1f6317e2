/** The picture of a state of the shadow MMU: vCPUs, shadow pages, guest tables, rmap. */
import { accessText } from '../../model/access.ts';
import { gpte_to_gfn, gpteText, is_large_pte, is_present_gpte } from '../../model/gpte.ts';
import type { Geometry } from '../../model/geometry.ts';
import { is_mmio_spte, isTableSpte, spte_to_child_sp, spteText } from '../../model/spte.ts';
import type { Snapshot } from '../checker/catalogue.ts';
import type { NodeState, Scene, SceneEdge, SceneNode, SceneRow } from './scene.ts';
import {
  shadowState,
  type PscEntry,
  type ShadowPage,
  type ShadowState,
  type ShadowVcpu,
  type TlbEntry,
} from './shadow-state.ts';
import { factsOf } from './shadow-facts.ts';
import { pfnOf } from './shadow-walk.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;
const spId = (sp: number): string => `sp${sp}`;
const tableId = (frame: number): string => `table${frame}`;

const tlbText = ({ va, pfn, access }: TlbEntry): string =>
  `va ${hex(va)} pfn ${hex(pfn)} ${accessText(access)}`;
const pscText = ({ va, level, sp }: PscEntry): string => `va ${hex(va)} l${level} ${spId(sp)}`;

const requestsOf = (vcpu: ShadowVcpu): string[] =>
  (['request_sync', 'request_flush_current', 'request_free_obsolete_roots'] as const).filter(
    (name) => vcpu[name],
  );

/** Where the guest has left what most guests run with. */
const modesOf = (vcpu: ShadowVcpu): string[] => [
  ...(vcpu.cr0_pg_clear ? ['CR0.PG 0'] : []),
  ...(vcpu.cr0_wp ? [] : ['CR0.WP 0']),
  ...(vcpu.efer_nx_clear ? ['EFER.NX 0'] : []),
  ...(vcpu.cr4_smep ? ['CR4.SMEP'] : []),
  ...(vcpu.cr4_smap ? ['CR4.SMAP'] : []),
  ...(vcpu.cr4_pcide ? ['CR4.PCIDE'] : []),
];

/** What KVM keeps for the vCPU: the MMIO access that it remembers, and objects for a fault. */
function keptRows(id: string, vcpu: ShadowVcpu, g: Geometry): SceneRow[] {
  const { mmio, mmu_page_header_cache: pages, mmu_pte_list_desc_cache: descriptors } = vcpu;
  const remembered = `va ${hex(mmio.va - 1)} gfn ${hex(mmio.gfn)} generation ${mmio.generation}`;
  return [
    ...(mmio.va === 0 ? [] : [{ id: `${id} mmio`, label: 'mmio', text: remembered }]),
    ...(g.caches
      ? [{ id: `${id} caches`, label: 'caches', text: `pages ${pages} descriptors ${descriptors}` }]
      : []),
  ];
}

function vcpuNode(vcpu: ShadowVcpu, v: number, g: Geometry): SceneNode {
  const id = `vcpu${v}`;
  const cr3 = (index: number) => hex(g.cr3[index] ?? 0);
  const rows: SceneRow[] = [
    {
      id: `${id} root`,
      label: 'root',
      text: `${vcpu.root === null ? '-' : spId(vcpu.root)} CR3 gfn ${cr3(vcpu.cr3)}`,
    },
    ...vcpu.prev_root.flatMap((prev, i) =>
      prev.sp === null
        ? []
        : [
            {
              id: `${id} prev_root[${i}]`,
              label: `prev_root[${i}]`,
              text: `${spId(prev.sp)} CR3 gfn ${cr3(prev.cr3)}`,
            },
          ],
    ),
    ...vcpu.ghost_tlb.map((entry, i) => ({
      id: `${id} tlb[${i}]`,
      label: `tlb[${i}]`,
      text: entry.valid ? tlbText(entry) : '-',
    })),
    ...vcpu.ghost_psc.map((entry, i) => ({
      id: `${id} psc[${i}]`,
      label: `psc[${i}]`,
      text: entry.valid ? pscText(entry) : '-',
    })),
    ...keptRows(id, vcpu, g),
  ];
  return {
    id,
    kind: 'vcpu',
    state: 'plain',
    title: vcpu.pc === 'guest' ? `${id} in the guest` : `${id} before ${vcpu.pc}`,
    notes: [...modesOf(vcpu), ...requestsOf(vcpu)],
    rows,
  };
}

const vcpuEdges = (vcpu: ShadowVcpu, v: number): SceneEdge[] => [
  ...(vcpu.root === null
    ? []
    : [{ kind: 'root' as const, from: `vcpu${v} root`, to: spId(vcpu.root) }]),
  ...vcpu.prev_root.flatMap(({ sp }, i) =>
    sp === null ? [] : [{ kind: 'root' as const, from: `vcpu${v} prev_root[${i}]`, to: spId(sp) }],
  ),
  ...vcpu.ghost_psc.flatMap(({ valid, sp }, i) =>
    valid ? [{ kind: 'cached' as const, from: `vcpu${v} psc[${i}]`, to: spId(sp) }] : [],
  ),
];

const stateOf = (page: ShadowPage): NodeState => {
  if (page.list === 'free') return 'freed';
  if (page.role.invalid) return 'invalid';
  return page.unsync ? 'unsync' : 'plain';
};

function pageNotes(page: ShadowPage): string[] {
  const { role } = page;
  return [
    `access ${accessText(role.access)}`,
    ...(role.direct ? ['direct'] : [page.unsync ? 'unsync' : 'sync']),
    ...(role.invalid ? ['invalid'] : []),
    ...(page.obsolete ? ['obsolete'] : []),
    ...(page.nx_huge_page_disallowed ? ['NX huge page disallowed'] : []),
    ...(role.cr0_wp ? [] : ['cr0_wp 0']),
    ...(page.root_count > 0 ? [`root_count ${page.root_count}`] : []),
    ...(page.unsync_children > 0
      ? [`unsync_children ${page.unsync_children} {${page.unsync_child_bitmap.join(',')}}`]
      : []),
  ];
}

/** The gfn that a leaf was made for is shown where it does not follow from the entry. */
function leafText(page: ShadowPage, index: number, spte: number): string {
  const text = spteText(spte);
  if (spte === 0 || isTableSpte(spte) || is_mmio_spte(spte) || page.role.direct) return text;
  return `${text} gfn ${hex(page.shadowed_gfn[index] ?? 0)}`;
}

function pageNode(page: ShadowPage, sp: number): SceneNode {
  const state = stateOf(page);
  if (state === 'freed') {
    return {
      id: spId(sp),
      kind: 'shadow-page',
      state,
      title: `sp${sp} freed`,
      notes: [],
      rows: [],
    };
  }
  return {
    id: spId(sp),
    kind: 'shadow-page',
    state,
    title: `sp${sp} l${page.role.level} gfn ${hex(page.gfn)}`,
    notes: pageNotes(page),
    rows: page.spt.map((spte, i) => ({
      id: `sp${sp}[${i}]`,
      label: `[${i}]`,
      text: leafText(page, i, spte),
    })),
  };
}

const linkEdges = (page: ShadowPage, sp: number): SceneEdge[] =>
  page.list === 'free'
    ? []
    : page.spt.flatMap((spte, i) =>
        isTableSpte(spte)
          ? [{ kind: 'link' as const, from: `sp${sp}[${i}]`, to: spId(spte_to_child_sp(spte)) }]
          : [],
      );

/** Frames of guest tables that some CR3 in use reaches above 4K, where entries lead to tables. */
function upperTables(state: ShadowState, g: Geometry): ReadonlySet<number> {
  const upper = new Set<number>();
  const visit = (frame: number, level: number): void => {
    if (level < 2 || frame >= g.tables) return;
    upper.add(frame);
    for (const pte of state.memory[frame] ?? []) {
      if (is_present_gpte(pte) && !is_large_pte(pte)) {
        visit(pfnOf(state, g, gpte_to_gfn(pte)), level - 1);
      }
    }
  };
  for (const { cr3 } of state.vcpu) visit(pfnOf(state, g, g.cr3[cr3] ?? 0), g.levels);
  return upper;
}

/** All guest frames behind which the frame stands; two may share one. */
const gfnsAt = (state: ShadowState, g: Geometry, frame: number): number[] =>
  Array.from({ length: g.gfns }, (_, gfn) => gfn).filter((gfn) => pfnOf(state, g, gfn) === frame);

function tableNode(state: ShadowState, g: Geometry, frame: number): SceneNode {
  const gfns = gfnsAt(state, g, frame);
  const tracked = gfns.map((gfn) => state.gfn_write_track[gfn] ?? 0).reduce((a, b) => a + b, 0);
  const name = gfns.length === 0 ? `pfn ${hex(frame)}` : `gfn ${gfns.map(hex).join(',')}`;
  return {
    id: tableId(frame),
    kind: 'guest-table',
    state: 'plain',
    title: `guest ${name}`,
    notes: tracked > 0 ? [`gfn_write_track ${tracked}`] : [],
    rows: (state.memory[frame] ?? []).map((pte, i) => ({
      id: `${tableId(frame)}[${i}]`,
      label: `[${i}]`,
      text: is_present_gpte(pte) ? gpteText(pte) : '-',
    })),
  };
}

function guestEdges(state: ShadowState, g: Geometry): SceneEdge[] {
  return [...upperTables(state, g)]
    .sort((a, b) => a - b)
    .flatMap((frame) =>
      (state.memory[frame] ?? []).flatMap((pte, i) => {
        const below = is_present_gpte(pte) ? pfnOf(state, g, gpte_to_gfn(pte)) : g.tables;
        return below < g.tables && !is_large_pte(pte)
          ? [{ kind: 'guest' as const, from: `${tableId(frame)}[${i}]`, to: tableId(below) }]
          : [];
      }),
    );
}

interface Sptep {
  readonly name: string;
  /** The entry, or the page when its slot is free and the entry is no longer one. */
  readonly target: string;
}

function sptepOf(state: ShadowState, g: Geometry, sptep: number): Sptep {
  const sp = Math.floor(sptep / g.entries);
  const name = `sp${sp}[${sptep % g.entries}]`;
  return { name, target: state.sp[sp]?.list === 'free' ? spId(sp) : name };
}

/** Chains that are not empty; those above 4K are named by their first gfn. */
function rmapParts(state: ShadowState, g: Geometry): { row: SceneRow; edges: SceneEdge[] }[] {
  return state.rmap.flatMap((chain, key) => {
    if (chain.length === 0) return [];
    const label = key < g.gfns ? `gfn ${hex(key)}` : `2M at gfn ${hex((key - g.gfns) * g.entries)}`;
    const leaves = chain.map((sptep) => sptepOf(state, g, sptep));
    const id = `rmap ${label}`;
    return {
      row: { id, label, text: leaves.map(({ name }) => name).join(' ') },
      edges: leaves.map(({ target }) => ({ kind: 'rmap' as const, from: id, to: target })),
    };
  });
}

/** Tables without any entry are left out unless something refers to them. */
export function shadowScene(snapshot: Snapshot, g: Geometry): Scene {
  const state = shadowState(snapshot);
  const rmap = rmapParts(state, g);
  const links = [
    ...state.vcpu.flatMap(vcpuEdges),
    ...state.sp.flatMap(linkEdges),
    ...guestEdges(state, g),
    ...rmap.flatMap(({ edges }) => edges),
  ];
  const shadows = state.sp.flatMap((page, sp): SceneEdge[] => {
    const frame = pfnOf(state, g, page.gfn);
    const behind = page.list !== 'free' && !page.role.direct && frame < g.tables;
    return behind ? [{ kind: 'shadows', from: spId(sp), to: tableId(frame) }] : [];
  });
  const edges = [...links, ...shadows];
  const referred = new Set(edges.map(({ to }) => to));
  const pages = state.sp
    .map(pageNode)
    .filter(({ id, state: now }) => now !== 'freed' || referred.has(id));
  const tables = state.memory
    .map((_, frame) => tableNode(state, g, frame))
    .filter(({ id, rows }) => referred.has(id) || rows.some(({ text }) => text !== '-'));
  const rows = rmap.map(({ row }) => row);
  const chains: SceneNode[] =
    rows.length === 0
      ? []
      : [{ id: 'rmap', kind: 'rmap', state: 'plain', title: 'rmap', notes: [], rows }];
  return {
    nodes: [...state.vcpu.map((vcpu, v) => vcpuNode(vcpu, v, g)), ...pages, ...tables, ...chains],
    edges,
    facts: factsOf(state, g),
  };
}
