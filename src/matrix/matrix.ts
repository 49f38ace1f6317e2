/** All cells of the matrix, what was published beside them, and the laws that they follow. */
import { modelTransitions, ruleDefinitions, type Rules } from '../../model/index.ts';
import {
  agrees,
  FAST_PAGE_FAULT,
  figures,
  shares,
  type Figure,
  type Place,
  type Share,
} from './published.ts';
import { Run, type Counted, type Measured, type Phase } from './run.ts';
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

export interface Comparison extends Figure {
  /** What the model counts, without eager splitting and with. */
  readonly count: { readonly off: number; readonly on: number };
  readonly agrees: boolean;
}

/** A sentence about counts, and whether they bear it out. */
export interface Law {
  readonly says: string;
  /** The counts that it speaks of, in words. */
  readonly counts: string;
  readonly holds: boolean;
}

export interface Matrix {
  /** Of the one vCPU of the cells. */
  readonly pages: number;
  readonly entries: number;
  readonly cells: readonly Cell[];
  readonly comparisons: readonly Comparison[];
  readonly laws: readonly Law[];
  /** What the table or the laws have and the model does not. */
  readonly waits: readonly string[];
}

/** Entries of a table in the cells: 16 pages, of which one is close to 5 per cent. */
const ENTRIES = 4;

const writesOf: Readonly<Record<Share, (pages: number) => number>> = {
  '100%': (pages) => pages,
  '50%': (pages) => pages / 2,
  '5%': () => 1,
};

const measure = (setting: Setting): Measured => new Run(setting).measure();

function cellOf(guest: Guest, log: Log, share: Share, eager: boolean): Cell {
  const setting = { guest, log, eager, vcpus: 1, entries: ENTRIES, writes: 0 };
  const writes = writesOf[share](pagesOf(setting));
  return { guest, log, share, eager, writes, measured: measure({ ...setting, writes }) };
}

const allCells = (): Cell[] =>
  guests.flatMap((guest) =>
    logs.flatMap((log) =>
      shares.flatMap((share) => [false, true].map((eager) => cellOf(guest, log, share, eager))),
    ),
  );

class Cells {
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

  both(place: Place): { off: number; on: number } {
    return { off: this.count(place, false), on: this.count(place, true) };
  }
}

const compare = (cells: Cells, figure: Figure): Comparison => {
  const count = cells.both(figure);
  return { ...figure, count, agrees: agrees(figure, count) };
};

const at = (guest: Guest, log: Log, phase: Phase, counted: Counted, share: Share): Place => ({
  guest,
  log,
  phase,
  counted,
  share,
});

const faults = (guest: Guest, share: Share): Place => at(guest, 'get', 'pass 1', 'locked', share);

/** By share of pages written. */
const byShare = (cells: Cells, guest: Guest, eager: boolean): number[] =>
  shares.map((share) => cells.count(faults(guest, share), eager));

const list = (numbers: readonly number[]): string => numbers.join(', ');

/** Faults under mmu_lock in the first pass, of as many vCPUs as in `vcpus`. */
const byVcpus = (guest: Guest, eager: boolean, vcpus: readonly number[]): number[] =>
  vcpus.map((n) => {
    const setting = { guest, log: 'get', eager, vcpus: n, entries: 2, writes: 4 } as const;
    return measure(setting)['pass 1'].locked;
  });

/** A nested guest with one huge page of tables of two entries, which is split under some rules. */
const under = (rules: Partial<Rules>, executes: boolean): Measured =>
  measure({
    guest: 'nested',
    log: 'get',
    eager: true,
    vcpus: 1,
    entries: 2,
    writes: 1,
    executes,
    rules,
  });

/** What depends on the rules of splitting. */
function ruleLaws(): Law[] {
  const flushes = ruleDefinitions.split_flush.values.map(
    (split_flush) => under({ split_flush }, false).enable.flushes,
  );
  const [table = 0, never = 0, less = 0, always = 0] = flushes;
  const rights = ruleDefinitions.split_access.values.map((split_access) => {
    const [fetches, reads] = [true, false].map((executes) => under({ split_access }, executes));
    return [fetches?.['pass 1'].locked ?? 0, reads?.['pass 1'].locked ?? 0];
  });
  const [recorded = [], copied = []] = rights;
  return [
    {
      says:
        'Where a split finds no page to reuse, flushing for every split costs one flush for ' +
        'each, and any other rule costs none.',
      counts:
        `never ${never}, for a table ${table}, for fewer rights too ${less}, ` + `always ${always}`,
      holds: never === 1 && table === 1 && less === 1 && always === 1 + 3,
    },
    {
      says:
        'Rights taken from the huge SPTE cost a fault for each page that is executed under the ' +
        'NX mitigation, as if nothing had been split, and none for reads.',
      counts: `fetches and reads: recorded ${list(recorded)}; copied ${list(copied)}`,
      holds: list(recorded) === '1, 1' && list(copied) === '4, 1',
    },
  ];
}

