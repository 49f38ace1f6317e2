/**
 * Two-phase commit, after Lamport's TLA+ specification TwoPhase: a reference machine whose state
 * counts are published by other tools.
 *
 * A transaction manager (TM) and `n` resource managers (RM) agree to commit or abort by messages
 * that are never lost. Resource managers are interchangeable.
 */
import {
  array,
  bitset,
  bool,
  oneOf,
  pool,
  record,
  type Finding,
  type Machine,
  type Pool,
  type StateProperty,
  type Transition,
  type View,
} from '../../src/engine/machine/index.ts';

const layoutOf = (rm: Pool) =>
  record({
    rmState: array(oneOf('working', 'prepared', 'committed', 'aborted'), rm),
    tmState: oneOf('init', 'committed', 'aborted'),
    /** Resource managers whose `Prepared` the TM has received. */
    tmPrepared: bitset(rm),
    /** Messages sent so far: `Prepared` by sender, `Commit`, `Abort`. */
    sentPrepared: bitset(rm),
    sentCommit: bool,
    sentAbort: bool,
  });

type Layout = ReturnType<typeof layoutOf>;
export type TwoPhase = View<Layout>;

const tm = () => 'tm';
const rmActor = (rm = 0) => `rm${rm}`;

const rmParameter = (n: number) => [{ name: 'rm', size: n }];

function ofTransactionManager(n: number): Transition<TwoPhase>[] {
  const all = 2 ** n - 1;
  return [
    {
      name: 'TMRcvPrepared',
      actor: tm,
      parameters: rmParameter(n),
      says: 'The TM receives the Prepared message of a resource manager.',
      step: (s, rm) => {
        if (s.tmState !== 'init' || !s.sentPrepared.has(rm)) return false;
        s.tmPrepared.add(rm);
        return true;
      },
    },
    {
      name: 'TMCommit',
      actor: tm,
      parameters: [],
      says: 'The TM commits: every resource manager is prepared.',
      step: (s) => {
        if (s.tmState !== 'init' || s.tmPrepared.bits !== all) return false;
        s.tmState = 'committed';
        s.sentCommit = true;
        return true;
      },
    },
    {
      name: 'TMAbort',
      actor: tm,
      parameters: [],
      says: 'The TM aborts of its own accord.',
      step: (s) => {
        if (s.tmState !== 'init') return false;
        s.tmState = 'aborted';
        s.sentAbort = true;
        return true;
      },
    },
  ];
}

function ofResourceManagers(n: number): Transition<TwoPhase>[] {
  const parameters = rmParameter(n);
  return [
    {
      name: 'RMPrepare',
      actor: rmActor,
      parameters,
      says: 'A working resource manager prepares and says so.',
      step: (s, rm) => {
        if (s.rmState.get(rm) !== 'working') return false;
        s.rmState.set(rm, 'prepared');
        s.sentPrepared.add(rm);
        return true;
      },
    },
    {
      name: 'RMChooseToAbort',
      actor: rmActor,
      parameters,
      says: 'A working resource manager aborts of its own accord.',
      step: (s, rm) => {
        if (s.rmState.get(rm) !== 'working') return false;
        s.rmState.set(rm, 'aborted');
        return true;
      },
    },
    {
      name: 'RMRcvCommitMsg',
      actor: rmActor,
      parameters,
      says: 'A resource manager receives Commit.',
      step: (s, rm) => {
        if (!s.sentCommit) return false;
        s.rmState.set(rm, 'committed');
        return true;
      },
    },
    {
      name: 'RMRcvAbortMsg',
      actor: rmActor,
      parameters,
      says: 'A resource manager receives Abort.',
      step: (s, rm) => {
        if (!s.sentAbort) return false;
        s.rmState.set(rm, 'aborted');
        return true;
      },
    },
  ];
}

function firstIn(s: TwoPhase, state: 'committed' | 'aborted'): number | null {
  for (let rm = 0; rm < s.rmState.length; rm++) if (s.rmState.get(rm) === state) return rm;
  return null;
}

const consistent: StateProperty<TwoPhase> = {
  kind: 'state',
  id: 'resource-managers-agree',
  says: 'No resource manager has committed while another has aborted.',
  why: 'Agreement is what the protocol is for.',
  source: ['TCommit, TCConsistent'],
  when: 'every-step',
  applies: (s) => firstIn(s, 'committed') !== null,
  check: (s): Finding | null => {
    const committed = firstIn(s, 'committed');
    const aborted = firstIn(s, 'aborted');
    return committed === null || aborted === null
      ? null
      : { message: 'one committed, another aborted', where: { committed, aborted } };
  },
  witness: {
    says: 'The TM has committed and a resource manager has not yet.',
    reached: (s) => s.tmState === 'committed' && s.rmState.get(0) === 'prepared',
  },
};

/** Two-phase commit with `n` resource managers, 1 to 16. */
export function twoPhaseCommit(n: number): Machine<TwoPhase, Layout['fields']> {
  const rm = pool('rm', n);
  return {
    name: `two-phase-commit-${n}`,
    layout: layoutOf(rm),
    bind: (view) => view,
    initial: [() => undefined],
    transitions: [...ofTransactionManager(n), ...ofResourceManagers(n)],
    properties: [consistent],
    moments: {},
    symmetry: [rm],
  };
}
