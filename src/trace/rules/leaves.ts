/** Rules on what leaves map. */
import type { SpteSet } from '../read/event.ts';
import { baseOf, isSameSpte, pagesAt, spte_to_pfn, spteText } from '../read/spte.ts';
import { hex, leafText, type TraceRule } from './rule.ts';

const lastOf = (gfn: number, level: number): number => baseOf(gfn, level) + pagesAt(level) - 1;

/** As the tracepoint computes it: a bitwise or, right for aligned frames alone. */
const pfnWithOffset = (pfn: number, offset: number): number => Number(BigInt(pfn) | BigInt(offset));

export const sptePfnAsRequested: TraceRule = {
  id: 'spte-pfn-as-requested',
  says: 'A leaf maps the frame that the fault resolved.',
  why: 'Otherwise the guest works on the memory of somebody else.',
  source: ['kvm_faultin_pfn()', 'mmu_set_spte()'],
  needs: ['kvm_mmu_spte_requested', 'kvm_mmu_set_spte'],
  modes: 'all',
  kernels: 'all',
  memory: 'section',
  property: 'audit-leaf-maps-the-host-frame',
  watch: (judge) => ({
    kvm_mmu_set_spte: ({ gfn, level, spte }, at) => {
      const { requested } = at.thread;
      if (requested === undefined) return;
      const base = baseOf(gfn, level);
      const { event, line } = requested;
      if (event.gfn < base || event.gfn > lastOf(gfn, level)) return;
      const mapped = spte_to_pfn(spte) + (event.gfn - base);
      // The print adds the offset into a mapping of the level that was asked for.
      const offset = event.gfn % pagesAt(event.level);
      const printed = event.level > level && pfnWithOffset(mapped, offset) === event.pfn;
      judge.judge(at, () =>
        mapped === event.pfn || printed
          ? undefined
          : {
              message: `gfn ${hex(event.gfn)} maps pfn ${hex(mapped)}, not ${hex(event.pfn)}`,
              because: [{ line, what: 'the fault resolves the gfn' }],
              objects: [`spte ${spteText(spte)} level ${level}`],
            },
      );
    },
  }),
};

export const sptePfnAligned: TraceRule = {
  id: 'spte-pfn-aligned',
  says: 'A huge leaf maps an aligned frame.',
  why: 'The low bits of the frame are reserved in a huge entry.',
  source: ['kvm_mmu_hugepage_adjust()', 'make_spte()'],
  needs: ['kvm_mmu_set_spte'],
  modes: 'all',
  kernels: 'all',
  memory: 'line',
  property: 'audit-leaf-maps-the-host-frame',
  watch: (judge) => ({
    kvm_mmu_set_spte: ({ level, spte }, at) =>
      judge.judge(at, () =>
        spte_to_pfn(spte) % pagesAt(level) === 0
          ? undefined
          : { message: `level ${level} maps pfn ${hex(spte_to_pfn(spte))}` },
      ),
  }),
};

export const onePfnPerGfn: TraceRule = {
  id: 'one-pfn-per-gfn',
  says: 'All live leaves of a gfn map one frame.',
  why: 'Two views of one guest page must not differ in what they hold.',
  source: ['kvm_unmap_gfn_range()', 'mmu_invalidate_retry()'],
  needs: ['kvm_mmu_set_spte'],
  needsOneOf: ['drop_spte', 'kvm_tdp_mmu_spte_changed'],
  modes: 'all but the TDP MMU of 5.10',
  kernels: 'all',
  memory: 'history',
  property: 'audit-leaf-maps-the-host-frame',
  watch: (judge) => ({
    kvm_mmu_set_spte: (event, at) => {
      const others = [...at.vm.liveLeaves(event.gfn)].filter((leaf) => isOther(event, leaf));
      if (others.length === 0) return;
      const pfn = spte_to_pfn(event.spte) - baseOf(event.gfn, event.level);
      judge.judge(at, () => {
        const odd = others.find((leaf) => spte_to_pfn(leaf.spte) - leaf.gfn !== pfn);
        return (
          odd && {
            message: `gfn ${hex(event.gfn)} is mapped to two frames`,
            because: [{ line: odd.line, what: 'the other leaf is written' }],
            objects: [leafText(odd), `spte ${spteText(event.spte)} level ${event.level}`],
          }
        );
      });
    },
  }),
};

