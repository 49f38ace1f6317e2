/** The difference of two snapshots, path by path, for a state of any machine. */
import type { Snapshot } from '../checker/catalogue.ts';

export interface Change {
  /** `shadow_pages[1].unsync`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isRecord = (value: unknown): value is Snapshot =>
  typeof value === 'object' && value !== null && !isList(value);

/** Lists of numbers, which bit sets are too, are compared as a whole. */
const isFlat = (value: unknown): boolean =>
  isList(value) && value.every((item) => typeof item === 'number' || item === null);

/** Order: of the fields. */
export function changesBetween(before: unknown, after: unknown, path = ''): Change[] {
  if (isRecord(before) && isRecord(after)) {
    return Object.keys(after).flatMap((key) =>
      changesBetween(before[key], after[key], path === '' ? key : `${path}.${key}`),
    );
  }
  if (isList(before) && isList(after) && !isFlat(before) && before.length === after.length) {
    return after.flatMap((item, i) => changesBetween(before[i], item, `${path}[${i}]`));
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [{ path, before, after }];
}

export const valueText = (value: unknown): string =>
  isList(value) ? `[${value.map(valueText).join(' ')}]` : String(value);

export const changeText = ({ path, before, after }: Change): string =>
  `${path}: ${valueText(before)} -> ${valueText(after)}`;

/** The whole state, one line per field of the outermost record, but for hidden fields. */
export const stateLines = (state: Snapshot, isHidden: (name: string) => boolean): string[] =>
  Object.entries(state)
    .filter(([name]) => !isHidden(name))
    .flatMap(([name, value]) =>
      isList(value) && !isFlat(value)
        ? value.map((item, i) => `${name}[${i}] = ${inline(item, isHidden)}`)
        : [`${name} = ${inline(value, isHidden)}`],
    );

function inline(value: unknown, isHidden: (name: string) => boolean): string {
  if (isList(value)) return `[${value.map((item) => inline(item, isHidden)).join(' ')}]`;
  if (!isRecord(value)) return String(value);
  const fields = Object.entries(value).filter(([name]) => !isHidden(name));
  return `{${fields.map(([name, item]) => `${name} ${inline(item, isHidden)}`).join(', ')}}`;
}
