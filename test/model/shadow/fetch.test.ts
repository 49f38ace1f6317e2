import { describe, expect, it } from 'vitest';
import { ACC_ALL, ACC_USER_MASK, ACC_WRITE_MASK } from '../../../model/access.ts';
import { gpte, NO_GPTE, gpte_to_gfn } from '../../../model/gpte.ts';
import { leafSpte, make_nonleaf_spte, NO_SPTE } from '../../../model/spte.ts';
import { aLink, aMark, aPage, aProgram, aVcpu, run, type KvmInput } from '../../support/kvm.ts';

const get_child_sp = 'kvm_mmu_get_child_sp';
const recheck = 'FNAME(fetch).recheck';
const v = 0;
const readOnly = ACC_ALL & ~ACC_WRITE_MASK;

interface FetchInput extends KvmInput {
  readonly root?: number;
  readonly leaf?: number;
  readonly kind?: number;
}

/** vCPU 0 holds mmu_lock at the root, its walk of address 0 done. Table 1 is not shadowed yet. */
const aProgramInFetch = ({ root, leaf, kind = 0, ...input }: FetchInput = {}) => {
  const ptes = [leaf ?? gpte({ gfn: 4 }), root ?? gpte({ gfn: 1 })];
  const program = aProgram({
    initialMemory: [
      [ptes[1] ?? 0, NO_GPTE],
      [ptes[0] ?? 0, NO_GPTE],
    ],
    ...input,
  });
  const kvm = program.current;
  aPage(kvm, 0, { gfn: 0, level: 2, root_count: 1 });
  aVcpu(kvm, v, { pc: 'get_child_sp' });
  kvm.vcpu.at(v).insn.kind = kind;
  ptes.forEach((pte, i) => kvm.vcpu.at(v).walker.ptes.set(i, pte));
  kvm.vcpu.at(v).fault.pfn = gpte_to_gfn(ptes[0] ?? 0);
  Object.assign(kvm.mmu_lock, { holder: v, level: 2, sp: 0 });
  const step = (name: string) => {
    expect(run(program, name, { v })).toBe(true);
    return kvm.vcpu.at(v).pc;
  };
  return { kvm, step };
};

