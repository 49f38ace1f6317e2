/** Rules on tables: which page may stand under which, and what an entry may map. */
import { gfnOfDirectEntry, isLevelBelow } from '../../../properties/helpers/facts.ts';
import { descriptorText, isAccessWithin, parseRole } from '../read/role.ts';
import { pagesAt, spteText } from '../read/spte.ts';
import { indexOf, pageText, tableOf } from '../track/pages.ts';
import { hex, type TraceRule } from './rule.ts';

const modes = 'shadow paging, nested guests';

export const childLevelIsParentMinus1: TraceRule = {
  id: 'child-level-is-parent-minus-1',
  says: 'A page is linked under a page of the next level.',
  why: 'Hardware interprets the entries of a table by its depth alone.',
  source: ['kvm_mmu_child_role()', '__link_shadow_page()'],
  needs: ['link_sp', 'kvm_mmu_get_page'],
  modes,
  kernels: 'all',
  memory: 'history',
  property: 'child-is-one-level-below',
  watch: (judge) => ({
    link_sp: (event, at) => {
      const parent = at.vm.pages.at(tableOf(event.sptep));
      if (parent === undefined) return;
      const { level } = parseRole(event.role, at.vm.kernel.family);
      judge.judge(at, () =>
        isLevelBelow(level, parent.sp.level)
          ? undefined
          : {
              message: `a page of level ${level} is linked under one of level ${parent.sp.level}`,
              because: [{ line: parent.created, what: 'the parent is created' }],
              objects: [pageText(parent)],
            },
      );
    },
  }),
};

export const childAccessSubsetOfParent: TraceRule = {
  id: 'child-access-subset-of-parent',
  says: 'The rights of a page are among those of the indirect page above it.',
  why: 'The rights of a path are the product of its entries; a table must not grant more.',
  source: ['FNAME(walk_addr_generic)', 'kvm_mmu_child_role()'],
  needs: ['link_sp', 'kvm_mmu_get_page'],
  modes,
  kernels: 'all',
  memory: 'history',
  property: 'child-has-the-role-that-its-entry-implies',
  watch: (judge) => ({
    link_sp: (event, at) => {
      const parent = at.vm.pages.at(tableOf(event.sptep));
      if (parent === undefined || parent.sp.direct) return;
      const { access } = parseRole(event.role, at.vm.kernel.family);
      judge.judge(at, () =>
        isAccessWithin(access, parent.sp.access)
          ? undefined
          : {
              message: `a page with ${access} is linked under one with ${parent.sp.access}`,
              because: [{ line: parent.created, what: 'the parent is created' }],
              objects: [pageText(parent)],
            },
      );
    },
  }),
};

export const directParentHasDirectChild: TraceRule = {
  id: 'direct-parent-has-direct-child',
  says: 'Under a direct page there are direct pages only.',
  why: 'Below a huge guest entry there is no guest table that a page could shadow.',
  source: ['kvm_mmu_child_role()'],
  needs: ['link_sp', 'kvm_mmu_get_page'],
  modes: `${modes}, NPT or EPT without the TDP MMU`,
  kernels: 'all',
  memory: 'history',
  property: 'child-has-the-role-that-its-entry-implies',
  watch: (judge) => ({
    link_sp: (event, at) => {
      const parent = at.vm.pages.at(tableOf(event.sptep));
      if (parent === undefined || !parent.sp.direct) return;
      const { direct } = parseRole(event.role, at.vm.kernel.family);
      judge.judge(at, () =>
        direct
          ? undefined
          : {
              message: `an indirect page of gfn ${hex(event.gfn)} is linked under a direct one`,
              because: [{ line: parent.created, what: 'the parent is created' }],
              objects: [pageText(parent)],
            },
      );
    },
  }),
};