/** Not the entry that is being written. */
const isOther = (event: SpteSet, leaf: object): boolean =>
  !('sptep' in leaf) || leaf.sptep !== event.sptep;

export const leafInsideOneSlot: TraceRule = {
  id: 'leaf-inside-one-slot',
  says: 'A leaf lies inside one memory slot.',
  why: 'Memory outside the slot belongs to somebody else, or to nobody.',
  source: ['kvm_mmu_max_mapping_level()', 'kvm_mmu_gfn_allow_lpage()'],
  needs: ['kvm_mmu_set_spte', 'tracing_mark_write'],
  modes: 'all',
  kernels: 'all',
  memory: 'history',
  watch: (judge) => ({
    kvm_mmu_set_spte: ({ gfn, level, spte }, at) => {
      const { slots, settings } = at.vm;
      if (!settings.started || !slots.known || slots.changing) return;
      const [first, last] = [baseOf(gfn, level), lastOf(gfn, level)];
      judge.judge(at, () =>
        slots.holding(first, last) !== undefined
          ? undefined
          : {
              message: `gfns ${hex(first)} to ${hex(last)} are not in one slot`,
              because: slots.over(gfn).map(({ line, id }) => ({ line, what: `slot ${id}` })),
              objects: [`spte ${spteText(spte)} level ${level}`],
            },
      );
    },
  }),
};

export const updateKeepsPfn: TraceRule = {
  id: 'update-keeps-pfn',
  says: 'A change of a present entry in place keeps its frame.',
  why: 'Rmaps and flushes are kept for a leaf that is removed, not for one that moves silently.',
  source: ['mmu_spte_update()'],
  needs: ['spte_update'],
  modes: 'shadow paging, nested guests; not after the VMM changed guest tables itself',
  kernels: 'all',
  memory: 'line',
  watch: (judge) => ({
    spte_update: (event, at) => {
      const { format, settings } = at.vm;
      if (!format.is_shadow_present_pte(event.old) || settings.hostPoke !== undefined) return;
      if (!format.is_shadow_present_pte(event.new)) return;
      judge.judge(at, () =>
        spte_to_pfn(event.old) === spte_to_pfn(event.new)
          ? undefined
          : { message: `${spteText(event.old)} becomes ${spteText(event.new)} in place` },
      );
    },
  }),
};

export const readonlySlotNotWritable: TraceRule = {
  id: 'readonly-slot-not-writable',
  says: 'No leaf of a read-only slot is writable.',
  why: 'Writes to it must leave the guest, to be handled by the VMM.',
  source: ['__gfn_to_hva_memslot()', 'make_spte()'],
  needs: ['tracing_mark_write'],
  needsOneOf: ['kvm_mmu_set_spte', 'kvm_tdp_mmu_spte_changed'],
  modes: 'all',
  kernels: 'all',
  memory: 'history',
  watch: (judge) => ({
    kvm_mmu_set_spte: ({ gfn, spte }, at) => {
      const { slots, format } = at.vm;
      if (slots.changing) return;
      const over = slots.over(gfn);
      if (over.length === 0 || !over.every(({ readOnly }) => readOnly)) return;
      judge.judge(at, () =>
        format.is_writable_pte(spte)
          ? {
              message: `gfn ${hex(gfn)} of a read-only slot becomes writable`,
              because: over.map(({ line, id }) => ({ line, what: `slot ${id} is read-only` })),
            }
          : undefined,
      );
    },
    kvm_tdp_mmu_spte_changed: ({ gfn, level, old, new: now }, at) => {
      const { slots, format } = at.vm;
      if (slots.changing || !format.is_shadow_present_pte(now) || isSameSpte(old, now)) return;
      if (!format.is_last_spte(now, level)) return;
      const over = slots.over(gfn);
      if (over.length === 0 || !over.every(({ readOnly }) => readOnly)) return;
      judge.judge(at, () =>
        format.is_writable_pte(now)
          ? {
              message: `gfn ${hex(gfn)} of a read-only slot becomes writable`,
              because: over.map(({ line, id }) => ({ line, what: `slot ${id} is read-only` })),
            }
          : undefined,
      );
    },
  }),
};
