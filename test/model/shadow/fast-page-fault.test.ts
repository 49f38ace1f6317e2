import { describe, expect, it } from 'vitest';
import {
  NO_SPTE,
  is_writable_pte,
  leafSpte,
  withoutWrite,
  writeProtected,
} from '../../../model/spte.ts';
import { mayFlush } from '../../../model/tlb/flush.ts';
import {
  aKvm,
  aLeaf,
  aLink,
  aPage,
  aProgram,
  aVcpu,
  run,
  type KvmInput,
} from '../../support/kvm.ts';

const v = 0;
const read = 'fast_page_fault';
const fix = 'fast_pf_fix_direct_spte';
const mark = 'fast_pf_fix_direct_spte.mark_page_dirty';
const logged = {
  base_gfn: 2,
  npages: 2,
  word: 2,
  enabled: true,
  protect: 'get',
  clears: [],
  pml: 'none',
} as const;

/** vCPU 0 has no paging; sp1[0] maps gfn 2, without the write right unless told otherwise. */
const aFault = ({
  spte = withoutWrite(leafSpte(2, 7)),
  ...input
}: KvmInput & { spte?: number }) => {
  const program = aProgram({
    ...input,
    geometry: { nonpaging: [0, 1], dirty_log: logged, kinds: ['uw', 'ux'], ...input.geometry },
  });
  const kvm = program.current;
  aPage(kvm, 0, { gfn: 0, level: 2, direct: true, cr0_wp: false, root_count: 1 });
  aPage(kvm, 1, { gfn: 2, direct: true, cr0_wp: false });
  aLink(kvm, 0, 1, 1);
  aLeaf(kvm, 1, { gfn: 2 });
  kvm.sp.at(1).spt.set(0, spte);
  aVcpu(kvm, v, { pc: 'direct_page_fault' });
  Object.assign(kvm.vcpu.at(v).insn, { va: 2, kind: 1, present: true });
  const step = (name: string) => {
    expect([name, run(program, name, { v })]).toEqual([name, true]);
    return kvm.vcpu.at(v).pc;
  };
  return { kvm, step, page: kvm.sp.at(1) };
};

describe('fast_page_fault', () => {
  it('makes a leaf writable that the log has protected, then logs the page', () => {
    const { kvm, step, page } = aFault({});
    expect(step('direct_page_fault')).toBe('fast_page_fault');
    expect([step(read), step(read)]).toEqual(['fast_page_fault', 'fast_pf_fix_direct_spte']);
    expect(step(fix)).toBe('mark_page_dirty');
    expect([is_writable_pte(page.spt.get(0)), kvm.dirty_log.dirty_bitmap.bits]).toEqual([true, 0]);
    expect(step(mark)).toBe('enter');
    expect([kvm.dirty_log.dirty_bitmap.bits, kvm.vcpu.at(v).reading]).toEqual([1, null]);
  });

  it('lets a flush of another vCPU wait until the page is in the log', () => {
    const { kvm, step } = aFault({});
    const flushes = ['direct_page_fault', read, read, fix, mark].map((name) => {
      step(name);
      return mayFlush(kvm, 1);
    });
    expect(flushes).toEqual([false, false, false, false, true]);
  });

  it('walks again when the leaf has changed', () => {
    const { step, page } = aFault({});
    ['direct_page_fault', read, read].forEach(step);
    page.spt.set(0, NO_SPTE);
    expect(step(fix)).toBe('fast_page_fault');
    expect(page.spt.get(0)).toBe(NO_SPTE);
    expect([step(read), step(read)]).toEqual(['fast_page_fault', 'lock_page_fault']);
  });

  it.each([
    ['that a guest table is protected by', writeProtected(leafSpte(2, 7)), 'lock_page_fault'],
    ['that is writable by now', leafSpte(2, 7), 'enter'],
    ['that is gone', NO_SPTE, 'lock_page_fault'],
  ])('leaves a leaf as it is %s', (_, spte, next) => {
    const { step, page } = aFault({ spte });
    step('direct_page_fault');
    expect([step(read), step(read)]).toEqual(['fast_page_fault', next]);
    expect(page.spt.get(0)).toBe(spte);
  });

  it('takes on neither fetches nor faults on what is not present', () => {
    for (const insn of [{ kind: 2 }, { present: false }]) {
      const { kvm, step } = aFault({});
      Object.assign(kvm.vcpu.at(v).insn, insn);
      expect(step('direct_page_fault')).toBe('lock_page_fault');
    }
  });

  it.each([
    [true, 'lock_page_fault'],
    [false, 'fast_pf_fix_direct_spte'],
  ])('of a huge leaf, with logging %s, goes on to %s', (enabled, next) => {
    const geometry = { host_level: [1, 1, 2, 2, 1, 1], dirty_log: { ...logged, enabled } };
    const { kvm, step } = aFault({ geometry });
    kvm.sp.at(0).spt.set(1, withoutWrite(leafSpte(2, 7)));
    step('direct_page_fault');
    expect(step(read)).toBe(next);
  });

  it('is not there for vCPUs with guest tables', () => {
    expect(aKvm().vcpu.at(0).reading).toBe(null);
    expect(() => run(aProgram(), read, { v })).toThrow(/no instance/);
  });
});
