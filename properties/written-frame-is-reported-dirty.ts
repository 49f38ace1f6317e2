/** When the host takes a frame back, it knows whether the guest has written it. */
import { announcedRange } from '../model/host/invalidation.ts';
import { pfnOf } from '../model/shadow/mmu-page.ts';
import type { Kvm } from './property.ts';
import { hex, stateProperty } from './property.ts';

/** The first guest frame that a call takes back and that passes the test, or -1. */
const firstTaken = (kvm: Kvm, test: (pfn: number) => boolean): number => {
  const { calls } = kvm.mmu_notifier;
  for (let call = 0; call < calls.length; call += 1) {
    const { pc, gfn } = calls.at(call);
    if (pc !== 'started') continue;
    const { end } = announcedRange(kvm, gfn, call);
    for (let frame = gfn; frame < end; frame += 1) if (test(pfnOf(kvm, frame))) return frame;
  }
  return -1;
};

export const writtenFrameIsReportedDirty = stateProperty({
  id: 'written-frame-is-reported-dirty',
  brief: 'PFN-DIRTY',
  says:
    'When the start of an invalidation returns, each frame of its range that the guest has ' +
    'written is one that KVM has reported as written.',
  why: 'The host takes it for clean and throws it away: what the guest wrote is lost.',
  source: ['kvm_release_faultin_page()', 'kvm_set_page_dirty()', 'commit 9ed5520dd3c9 (2010)'],
  when: 'every-step',
  reads: ['mmu_notifier', 'host', 'host_pfn'],
  needs: ({ geometry }) => geometry.host_dirty,
  applies: (kvm) => firstTaken(kvm, () => true) >= 0,
  check: (kvm) => {
    const { dirty, ghost_written } = kvm.host;
    const gfn = firstTaken(kvm, (pfn) => ghost_written.has(pfn) && !dirty.has(pfn));
    if (gfn < 0) return null;
    return {
      message: 'the host takes a frame for clean that the guest has written',
      where: { gfn: hex(gfn), pfn: hex(pfnOf(kvm, gfn)) },
    };
  },
  witness: {
    says: 'a frame that was written is taken back',
    reads: ['mmu_notifier', 'host', 'host_pfn'],
    reached: (kvm) => firstTaken(kvm, (pfn) => kvm.host.ghost_written.has(pfn)) >= 0,
  },
});
