/** How a thread builds a machine of its own: machines hold functions, which cannot be sent. */
import type { Machine } from '../machine/index.ts';

/** A function that returns the machine, by name. */
export interface MachineSource {
  /** URL of the module. */
  readonly module: string;
  readonly exportName: string;
  /** What the function is called with: plain data. */
  readonly argument: unknown;
}

/** Errors: `RangeError` when the module exports no such function. */
export async function machineFrom(source: MachineSource): Promise<Machine<unknown>> {
  const { module, exportName, argument } = source;
  const exported = ((await import(module)) as Readonly<Record<string, unknown>>)[exportName];
  if (typeof exported !== 'function') throw new RangeError(`${module} exports no ${exportName}`);
  return (exported as (argument: unknown) => Machine<unknown>)(argument);
}
