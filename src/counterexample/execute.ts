/**
 * Executing a run by name, with the model and the properties alone.
 *
 * The accessors are the checked ones without code generation: what an engine got wrong cannot
 * make a run look right here.
 */
import type { AnyMachine, Snapshot } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import { unknownName } from '../checker/names.ts';
import type { Finding } from '../engine/machine/index.ts';
import type { Action, Trace } from '../engine/outcome.ts';
import { compileMachine, type Program } from '../engine/program.ts';

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

const programOf = (machine: AnyMachine): AnyProgram =>
  compileMachine(machine, { checked: true, backend: 'closures' });

const judgedNow = (program: AnyProgram, id: number | null): Judged[] =>
  program.evaluate(id).map((judgement) => ({
    property: judgement.id,
    finding: judgement.finding,
  }));

/** One line: `page_fault(gva=0x2, access=w)`. */
export function actionText({ transition, args }: Pick<Action, 'transition' | 'args'>): string {
  const shown = Object.entries(args).map(([name, value]) => `${name}=${value}`);
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
  const program = programOf(machine);
  if (initial >= machine.initial.length) {
    throw new Fault(
      'KMC-201',
      `${file}: names initial state ${initial}, machine "${machine.name}" has ` +
        `${machine.initial.length}`,
    );
  }
  const ids = actions.map((action, i) => instanceOf(program, action, `${file}: step ${i + 1}`));
  return execute(program, initial, ids, file);
}

/** Executes what an engine returned. */
export const executeTrace = (machine: AnyMachine, trace: Trace): ExecutedRun =>
  execute(programOf(machine), trace.initial, trace.steps, 'this run');

function execute(
  program: AnyProgram,
  initial: number,
  ids: readonly number[],
  file: string,
): ExecutedRun {
  program.initialise(initial);
  const initialState = program.snapshot();
  const initialJudged = judgedNow(program, null);
  let before: Snapshot = initialState;
  const steps = ids.map((id, i): ExecutedStep => {
    const action = program.actionOf(id);
    if (!program.execute(id)) {
      throw new Fault(
        'KMC-208',
        `${file}: step ${i + 1}, ${action.actor} ${actionText(action)}, cannot be executed: ` +
          'its guard does not hold',
        ['The file was edited, or the model changed since it was written.'],
      );
    }
    const after = program.snapshot();
    const step: ExecutedStep = {
      number: i + 1,
      action,
      fingerprint: program.fingerprint(),
      before,
      after,
      judged: judgedNow(program, id),
    };
    before = after;
    return step;
  });
  return { initial, initialState, initialJudged, steps };
}
