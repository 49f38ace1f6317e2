/** Rules on the unsync flag and on write protection of guest tables. */
import { pagesAt } from '../read/spte.ts';
import { descriptorText } from '../read/role.ts';
import {
  isWritableOverSynced,
  mayBeUnsync,
  type LeafFacts,
} from '../../../properties/helpers/facts.ts';
import { factsOf, pageText } from '../track/pages.ts';
import type { Vm } from '../track/vm.ts';
import { hex, leafText, type Moment, type TraceRule } from './rule.ts';

const shadow = 'shadow paging, nested guests';

export const unsyncOnly4kLevel: TraceRule = {
  id: 'unsync-only-4k-level',
  says: 'A page that becomes unsync has level 1 and shadows a guest table.',
  why: 'A stale table of an upper level would redirect whole subtrees until the guest flushes.',
  source: ['mmu_try_to_unsync_pages()', 'kvm_unsync_page()'],
  needs: ['kvm_mmu_unsync_page'],
  modes: shadow,
  kernels: 'all',
  memory: 'line',
  property: 'unsync-only-at-4k',
  watch: (judge) => ({
    kvm_mmu_unsync_page: ({ sp }, at) =>
      judge.judge(at, () =>
        mayBeUnsync({ level: sp.level, shadowsTable: !sp.direct })
          ? undefined
          : { message: `${descriptorText(sp)} becomes unsync`, objects: [descriptorText(sp)] },
      ),
  }),
};

export const unsyncNoUpperSpOnGfn: TraceRule = {
  id: 'unsync-no-upper-sp-on-gfn',
  says: 'When a page becomes unsync, its gfn is not write-tracked for a page of an upper level.',
  why: 'A guest page that is also a directory must stay write-protected: only leaf tables resync.',
  source: ['mmu_try_to_unsync_pages()', 'kvm_gfn_is_write_tracked()'],
  needs: ['kvm_mmu_unsync_page', 'kvm_mmu_get_page', 'kvm_mmu_prepare_zap_page'],
  modes: shadow,
  kernels: 'all',
  memory: 'history',
  property: 'unsync-only-at-4k',
  watch: (judge) => ({
    kvm_mmu_unsync_page: ({ sp }, at) =>
      judge.judge(at, () => {
        const [upper] = at.vm.pages.tracking(sp.gfn);
        return (
          upper && {
            message: `gfn ${hex(sp.gfn)} is shadowed at level ${upper.sp.level} too`,
            because: [{ line: upper.created, what: 'the upper page is created' }],
            objects: [pageText(upper)],
          }
        );
      }),
  }),
};

export const unsyncTargetKnown: TraceRule = {
  id: 'unsync-target-known',
  says: 'A page that becomes unsync exists and is in sync.',
  why: 'The flag is set once per page, and its parents are marked then.',
  source: ['mmu_try_to_unsync_pages()', 'kvm_unsync_page()'],
  needs: ['kvm_mmu_unsync_page', 'kvm_mmu_get_page', 'kvm_mmu_prepare_zap_page'],
  modes: shadow,
  kernels: 'all',
  memory: 'history',
  property: 'pointers-lead-to-allocated-pages',
  watch: (judge) => ({
    kvm_mmu_unsync_page: ({ sp }, at) =>
      judge.judge(at, () => {
        const alike = at.vm.pages.alike(sp);
        return alike.some((page) => !page.unsync)
          ? undefined
          : {
              message: `no ${descriptorText(sp)} is known`,
              because: alike.map((p) => ({ line: p.changed, what: 'this one is unsync already' })),
              objects: alike.map(pageText),
            };
      }),
  }),
};

export const syncOfUnsync: TraceRule = {
  id: 'sync-of-unsync',
  says: 'A page that becomes sync was unsync.',
  why: 'The flag and the counters of unsync children change together.',
  source: ['kvm_unlink_unsync_page()'],
  needs: ['kvm_mmu_sync_page'],
  modes: shadow,
  kernels: 'all',
  memory: 'line',
  property: 'kernel-warnings-stay-silent',
  watch: (judge) => ({
    kvm_mmu_sync_page: ({ sp }, at) =>
      judge.judge(at, () =>
        sp.unsync
          ? undefined
          : { message: `${descriptorText(sp)} is in sync`, objects: [descriptorText(sp)] },
      ),
  }),
};

export const syncTargetKnown: TraceRule = {
  id: 'sync-target-known',
  says: 'A page that becomes sync was marked unsync before, or is being zapped.',
  why: 'A page that is unsync without a mark in its parents is missed by every synchronisation.',
  source: ['kvm_unlink_unsync_page()', 'mmu_sync_children()'],
  needs: ['kvm_mmu_sync_page', 'kvm_mmu_unsync_page'],
  modes: shadow,
  kernels: 'all',
  memory: 'history',
  property: 'unsync-page-is-marked-in-its-ancestors',
  watch: (judge) => ({
    kvm_mmu_sync_page: ({ sp }, at) =>
      judge.judge(at, () => {
        const alike = at.vm.pages.alike(sp);
        const known = [...alike, ...at.thread.zapped.filter((page) => page.sp.key === sp.key)];
        return known.some((page) => page.unsync)
          ? undefined
          : {
              message: `no ${descriptorText(sp)} was marked unsync`,
              because: alike.map((p) => ({ line: p.changed, what: 'this one is in sync' })),
              objects: alike.map(pageText),
            };
      }),
  }),
};

