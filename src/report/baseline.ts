/**
 * Known violations: a file that says which, so that a gate fails for new ones alone. What makes
 * two violations the same is property, scenario, granularity and rules; neither the run nor the
 * content of the model, which change without the violation being another.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Catalogue, ScenarioEntry, Selection } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import { find } from '../checker/names.ts';
import { parseFile, type FileForm } from '../counterexample/json-file.ts';
import { readText } from '../counterexample/read-text.ts';
import type { SearchReport } from './search-report.ts';

export const baselineSchemaName = 'kvm-mmu-check/baseline@1';

export const baselineEntry = z.strictObject({
  property: z.string(),
  scenario: z.string(),
  granularity: z.enum(['step', 'operation']),
  rules: z.strictObject({
    preset: z.string(),
    mutant: z.string().optional(),
    changes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
  note: z.string().optional().describe('Why it is accepted; for people.'),
});

export const baselineSchema = z
  .strictObject({ schema: z.literal(baselineSchemaName), entries: z.array(baselineEntry) })
  .describe('Violations that kvm-mmu-check check --baseline does not fail for.');

export type BaselineEntry = z.infer<typeof baselineEntry>;

const form: FileForm<z.infer<typeof baselineSchema>> = {
  what: 'a baseline',
  name: baselineSchemaName,
  schema: baselineSchema,
  restore: 'Restore it, or write it anew: kvm-mmu-check check --write-baseline <file>',
  otherVersion: 'Write it anew: kvm-mmu-check check --write-baseline <file>',
  described: 'The format is described in docs/ci.md.',
};

/** The search that an entry is of. */
function searchKey({ scenario, granularity, rules }: Omit<BaselineEntry, 'property'>): string {
  const changes = Object.entries(rules.changes).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([scenario, rules.preset, rules.mutant ?? null, changes, granularity]);
}

const keyOf = (entry: BaselineEntry): string => `${searchKey(entry)} ${entry.property}`;

const inOrder = (entries: readonly BaselineEntry[]): BaselineEntry[] =>
  [...entries].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

const entryOf = (
  scenario: ScenarioEntry,
  { preset, mutant, rules, granularity }: Selection,
  property: string,
): BaselineEntry => ({
  property,
  scenario: scenario.id,
  granularity: granularity ?? scenario.granularity ?? 'step',
  rules: { preset, ...(mutant === undefined ? {} : { mutant }), changes: { ...rules } },
});

export interface Baseline {
  readonly file: string;
  readonly entries: readonly BaselineEntry[];
}

/** Of what is known, whatever the notes and the order. */
export const hashOf = ({ entries }: Baseline): string =>
  createHash('sha256').update(inOrder(entries).map(keyOf).join('\n')).digest('hex').slice(0, 16);

export function isKnown(
  { entries }: Baseline,
  scenario: ScenarioEntry,
  selection: Selection,
  property: string,
): boolean {
  const key = keyOf(entryOf(scenario, selection, property));
  return entries.some((entry) => keyOf(entry) === key);
}

type Judgement = 'found' | 'absent' | 'open';

/** What the searches say of an entry; open when none of them judged its property to the end. */
function judgementOf(entry: BaselineEntry, reports: readonly SearchReport[]): Judgement {
  const { property } = entry;
  const own = reports.filter(
    ({ scenario, selection }) =>
      searchKey(entryOf(scenario, selection, property)) === searchKey(entry),
  );
  if (own.some(({ found }) => found.some(({ violation }) => violation.property === property))) {
    return 'found';
  }
  const wasJudged = own.some(
    ({ complete, outcome }) =>
      complete && outcome.statistics.evidence.some(({ id }) => id === property),
  );
  return wasJudged ? 'absent' : 'open';
}

/** Entries that no longer occur. Order: of keys, the same for a run and its merged shards. */
export const goneFrom = (
  { entries }: Baseline,
  reports: readonly SearchReport[],
): BaselineEntry[] => inOrder(entries.filter((entry) => judgementOf(entry, reports) === 'absent'));

/** The union over shards, each of which judged its own part. */
export const allGone = (parts: readonly (readonly BaselineEntry[])[]): BaselineEntry[] =>
  inOrder(parts.flat());

/** What was found, with the notes of before; and what was not judged, as before. */
export function renewed(before: Baseline, reports: readonly SearchReport[]): BaselineEntry[] {
  const known = new Map(before.entries.map((entry) => [keyOf(entry), entry]));
  const found = reports.flatMap((report) =>
    report.found.map(({ violation }) =>
      entryOf(report.scenario, report.selection, violation.property),
    ),
  );
  const left = before.entries.filter((entry) => judgementOf(entry, reports) === 'open');
  return inOrder([...found.map((entry) => known.get(keyOf(entry)) ?? entry), ...left]);
}

export const baselineText = (entries: readonly BaselineEntry[]): string =>
  `${JSON.stringify({ schema: baselineSchemaName, entries }, null, 2)}\n`;

/** Errors: fault 201 with the nearest names. */
function checkNames(entry: BaselineEntry, at: string, catalogue: Catalogue): void {
  const { mutant, preset, changes } = entry.rules;
  const known = (kind: string, list: string, name: string, names: readonly string[]) =>
    find(names, (one) => one, {
      code: 'KMC-201',
      kind,
      name,
      sentence: `${at} names ${kind} "${name}", which the model does not have`,
      listCommand: `kvm-mmu-check list ${list}`,
    });
  const ids = (things: readonly { readonly id: string }[]) => things.map(({ id }) => id);
  const names = (things: readonly { readonly name: string }[]) => things.map(({ name }) => name);
  known('property', 'properties', entry.property, ids(catalogue.properties));
  known('scenario', 'scenarios', entry.scenario, ids(catalogue.scenarios));
  known('preset', 'presets', preset, names(catalogue.presets));
  if (mutant !== undefined) known('mutant', 'mutants', mutant, ids(catalogue.mutants));
  for (const rule of Object.keys(changes)) known('rule', 'rules', rule, names(catalogue.rules));
}

/** Errors: faults 201 to 205. */
export function readBaseline(file: string, catalogue: Catalogue): Baseline {
  const { entries } = parseFile(readText(file), file, form);
  const seen = new Map<string, number>();
  entries.forEach((entry, i) => {
    checkNames(entry, `${file}: entry ${i + 1}`, catalogue);
    const earlier = seen.get(keyOf(entry));
    if (earlier !== undefined) {
      throw new Fault('KMC-204', `${file}: entry ${i + 1} is entry ${earlier + 1} again`, [
        'Take one of them out.',
      ]);
    }
    seen.set(keyOf(entry), i);
  });
  return { file, entries };
}
