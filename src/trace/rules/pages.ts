/** Rules on the life of shadow pages. */
import { descriptorText, type Descriptor } from '../read/role.ts';
import { isValid, pageText } from '../track/pages.ts';
import type { Moment, TraceRule } from './rule.ts';

export const newSpIsSync: TraceRule = {
  id: 'new-sp-is-sync',
  says: 'A new page is in sync.',
  why: 'It is empty, and every entry is read from the guest when it is filled in.',
  source: ['kvm_mmu_alloc_shadow_page()'],
  needs: ['kvm_mmu_get_page'],
  modes: 'all',
  kernels: 'all',
  memory: 'line',
  property: 'sync-page-agrees-with-guest-table',
  watch: (judge) => ({
    kvm_mmu_get_page: ({ sp, created }, at) => {
      if (!created) return;
      judge.judge(at, () =>
        sp.unsync ? { message: `${descriptorText(sp)} is new and unsync` } : undefined,
      );
    },
  }),
};

export const newSpCurrentGen: TraceRule = {
  id: 'new-sp-current-gen',
  says: 'A new page has the generation of the VM.',
  why: 'A page of another generation is found by no lookup, and zapped at the next chance.',
  source: ['kvm_mmu_alloc_shadow_page()', 'is_obsolete_sp()'],
  needs: ['kvm_mmu_get_page'],
  modes: 'shadow paging, nested guests, NPT or EPT without the TDP MMU',
  kernels: 'all',
  memory: 'history',
  property: 'page-is-on-the-list-of-its-state',
  watch: (judge) => {
    const flips = new WeakMap<object, number>();
    return {
      kvm_mmu_zap_all_fast: (_event, { vm, line }) => void flips.set(vm, line.number),
      kvm_mmu_get_page: ({ sp, created }, at) => {
        const { gen } = at.vm.pages;
        // Pages of the TDP MMU print 0 always.
        if (!created || sp.gen === undefined || (sp.direct && at.vm.usesTdpMmu)) return;
        if (gen === undefined) return;
        const line = flips.get(at.vm);
        judge.judge(at, () =>
          sp.gen === gen
            ? undefined
            : {
                message: `${descriptorText(sp)} has generation ${sp.gen}, the VM ${gen}`,
                because: [line === undefined ? undefined : { line, what: 'the last fast zap' }],
              },
        );
      },
    };
  },
};

export const existingSpKnown: TraceRule = {
  id: 'existing-sp-known',
  says: 'A page that a lookup finds was created and is not zapped.',
  why: 'A zapped page maps nothing that is kept up to date, and its memory is about to be freed.',
  source: ['kvm_mmu_find_shadow_page()'],
  needs: ['kvm_mmu_get_page', 'kvm_mmu_prepare_zap_page'],
  modes: 'all',
  kernels: 'all',
  memory: 'history',
  property: 'valid-page-is-unique',
  watch: (judge) => ({
    kvm_mmu_get_page: ({ sp, created }, at) => {
      if (created) return;
      judge.judge(at, () => {
        const alike = at.vm.pages.alike(sp);
        return alike.some((page) => !page.invalid && !page.obsolete)
          ? undefined
          : { message: `no ${descriptorText(sp)} is known`, objects: alike.map(pageText) };
      });
    },
  }),
};

export const zappedSpKnown: TraceRule = {
  id: 'zapped-sp-known',
  says: 'A page that is zapped was created and not zapped before.',
  why: 'Its memory would be freed twice.',
  source: ['__kvm_mmu_prepare_zap_page()'],
  needs: ['kvm_mmu_prepare_zap_page', 'kvm_mmu_get_page'],
  modes: 'all',
  kernels: 'all',
  memory: 'history',
  property: 'pointers-lead-to-allocated-pages',
  watch: (judge) => ({
    kvm_mmu_prepare_zap_page: ({ sp }, at) =>
      judge.judge(at, () => {
        const alike = at.vm.pages.alike(sp);
        return alike.some((page) => page.invalid === sp.invalid)
          ? undefined
          : { message: `no ${descriptorText(sp)} is known`, objects: alike.map(pageText) };
      }),
  }),
};

export const zapAllGenAlternates: TraceRule = {
  id: 'zap-all-gen-alternates',
  says: 'Each fast zap reports the current generation, then flips it.',
  why: 'Only the flip makes all pages obsolete at once.',
  source: ['kvm_mmu_zap_all_fast()'],
  needs: ['kvm_mmu_zap_all_fast'],
  modes: 'all',
  kernels: 'all',
  memory: 'history',
  watch: (judge) => {
    const flips = new WeakMap<object, number>();
    return {
      kvm_mmu_zap_all_fast: ({ gen }, at) => {
        const { vm, line } = at;
        const known = vm.pages.gen;
        const last = flips.get(vm);
        flips.set(vm, line.number);
        if (known === undefined) return;
        judge.judge(at, () =>
          gen === known
            ? undefined
            : {
                message: `generation ${gen} is reported, ${known} is current`,
                because: [last === undefined ? undefined : { line: last, what: 'the last flip' }],
              },
        );
      },
    };
  },
};

