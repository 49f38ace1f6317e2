/** The toy as a catalogue, and an environment that keeps what is written to it. */
import {
  erased,
  meterId,
  propertyEntry,
  type Catalogue,
  type Instruments,
  type Selection,
} from '../../src/checker/catalogue.ts';
import { consultable } from '../../src/checker/consulted.ts';
import type { StepProperty } from '../../src/engine/machine/index.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { counterMachine } from './counters.ts';
import { lockMachine, lockProgress, lockProperties, type Lock, type LockRules } from './lock.ts';

const rulesOf = ({ rules, mutant }: Selection): LockRules => ({
  acquire:
    mutant === 'test-then-set' || rules['acquire'] === 'test-then-set'
      ? 'test-then-set'
      : 'test-and-set',
  release: rules['release'] === 'anybody' ? 'anybody' : 'owner',
});

const machineFor = (selection: Selection, rules: LockRules, more: StepProperty<Lock>[] = []) => {
  const isWanted = ({ id }: { id: string }) => selection.properties?.includes(id) ?? true;
  const progress = selection.scenario === 'lock-for-ever' ? lockProgress.filter(isWanted) : [];
  return erased(lockMachine(rules, [...lockProperties.filter(isWanted), ...more], progress));
};

/** Counts the steps that change the lock. */
const writes: StepProperty<Lock> = {
  id: meterId('writes'),
  kind: 'step',
  says: 'Counts.',
  why: 'It counts.',
  source: [],
  on: ['lock_acquire', 'lock_acquire.set', 'lock_release'],
  applies: (before, after) => before.view.held !== after.view.held,
  check: () => null,
  witness: { says: 'Anything.', reached: () => true },
};

const toyInstruments: Instruments = {
  meters: [{ id: 'writes', says: 'Steps that change the lock.' }],
  watch: (selection) => {
    const { record, names } = consultable(rulesOf(selection));
    return { machine: machineFor(selection, record, [writes]), consulted: names };
  },
};

export const toyCatalogue: Catalogue = {
  scenarios: [
    {
      id: 'lock-two-actors',
      says: 'Two actors take and free one lock.',
      machine: 'lock',
      ci: true,
      counts: { states: 2, transitions: 3, depth: 1 },
    },
    { id: 'lock-by-hand', says: 'The same, not part of CI.', machine: 'lock', ci: false },
    { id: 'lock-for-ever', says: 'The same, for ever.', machine: 'lock', ci: false },
  ],
  rules: [
    {
      name: 'acquire',
      values: ['test-and-set', 'test-then-set'],
      says: 'Whether the lock is tested and set in one step.',
      source: ['lock_acquire()'],
    },
    {
      name: 'release',
      values: ['owner', 'anybody'],
      says: 'Who may free the lock.',
      source: ['lock_release()'],
    },
  ],
  presets: [
    {
      name: 'upstream',
      says: 'As it should be.',
      rules: { acquire: 'test-and-set', release: 'owner' },
    },
  ],
  mutants: [
    {
      id: 'test-then-set',
      rule: 'acquire',
      value: 'test-then-set',
      says: 'The lock is tested in one step and set in another.',
      source: ['lock_acquire()'],
      scenario: 'lock-two-actors',
      property: 'one-inside-at-a-time',
      category: 'A',
    },
  ],
  properties: [...lockProperties, ...lockProgress].map(propertyEntry),
  instantiate: (selection) => machineFor(selection, rulesOf(selection)),
  instruments: toyInstruments,
};

export interface Recorded {
  out: string;
  err: string;
}

/** Deterministic, with a clock that stands still. */
export function toyEnvironment(
  recorded: Recorded,
  changes: Partial<Environment> = {},
): Environment {
  return {
    catalogue: toyCatalogue,
    model: { version: '0.0.0', hash: '0123456789abcdef' },
    out: (text) => (recorded.out += text),
    err: (text) => (recorded.err += text),
    outIsTerminal: false,
    errIsTerminal: false,
    variables: {},
    now: () => 0,
    date: () => '2026-01-02T03:04:05.678Z',
    stopSignal: () => undefined,
    randomSeed: () => 0x5eedn,
    corpus: () => 'no-such-folder',
    ...changes,
  };
}

/** As the toy, but a search of it takes long enough to be interrupted. */
export const slowCatalogue: Catalogue = {
  ...toyCatalogue,
  instantiate: () => erased(counterMachine(30)),
  instruments: {
    ...toyInstruments,
    watch: () => ({ machine: erased(counterMachine(30)), consulted: () => [] }),
  },
};
