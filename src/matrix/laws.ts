/** What the counts follow: laws of the discussion of eager page splitting, and of its rules. */
import { ruleDefinitions, type Rules } from '../../model/index.ts';
import { ENTRIES, measure, writesOf, type Cells } from './cells.ts';
import { FAST_PAGE_FAULT, hasStep, shares, type Place, type Share } from './published.ts';
import type { Counted, Measured, Phase } from './run.ts';
import { guests, type Guest, type Log, type Setting } from './setting.ts';

/** A sentence about counts, and whether they bear it out. */
export interface Law {
  /** Laws of one name belong together, see docs/matrix.md. */
  readonly name: string;
  readonly says: string;
  /** The counts that it speaks of, in words. */
  readonly counts: string;
  readonly holds: boolean;
}

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
const under = (rules: Partial<Rules>, how: Partial<Setting> = {}): Measured =>
  measure({
    guest: 'nested',
    log: 'get',
    eager: true,
    vcpus: 1,
    entries: 2,
    writes: 1,
    rules,
    ...how,
  });

/** What may have taken rights from a huge SPTE that is split, and what the guest does after. */
const takenRights: readonly (readonly [what: string, how: Partial<Setting>])[] = [
  ['nothing taken', {}],
  ['read-only entry', { readOnly: true, writes: 0 }],
  ['NX, fetches', { nx: true, executes: true }],
  ['NX, reads', { nx: true }],
  ['write-protected', { protectedBefore: true }],
];

function accessLaw(): Law {
  const [recorded = [], copied = []] = ruleDefinitions.split_access.values.map((split_access) =>
    takenRights.map(([, how]) => under({ split_access }, how)['pass 1'].locked),
  );
  return {
    name: 'access',
    says:
      'Rights copied from the huge SPTE cost nothing where KVM had taken none. Where the NX ' +
      'mitigation or write protection had, the table is lost at the first access that needs ' +
      'them, and all four pages fault again, as if nothing had been split.',
    counts: takenRights
      .map(([what], i) => `${what} ${recorded[i] ?? 0} -> ${copied[i] ?? 0}`)
      .join('; '),
    holds: list(recorded) === '1, 0, 1, 1, 1' && list(copied) === '1, 0, 4, 4, 4',
  };
}

function flushLaw(): Law {
  const flushes = ruleDefinitions.split_flush.values.map(
    (split_flush) => under({ split_flush }).enable.flushes,
  );
  const [table = 0, never = 0, less = 0, always = 0] = flushes;
  return {
    name: 'flush',
    says:
      'Where a split finds no page to reuse, flushing for every split costs one flush for ' +
      'each, and any other rule costs none.',
    counts: `never ${never}, for a table ${table}, for fewer rights too ${less}, always ${always}`,
    holds: never === 1 && table === 1 && less === 1 && always === 1 + 3,
  };
}

const fastLaw = (locked: readonly number[]): Law => ({
  name: 'L3',
  says: 'With it, a direct MMU needs no mmu_lock to make a page writable again.',
  counts: list(locked),
  holds: locked.every((n) => n === 0),
});

/** Where the processor logs modified pages. */
function pmlLaws(cells: Cells): Law[] {
  const silent = ([false, true] as const).map((eager) =>
    shares.map((share) => {
      const place = at('direct-pml', 'get', eager ? 'pass 1' : 'pass 2', 'locked', share);
      return cells.count(place, eager) + cells.count({ ...place, counted: 'lockless' }, eager);
    }),
  );
  const differs = cells.differences('nested', 'nested-pml');
  return [
    {
      name: 'L3',
      says: 'With PML it needs no fault at all, nor without it from the second pass on.',
      counts: silent.map(list).join('; '),
      holds: silent.flat().every((n) => n === 0),
    },
    {
      name: 'L2',
      says: 'To the tables of a nested guest PML makes no difference.',
      counts: `${differs} counts differ`,
      holds: differs === 0,
    },
  ];
}