describe('kvm_mmu_get_child_sp', () => {
  it('creates the child, which write-protects its table', () => {
    const { kvm, step } = aProgramInFetch();
    expect(step(get_child_sp)).toBe('link_shadow_page');
    expect(kvm.mmu_lock).toMatchObject({ child: 1, fresh: true, created: true });
    expect(kvm.sp.at(1)).toMatchObject({ list: 'active', gfn: 1 });
  });

  it('finds the child elsewhere, in the role that the entry implies', () => {
    const { kvm, step } = aProgramInFetch({ root: gpte({ gfn: 1, access: readOnly }) });
    aPage(kvm, 2, { gfn: 1 });
    aPage(kvm, 3, { gfn: 1, access: readOnly });
    expect(step(get_child_sp)).toBe('link_shadow_page');
    expect(kvm.mmu_lock).toMatchObject({ child: 3, fresh: true, created: false });
  });

  it('keeps the child that is linked when gfn and role fit', () => {
    const { kvm, step } = aProgramInFetch();
    aPage(kvm, 2, { gfn: 1 });
    aLink(kvm, 0, 2);
    expect(step(get_child_sp)).toBe('link_shadow_page');
    expect(kvm.mmu_lock).toMatchObject({ child: 2, fresh: false });
  });

  it('compares less before it keeps a child, as rule and mutant have it', () => {
    const kept = (child_reuse_check: 'gfn-and-role' | 'gfn' | 'none', gfn: number) => {
      const { kvm, step } = aProgramInFetch({ rules: { child_reuse_check } });
      aPage(kvm, 2, { gfn, access: readOnly });
      aLink(kvm, 0, 2);
      step(get_child_sp);
      return kvm.mmu_lock.child === 2;
    };
    expect([kept('gfn-and-role', 1), kept('gfn', 1), kept('none', 1)]).toEqual([false, true, true]);
    expect([kept('gfn', 2), kept('none', 2)]).toEqual([false, true]);
  });

  it('takes the access of the whole walk, or the level of the parent, as mutants have it', () => {
    for (const child_access of ['per-level', 'last-table'] as const) {
      // The root gives all rights, the directory below it takes the write right away.
      const root = gpte({ gfn: 1, access: readOnly });
      const { kvm, step } = aProgramInFetch({
        root,
        geometry: { levels: 3 },
        rules: { child_access },
      });
      kvm.mmu_lock.level = 3;
      kvm.sp.at(0).role.level = 3;
      kvm.vcpu.at(v).walker.ptes.set(2, gpte({ gfn: 2 }));
      step(get_child_sp);
      expect(kvm.sp.at(1).role.access).toBe(child_access === 'last-table' ? readOnly : ACC_ALL);
    }
    const level = aProgramInFetch({ rules: { child_level: 'same' } });
    level.step(get_child_sp);
    expect(level.kvm.sp.at(1).role.level).toBe(2);
  });

  it('warns below a zapped root, once the check that prevents it exists', () => {
    for (const stale_root_check of ['checked', 'skipped'] as const) {
      const { kvm, step } = aProgramInFetch({ rules: { stale_root_check } });
      kvm.sp.at(0).role.invalid = true;
      step(get_child_sp);
      const warning = stale_root_check === 'checked' ? 'child-role-invalid' : 'none';
      expect(kvm.ghost.warning).toBe(warning);
    }
  });

  it('ends a write flood of the parent', () => {
    const { kvm, step } = aProgramInFetch();
    kvm.sp.at(0).write_flooding_count = 1;
    step(get_child_sp);
    expect(kvm.sp.at(0).write_flooding_count).toBe(0);
  });

  it('syncs an unsync child that it finds and leaves it unsync, or clears it as a mutant', () => {
    for (const lookup_unsync of ['sync', 'sync-and-clear'] as const) {
      const { kvm, step } = aProgramInFetch({ rules: { lookup_unsync } });
      aPage(kvm, 2, { gfn: 1, unsync: true });
      expect(step(get_child_sp)).toBe('sync_spte');
      expect(kvm.sp.at(2).unsync).toBe(lookup_unsync === 'sync');
      const entry = 'kvm_sync_page.sync_spte';
      expect([step(entry), step(entry)]).toEqual(['sync_spte', 'link_shadow_page']);
    }
  });

  it('uses a stale child as it is, as the mutant has it', () => {
    const { kvm, step } = aProgramInFetch({ rules: { lookup_unsync: 'ignore' } });
    aPage(kvm, 2, { gfn: 1, unsync: true });
    expect(step(get_child_sp)).toBe('link_shadow_page');
  });

  it('syncs what is unsync below a directory before it links it', () => {
    const geometry = { levels: 3 };
    for (const link_unsync_children of ['sync', 'skip'] as const) {
      const { kvm, step } = aProgramInFetch({ geometry, rules: { link_unsync_children } });
      kvm.sp.at(0).role.level = 3;
      kvm.mmu_lock.level = 3;
      kvm.vcpu.at(v).walker.ptes.set(2, gpte({ gfn: 2 }));
      aPage(kvm, 2, { gfn: 2, level: 2 });
      aPage(kvm, 3, { gfn: 1, unsync: true });
      aLink(kvm, 2, 3);
      aMark(kvm, 2);
      const next = link_unsync_children === 'sync' ? 'sync_children' : 'link_shadow_page';
      expect(step(get_child_sp)).toBe(next);
    }
  });
});