export const directLeafGfnIsSpGfnPlusIndex: TraceRule = {
  id: 'direct-leaf-gfn-is-sp-gfn-plus-index',
  says: 'In a direct page, the leaf at index i maps the gfn of the page plus i entries.',
  why:
    'KVM computes the gfn of such a leaf when it removes it: a leaf that maps another one is ' +
    'filed in one rmap and looked for in another, which stays behind with a dangling pointer.',
  source: ['kvm_mmu_page_get_gfn()', 'kvm_mmu_page_set_translation()', 'CVE-2026-46113'],
  needs: ['kvm_mmu_set_spte', 'link_sp', 'kvm_mmu_get_page'],
  modes: `${modes}, NPT or EPT without the TDP MMU`,
  kernels: 'all',
  memory: 'history',
  property: 'rmap-key-is-the-recorded-gfn',
  watch: (judge) => ({
    kvm_mmu_set_spte: ({ sptep, gfn, level, spte }, at) => {
      const page = at.vm.pages.at(tableOf(sptep));
      if (page === undefined || !page.sp.direct) return;
      const expected = gfnOfDirectEntry(page.sp.gfn, indexOf(sptep), pagesAt(level));
      judge.judge(at, () =>
        gfn - (gfn % pagesAt(level)) === expected && level === page.sp.level
          ? undefined
          : {
              message: `index ${indexOf(sptep)} stands for gfn ${hex(expected)}, not ${hex(gfn)}`,
              because: [{ line: page.created, what: 'the direct page is created' }],
              objects: [pageText(page), `spte ${spteText(spte)} level ${level}`],
            },
      );
    },
  }),
};

export const linkedSpIsTheFoundOne: TraceRule = {
  id: 'linked-sp-is-the-found-one',
  says: 'A page that is linked is the one that the lookup just before returned.',
  why: 'A page from anywhere else may be zapped already, or have another role.',
  source: ['kvm_mmu_get_shadow_page()', '__link_shadow_page()'],
  needs: ['link_sp', 'kvm_mmu_get_page'],
  modes: `${modes}, NPT or EPT without the TDP MMU`,
  kernels: 'all',
  memory: 'history',
  property: 'pointers-lead-to-allocated-pages',
  watch: (judge) => ({
    link_sp: (event, at) => {
      const role = parseRole(event.role, at.vm.kernel.family);
      const { gotAs } = at.thread;
      judge.judge(at, () => {
        const isIt =
          gotAs !== undefined &&
          gotAs.gfn === event.gfn &&
          gotAs.level === role.level &&
          gotAs.direct === role.direct &&
          gotAs.access === role.access;
        return isIt
          ? undefined
          : {
              message: `the page of gfn ${hex(event.gfn)} level ${role.level} comes from no lookup`,
              objects: gotAs === undefined ? [] : [`the lookup returned ${descriptorText(gotAs)}`],
            };
      });
    },
  }),
};

export const leafInLiveTable: TraceRule = {
  id: 'leaf-in-live-table',
  says: 'A leaf is written to a table of a page that is not zapped.',
  why: 'The memory of a zapped page is freed, and soon belongs to somebody else.',
  source: ['is_page_fault_stale()', 'is_obsolete_sp()', 'kvm_mmu_commit_zap_page()'],
  needs: ['kvm_mmu_set_spte', 'link_sp', 'kvm_mmu_prepare_zap_page'],
  modes: 'shadow paging, NPT or EPT without the TDP MMU',
  kernels: 'all',
  memory: 'history',
  property: 'hardware-reaches-no-freed-page',
  watch: (judge) => ({
    kvm_mmu_set_spte: ({ sptep, gfn, level, spte }, at) => {
      const { pages, usesTdpMmu } = at.vm;
      // The memory may have become a root, which no link shows, and which has no small leaves.
      if (usesTdpMmu || level > 1) return;
      const zapped = pages.freed.get(tableOf(sptep));
      if (zapped === undefined && pages.at(tableOf(sptep)) === undefined) return;
      judge.judge(at, () =>
        zapped === undefined
          ? undefined
          : {
              message: `the leaf of gfn ${hex(gfn)} is written to a table that is zapped`,
              because: [{ line: zapped, what: 'the page is zapped' }],
              objects: [`spte ${spteText(spte)} level ${level}`],
            },
      );
    },
  }),
};
