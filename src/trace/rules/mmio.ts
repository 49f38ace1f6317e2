/** Rules on cached MMIO. */
import { hex, type Judge, type Moment, type TraceRule } from './rule.ts';

function judgeOutside(judge: Judge, at: Moment, gfn: number, what: string): void {
  const { slots, settings } = at.vm;
  if (!settings.started || !slots.known || slots.changing) return;
  judge.judge(at, () => {
    const slot = slots.over(gfn).find(({ readOnly }) => !readOnly);
    return (
      slot && {
        message: `gfn ${hex(gfn)} ${what}, and slot ${slot.id} holds it`,
        because: [{ line: slot.line, what: `slot ${slot.id} is set` }],
      }
    );
  });
}

export const mmioSpteOutsideSlots: TraceRule = {
  id: 'mmio-spte-outside-slots',
  says: 'An entry is cached as MMIO for a gfn without a slot only, or of a read-only one.',
  why: 'An access that finds it is emulated as MMIO, although there is memory.',
  source: ['mark_mmio_spte()', 'kvm_handle_noslot_fault()', 'sync_mmio_spte()'],
  needs: ['mark_mmio_spte', 'tracing_mark_write'],
  modes: 'all',
  kernels: 'all',
  memory: 'history',
  observation: true,
  watch: (judge) => ({
    mark_mmio_spte: ({ gfn }, at) => judgeOutside(judge, at, gfn, 'is cached as MMIO'),
  }),
};

export const mmioFaultOutsideSlots: TraceRule = {
  id: 'mmio-fault-outside-slots',
  says: 'An access is handled as cached MMIO for a gfn without a slot only, or of a read-only one.',
  why: 'The guest would talk to a device where it has memory.',
  source: ['handle_mmio_page_fault()', 'check_mmio_spte()'],
  needs: ['handle_mmio_page_fault', 'tracing_mark_write'],
  modes: 'all',
  kernels: 'all',
  memory: 'history',
  property: 'access-is-justified-by-guest-tables',
  watch: (judge) => ({
    handle_mmio_page_fault: ({ gfn }, at) => judgeOutside(judge, at, gfn, 'is handled as MMIO'),
  }),
};