describe('__link_shadow_page', () => {
  it('links the child and goes down', () => {
    const { kvm, step } = aProgramInFetch();
    step(get_child_sp);
    expect(step(recheck)).toBe('make_spte');
    expect(kvm.sp.at(0).spt.get(0)).toBe(make_nonleaf_spte(1));
    expect(kvm.sp.at(1).parent_ptes.bits).toBe(1);
    expect(kvm.mmu_lock).toMatchObject({ level: 1, sp: 1, child: null, fresh: false });
  });

  it('gives up when the leaf of the walk changed, by rule', () => {
    const links = (gpte_recheck: 'always' | 'new-page-only' | 'never', exists: boolean) => {
      const { kvm, step } = aProgramInFetch({ rules: { gpte_recheck } });
      if (exists) aPage(kvm, 2, { gfn: 1 });
      step(get_child_sp);
      kvm.memory.at(1).set(0, NO_GPTE);
      return step(recheck) === 'make_spte';
    };
    expect([links('always', true), links('always', false)]).toEqual([false, false]);
    expect([links('new-page-only', true), links('new-page-only', false)]).toEqual([true, false]);
    expect([links('never', true), links('never', false)]).toEqual([true, true]);
  });

  it('marks its ancestors when the child is unsync, unless the mutant forgets', () => {
    for (const link_mark_unsync of ['mark', 'skip'] as const) {
      const { kvm, step } = aProgramInFetch({ rules: { link_mark_unsync } });
      aPage(kvm, 2, { gfn: 1, unsync: true });
      const entry = 'kvm_sync_page.sync_spte';
      [step(get_child_sp), step(entry), step(entry), step(recheck)].forEach(String);
      expect(kvm.sp.at(0).unsync_children).toBe(link_mark_unsync === 'mark' ? 1 : 0);
    }
  });

  it('takes the old child off, flushes, and stores only then', () => {
    const { kvm, step } = aProgramInFetch();
    aPage(kvm, 2, { gfn: 2 });
    aLink(kvm, 0, 2);
    step(get_child_sp);
    expect(step(recheck)).toBe('flush');
    expect([kvm.sp.at(0).spt.get(0), kvm.sp.at(2).parent_ptes.bits]).toEqual([NO_SPTE, 0]);
    expect(step('kvm_flush_remote_tlbs')).toBe('store_link');
    expect(kvm.ghost_owed.link).toBe(false);
    expect(step('__link_shadow_page')).toBe('make_spte');
    expect(kvm.sp.at(0).spt.get(0)).toBe(make_nonleaf_spte(1));
  });

  it('forgets the old child, or the flush, as the mutants have it', () => {
    for (const rules of [{ link_replace: 'overwrite' }, { link_flush: 'none' }] as const) {
      const { kvm, step } = aProgramInFetch({ rules });
      aPage(kvm, 2, { gfn: 2 });
      aLink(kvm, 0, 2);
      step(get_child_sp);
      expect(step(recheck)).toBe('link_flush' in rules ? 'store_link' : 'flush');
      expect(kvm.ghost_owed.link).toBe(true);
      expect(kvm.sp.at(2).parent_ptes.bits).toBe('link_replace' in rules ? 1 : 0);
    }
  });
});

describe('mmu_set_spte', () => {
  const fetched = (input: FetchInput = {}) => {
    const fetch = aProgramInFetch(input);
    [fetch.step(get_child_sp), fetch.step(recheck)].forEach(String);
    return fetch;
  };
  const prepare = 'mmu_try_to_unsync_pages';

  it('maps what the walk gave and goes back to the guest', () => {
    const { kvm, step } = fetched();
    expect(step(prepare)).toBe('store_spte');
    expect(step('mmu_set_spte')).toBe('enter');
    expect(kvm.sp.at(1).spt.get(0)).toBe(leafSpte(4, ACC_ALL));
    expect(kvm.mmu_lock.holder).toBe(null);
  });

  it('maps a clean page read-only', () => {
    const { kvm, step } = fetched({ leaf: gpte({ gfn: 4, dirty: false }) });
    [step(prepare), step('mmu_set_spte')].forEach(String);
    expect(kvm.sp.at(1).spt.get(0)).toBe(leafSpte(4, readOnly));
  });

  it('maps a read-only page for the supervisor to write while CR0.WP is clear', () => {
    const leaf = gpte({ gfn: 4, access: ACC_USER_MASK });
    const { kvm, step } = fetched({ leaf, kind: 4, geometry: { kinds: ['sr', 'sw'] } });
    kvm.vcpu.at(v).cr0_wp = false;
    [step(prepare), step('mmu_set_spte')].forEach(String);
    expect(kvm.sp.at(1).spt.get(0)).toBe(leafSpte(4, ACC_WRITE_MASK));
  });

  it('sends a write to a protected table to the emulator, a read back to the guest', () => {
    for (const kind of [0, 1]) {
      const { kvm, step } = fetched({ leaf: gpte({ gfn: 0 }), kind });
      [step(prepare)].forEach(String);
      expect(step('mmu_set_spte')).toBe(kind === 1 ? 'emulate_write' : 'enter');
      expect(kvm.sp.at(1).spt.get(0)).toBe(leafSpte(0, readOnly));
    }
  });

  it('marks pages unsync before the leaf is writable, or after, as the mutant has it', () => {
    const upstream = fetched({ leaf: gpte({ gfn: 1 }), kind: 1 });
    upstream.step(prepare);
    expect(upstream.kvm.sp.at(1).unsync).toBe(true);
    const rules = { unsync_order: 'after-writable' } as const;
    const { kvm, step } = fetched({ leaf: gpte({ gfn: 1 }), kind: 1, rules });
    expect([step(prepare), step('mmu_set_spte')]).toEqual(['store_spte', 'mark_unsync_late']);
    expect(kvm.sp.at(1).unsync).toBe(false);
    expect(step('mmu_try_to_unsync_pages.late')).toBe('enter');
    expect(kvm.sp.at(1).unsync).toBe(true);
  });
});
