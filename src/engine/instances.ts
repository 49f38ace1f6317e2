/** The instance table: every transition with every tuple of arguments, in one list. */
import type { Parameter, Transition } from './machine/index.ts';
import type { Action } from './outcome.ts';

export const ARGUMENTS_MAX = 4;

/** One transition with given arguments. Its place in the table is its id. */
export interface Instance {
  readonly id: number;
  /** Place of the transition in the machine's list. */
  readonly transition: number;
  /** Always four numbers: those after the parameters of the transition are 0. */
  readonly args: readonly [number, number, number, number];
  /** How many of `args` count. */
  readonly parameters: number;
}

function* tuples(parameters: readonly Parameter[]): Generator<number[]> {
  const [first, ...rest] = parameters;
  if (first === undefined) {
    yield [];
    return;
  }
  for (let value = 0; value < first.size; value++) {
    for (const tail of tuples(rest)) yield [value, ...tail];
  }
}

/**
 * Builds the table. Order: by transition as declared, then by arguments, the first argument
 * weighing most, smallest first.
 * Errors: `RangeError` for a transition with more than four parameters or a name used twice.
 */
export function instanceTable(
  transitions: readonly Pick<Transition<never>, 'name' | 'parameters'>[],
): Instance[] {
  const instances: Instance[] = [];
  const names = new Set<string>();
  transitions.forEach(({ name, parameters }, transition) => {
    if (names.has(name)) throw new RangeError(`two transitions are named ${name}`);
    names.add(name);
    if (parameters.length > ARGUMENTS_MAX) {
      throw new RangeError(`transition ${name} has more than ${ARGUMENTS_MAX} parameters`);
    }
    for (const [a = 0, b = 0, c = 0, d = 0] of tuples(parameters)) {
      const id = instances.length;
      instances.push({ id, transition, args: [a, b, c, d], parameters: parameters.length });
    }
  });
  return instances;
}

const labelOf = (parameter: Parameter, value: number): string | number =>
  parameter.label === undefined ? value : parameter.label(value);

/** The instance by name: actor, transition, labelled arguments. */
export function actionOf<S>(transition: Transition<S>, instance: Instance): Action {
  const args = instance.args.slice(0, instance.parameters);
  const labelled = transition.parameters.map((parameter, index): [string, string | number] => [
    parameter.name,
    labelOf(parameter, args[index] ?? 0),
  ]);
  return {
    actor: transition.actor(...args),
    transition: transition.name,
    args: Object.fromEntries(labelled),
  };
}

/** Identifies an action by transition and arguments; the actor follows from these. */
export const actionKey = ({ transition, args }: Pick<Action, 'transition' | 'args'>): string =>
  JSON.stringify([transition, ...Object.entries(args).toSorted(([x], [y]) => (x < y ? -1 : 1))]);
