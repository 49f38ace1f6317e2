/** The part of the state that exists only with the NX huge page mitigation. Ours: `zap_is_due`. */
import { array, boolIf, optionalRef, pool, record, uint } from '../../src/engine/machine/index.ts';
import type { NxHugePages, Workload } from '../config.ts';
import type { Geometry } from '../geometry.ts';

/** Whether the state has the NX huge page mitigation. */
export const hasNxHugePages = (config: { readonly nx_huge_pages: NxHugePages }): boolean =>
  config.nx_huge_pages !== 'never';

/** struct kvm_arch: the mitigation, and the pages that stand where a huge page could. */
export const nxLayout = (g: Geometry, hasNx: boolean, { budget }: Workload) =>
  record({
    nx_huge_pages: boolIf(hasNx),
    /** possible_nx_huge_pages: oldest first, without gaps. */
    possible_nx_huge_pages: array(
      optionalRef(pool('sp', g.shadow_pages)),
      hasNx ? g.shadow_pages : 0,
    ),
    nr_possible_nx_huge_pages: uint(hasNx ? 2 * g.shadow_pages : 0),
    /** Whether nx_huge_pages was stored and the pages of before are not zapped yet. */
    zap_is_due: boolIf(budget.nx_toggle > 0),
    /** Whether the writer of the parameter or the recovery worker holds mmu_lock to flush. */
    flushes: boolIf(budget.nx_toggle + budget.nx_recover > 0),
  });