const fastLaw = (locked: readonly number[]): Law => ({
  says: 'With it, a direct MMU needs no mmu_lock to make a page writable again.',
  counts: list(locked),
  holds: locked.every((n) => n === 0),
});

function lawsOf(cells: Cells, pages: number): Law[] {
  const writes = shares.map((share) => writesOf[share](pages));
  const lazy = guests.map((guest) => byShare(cells, guest, false));
  const split = (['shadow', 'nested'] as const).map((guest) => byShare(cells, guest, true));
  const enable = (counted: Counted) => cells.both(at('shadow', 'get', 'enable', counted, '100%'));
  const set = (phase: Phase, counted: Counted) =>
    cells.both(at('shadow', 'initially-set', phase, counted, '100%'));
  const [built, written, rmaps] = [enable('pages'), enable('sptes'), enable('rmaps')];
  const [first, second] = [set('harvest 1', 'pages'), set('harvest 2', 'pages')];
  const quiet = [set('enable', 'sptes'), set('pass 1', 'locked')];
  const serial = byVcpus('shadow', false, [1, 2]);
  const tables = 1 + ENTRIES;
  return [
    {
      says: 'Without eager splitting, every page faults once under mmu_lock, written or read.',
      counts: lazy.map(list).join('; '),
      holds: lazy.flat().every((n) => n === pages),
    },
    {
      says: 'With it, shadow paging and nested guests fault for the pages written alone.',
      counts: split.map(list).join('; '),
      holds: split.every((counts) => counts.every((n, i) => n === writes[i])),
    },
    ...(hasStep(FAST_PAGE_FAULT) ? [fastLaw(byShare(cells, 'direct', true))] : []),
    {
      says: 'Enabling pays for that: a page and an SPTE for every table and page of the huge one.',
      counts: `pages ${built.off} -> ${built.on}, SPTEs ${written.off} -> ${written.on}`,
      holds:
        built.on - built.off === tables && written.on - written.off >= pages + ENTRIES + tables,
    },
    {
      says: 'Enabling looks through the rmaps of all levels, mapped or not.',
      counts: `${rmaps.off}, ${rmaps.on}`,
      holds: rmaps.off === pages + ENTRIES + 1 && rmaps.on === rmaps.off,
    },
    {
      says: 'With a full bitmap, neither enabling nor the first pass costs anything.',
      counts: quiet.map(({ off, on }) => `${off} -> ${on}`).join('; '),
      holds: quiet.every(({ off, on }) => off === 0 && on === 0),
    },
    {
      says: 'The first CLEAR splits then, and the second one builds nothing more.',
      counts: `pages ${first.off} -> ${first.on}; ${second.off} -> ${second.on}`,
      holds: first.off === 0 && first.on === tables && second.off === 0 && second.on === 0,
    },
    {
      says: 'What is done under mmu_lock adds up over vCPUs: two of them fault twice as often.',
      counts: list(serial),
      holds: serial[1] === 2 * (serial[0] ?? 0),
    },
  ];
}

const hasStep = (name: string): boolean => modelTransitions.some((step) => step.name === name);

const waits = [
  ...(hasStep(FAST_PAGE_FAULT) ? [] : ['ept=Y, iteration 1: direct faults without mmu_lock.']),
  'tdp_mmu=Y: its faults take mmu_lock for read, and its splits walk the tables of a root.',
  'D bits and PML: pages are logged by write protection here.',
  'More than two vCPUs, and times.',
];

/** Runs everything: some dozen runs of some hundred steps each. */
export function makeMatrix(): Matrix {
  const cells = allCells();
  const lookup = new Cells(cells);
  const pages = ENTRIES ** 2;
  return {
    pages,
    entries: ENTRIES,
    cells,
    comparisons: figures
      .filter(({ needs }) => needs === undefined || hasStep(needs))
      .map((figure) => compare(lookup, figure)),
    laws: [...lawsOf(lookup, pages), ...ruleLaws()],
    waits,
  };
}
