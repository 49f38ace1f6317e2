/**
 * Every decision of KVM that a patch could change or that a bug once got wrong, as one record.
 *
 * The model reads `rules.x` at the one place where KVM decides. The first value of each rule is
 * what Linux 7.2 does.
 */
import { buildingRules } from './rules/building.ts';
import { dirtyLogRules } from './rules/dirty-log.ts';
import { frameRules } from './rules/frames.ts';
import { hugeRules } from './rules/huge.ts';
import { keepingRules } from './rules/keeping.ts';
import { mappingRules } from './rules/mapping.ts';
import { memslotRules } from './rules/memslots.ts';
import { modeRules } from './rules/modes.ts';
import { quotaRules } from './rules/quota.ts';
import { smmRules } from './rules/smm.ts';
import { splitRules } from './rules/split.ts';

export const ruleDefinitions = {
  ...buildingRules,
  ...mappingRules,
  ...keepingRules,
  ...memslotRules,
  ...frameRules,
  ...quotaRules,
  ...hugeRules,
  ...modeRules,
  ...smmRules,
  ...dirtyLogRules,
  ...splitRules,
} as const;

export type RuleName = keyof typeof ruleDefinitions;

/** One value for every rule. */
export type Rules = {
  readonly [N in RuleName]: (typeof ruleDefinitions)[N]['values'][number];
};

export const ruleNames = Object.keys(ruleDefinitions) as RuleName[];

const upstream = Object.fromEntries(
  ruleNames.map((name) => [name, ruleDefinitions[name].values[0]]),
) as unknown as Rules;

const seedV3 = {
  ...upstream,
  child_reuse_check: 'none',
  role_efer_nx: 'in-role',
  mmio_over_present: 'overwrite',
  shrinker: 'oldest-pages',
  split_scope: 'every-shadow-mmu',
  split_alloc: 'under-the-lock',
  split_unsync: 'skip',
} as const satisfies Rules;

const seedV2 = {
  ...seedV3,
  remap_access: 'keep',
  split_existing: 'refuse',
  split_entries: 'holes-flush-lost',
  split_alloc: 'under-the-lock-untested',
  split_spare: 'overwritten',
} as const satisfies Rules;

/**
 * Named rule sets. Era differences of parts that are not modelled yet join with those parts.
 * In 2022 any present table entry was taken for the right child, the role told EFER.NX apart, and
 * an MMIO SPTE was stored over whatever was there, and memory pressure took pages away. Series v2
 * of eager page splitting did not refresh the cached access when a fault found the frame already
 * mapped, refused to split into a page that was there, and left empty what would have needed a
 * descriptor; it did not test what it allocated, forgot a page and a flush.
 */
export const presets = {
  upstream,
  'recursive-reclaim': { ...upstream, reclaim_roots: 'taken' },
  'v6.1': { ...upstream, shrinker: 'oldest-pages' },
  'seed-v3': seedV3,
  'seed-v2': seedV2,
} as const satisfies Record<string, Rules>;

export const presetSays: Record<keyof typeof presets, string> = {
  upstream: 'Linux 7.2.',
  'recursive-reclaim':
    'Linux 7.2 as far as faults go, where making room may zap a root in use: what recursion ' +
    'through nested pages did before CVE-2026-64561.',
  'v6.1':
    'Linux 6.1.192, which has the fixes of 2026 that concern this machine. Its INVLPG, which ' +
    'zaps and prefetches, is taken for the later one, which syncs. It has the shrinker.',
  'seed-v3': 'The third series of eager page splitting for the shadow MMU, April 2022.',
  'seed-v2': 'The second series of eager page splitting for the shadow MMU, March 2022.',
};

export type PresetName = keyof typeof presets;