/** A writable mapping of a range must not hold a table that a page in sync shadows. */
function syncedTableIn(vm: Vm, leaf: LeafFacts, first: number, count: number) {
  const shadowed = vm.pages.shadowedIn(first, count);
  const page = shadowed.find((p) => isWritableOverSynced(leaf, factsOf(p)));
  return (
    page && {
      message: `gfn ${hex(page.sp.gfn)} becomes writable and is shadowed in sync`,
      because: [
        { line: page.created, what: 'the shadow page is created' },
        page.changed === page.created
          ? undefined
          : { line: page.changed, what: 'it becomes sync again' },
      ],
      objects: [pageText(page)],
    }
  );
}

export const writableSpteNeedsUnsyncSp: TraceRule = {
  id: 'writable-spte-needs-unsync-sp',
  says: 'When a leaf becomes writable, every current page that shadows a gfn of it is unsync.',
  why: 'The guest could edit the table without KVM noticing, and no flush would resync it.',
  source: ['make_spte()', 'mmu_try_to_unsync_pages()'],
  needs: ['kvm_mmu_set_spte', 'kvm_mmu_get_page', 'kvm_mmu_prepare_zap_page'],
  modes: shadow,
  kernels: 'all',
  memory: 'history',
  property: 'shadowed-gfn-has-no-writable-spte',
  watch: (judge) => {
    const check = (at: Moment, leaf: LeafFacts, first: number, count: number) => {
      const { vm } = at;
      const shadowed = vm.pages.shadowedIn(first, count);
      if (shadowed.length > 0) judge.judge(at, () => syncedTableIn(vm, leaf, first, count));
    };
    return {
      kvm_mmu_set_spte: ({ gfn, level, spte }, at) => {
        const { format } = at.vm;
        const leaf = { writable: format.is_writable_pte(spte) };
        if (!leaf.writable) return;
        const count = pagesAt(level);
        check(at, leaf, gfn - (gfn % count), count);
      },
    };
  },
};

const writableLeafOf = (vm: Vm, gfn: number) => {
  for (const leaf of vm.leaves.over(gfn)) {
    if (vm.format.is_writable_pte(leaf.spte)) return leaf;
  }
  for (const value of vm.tdp.over(gfn)) {
    const { format } = vm;
    const isLeaf = format.is_last_spte(value.spte, value.level);
    if (isLeaf && !value.obsolete && format.is_writable_pte(value.spte)) return value;
  }
  return undefined;
};

/** `levels`: whether the rule is about pages of this level. */
const noWritableLeafLeft = (levels: (level: number) => boolean): TraceRule['watch'] => {
  return (judge) => ({
    kvm_mmu_get_page: ({ sp, created }, at) => {
      if (!created || sp.direct || !levels(sp.level)) return;
      // Perhaps a passthrough root, which shadows nothing.
      if (sp.level === 5 && !at.thread.writeProtected.has(sp.gfn)) return;
      judge.judge(at, () => {
        const leaf = writableLeafOf(at.vm, sp.gfn);
        return (
          leaf && {
            message: `gfn ${hex(sp.gfn)} is still mapped writable`,
            because: [{ line: leaf.line, what: 'the leaf is written' }],
            objects: [leafText(leaf)],
          }
        );
      });
    },
  });
};

const notWritable = {
  why: 'The table must be write-protected before anything is derived from it.',
  source: ['account_shadowed()', 'kvm_mmu_slot_gfn_write_protect()'],
  needs: ['kvm_mmu_get_page', 'kvm_mmu_set_spte'],
  needsOneOf: ['spte_update', 'kvm_tdp_mmu_spte_changed'],
  modes: shadow,
  kernels: 'all',
  memory: 'history',
  property: 'shadowed-gfn-has-no-writable-spte',
} as const;

export const upperSpGfnNotWritable: TraceRule = {
  ...notWritable,
  id: 'upper-sp-gfn-not-writable',
  says: 'When a page of an upper level is created, no writable leaf of its gfn is left.',
  watch: noWritableLeafLeft((level) => level > 1),
};

export const leafSpGfnNotWritable: TraceRule = {
  ...notWritable,
  id: 'leaf-sp-gfn-not-writable',
  says: 'When a page of level 1 is created, no writable leaf of its gfn is left.',
  watch: noWritableLeafLeft((level) => level === 1),
};

export const upperSpNoUnsyncSibling: TraceRule = {
  id: 'upper-sp-no-unsync-sibling',
  says: 'When a page of an upper level is created, no current page of its gfn is unsync.',
  why: 'A gfn cannot be a directory, hence write-protected, and a freely writable leaf table.',
  source: ['kvm_mmu_find_shadow_page()'],
  needs: ['kvm_mmu_get_page', 'kvm_mmu_unsync_page'],
  modes: shadow,
  kernels: 'all',
  memory: 'history',
  property: 'unsync-only-at-4k',
  watch: (judge) => ({
    kvm_mmu_get_page: ({ sp, created }, at) => {
      if (!created || sp.direct || sp.level < 2) return;
      judge.judge(at, () => {
        const page = at.vm.pages.shadowing(sp.gfn).find(({ unsync }) => unsync);
        return (
          page && {
            message: `gfn ${hex(sp.gfn)} has an unsync page already`,
            because: [{ line: page.changed, what: 'it becomes unsync' }],
            objects: [pageText(page)],
          }
        );
      });
    },
  }),
};
