/**
 * What the searches of the KVM model are watched with: which rules a step, a property or the
 * making of the machine asks for, and which steps cost something.
 *
 * A step counts once, whatever it does how often: what is counted is steps of a search over all
 * interleavings, not work along one run.
 */
import type { Costs, Kvm } from '../../model/index.ts';
import type { Machine, StepProperty } from '../engine/machine/index.ts';
import { erased, meterId, type Instruments, type Selection } from './catalogue.ts';
import { consultable } from './consulted.ts';
import { instantiateKvm } from './kvm-machine.ts';

type Changed = (before: Kvm, after: Kvm) => boolean;

/** Where a vCPU is that was in the guest and has not faulted: still there, or it changed modes. */
const otherExits: ReadonlySet<string> = new Set(['guest', 'enter', 'invlpg']);

const exits: Changed = (before, after) => {
  for (let v = 0; v < before.vcpu.length; v += 1) {
    if (before.vcpu.at(v).pc === 'guest' && !otherExits.has(after.vcpu.at(v).pc)) return true;
  }
  return false;
};

const builds: Changed = (before, after) => {
  for (let sp = 0; sp < before.sp.length; sp += 1) {
    if (before.sp.at(sp).list === 'free' && after.sp.at(sp).list !== 'free') return true;
  }
  return false;
};

const writes: Changed = (before, after) => {
  for (let sp = 0; sp < before.sp.length; sp += 1) {
    const [old, now] = [before.sp.at(sp).spt, after.sp.at(sp).spt];
    for (let i = 0; i < old.length; i += 1) if (old.get(i) !== now.get(i)) return true;
  }
  return false;
};

/** A step that was executed and not asked about would count for the next one: none is. */
const flushesOf = ({ costs }: { readonly costs: Costs }): Changed => {
  let seen = 0;
  return () => {
    const grown = costs.flushes !== seen;
    seen = costs.flushes;
    return grown;
  };
};

const meters = [
  { id: 'faults', says: 'Steps by which a vCPU leaves the guest for a page fault.' },
  { id: 'pages built', says: 'Steps that allocate a shadow page.' },
  { id: 'SPTE writes', says: 'Steps that change an SPTE, those of a freed page included.' },
  { id: 'flushes', says: 'Steps that flush the TLBs of all vCPUs.' },
] as const;

type MeterId = (typeof meters)[number]['id'];

function meterProperty(id: MeterId, on: readonly string[], counts: Changed): StepProperty<Kvm> {
  return {
    id: meterId(id),
    kind: 'step',
    says: `Counts ${id}.`,
    why: 'It is no property: it counts.',
    source: [],
    on,
    applies: counts,
    check: () => null,
    witness: { says: 'Anything.', reached: () => true, reads: [] },
  };
}

const watched = (selection: Selection) => {
  const costs: Costs = { flushes: 0, rmaps: 0 };
  let names = (): readonly string[] => [];
  const machine = instantiateKvm(selection, (config) => {
    const rules = consultable(config.rules);
    names = rules.names;
    return { ...config, rules: rules.record, costs };
  });
  const on = machine.transitions.map(({ name }) => name);
  const count: Readonly<Record<MeterId, Changed>> = {
    faults: exits,
    'pages built': builds,
    'SPTE writes': writes,
    flushes: flushesOf({ costs }),
  };
  const properties = [
    ...machine.properties,
    ...meters.map(({ id }) => meterProperty(id, on, count[id])),
  ];
  return { machine: { ...machine, properties }, names };
};

/** For threads. */
export const instantiateWatched = (selection: Selection): Machine<Kvm> =>
  watched(selection).machine;

export const instruments: Instruments = {
  meters,
  watch: (selection) => {
    const { machine, names } = watched(selection);
    return { machine: erased(machine), consulted: () => names() };
  },
  source: (selection) => ({
    module: import.meta.url,
    exportName: 'instantiateWatched',
    argument: selection,
  }),
};
