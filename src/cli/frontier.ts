/** The flag that says where states go that do not fit into memory. */
import { accessSync, constants, statSync } from 'node:fs';
import { Fault, reasonOf } from '../checker/fault.ts';
import type { ExhaustiveOptions } from '../engine/exhaustive.ts';
import { SpillError } from '../engine/search/spill-file.ts';

/** A search of hours shall not find out at its end. Errors: fault 103. */
export function frontierSettings({
  stateDir,
}: {
  readonly stateDir?: string | undefined;
}): Pick<ExhaustiveOptions, 'frontier'> {
  if (stateDir === undefined) return {};
  try {
    if (!statSync(stateDir).isDirectory()) throw new Error('it is no folder');
    accessSync(stateDir, constants.W_OK);
  } catch (error) {
    throw new Fault('KMC-103', `--state-dir ${stateDir}: ${reasonOf(error)}`, [
      'Name a folder that may be written to.',
    ]);
  }
  return { frontier: { folder: stateDir } };
}

/** Errors: fault 601 in place of `SpillError`. */
export async function withFrontierFaults<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof SpillError)) throw error;
    throw new Fault('KMC-601', `${error.folder}: states cannot be kept there: ${error.message}`, [
      'Name a folder with more room: --state-dir',
    ]);
  }
}
