/** Counterexamples of the toy, written by hand where an engine would find them. */
import { executeActions } from '../../src/counterexample/execute.ts';
import { schemaName, type Counterexample } from '../../src/counterexample/schema.ts';
import { toyCatalogue } from './catalogue.ts';

export const toyModel = { version: '0.0.0', hash: '0123456789abcdef' };

const action = (actor: 0 | 1, transition: string): Counterexample['actions'][number] => ({
  actor: `actor${actor}`,
  transition,
  args: { actor: `a${actor}` },
});

const bothEnter = [
  action(0, 'lock_acquire'),
  action(1, 'lock_acquire'),
  action(0, 'lock_acquire.set'),
  action(1, 'lock_acquire.set'),
];

export function withFingerprints(found: Counterexample): Counterexample {
  const { scenario, rules, actions } = found;
  const machine = toyCatalogue.instantiate({
    scenario,
    preset: rules.preset,
    rules: rules.changes,
    ...(rules.mutant === undefined ? {} : { mutant: rules.mutant }),
  });
  const { steps } = executeActions(machine, found.initial, actions, 'toy');
  return { ...found, fingerprints: steps.map(({ fingerprint }) => fingerprint) };
}

/** Two actors enter: the property is violated at the last of four steps. */
export const badRun = (): Counterexample =>
  withFingerprints({
    schema: schemaName,
    title: 'two actors enter',
    says: 'At most one actor is inside.',
    expect: { verdict: 'violated', property: 'one-inside-at-a-time', step: 4 },
    model: toyModel,
    machine: 'lock',
    scenario: 'lock-two-actors',
    granularity: 'step',
    rules: { preset: 'upstream', mutant: 'test-then-set', changes: {} },
    initial: 0,
    actions: bothEnter,
    fingerprints: [],
    minimality: 'shortest',
    found: { engine: 'exhaustive', version: '0.0.0', symmetry: true },
    kernel: { functions: ['lock_acquire()'] },
    notes: '',
  });

/** An actor enters and leaves again and again; the other one never gets in. */
export const endlessRun = (): Counterexample =>
  withFingerprints({
    ...badRun(),
    title: 'one actor never gets in',
    expect: { verdict: 'violated', property: 'everybody-gets-in', step: 2 },
    scenario: 'lock-for-ever',
    rules: { preset: 'upstream', changes: {} },
    actions: [action(1, 'lock_acquire'), action(1, 'lock_release')],
    loop: 0,
    minimality: 'shortest-entry',
    found: { engine: 'exhaustive', version: '0.0.0', symmetry: false },
  });

/** One actor enters and leaves, under the same rules: nothing is violated. */
export const goodRun = (): Counterexample =>
  withFingerprints({
    ...badRun(),
    title: 'one actor enters',
    expect: { verdict: 'holds' },
    actions: [action(0, 'lock_acquire'), action(0, 'lock_acquire.set'), action(0, 'lock_release')],
    minimality: 'none',
    found: { engine: 'by-hand', version: '0.0.0' },
  });
