/**
 * Scenarios: named bounded configurations, each small and named after the interaction it shows.
 */
import type { AccessKind } from './access.ts';
import type { Geometry } from './geometry.ts';
import { judgedKinds } from './judged-kinds.ts';
import type { PresetName, Rules } from './rules.ts';
import {
  budgetNames,
  type BudgetName,
  type Config,
  type GuestInstruction,
  type GuestStore,
  type NxHugePages,
  type OracleMode,
} from './config.ts';

export interface Scenario {
  /** Most significant word first: `shadow-sync-batch`. */
  readonly id: string;
  /** The interaction it shows, in a sentence or two. */
  readonly says: string;
  readonly machine: 'shadow';
  /** Checked when no scenario is named. */
  readonly ci: boolean;
  readonly preset: PresetName;
  readonly geometry: Geometry;
  readonly initialMemory: readonly (readonly number[])[];
  readonly stores: readonly GuestStore[];
  readonly instructions: readonly GuestInstruction[];
  readonly addresses?: readonly number[];
  readonly budget: Partial<Readonly<Record<BudgetName, number>>>;
  readonly actors?: Partial<Readonly<Record<BudgetName, readonly number[]>>>;
  readonly oracle: OracleMode;
  readonly nx_huge_pages: NxHugePages;
  readonly prefetch: boolean;
  readonly nested: boolean;
  readonly eager_page_split: boolean;
  readonly lasting_contention: boolean;
  readonly lockless_walks: boolean;
  readonly granularity: 'step' | 'operation';
  readonly retries: boolean;
  /** A repeated instruction may fault for ever; `retries`, with nothing counted. */
  readonly endless: boolean;
  /** Properties that do not apply, each with the reason from the source. */
  readonly excludes: Readonly<Record<string, string>>;
  /** Longest walk of the random engine, in steps. */
  readonly maxSteps: number;
  /** Exact results of the exhaustive search, symmetry on, upstream. */
  readonly counts?: {
    readonly states: number;
    readonly transitions: number;
    readonly depth: number;
  };
}

/** What a scenario has to say; everything else has a default. */
export type ScenarioInput = Pick<Scenario, 'id' | 'says' | 'initialMemory' | 'stores' | 'budget'> &
  Partial<Omit<Scenario, 'geometry'>> & {
    readonly geometry: Partial<Geometry> & Pick<Geometry, 'gfns' | 'tables' | 'shadow_pages'>;
  };

const defaultKinds: readonly AccessKind[] = ['ur', 'uw'];

/** Two entries per table, two levels, two vCPUs, one previous root, one TLB entry each. */
const geometryOf = (g: ScenarioInput['geometry']): Geometry => ({
  levels: 2,
  passthrough: false,
  entries: 2,
  host_pfn: Array.from({ length: g.gfns }, (_, gfn) => gfn),
  pfns: g.gfns,
  host_level: Array.from({ length: g.gfns }, () => 1),
  invalidations: [],
  aging_range: null,
  host_readonly: [],
  host_dirty: false,
  memslot: null,
  dirty_log: null,
  quota: null,
  caches: false,
  nonpaging: [],
  cr0_pg: 'kept',
  smm: false,
  cr3: [0],
  vcpus: 2,
  prev_roots: 1,
  tlb_entries: 1,
  psc_entries: 0,
  kinds: defaultKinds,
  efer_nx: 'set',
  cr4: [],
  pcids: (g.cr3 ?? [0]).map(() => 0),
  flood_threshold: 2,
  unsync_batch: 2,
  faults_max: 3,
  ...g,
});

export const scenario = (input: ScenarioInput): Scenario => ({
  machine: 'shadow',
  ci: true,
  preset: 'upstream',
  oracle: 'lenient',
  nx_huge_pages: 'never',
  prefetch: false,
  nested: false,
  eager_page_split: false,
  lasting_contention: false,
  lockless_walks: false,
  instructions: [],
  granularity: 'step',
  retries: false,
  endless: false,
  excludes: {},
  maxSteps: 80,
  ...input,
  geometry: geometryOf(input.geometry),
});

/** The configuration of a scenario under given rules. */
export const configOf = (
  s: Scenario,
  rules: Rules,
  granularity: 'step' | 'operation' = s.granularity,
): Config => ({
  geometry: s.geometry,
  judgedKinds: judgedKinds(s.geometry),
  rules,
  initialMemory: s.initialMemory,
  oracle: s.oracle,
  nx_huge_pages: s.nx_huge_pages,
  prefetch: s.prefetch,
  nested: s.nested,
  eager_page_split: s.eager_page_split,
  lasting_contention: s.lasting_contention,
  lockless_walks: s.lockless_walks,
  granularity,
  retries: s.retries,
  endless: s.endless,
  workload: {
    stores: s.stores,
    instructions: s.instructions,
    ...(s.addresses === undefined ? {} : { addresses: s.addresses }),
    ...(s.actors === undefined ? {} : { actors: s.actors }),
    budget: Object.fromEntries(budgetNames.map((name) => [name, s.budget[name] ?? 0])) as Record<
      BudgetName,
      number
    >,
  },
});
