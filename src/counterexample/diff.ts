/** The difference of two snapshots, path by path, for a state of any machine. */
import type { Snapshot } from '../checker/catalogue.ts';

export interface Change {
  /** `shadow_pages[1].unsync`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  /** The records around the changed value, outermost first, before and after in turn. */
  readonly around: readonly Snapshot[];
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isRecord = (value: unknown): value is Snapshot =>
  typeof value === 'object' && value !== null && !isList(value);

/** Lists of numbers, which bit sets are too, are compared as a whole. */
const isFlat = (value: unknown): boolean =>
  isList(value) && value.every((item) => typeof item === 'number' || item === null);

/** Order: of the fields. */
export function changesBetween(
  before: unknown,
  after: unknown,
  path = '',
  around: readonly Snapshot[] = [],
): Change[] {
  if (isRecord(before) && isRecord(after)) {
    const inner = [...around, before, after];
    return Object.keys(after).flatMap((key) =>
      changesBetween(before[key], after[key], path === '' ? key : `${path}.${key}`, inner),
    );
  }
  if (isList(before) && isList(after) && !isFlat(before) && before.length === after.length) {
    return after.flatMap((item, i) => changesBetween(before[i], item, `${path}[${i}]`, around));
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [{ path, before, after, around }];
}

export const valueText = (value: unknown): string =>
  isList(value) ? `[${value.map(valueText).join(' ')}]` : String(value);

export const changeText = ({ path, before, after }: Change): string =>
  `${path}: ${valueText(before)} -> ${valueText(after)}`;

/** Which changes to show. */
export interface ChangeFilter {
  /** Field names; a change below one of them is not shown. */
  readonly hide: readonly string[];
  /** Only changes in a record whose fields have these values, before or after. */
  readonly watch: Readonly<Record<string, string>>;
}

const isShown = (filter: ChangeFilter) => (change: Change) => {
  const segments = change.path.split(/[.[\]]+/);
  if (filter.hide.some((name) => segments.includes(name))) return false;
  const watched = Object.entries(filter.watch);
  if (watched.length === 0) return true;
  return change.around.some((record) =>
    watched.every(([name, value]) => hasField(record, name, value)),
  );
};

/** Looks into nested records, so that `level=2` finds `role.level`. */
function hasField(record: Snapshot, name: string, wanted: string): boolean {
  return Object.entries(record).some(([key, value]) =>
    isRecord(value)
      ? hasField(value, name, wanted)
      : key === name && (String(value) === wanted || isSameNumber(value, wanted)),
  );
}

const isSameNumber = (value: unknown, wanted: string): boolean =>
  typeof value === 'number' && wanted !== '' && value === Number(wanted);

export const filteredChanges = (
  before: Snapshot,
  after: Snapshot,
  filter: ChangeFilter,
): string[] => changesBetween(before, after).filter(isShown(filter)).map(changeText);

/** The whole state, one line per field of the outermost record. */
export const stateLines = (state: Snapshot, hide: readonly string[]): string[] =>
  Object.entries(state)
    .filter(([name]) => !hide.includes(name))
    .flatMap(([name, value]) =>
      isList(value) && !isFlat(value)
        ? value.map((item, i) => `${name}[${i}] = ${inline(item, hide)}`)
        : [`${name} = ${inline(value, hide)}`],
    );

function inline(value: unknown, hide: readonly string[]): string {
  if (isList(value)) return `[${value.map((item) => inline(item, hide)).join(' ')}]`;
  if (!isRecord(value)) return String(value);
  const fields = Object.entries(value).filter(([name]) => !hide.includes(name));
  return `{${fields.map(([name, item]) => `${name} ${inline(item, hide)}`).join(', ')}}`;
}