/** The limit is enforced before a fault, for the pages that it may need and some roots. */
const SLACK = 8;

export const liveSpsWithinLimit: TraceRule = {
  id: 'live-sps-within-limit',
  says: 'There are no more pages than the limit allows, the few of the current fault aside.',
  why: 'The limit bounds the memory that a guest can make its host spend.',
  source: ['make_mmu_pages_available()', 'kvm_mmu_change_mmu_pages()'],
  needs: ['kvm_mmu_get_page', 'kvm_mmu_prepare_zap_page', 'change_mmu_pages'],
  modes: 'shadow paging, NPT or EPT without the TDP MMU',
  kernels: 'all',
  memory: 'history',
  watch: (judge) => ({
    kvm_mmu_get_page: ({ created }, at) => {
      const { pages, settings } = at.vm;
      const { limit } = settings;
      if (!created || limit === undefined || at.vm.usesTdpMmu) return;
      judge.judge(at, () =>
        pages.live + 1 <= limit.pages + SLACK
          ? undefined
          : {
              message: `${pages.live + 1} pages, the limit is ${limit.pages}`,
              because: [{ line: limit.line, what: 'the limit is set' }],
            },
      );
    },
  }),
};

export const usedPagesAsCounted: TraceRule = {
  id: 'used-pages-as-counted',
  says: 'A fast zap reports as many used pages as there are.',
  why: 'The number is what the limit is compared with; one that drifts disables it.',
  source: ['kvm_account_mmu_page()', 'kvm_unaccount_mmu_page()'],
  needs: ['kvm_mmu_zap_all_fast', 'kvm_mmu_get_page', 'kvm_mmu_prepare_zap_page'],
  modes: 'shadow paging, NPT or EPT without the TDP MMU',
  kernels: 'all',
  memory: 'history',
  property: 'counters-equal-recounts',
  watch: (judge) => ({
    kvm_mmu_zap_all_fast: ({ used }, at) => {
      if (used === undefined || at.vm.usesTdpMmu) return;
      const { live } = at.vm.pages;
      judge.judge(at, () =>
        used === live ? undefined : { message: `${used} pages are reported, ${live} are known` },
      );
    },
  }),
};

export const unsyncFlagAsTracked: TraceRule = {
  id: 'unsync-flag-as-tracked',
  says: 'A page is unsync when it was marked so before, and in sync otherwise.',
  why: 'A flag that changes without its bookkeeping leaves parents that miss the page.',
  source: ['kvm_unsync_page()', 'kvm_unlink_unsync_page()'],
  needs: ['kvm_mmu_get_page', 'kvm_mmu_prepare_zap_page'],
  modes: 'shadow paging, nested guests',
  kernels: 'all',
  memory: 'history',
  property: 'unsync-page-is-marked-in-its-ancestors',
  watch: (judge) => {
    const check = (sp: Descriptor, at: Moment) => {
      const alike = at.vm.pages.alike(sp).filter((page) => page.invalid === sp.invalid);
      if (sp.direct || alike.length === 0) return;
      judge.judge(at, () =>
        alike.some((page) => page.unsync === sp.unsync)
          ? undefined
          : {
              message: `${descriptorText(sp)} is known as ${sp.unsync ? 'sync' : 'unsync'}`,
              because: alike.map((p) => ({ line: p.changed, what: 'its flag is set' })),
              objects: alike.map(pageText),
            },
      );
    };
    return {
      kvm_mmu_get_page: ({ sp, created }, at) => {
        if (!created) check(sp, at);
      },
      kvm_mmu_prepare_zap_page: ({ sp }, at) => check(sp, at),
    };
  },
};

export const validSpIsUnique: TraceRule = {
  id: 'valid-sp-is-unique',
  says: 'A page is created only when no current page has its gfn and role.',
  why: 'A lookup finds one of two alike; the other one is never synchronised or zapped.',
  source: ['kvm_mmu_find_shadow_page()', 'kvm_mmu_alloc_shadow_page()'],
  needs: ['kvm_mmu_get_page', 'kvm_mmu_prepare_zap_page', 'link_sp'],
  modes: 'shadow paging, nested guests, NPT or EPT without the TDP MMU',
  kernels: 'all',
  memory: 'history',
  property: 'valid-page-is-unique',
  watch: (judge) => ({
    link_sp: ({ gfn, role }, at) => {
      const { got } = at.thread;
      // Not placed yet: this link is the first one of a new page.
      if (got === undefined || got.spt !== undefined || got.sp.gfn !== gfn) return;
      judge.judge(at, () => {
        const twin = at.vm.pages
          .alike(got.sp)
          .find((page) => page !== got && isValid(page) && page.role?.word === role);
        return (
          twin && {
            message: `${descriptorText(got.sp)} is created, and one like it is current`,
            because: [
              { line: twin.created, what: 'the older one is created' },
              { line: got.created, what: 'the newer one is created' },
            ],
            objects: [pageText(twin), pageText(got)],
          }
        );
      });
    },
  }),
};
