/** Exact replay of a trace, step by step. Any disabled step ends it. */
import type { Fields, Machine } from './machine/index.ts';
import type { Action, Trace } from './outcome.ts';
import { compileMachine, type Judgement, type PlainRecord, type Program } from './program.ts';
import { rethrowWithTrace } from './broken-model.ts';
import { valuesFingerprint } from './state/values-print.ts';

/** A step that cannot be executed where the trace has it. */
export class DisabledStepError extends Error {
  override readonly name = 'DisabledStepError';
  /** Place in the trace, from 0. */
  readonly step: number;
  readonly action: Action;

  constructor(step: number, action: Action) {
    super(`step ${step + 1}, ${action.transition} by ${action.actor}, is disabled`);
    this.step = step;
    this.action = action;
  }
}

/** An action that the machine does not have. */
export class UnknownActionError extends Error {
  override readonly name = 'UnknownActionError';
  /** Place in the list, from 0. */
  readonly step: number;
  readonly action: Action;

  constructor(step: number, action: Action) {
    const args = Object.entries(action.args).map(([name, value]) => `${name}=${value}`);
    super(`step ${step + 1}: there is no ${action.transition}(${args.join(', ')})`);
    this.step = step;
    this.action = action;
  }
}

export interface ReplayedState {
  /** 64 bits of what the state says, however it is packed, as 16 hexadecimal digits. */
  readonly fingerprint: string;
  readonly state: PlainRecord;
  /** Properties broken here. Order: step properties, then state properties, as listed. */
  readonly findings: readonly Judgement[];
}

export interface ReplayedStep {
  readonly action: Action;
  /** Of the state after the step. */
  readonly fingerprint: string;
  readonly before: PlainRecord;
  readonly after: PlainRecord;
  /** Properties broken by the step or by the state after it. */
  readonly findings: readonly Judgement[];
}

export interface Replay {
  readonly initial: ReplayedState;
  /** The executed steps. Ends before the disabled one, if any. */
  readonly steps: readonly ReplayedStep[];
  /** Why the replay ended before the trace did. */
  readonly stopped?: DisabledStepError;
}

function replayedStep<S, F extends Fields>(program: Program<S, F>, id: number): ReplayedStep {
  const after = program.snapshot();
  return {
    action: program.actionOf(id),
    fingerprint: valuesFingerprint(program.layout.layout, after),
    before: program.snapshotBefore(),
    after,
    findings: program.evaluate(id),
  };
}

/**
 * Replays a trace with all properties of the machine, in checked mode.
 * Errors: `RangeError` for an unknown initial state or instance; `BrokenModelError`.
 */
export function replayTrace<S, F extends Fields>(machine: Machine<S, F>, trace: Trace): Replay {
  const program = compileMachine(machine, { checked: true });
  const steps: ReplayedStep[] = [];
  let executing = 0;
  try {
    program.initialise(trace.initial);
    const state = program.snapshot();
    const initial: ReplayedState = {
      fingerprint: valuesFingerprint(program.layout.layout, state),
      state,
      findings: program.evaluate(null),
    };
    for (const id of trace.steps) {
      executing++;
      if (!program.execute(id)) {
        const stopped = new DisabledStepError(steps.length, program.actionOf(id));
        return { initial, steps, stopped };
      }
      steps.push(replayedStep(program, id));
    }
    return { initial, steps };
  } catch (error) {
    return rethrowWithTrace(error, {
      initial: trace.initial,
      steps: trace.steps.slice(0, executing),
    });
  }
}

/** The trace of a list of actions by name. Errors: `UnknownActionError`. */
export function traceOf<S, F extends Fields>(
  program: Program<S, F>,
  actions: readonly Action[],
  initial = 0,
): Trace {
  const steps = actions.map((action, index) => {
    const id = program.instanceOf(action);
    if (id === undefined) throw new UnknownActionError(index, action);
    return id;
  });
  return { initial, steps };
}