/** What it costs to look for pages to arm, and to end logging. */
function walkLaws(cells: Cells, pages: number): Law[] {
  const get = shares.map((share) =>
    cells.count(at('shadow', 'get', 'harvest 2', 'rmaps', share), true),
  );
  const clear = cells.both(at('shadow', 'initially-set', 'harvest 1', 'rmaps', '100%'));
  const ends = (phase: Phase, what: Counted): number[] =>
    guests.map((guest) => cells.count(at(guest, 'get', phase, what, '5%'), true));
  const [zapped, flushes] = [ends('disable', 'sptes'), ends('disable', 'flushes')];
  const again = ends('pass 3', 'locked');
  const words = pages / ENTRIES;
  return [
    {
      name: 'L7',
      says:
        'Harvesting looks at the rmap of each page that it takes, and where the bitmap began ' +
        'full also at those above 4K of both ends of each word.',
      counts: `${list(get)}; ${clear.off} -> ${clear.on}`,
      holds:
        get.every((n, i) => n === writesOf[shares[i] ?? '5%'](pages)) &&
        clear.off === pages + words * 2 * 2,
    },
    {
      name: 'end',
      says:
        'Switching off zaps all small pages with one flush, and the next write maps the huge ' +
        'page again.',
      counts: `SPTEs ${list(zapped)}; flushes ${list(flushes)}; faults ${list(again)}`,
      holds: zapped.every((n) => n === pages) && [...flushes, ...again].every((n) => n === 1),
    },
  ];
}

function faultLaws(cells: Cells, pages: number): Law[] {
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
  const apart = byVcpus('direct', true, [1, 2]);
  const tables = 1 + ENTRIES;
  return [
    {
      name: 'L1',
      says: 'Without eager splitting, every page faults once under mmu_lock, written or read.',
      counts: lazy.map(list).join('; '),
      holds: lazy.flat().every((n) => n === pages),
    },
    {
      name: 'L2',
      says: 'With it, shadow paging and nested guests fault for the pages written alone.',
      counts: split.map(list).join('; '),
      holds: split.every((counts) => counts.every((n, i) => n === writes[i])),
    },
    ...(hasStep(FAST_PAGE_FAULT) ? [fastLaw(byShare(cells, 'direct', true))] : []),
    {
      name: 'L5',
      says: 'Enabling pays for that: a page and an SPTE for every table and page of the huge one.',
      counts: `pages ${built.off} -> ${built.on}, SPTEs ${written.off} -> ${written.on}`,
      holds:
        built.on - built.off === tables && written.on - written.off >= pages + ENTRIES + tables,
    },
    {
      name: 'L5',
      says: 'Enabling looks through the rmaps of all levels, mapped or not.',
      counts: `${rmaps.off}, ${rmaps.on}`,
      holds: rmaps.off === pages + ENTRIES + 1 && rmaps.on === rmaps.off,
    },
    {
      name: 'L6',
      says: 'With a full bitmap, neither enabling nor the first pass costs anything.',
      counts: quiet.map(({ off, on }) => `${off} -> ${on}`).join('; '),
      holds: quiet.every(({ off, on }) => off === 0 && on === 0),
    },
    {
      name: 'L6',
      says: 'The first CLEAR splits then, and the second one builds nothing more.',
      counts: `pages ${first.off} -> ${first.on}; ${second.off} -> ${second.on}`,
      holds: first.off === 0 && first.on === tables && second.off === 0 && second.on === 0,
    },
    {
      name: 'L8',
      says:
        'What is done under mmu_lock adds up over vCPUs: two of them fault twice as often. What ' +
        'needs no mmu_lock does not.',
      counts: `${list(serial)}; ${list(apart)}`,
      holds: serial[1] === 2 * (serial[0] ?? 0) && apart.every((n) => n === 0),
    },
  ];
}

/** Order: as they are told. */
export const lawsOf = (cells: Cells, pages: number): Law[] => [
  ...faultLaws(cells, pages),
  ...pmlLaws(cells),
  ...walkLaws(cells, pages),
  flushLaw(),
  accessLaw(),
];
