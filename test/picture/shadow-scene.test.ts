import { describe, expect, it } from 'vitest';
import { changedIn, edgeId, nodeOf, type Scene } from '../../src/picture/scene.ts';
import { shadowScene } from '../../src/picture/shadow-scene.ts';
import { snapshotOf } from '../../src/engine/state/snapshot.ts';
import type { Snapshot } from '../../src/checker/catalogue.ts';
import { gpte } from '../../model/gpte.ts';
import { layoutOf } from '../../model/layout/index.ts';
import { aKvm, aLeaf, aLink, aMark, aPage, aVcpu, hold, type KvmInput } from '../support/kvm.ts';
import type { Kvm } from '../../model/index.ts';

const pictured = (kvm: Kvm): Scene =>
  shadowScene(snapshotOf(layoutOf(kvm), kvm) as Snapshot, kvm.geometry);

/** Guest: table 0 over table 1 over frame 4. Shadow: sp0 over sp1, the latter unsync. */
const built = (input: KvmInput = {}): Kvm => {
  const kvm = aKvm({
    initialMemory: [[gpte({ gfn: 1 })], [gpte({ gfn: 4 })]],
    ...input,
  });
  aPage(kvm, 0, { gfn: 0, level: 2, root_count: 1 });
  aPage(kvm, 1, { gfn: 1, level: 1, unsync: true });
  aLink(kvm, 0, 1);
  aMark(kvm, 0);
  aLeaf(kvm, 1, { gfn: 4, index: 1 });
  aVcpu(kvm, 0);
  return kvm;
};

const node = (scene: Scene, id: string) => scene.nodes.find((n) => n.id === id);
const rowText = (scene: Scene, id: string) =>
  nodeOf(scene, id)?.rows.find((row) => row.id === id)?.text;

describe('shadowScene', () => {
  it('shows vCPUs, allocated shadow pages, guest tables with entries and the rmap', () => {
    const scene = pictured(built());
    expect(scene.nodes.map(({ id, kind, state }) => [id, kind, state])).toEqual([
      ['vcpu0', 'vcpu', 'plain'],
      ['vcpu1', 'vcpu', 'plain'],
      ['sp0', 'shadow-page', 'plain'],
      ['sp1', 'shadow-page', 'unsync'],
      ['table0', 'guest-table', 'plain'],
      ['table1', 'guest-table', 'plain'],
      ['rmap', 'rmap', 'plain'],
    ]);
    expect(node(scene, 'sp0')).toMatchObject({
      title: 'sp0 l2 gfn 0x0',
      notes: ['access wux', 'sync', 'root_count 1', 'unsync_children 1 {0}'],
    });
    expect(node(scene, 'sp1')?.rows).toEqual([
      { id: 'sp1[0]', label: '[0]', text: '-' },
      { id: 'sp1[1]', label: '[1]', text: 'pfn 0x4 wux mmu-writable gfn 0x4' },
    ]);
    expect(node(scene, 'table0')).toMatchObject({
      title: 'guest gfn 0x0',
      notes: ['gfn_write_track 1'],
    });
    expect(rowText(scene, 'table0[0]')).toBe('gfn 0x1 wux');
    expect(rowText(scene, 'rmap gfn 0x4')).toBe('sp1[1]');
  });

  it('joins roots, links, guest tables and rmap chains', () => {
    expect(pictured(built()).edges.map(edgeId)).toEqual([
      'root vcpu0 root sp0',
      'link sp0[0] sp1',
      'guest table0[0] table1',
      'rmap rmap gfn 0x4 sp1[1]',
      'shadows sp0 table0',
      'shadows sp1 table1',
    ]);
  });

  it('shows what hardware retains, and leads to freed pages that something refers to', () => {
    const kvm = built({ geometry: { psc_entries: 1 } });
    const { ghost_tlb, ghost_psc } = kvm.vcpu.at(0);
    Object.assign(ghost_tlb.at(0), { valid: true, va: 3, pfn: 4, access: 4 });
    Object.assign(ghost_psc.at(0), { valid: true, va: 2, level: 2, sp: 5 });
    const scene = pictured(kvm);
    expect(rowText(scene, 'vcpu0 tlb[0]')).toBe('va 0x3 pfn 0x4 -u-');
    expect(rowText(scene, 'vcpu0 psc[0]')).toBe('va 0x2 l2 sp5');
    expect(node(scene, 'sp5')).toMatchObject({ state: 'freed', title: 'sp5 freed' });
  });

  it('says what belongs to no box', () => {
    const kvm = built();
    hold(kvm, 0);
    kvm.ghost_owed.unmap.add(4);
    kvm.ghost_owed.link = true;
    kvm.ghost.warning = 'rmap-entry-missing';
    expect(pictured(kvm).facts).toEqual([
      'mmu_lock vcpu0',
      'owed flush {unmap pfn 0x4; link}',
      'WARN rmap-entry-missing',
    ]);
  });
});

describe('changedIn', () => {
  it('is the rows, nodes and edges that look different', () => {
    const kvm = built();
    const before = pictured(kvm);
    kvm.sp.at(1).unsync = false;
    aLeaf(kvm, 1, { gfn: 5, index: 0, access: 5 });
    expect([...changedIn(before, pictured(kvm))].sort()).toEqual([
      'rmap gfn 0x5',
      'rmap rmap gfn 0x5 sp1[0]',
      'sp1',
      'sp1[0]',
    ]);
    expect(changedIn(before, before).size).toBe(0);
  });
});
