/** What a benchmark run says: medians of several processes with their spread, and ratios. */

/** What one process found and took. */
export interface Sample {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Steps of the counterexample, or null where there was none. */
  readonly steps: number | null;
  /** From start to end of the process, seen from outside. */
  readonly wall_ms: number;
  readonly cpu_ms: number;
  readonly peak_bytes: number;
  /** What the search itself says that it holds. */
  readonly bytesPerState?: number;
  readonly gc_ms?: number;
}

/** Median of several runs, and the least and the greatest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** All runs of one row. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly runs: number;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly steps: number | null;
  readonly wall_ms: Spread;
  readonly cpu_ms: Spread;
  readonly peak_bytes: Spread;
  readonly bytesPerState: number | null;
  readonly gc_share: number | null;
}

/** Upper bounds that a ratio is to stay within. */
export interface Goal {
  readonly wall?: number;
  readonly cpu?: number;
  readonly memory?: number;
}

/** Ratios of medians of two rows. */
export interface Ratio {
  readonly of: string;
  readonly to: string;
  readonly wall: number;
  readonly cpu: number;
  readonly memory: number;
  readonly goal: Goal;
}

/** Order: by value. Of an even number of values the median is the mean of the middle two. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((x, y) => x - y);
  const at = (k: number): number => sorted[k] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** Puts runs of one row together. Errors: `Error` when they differ in what they found. */
export function rowOf(id: string, title: string, samples: readonly Sample[]): Row {
  const [first] = samples;
  if (first === undefined) throw new RangeError(`${id}: no runs`);
  const { states, transitions, depth, steps } = first;
  const found = (s: Sample): string => [s.states, s.transitions, s.depth, s.steps].join(', ');
  for (const sample of samples) {
    if (found(sample) === found(first)) continue;
    throw new Error(`${title}: runs differ: ${found(first)} and ${found(sample)}`);
  }
  const median = (of: (sample: Sample) => number | undefined): number | null => {
    const values = samples.map(of).filter((value) => value !== undefined);
    return values.length === 0 ? null : spreadOf(values).median;
  };
  return {
    id,
    title,
    runs: samples.length,
    states,
    transitions,
    depth,
    steps,
    wall_ms: spreadOf(samples.map((sample) => sample.wall_ms)),
    cpu_ms: spreadOf(samples.map((sample) => sample.cpu_ms)),
    peak_bytes: spreadOf(samples.map((sample) => sample.peak_bytes)),
    bytesPerState: median((sample) => sample.bytesPerState),
    gc_share: median(({ gc_ms, cpu_ms }) => (gc_ms === undefined ? undefined : gc_ms / cpu_ms)),
  };
}

export function ratioOf(of: Row, to: Row, goal: Goal): Ratio {
  const ratio = (spread: 'wall_ms' | 'cpu_ms' | 'peak_bytes'): number =>
    of[spread].median / to[spread].median;
  const [wall, cpu, memory] = [ratio('wall_ms'), ratio('cpu_ms'), ratio('peak_bytes')];
  return { of: of.id, to: to.id, wall, cpu, memory, goal };
}

const rounded = (value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(5)) : value;

/** One line of JSON; figures that were measured to five digits, counts in full. */
export const toLine = (report: object): string =>
  JSON.stringify(report, (_, value: unknown) => (Number.isInteger(value) ? value : rounded(value)));

const seconds = ({ median, min, max }: Spread): string =>
  [median, min, max]
    .map((ms) => (ms / 1000).toFixed(2))
    .join(' ')
    .replace(/ (\S+) (\S+)/, ' ($1-$2)');

/** The second and third column hold a spread. */
const widthOf = (column: number): number => (column === 1 || column === 2 ? 22 : 12);

const cells = (title: string, columns: readonly string[]): string =>
  `${title.padEnd(30)}${columns.map((text, k) => text.padStart(widthOf(k))).join('')}\n`;

const dash = (value: number | null, show: (value: number) => string): string =>
  value === null ? '-' : show(value);

const heads = ['states', 'wall s', 'CPU s', 'k states/s', 'k trans/s', 'bytes/state'];

/** Rates are per second of CPU, so that rows with several workers compare. */
export function tableOf(title: string, rows: readonly Row[]): string {
  const lines = rows.map((row) =>
    cells(row.title, [
      String(row.states),
      seconds(row.wall_ms),
      seconds(row.cpu_ms),
      String(Math.round(row.states / row.cpu_ms.median)),
      String(Math.round(row.transitions / row.cpu_ms.median)),
      dash(row.bytesPerState, (bytes) => bytes.toFixed(1)),
      (row.peak_bytes.median / 2 ** 20).toFixed(0),
      dash(row.gc_share, (share) => (100 * share).toFixed(1)),
      dash(row.steps, String),
    ]),
  );
  return `${cells(title, [...heads, 'peak MB', 'GC %', 'steps'])}${lines.join('')}`;
}

/** One line per ratio; a goal is printed behind the figure that it bounds. */
export function ratiosOf(ratios: readonly Ratio[], rows: readonly Row[]): string {
  const titleOf = (id: string): string => rows.find((row) => row.id === id)?.title.trim() ?? id;
  const figure = (name: string, value: number, goal: number | undefined): string => {
    const judged = goal === undefined ? '' : ` (goal ${goal}: ${value <= goal ? 'met' : 'missed'})`;
    return `${name} ${value.toFixed(2)}${judged}`;
  };
  return ratios
    .map(({ of, to, wall, cpu, memory, goal }) => {
      const figures = [
        figure('wall', wall, goal.wall),
        figure('CPU', cpu, goal.cpu),
        figure('memory', memory, goal.memory),
      ];
      return `${titleOf(of)} / ${titleOf(to)}: ${figures.join(', ')}\n`;
    })
    .join('');
}
