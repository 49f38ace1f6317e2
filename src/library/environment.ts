/** What the command line gets from a terminal, for calls from a program. */
import type { Catalogue } from '../checker/catalogue.ts';
import type { Environment } from '../cli/environment.ts';
import { currentModel, type ModelVersion } from '../counterexample/model-version.ts';

let model: ModelVersion | undefined;

/** Prints nothing, stores nothing, and stops when `signal` is aborted. */
export function quietEnvironment(catalogue: Catalogue, signal?: AbortSignal): Environment {
  model ??= currentModel();
  const nothing = () => {};
  return {
    catalogue,
    model,
    out: nothing,
    err: nothing,
    outIsTerminal: false,
    errIsTerminal: false,
    variables: {},
    now: () => performance.now(),
    date: () => new Date().toISOString(),
    stopSignal: () => (signal?.aborted === true ? 'SIGTERM' : undefined),
    randomSeed: () => 0n,
    corpus: () => 'counterexamples',
  };
}
