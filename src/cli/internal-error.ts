/** A broken model assumption, with the steps that led to it by name. */
import type { AnyMachine } from '../checker/catalogue.ts';
import { actionText } from '../counterexample/execute.ts';
import { BrokenModelError } from '../engine/broken-model.ts';
import { compileMachine } from '../engine/program.ts';

export class BrokenModelReport extends Error {
  override readonly name = 'BrokenModelReport';
  readonly lines: readonly string[];

  constructor(error: BrokenModelError, machine: AnyMachine, repeat: string) {
    super(error.message, { cause: error });
    const program = compileMachine(machine);
    const { initial, steps } = error.trace;
    this.lines = [
      `from initial state ${initial}, the last of these steps fails:`,
      ...steps.map((id, i) => {
        const action = program.actionOf(id);
        return `  ${i + 1}  ${action.actor}  ${actionText(action)}`;
      }),
      `repeat: ${repeat}`,
    ];
  }
}

/** Errors: `BrokenModelReport` in place of `BrokenModelError`. */
export async function withNamedSteps<T>(
  machine: AnyMachine,
  repeat: string,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BrokenModelError) throw new BrokenModelReport(error, machine, repeat);
    throw error;
  }
}
