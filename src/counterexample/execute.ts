/** Executing a run by name: nothing but the model and the properties decides what happens. */
import type { AnyMachine, Snapshot } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import { unknownName } from '../checker/names.ts';
import type { Finding } from '../engine/machine/index.ts';
import type { Action, Trace } from '../engine/outcome.ts';
import { compileMachine, type Judgement, type Program } from '../engine/program.ts';
import { replayTrace } from '../engine/replay.ts';

export interface Judged {
  readonly property: string;
  readonly finding: Finding;
}

export interface ExecutedStep {
  /** From 1. */
  readonly number: number;
  readonly action: Action;
  readonly fingerprint: string;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** What the step or the state after it violates, in the order of the properties. */
  readonly judged: readonly Judged[];
}

export interface ExecutedRun {
  readonly initial: number;
  readonly initialState: Snapshot;
  readonly initialJudged: readonly Judged[];
  readonly steps: readonly ExecutedStep[];
}

type AnyProgram = Program<unknown>;

/** The actor says it already: `v=0` of `vcpu0`. */
const isOfActor = (actor: string, name: string, value: string | number): boolean =>
  actor.startsWith(name) && actor.endsWith(String(value));

/**
 * One line: `page_fault(gva=0x2, access=w)`. Parentheses without arguments are those of a function:
 * a part of one, or a template of them, has none.
 */
export function actionText({ actor, transition, args }: Action): string {
  const shown = Object.entries(args)
    .filter(([name, value]) => !isOfActor(actor, name, value))
    .map(([name, value]) => `${name}=${value}`);
  if (shown.length === 0) return /[(.]/.test(transition) ? transition : `${transition}()`;
  return `${transition}(${shown.join(', ')})`;
}

/** Errors: fault 201 when the machine has no such action. */
function instanceOf(program: AnyProgram, action: Action, where: string): number {
  const { machine } = program;
  const transition = machine.transitions.find((t) => t.name === action.transition);
  if (transition === undefined) {
    throw unknownName(
      'KMC-201',
      {
        kind: 'transition',
        name: action.transition,
        known: machine.transitions.map((t) => t.name),
        listCommand: `kvm-mmu-check list transitions --machine ${machine.name}`,
      },
      `${where} names transition "${action.transition}", ` +
        `which machine "${machine.name}" does not have`,
    );
  }
  const id = program.instanceOf(action);
  if (id === undefined) {
    const domains = transition.parameters.map(({ name, size, label }) => {
      const values = Array.from({ length: size }, (_, v) => (label === undefined ? v : label(v)));
      return `${name} is one of ${values.join(', ')}`;
    });
    throw new Fault(
      'KMC-201',
      `${where}: ${actionText(action)} is not in the domain of the transition`,
      domains.length === 0 ? ['it has no parameters'] : domains,
    );
  }
  const { actor } = program.actionOf(id);
  if (actor !== action.actor) {
    throw new Fault('KMC-201', `${where}: ${actionText(action)} is a step of ${actor}`, [
      `the file says that it is one of ${action.actor}`,
    ]);
  }
  return id;
}

/** `file` is how messages call the run. Errors: faults 201 and 208 that name the step. */
export function executeActions(
  machine: AnyMachine,
  initial: number,
  actions: readonly Action[],
  file: string,
): ExecutedRun {
  const program = compileMachine(machine);
  if (initial >= machine.initial.length) {
    throw new Fault(
      'KMC-201',
      `${file}: names initial state ${initial}, machine "${machine.name}" has ` +
        `${machine.initial.length}`,
    );
  }
  const ids = actions.map((action, i) => instanceOf(program, action, `${file}: step ${i + 1}`));
  return executeTrace(machine, { initial, steps: ids }, file);
}

/** Executes what an engine returned. */
export function executeTrace(machine: AnyMachine, trace: Trace, file = 'this run'): ExecutedRun {
  const { initial, steps, stopped } = replayTrace(machine, trace);
  if (stopped !== undefined) {
    const { step, action } = stopped;
    throw new Fault(
      'KMC-208',
      `${file}: step ${step + 1}, ${action.actor} ${actionText(action)}, cannot be executed: ` +
        'its guard does not hold',
      ['The file was edited, or the model changed since it was written.'],
    );
  }
  return {
    initial: trace.initial,
    initialState: initial.state,
    initialJudged: initial.findings.map(judged),
    steps: steps.map((step, i) => ({
      number: i + 1,
      action: step.action,
      fingerprint: step.fingerprint,
      before: step.before,
      after: step.after,
      judged: step.findings.map(judged),
    })),
  };
}

const judged = ({ id, finding }: Judgement): Judged => ({ property: id, finding });
