/** The threads of a search, from what the caller asked for. */
import type { Fields } from '../machine/index.ts';
import type { Program } from '../program.ts';
import type { ExhaustiveOptions, StateStore } from '../search/options.ts';
import { Team } from './team.ts';

type Settings = ExhaustiveOptions & Required<Pick<ExhaustiveOptions, 'symmetry' | 'storage'>>;

/** Errors: `RangeError` without the source of the machine. */
export function teamFor<S, F extends Fields>(
  { instances, machine }: Program<S, F>,
  store: StateStore,
  { workers = 1, source, limits, storage, symmetry, ...settings }: Settings,
): Team {
  if (source === undefined) throw new RangeError('several workers need the source of the machine');
  const { checked = false, backend = 'generated' } = settings;
  return new Team(store, {
    threads: workers,
    instances: instances.length,
    transitions: machine.transitions.length,
    statesMax: limits?.states ?? Number.MAX_SAFE_INTEGER,
    setup: { source, storage, symmetry, checked, backend },
  });
}
