/** Re-executing a counterexample file and comparing the verdict with the recorded one. */
import type { AnyMachine, Catalogue, Selection } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import type { Finding } from '../engine/machine/index.ts';
import { judgeLoop, type LoopFault } from '../engine/liveness/judge.ts';
import { compileMachine } from '../engine/program.ts';
import { traceOf } from '../engine/replay.ts';
import { executeActions, type ExecutedRun } from './execute.ts';
import type { ModelVersion } from './model-version.ts';
import { checkMachine, checkModel, sameModel, selectionOf } from './resolve.ts';
import type { Counterexample } from './schema.ts';

export interface ReplayOptions {
  readonly model: ModelVersion;
  /** Go on with a file of another model; what differs is then reported, not refused. */
  readonly acceptModelChange: boolean;
}

export interface Replay {
  readonly selection: Selection;
  readonly machine: AnyMachine;
  readonly run: ExecutedRun;
  /** The first violation along the run; `step` 0 is the initial state. */
  readonly violation?: {
    readonly property: string;
    readonly step: number;
    /** When it is the loop that violates the property: where it begins, and what never ends. */
    readonly endless?: { readonly loop: number; readonly finding: Finding };
  };
  /** Why the recorded loop is none; absent for a run without one, and for one that is. */
  readonly loopFault?: LoopFault;
  readonly asExpected: boolean;
  /** First step whose state is not the recorded one; only after an accepted model change. */
  readonly drift?: number;
}

/** Of the named property if given, otherwise of any. */
function firstViolation(run: ExecutedRun): Replay['violation'] {
  const [initial] = run.initialJudged;
  if (initial !== undefined) return { property: initial.property, step: 0 };
  for (const step of run.steps) {
    const [judged] = step.judged;
    if (judged !== undefined) return { property: judged.property, step: step.number };
  }
  return undefined;
}

function firstDrift(found: Counterexample, run: ExecutedRun): number | undefined {
  return run.steps.find((step, i) => step.fingerprint !== found.fingerprints[i])?.number;
}

function driftFault(file: string, found: Counterexample, run: ExecutedRun, step: number): Fault {
  return new Fault(
    'KMC-207',
    `${file}: the state after step ${step} has fingerprint ` +
      `${run.steps[step - 1]?.fingerprint}, recorded is ${found.fingerprints[step - 1]}`,
    [
      'The model is the recorded one: the file was edited, or a step is not deterministic.',
      'Usual causes of the latter: order of a map, a clock, state outside the state vector.',
    ],
  );
}

/** Judges the loop of a run that has one, by executing it again. */
function endlessViolation(
  machine: AnyMachine,
  { loop, initial, actions }: Counterexample,
): Pick<Replay, 'violation' | 'loopFault'> {
  if (loop === undefined) return {};
  const trace = traceOf(compileMachine(machine), actions, initial);
  const { fault, findings } = judgeLoop(machine, trace, loop);
  if (fault !== null) return { loopFault: fault };
  const [first] = findings;
  if (first === undefined) return {};
  const endless = { loop, finding: first.finding };
  return { violation: { property: first.id, step: actions.length, endless } };
}

function isAsExpected(found: Counterexample, violation: Replay['violation']): boolean {
  const { expect } = found;
  return expect.verdict === 'holds'
    ? violation === undefined
    : violation?.property === expect.property && violation.step === expect.step;
}

/** Errors: faults 201, 206, 207 and 208. */
export function replay(
  file: string,
  found: Counterexample,
  catalogue: Catalogue,
  options: ReplayOptions,
): Replay {
  if (!options.acceptModelChange) checkModel(file, found, options.model);
  const selection = selectionOf(file, found, catalogue);
  const machine = catalogue.instantiate(selection);
  checkMachine(file, found, machine);
  const run = executeActions(machine, found.initial, found.actions, file);
  const drift = firstDrift(found, run);
  if (drift !== undefined && sameModel(found.model, options.model)) {
    throw driftFault(file, found, run, drift);
  }
  const ended = firstViolation(run);
  const { violation = ended, loopFault } =
    ended === undefined ? endlessViolation(machine, found) : {};
  return {
    selection,
    machine,
    run,
    asExpected: isAsExpected(found, violation),
    ...(violation === undefined ? {} : { violation }),
    ...(loopFault === undefined ? {} : { loopFault }),
    ...(drift === undefined ? {} : { drift }),
  };
}
