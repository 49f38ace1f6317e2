import { describe, expect, it } from 'vitest';
import { ACC_ALL, ACC_WRITE_MASK } from '../../../model/access.ts';
import { gpte, NO_GPTE } from '../../../model/gpte.ts';
import { leafSpte, NO_SPTE } from '../../../model/spte.ts';
import { isPrefetchDue } from '../../../model/shadow/prefetch-window.ts';
import { aKvm, aPage, aProgram, aVcpu, hold, run, type KvmInput } from '../../support/kvm.ts';

/** vCPU 0 has mapped entry 0 of a table; `pte` was read for entry 1, which is not mapped. */
const prefetched = (pte: number, input: KvmInput = {}, page = {}): number => {
  const program = aProgram({ prefetch: true, ...input });
  const kvm = program.current;
  aPage(kvm, 0, { level: 2, root_count: 1 });
  aPage(kvm, 1, { gfn: 2, unsync: true, ...page });
  aVcpu(kvm, 0, { pc: 'pte_prefetch' });
  hold(kvm);
  kvm.mmu_lock.level = 1;
  kvm.mmu_lock.sp = 1;
  kvm.vcpu.at(0).walker.prefetch_ptes.set(1, pte);
  expect(run(program, 'FNAME(pte_prefetch)', { v: 0 })).toBe(true);
  expect(kvm.vcpu.at(0).pc).toBe('enter');
  return kvm.sp.at(1).spt.get(1);
};

const readOnly = ACC_ALL & ~ACC_WRITE_MASK;

describe('FNAME(pte_prefetch)', () => {
  it('maps the neighbour with the rights of its entry', () => {
    expect(prefetched(gpte({ gfn: 5 }))).toBe(leafSpte(5, ACC_ALL));
    expect(prefetched(gpte({ gfn: 5, access: readOnly }))).toBe(leafSpte(5, readOnly));
    expect(prefetched(NO_GPTE)).toBe(NO_SPTE);
  });

  it('leaves alone what nobody has used, and maps clean entries read-only', () => {
    const [unused, clean] = [gpte({ gfn: 5, accessed: false }), gpte({ gfn: 5, dirty: false })];
    expect([prefetched(unused), prefetched(clean)]).toEqual([NO_SPTE, leafSpte(5, readOnly)]);
    const rules = { prefetch_accessed: 'ignored', prefetch_dirty: 'ignored' } as const;
    expect(prefetched(unused, { rules })).toBe(leafSpte(5, ACC_ALL));
    expect(prefetched(clean, { rules })).toBe(leafSpte(5, ACC_ALL));
  });

  it('maps a table read-only whose shadow pages are in sync, and makes none unsync', () => {
    expect(prefetched(gpte({ gfn: 2 }))).toBe(leafSpte(2, ACC_ALL));
    expect(prefetched(gpte({ gfn: 2 }), {}, { unsync: false })).toBe(leafSpte(2, readOnly));
    const rules = { prefetch_write: 'granted' } as const;
    expect(prefetched(gpte({ gfn: 2 }), { rules }, { unsync: false })).toBe(leafSpte(2, ACC_ALL));
  });

  it('computes the neighbours of a direct page', () => {
    expect(prefetched(NO_GPTE, {}, { gfn: 4, direct: true, unsync: false })).toBe(
      leafSpte(5, ACC_ALL),
    );
  });
});

describe('isPrefetchDue', () => {
  it('is so below a 4K table while nothing is being invalidated', () => {
    const kvm = aKvm({ prefetch: true, budget: { notifier: 1 } });
    kvm.mmu_lock.level = 1;
    expect(isPrefetchDue(kvm)).toBe(true);
    kvm.mmu_notifier.mmu_invalidate_in_progress = 1;
    expect(isPrefetchDue(kvm)).toBe(false);
    kvm.mmu_notifier.mmu_invalidate_in_progress = 0;
    kvm.mmu_lock.level = 2;
    expect(isPrefetchDue(kvm)).toBe(false);
    expect(isPrefetchDue(aKvm())).toBe(false);
  });
});
