/** Domains that several parts of the state share. */
import { bitset, optionalRef, pool, uint, type Scalar } from '../../src/engine/machine/index.ts';
import { gpteMax } from '../gpte.ts';
import { addressCount, type Geometry } from '../geometry.ts';
import { MMIO_SPTE_GENERATIONS, spteMax } from '../spte.ts';

/** Largest word of an SPTE: a frame, a shadow page, or a frame and a generation. */
export const spteDomain = (g: Geometry): Scalar<number> =>
  uint(
    spteMax(
      Math.max(g.pfns, g.shadow_pages, g.memslot === null ? 0 : g.gfns * MMIO_SPTE_GENERATIONS),
    ),
  );

/** Domains that several records share. */
export const domainsOf = (g: Geometry) => ({
  sp: optionalRef(pool('sp', g.shadow_pages)),
  gpte: uint(gpteMax(g.gfns)),
  gfn: uint(g.gfns - 1),
  pfn: uint(g.pfns - 1),
  va: uint(addressCount(g) - 1),
  access: uint(7),
  cr3: uint(g.cr3.length - 1),
  /** Sets of entries (page, index), see sptepOf(). */
  spteps: bitset(g.shadow_pages * g.entries),
});
