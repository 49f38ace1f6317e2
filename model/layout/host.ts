/** The host: the MMU notifier and the faults that race with it. */
import { bool, oneOf, record, uint } from '../../src/engine/machine/index.ts';
import type { Geometry } from '../geometry.ts';
import { domainsOf } from './domains.ts';

/** struct kvm: what the MMU notifier and the faults that race with it share. */
export const notifierLayout = (g: Geometry, calls: number) =>
  record({
    /** Where the thread that changes the host's page tables is. */
    pc: oneOf('idle', 'flush', 'started', 'moved'),
    mmu_invalidate_in_progress: bool,
    mmu_invalidate_seq: uint(calls),
    /** The guest frame whose mapping is being invalidated. */
    gfn: domainsOf(g).gfn,
  });
