/** The configurations that are counted, and what each of them comes to. */
import { shares, type Place, type Share } from './published.ts';
import { counted, phases, Run, type Measured } from './run.ts';
import { guests, logs, pagesOf, type Guest, type Log, type Setting } from './setting.ts';

export interface Cell {
  readonly guest: Guest;
  readonly log: Log;
  readonly share: Share;
  readonly eager: boolean;
  /** Pages written in a pass. */
  readonly writes: number;
  readonly measured: Measured;
}

/** Entries of a table in the cells: 16 pages, of which one is close to 5 per cent. */
export const ENTRIES = 4;

export const writesOf: Readonly<Record<Share, (pages: number) => number>> = {
  '100%': (pages) => pages,
  '50%': (pages) => pages / 2,
  '5%': () => 1,
};

export const measure = (setting: Setting): Measured => new Run(setting).measure();

function cellOf(guest: Guest, log: Log, share: Share, eager: boolean): Cell {
  const setting = { guest, log, eager, vcpus: 1, entries: ENTRIES, writes: 0 };
  const writes = writesOf[share](pagesOf(setting));
  return { guest, log, share, eager, writes, measured: measure({ ...setting, writes }) };
}

export const allCells = (): Cell[] =>
  guests.flatMap((guest) =>
    logs.flatMap((log) =>
      shares.flatMap((share) => [false, true].map((eager) => cellOf(guest, log, share, eager))),
    ),
  );

const differing = (one: Measured, other: Measured | undefined): number =>
  phases.flatMap((phase) => counted.filter((what) => one[phase][what] !== other?.[phase][what]))
    .length;

export class Cells {
  readonly #cells: readonly Cell[];

  constructor(cells: readonly Cell[]) {
    this.#cells = cells;
  }

  /** Errors: throws when there is no such cell. */
  count({ guest, log, share, phase, counted }: Place, eager: boolean): number {
    const cell = this.#cells.find(
      (one) => one.guest === guest && one.log === log && one.share === share && one.eager === eager,
    );
    if (cell === undefined) throw new Error(`no cell ${guest} ${log} ${share}`);
    return cell.measured[phase][counted];
  }

  /** How many counts of two guests differ. */
  differences(one: Guest, other: Guest): number {
    const of = (guest: Guest) => this.#cells.filter((cell) => cell.guest === guest);
    const others = of(other);
    return of(one).reduce(
      (sum, { measured }, i) => sum + differing(measured, others[i]?.measured),
      0,
    );
  }

  both(place: Place): { off: number; on: number } {
    return { off: this.count(place, false), on: this.count(place, true) };
  }
}
