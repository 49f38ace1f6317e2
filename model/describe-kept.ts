/**
 * The difference of two states in KVM's words, as far as it is about what KVM counts and keeps
 * ready, and what the host knows: calls of the MMU notifier, frames, quotas, caches, the list of
 * possible NX huge pages. See `describe.ts`.
 */

interface Notifier {
  readonly mmu_invalidate_in_progress: number;
  readonly mn_active_invalidate_count: number;
  readonly mmu_invalidate_range_start: number;
  readonly mmu_invalidate_range_end: number;
}

interface Host {
  readonly readonly: readonly number[];
  readonly dirty: readonly number[];
  readonly ghost_written: readonly number[];
}

interface Nx {
  readonly nx_huge_pages: boolean;
  readonly possible_nx_huge_pages: readonly (number | null)[];
  readonly nr_possible_nx_huge_pages: number;
}

interface VcpuCaches {
  readonly mmu_page_header_cache: number;
  readonly mmu_pte_list_desc_cache: number;
}

/** The parts of a snapshot that are described here. */
export interface KeptParts {
  readonly arch: { readonly n_used_mmu_pages: number; readonly n_max_mmu_pages: number };
  readonly mmu_notifier: Notifier;
  readonly host_pfn: readonly number[];
  readonly host: Host;
  readonly host_level: readonly number[];
  readonly aging: { readonly sptep: number };
  readonly nx: Nx;
  readonly split: {
    readonly split_page_header_cache: number;
    readonly split_desc_cache: number;
  };
  readonly vcpu: readonly VcpuCaches[];
}

type Say = (line: string) => void;

const hex = (value: number): string => `0x${value.toString(16)}`;

/** `+ 0x1,0x2` and `- 0x3`: what came and what went. */
const eachMove = (
  old: readonly string[],
  now: readonly string[],
  visit: (move: string) => void,
): void => {
  const came = now.filter((one) => !old.includes(one));
  const went = old.filter((one) => !now.includes(one));
  if (came.length > 0) visit(`+ ${came.join(',')}`);
  if (went.length > 0) visit(`- ${went.join(',')}`);
};

const describeCount = (name: string, old: number, now: number, say: Say): void => {
  if (old !== now) say(`${name} ${old} -> ${now}`);
};

const describeNotifier = (old: Notifier, now: Notifier, say: Say): void => {
  for (const name of ['mmu_invalidate_in_progress', 'mn_active_invalidate_count'] as const) {
    describeCount(name, old[name], now[name], say);
  }
  const rangeOf = (one: Notifier): string => {
    const { mmu_invalidate_range_start: start, mmu_invalidate_range_end: end } = one;
    return end - start > 1 ? `${hex(start)}-${hex(end - 1)}` : hex(start);
  };
  const isOn = now.mmu_invalidate_in_progress > 0;
  if (isOn && rangeOf(old) !== rangeOf(now)) say(`MMU notifier invalidates gfn ${rangeOf(now)}`);
};

const levelText = (level: number): string => (level === 1 ? '4K' : level === 2 ? '2M' : '1G');

const describeFrames = (old: KeptParts, now: KeptParts, say: Say): void => {
  now.host_pfn.forEach((pfn, gfn) => {
    const was = old.host_pfn[gfn] ?? pfn;
    if (was !== pfn) say(`host gfn ${hex(gfn)} pfn ${hex(was)} -> ${hex(pfn)}`);
  });
  now.host_level.forEach((level, gfn) => {
    const was = old.host_level[gfn] ?? level;
    if (was !== level) say(`host gfn ${hex(gfn)} ${levelText(was)} -> ${levelText(level)}`);
  });
  const moves = (of: keyof Host, name: string): void => {
    eachMove(old.host[of].map(hex), now.host[of].map(hex), (move) => {
      say(`${name} ${move}`);
    });
  };
  moves('readonly', 'host read-only gfn');
  moves('ghost_written', 'written pfn');
  moves('dirty', 'reported as written pfn');
};

const describeNx = (old: Nx, now: Nx, say: Say): void => {
  if (old.nx_huge_pages !== now.nx_huge_pages) {
    say(`nx_huge_pages ${now.nx_huge_pages ? 'on' : 'off'}`);
  }
  const listed = ({ possible_nx_huge_pages }: Nx): string[] =>
    possible_nx_huge_pages.flatMap((sp) => (sp === null ? [] : [`sp${sp}`]));
  eachMove(listed(old), listed(now), (move) => {
    say(`possible_nx_huge_pages ${move}`);
  });
  const name = 'nr_possible_nx_huge_pages';
  describeCount(name, old[name], now[name], say);
};

const describeCaches = (old: KeptParts, now: KeptParts, say: Say): void => {
  now.vcpu.forEach((vcpu, v) => {
    for (const name of ['mmu_page_header_cache', 'mmu_pte_list_desc_cache'] as const) {
      describeCount(`vcpu${v} ${name}`, old.vcpu[v]?.[name] ?? 0, vcpu[name], say);
    }
  });
  for (const name of ['split_page_header_cache', 'split_desc_cache'] as const) {
    describeCount(name, old.split[name], now.split[name], say);
  }
};

export const describeKept = (old: KeptParts, now: KeptParts, say: Say): void => {
  describeNotifier(old.mmu_notifier, now.mmu_notifier, say);
  describeFrames(old, now, say);
  if (old.aging.sptep === 0 && now.aging.sptep > 0) say('ageing a leaf');
  for (const name of ['n_used_mmu_pages', 'n_max_mmu_pages'] as const) {
    describeCount(name, old.arch[name], now.arch[name], say);
  }
  describeCaches(old, now, say);
  describeNx(old.nx, now.nx, say);
};
