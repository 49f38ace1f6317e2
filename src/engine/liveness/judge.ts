/** Whether a given run shows that a progress property does not hold, by execution alone. */
import type { Fields, Machine } from '../machine/index.ts';
import type { Trace } from '../outcome.ts';
import { compileMachine, type Judgement, type Program } from '../program.ts';
import { Fairness } from './goals.ts';

/** What a run lacks to be a loop on which everybody is treated fairly. */
export type LoopFault =
  | { readonly kind: 'open' }
  /** Someone could always take a sure step and takes none. */
  | { readonly kind: 'unfair' };

export interface JudgedLoop {
  readonly fault: LoopFault | null;
  /** Progress properties that the loop breaks; empty when it has a fault. */
  readonly findings: readonly Judgement[];
}

/** The states from step `loop` on, and the steps between them. */
function statesOf<S, F extends Fields>(
  program: Program<S, F>,
  { initial, steps }: Trace,
  loop: number,
): Int32Array[] {
  program.initialise(initial);
  const states = loop === 0 ? [program.save()] : [];
  steps.forEach((id, index) => {
    if (!program.execute(id)) throw new RangeError(`step ${index + 1} is disabled`);
    if (index + 1 >= loop) states.push(program.save());
  });
  return states;
}

function faultOf<S, F extends Fields>(
  program: Program<S, F>,
  states: readonly Int32Array[],
  steps: readonly number[],
): LoopFault | null {
  const last = states.at(-1);
  if (states[0]?.every((word, k) => word === last?.[k]) !== true) return { kind: 'open' };
  const fairness = new Fairness(program);
  let fair = 0;
  states.forEach((state, index) => {
    fair |= ~fairness.visit(state);
    const step = steps[index];
    if (step === undefined) return;
    program.load(state);
    program.execute(step);
    fair |= fairness.moverOf(step);
  });
  return (fair & fairness.everybody) === fairness.everybody ? null : { kind: 'unfair' };
}

/**
 * Executes a run whose last state should be that after step `loop`, and judges the loop by the
 * progress properties of the machine. Knows nothing of how the run was found.
 * Errors: `RangeError` for a run that cannot be executed.
 */
export function judgeLoop<S, F extends Fields>(
  machine: Machine<S, F>,
  trace: Trace,
  loop: number,
): JudgedLoop {
  const program = compileMachine(machine);
  const states = statesOf(program, trace, loop);
  const fault = faultOf(program, states, trace.steps.slice(loop));
  if (fault !== null) return { fault, findings: [] };
  const findings = (machine.progress ?? []).flatMap((property, index): Judgement[] => {
    program.load(states[0] ?? new Int32Array(program.words));
    const objects = property.objects(program.current);
    for (let object = 0; object < objects; object++) {
      const isPending = (state: Int32Array): boolean => {
        program.load(state);
        return property.pending(program.current, object);
      };
      if (!states.every(isPending)) continue;
      program.load(states[0] ?? new Int32Array(program.words));
      const finding = property.finding(program.current, object);
      return [{ property: machine.properties.length + index, id: property.id, finding }];
    }
    return [];
  });
  return { fault: null, findings };
}
