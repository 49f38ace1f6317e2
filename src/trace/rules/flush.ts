/** The rule on flushes. */
import type { TraceRule } from './rule.ts';

export const flushBeforeEntry: TraceRule = {
  id: 'flush-before-entry',
  says: 'A thread that removed a leaf or took a right from one flushes before it enters a guest.',
  why:
    'Hardware may still use what is no longer in the tables: freed memory, or a right that was ' +
    'taken away.',
  source: ['kvm_mmu_remote_flush_or_zap()', 'kvm_flush_remote_tlbs()', 'tdp_mmu_iter_set_spte()'],
  needs: ['kvm_entry'],
  needsOneOf: ['drop_spte', 'spte_update', 'kvm_tdp_mmu_spte_changed'],
  modes: 'all; with the probes of flushes',
  kernels: 'all',
  memory: 'section',
  property: 'owed-flush-is-paid-before-unlock',
  watch: (judge) => {
    let paid = false;
    return {
      flush: (_event, at) => {
        paid = true;
        if (at.thread.owed !== undefined) judge.judge(at, () => undefined);
      },
      kvm_entry: ({ vcpu }, at) => {
        const { owed } = at.thread;
        if (owed === undefined) return;
        // Without any flush in the trace, the probes of flushes are not recorded.
        if (!paid) {
          judge.cannotTell();
          return;
        }
        judge.judge(at, () => ({
          message: `vCPU ${vcpu} enters the guest and the flush is still owed`,
          because: [{ line: owed.line, what: owed.what }],
          objects: [
            `thread ${at.line.thread} (${at.line.comm}) owes a flush since line ${owed.line}`,
          ],
        }));
      },
    };
  },
};
