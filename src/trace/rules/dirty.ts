/** Rules on dirty logging and on the lockless repair of write protection. */
import { spte_to_pfn, spteText } from '../read/spte.ts';
import { parseDirtyReport } from '../track/slots.ts';
import { hex, type TraceRule } from './rule.ts';

export const writableSpteImpliesDirtyLogged: TraceRule = {
  id: 'writable-spte-implies-dirty-logged',
  says: 'Each gfn that became writable while its slot was logged is in the next dirty log.',
  why: 'A page that is written and not reported is lost in a migration.',
  source: ['mark_page_dirty_in_slot()', 'kvm_get_dirty_log_protect()'],
  needs: ['tracing_mark_write'],
  needsOneOf: ['kvm_mmu_set_spte', 'fast_page_fault'],
  modes: 'one vCPU, with dirty logging',
  kernels: 'all',
  memory: 'history',
  watch: (judge) => ({
    marker: ({ text }, at) => {
      const { slots, settings } = at.vm;
      const report = parseDirtyReport(text);
      if (report === undefined) return;
      if ((settings.promisedVcpus ?? settings.vcpus.size) !== 1) return;
      for (const [gfn, line] of slots.written.get(report.slot) ?? []) {
        if (gfn > report.upTo) continue;
        judge.judge(at, () =>
          report.gfns.has(gfn)
            ? undefined
            : {
                message: `gfn ${hex(gfn)} is not in the log of slot ${report.slot}`,
                because: [{ line, what: 'it becomes writable' }],
              },
        );
      }
    },
  }),
};

export const fastFaultOnlyIfWritableAllowed: TraceRule = {
  id: 'fast-fault-only-if-writable-allowed',
  says: 'The write right is restored without the lock in host- and MMU-writable entries only.',
  why: 'Any other write protection is for a shadowed table, or for memory that is read-only.',
  source: ['fast_page_fault()', 'is_mmu_writable_spte()'],
  needs: ['fast_page_fault'],
  modes: 'NPT or EPT, with dirty logging',
  kernels: 'all',
  memory: 'line',
  property: 'shadowed-gfn-has-no-writable-spte',
  watch: (judge) => ({
    fast_page_fault: (event, at) => {
      const { format } = at.vm;
      if (!event.fixed) return;
      if (format.is_writable_pte(event.old) || !format.is_writable_pte(event.new)) return;
      judge.judge(at, () =>
        format.isHostWritable(event.old) && format.is_mmu_writable_spte(event.old)
          ? undefined
          : { message: `${spteText(event.old)} may not become writable` },
      );
    },
  }),
};

export const fastFaultKeepsPfn: TraceRule = {
  id: 'fast-fault-keeps-pfn',
  says: 'A fix without the lock keeps the frame.',
  why: 'Only rights are restored; a frame is chosen under the lock.',
  source: ['fast_page_fault()', 'fast_pf_fix_direct_spte()'],
  needs: ['fast_page_fault'],
  modes: 'NPT or EPT, with dirty logging',
  kernels: 'all',
  memory: 'line',
  watch: (judge) => ({
    fast_page_fault: (event, at) => {
      if (!event.fixed) return;
      judge.judge(at, () =>
        spte_to_pfn(event.old) === spte_to_pfn(event.new)
          ? undefined
          : { message: `${spteText(event.old)} becomes ${spteText(event.new)}` },
      );
    },
  }),
};
