import { describe, expect, it } from 'vitest';
import { ACC_ALL, ACC_USER_MASK } from '../../model/access.ts';
import { describeChanges, type Kvm } from '../../model/index.ts';
import { gpte } from '../../model/gpte.ts';
import { NO_SPTE } from '../../model/spte.ts';
import { aLeaf, aLink, aPage, aProgram, aVcpu } from '../support/kvm.ts';

/** What is said of a change to a state with root 0 over table 1, which maps gfn 4. */
const said = (change: (kvm: Kvm) => void): readonly string[] => {
  const program = aProgram({ geometry: { psc_entries: 1 } });
  const kvm = program.current;
  aPage(kvm, 0, { level: 2, root_count: 1 });
  aPage(kvm, 1);
  aLink(kvm, 0, 1);
  aLeaf(kvm, 1, { gfn: 4 });
  aVcpu(kvm, 0);
  const before = program.snapshot();
  change(kvm);
  return describeChanges(before, program.snapshot());
};

describe('describeChanges', () => {
  it('says nothing when nothing changed', () => {
    expect(said(() => undefined)).toEqual([]);
  });

  it('names locks, exits and entries', () => {
    expect(
      said((kvm) => {
        kvm.mmu_lock.holder = 1;
        kvm.vcpu.at(0).pc = 'walk_addr';
        kvm.vcpu.at(1).pc = 'guest';
      }),
    ).toEqual(['+ mmu_lock vcpu1', 'vcpu0 exits, next walk_addr', 'vcpu1 enters the guest']);
  });

  it('names roots, cached roots, requests and CR0.WP of a vCPU', () => {
    expect(
      said((kvm) => {
        const vcpu = kvm.vcpu.at(0);
        vcpu.root = null;
        vcpu.prev_root.at(0).sp = 0;
        vcpu.cr0_wp = false;
        vcpu.request_sync = true;
      }),
    ).toEqual([
      'vcpu0 root sp0 -> none',
      'vcpu0 prev_root[0] none -> sp0',
      'vcpu0 CR0.WP 0',
      'vcpu0 + request_sync',
    ]);
  });

  it('names the entry that a walk read, and the entry that the guest changed', () => {
    expect(
      said((kvm) => {
        kvm.vcpu.at(0).walker.ptes.set(1, gpte({ gfn: 1 }));
        kvm.memory.at(1).set(0, gpte({ gfn: 5, access: ACC_USER_MASK }));
      }),
    ).toEqual(['vcpu0 walk l2 reads gfn 0x1 wux', 'gpte gfn 0x1[0] not present -> gfn 0x5 -u-']);
  });

  it('names pages that come, go, lose sync, are zapped and are counted', () => {
    expect(said((kvm) => aPage(kvm, 2))).toContain('+ sp2 l1 gfn 0x2 access wux sync');
    expect(said((kvm) => (kvm.sp.at(1).list = 'free'))).toEqual(['- sp1 l1 gfn 0x1 freed']);
    expect(
      said((kvm) => {
        kvm.sp.at(1).unsync = true;
        kvm.sp.at(0).unsync_children = 1;
        kvm.sp.at(0).unsync_child_bitmap.add(0);
        kvm.sp.at(0).root_count = 2;
        kvm.sp.at(0).write_flooding_count = 1;
        kvm.sp.at(0).role.invalid = true;
        kvm.sp.at(0).list = 'none';
      }),
    ).toEqual([
      'sp0 l2 gfn 0x0 invalid, list none',
      'sp0 l2 gfn 0x0 root_count 1 -> 2',
      'sp0 l2 gfn 0x0 unsync_children 0 -> 1 {0}',
      'sp0 l2 gfn 0x0 write_flooding_count 1',
      'sp1 l1 gfn 0x1 unsync',
    ]);
  });

  it('names shadow entries, and what is cached beside a leaf', () => {
    expect(said((kvm) => kvm.sp.at(0).spt.set(0, NO_SPTE))).toEqual(['spte sp0[0] sp1 -> -']);
    expect(said((kvm) => kvm.sp.at(1).shadowed_access.set(0, ACC_USER_MASK))).toEqual([
      'shadowed_translation sp1[0] gfn 0x4 -u-',
    ]);
    expect(said((kvm) => aLeaf(kvm, 1, { index: 1, gfn: 5, access: ACC_USER_MASK }))).toEqual([
      'spte sp1[1] - -> pfn 0x5 -u-',
      'shadowed_translation sp1[1] gfn 0x5 -u-',
    ]);
  });

  it('names what is tracked, what hardware retains, and flushes owed and paid', () => {
    expect(
      said((kvm) => {
        kvm.gfn_write_track.set(4, 1);
        const fill = { valid: true, va: 1, pfn: 4, access: ACC_ALL };
        Object.assign(kvm.vcpu.at(0).ghost_tlb.at(0), fill);
        Object.assign(kvm.vcpu.at(1).ghost_psc.at(0), { valid: true, va: 2, level: 2, sp: 1 });
        kvm.ghost_owed.unmap.add(4);
        kvm.ghost_owed.protect.add(5);
        kvm.ghost_owed.link = true;
      }),
    ).toEqual([
      'gfn_write_track 0x4 0 -> 1',
      'tlb vcpu0 - -> {va 0x1 pfn 0x4 wux}',
      'psc vcpu1 - -> {va 0x2 l2 sp1}',
      '+ owed flush {unmap pfn 0x4; protect pfn 0x5; link}',
    ]);
  });

  it('names a warning of the kernel', () => {
    expect(said((kvm) => (kvm.ghost.warning = 'unsync-above-4k'))).toEqual([
      'WARN unsync-above-4k',
    ]);
  });

  it('names a lock dropped, a request served and a flush paid', () => {
    const program = aProgram();
    const kvm = program.current;
    kvm.mmu_lock.holder = 0;
    kvm.ghost_owed.link = true;
    kvm.vcpu.at(1).request_flush_current = true;
    const before = program.snapshot();
    kvm.mmu_lock.holder = null;
    kvm.ghost_owed.link = false;
    kvm.vcpu.at(1).request_flush_current = false;
    expect(describeChanges(before, program.snapshot())).toEqual([
      '- mmu_lock vcpu0',
      'vcpu1 - request_flush_current',
      '- owed flush {link}',
    ]);
  });
});
