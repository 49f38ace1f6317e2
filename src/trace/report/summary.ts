/** Counts of events, and how the numbers of pages and flushes went. */
import { count, table } from '../../report/style.ts';
import { readers } from '../read/payload.ts';
import type { TraceReport } from './result.ts';

/** From nothing to much. */
const shades = ' .:-=+*#%@';
const columns = 64;

/** Numbers as shades of their largest. */
export function sparkline(values: readonly number[], columns: number): string {
  const most = Math.max(...values, 0);
  if (most === 0) return ' '.repeat(Math.min(columns, values.length));
  const perColumn = Math.max(1, Math.ceil(values.length / columns));
  const marks: string[] = [];
  for (let i = 0; i < values.length; i += perColumn) {
    const value = Math.max(...values.slice(i, i + perColumn));
    const shade = value === 0 ? 0 : Math.max(1, Math.round((value / most) * (shades.length - 1)));
    marks.push(shades[shade] ?? ' ');
  }
  return marks.join('');
}

function timelineLines({ validation }: TraceReport): string[] {
  const { timeline } = validation;
  const stretches = timeline.stretches();
  const { peak } = timeline;
  const row = (label: string, total: string, values: readonly number[]) =>
    `  ${label.padEnd(18)} ${total.padStart(8)}  |${sparkline(values, columns)}|`;
  const length = timeline.stretch_s * Math.max(1, Math.ceil(stretches.length / columns));
  const column = length < 0.1 ? `${(1000 * length).toFixed(2)} ms` : `${length.toFixed(2)} s`;
  return [
    `timeline  a column is ${column}`,
    row(
      'used shadow pages',
      `max ${peak.used}`,
      stretches.map(({ used }) => used),
    ),
    row(
      'unsync pages',
      `max ${peak.unsync}`,
      stretches.map(({ unsync }) => unsync),
    ),
    row(
      'flushes',
      `sum ${peak.flushes}`,
      stretches.map(({ flushes }) => flushes),
    ),
  ];
}

/** Order: by name. */
export const countsOf = ({ validation }: TraceReport): [name: string, count: number][] =>
  [...validation.reader.counts].sort(([a], [b]) => (a < b ? -1 : 1));

export function summaryLines(report: TraceReport): string[] {
  const { reader } = report.validation;
  const rows = countsOf(report).map(([name, n]) => [
    name,
    count(n),
    readers.has(name) ? '' : 'skipped',
  ]);
  return [
    'events',
    ...table(rows, ' > ').map((row) => `  ${row}`),
    ...(reader.otherLines > 0 ? [`  ${count(reader.otherLines)} lines are no events`] : []),
    ...timelineLines(report),
  ];
}
