/** The reference machines by name, for the command line. */
import { checkExhaustively, type ExhaustiveOptions } from '../../src/engine/exhaustive.ts';
import { array, record, uint, type Machine } from '../../src/engine/machine/index.ts';
import type { Control, Outcome } from '../../src/engine/outcome.ts';
import { presets, shadowCore, type Fault, type Interchangeable } from './shadow-core.ts';
import { twoPhaseCommit } from './two-phase-commit.ts';

/** What to run. */
export interface Run {
  /** `shadow-core` with preset `S`, `M` or `L`, or `two-phase-commit` with a number of managers. */
  readonly machine: string;
  readonly size: string;
  readonly fault: number;
  readonly interchangeable: Interchangeable;
  /** Idle words put before the state, to see what a longer vector costs. */
  readonly padding: number;
}

const WORD_MAX = 2 ** 31 - 1;

function shadowCoreOf({ size, fault, interchangeable, padding }: Run) {
  const preset = Object.entries(presets).find(([name]) => name === size)?.[1];
  if (preset === undefined) throw new RangeError(`preset is S, M or L, not ${size}`);
  if (![0, 1, 2, 3, 4].includes(fault)) throw new RangeError(`fault is 0 to 4, not ${fault}`);
  const machine = shadowCore(preset, fault as Fault, interchangeable);
  const { fields } = machine.layout;
  return { ...machine, layout: record({ ...fields, padding: array(uint(WORD_MAX), padding) }) };
}

/** Builds the machine. Errors: `RangeError` for a name or size that does not exist. */
export function machineOf(run: Run): Machine<unknown> {
  if (run.machine === 'shadow-core') return shadowCoreOf(run) as unknown as Machine<unknown>;
  if (run.machine !== 'two-phase-commit') {
    throw new RangeError(`machine is shadow-core or two-phase-commit, not ${run.machine}`);
  }
  const managers = Number(run.size);
  if (!Number.isInteger(managers) || managers < 1 || managers > 16) {
    throw new RangeError(`managers are 1 to 16, not ${run.size}`);
  }
  return twoPhaseCommit(managers) as unknown as Machine<unknown>;
}

/** Searches the machine. Errors: `RangeError` for a name or size that does not exist. */
export function search(run: Run, options: ExhaustiveOptions, control: Control): Promise<Outcome> {
  const symmetry = run.interchangeable !== 'none';
  const argument = { ...run };
  const source = { module: import.meta.url, exportName: 'machineOf', argument };
  return checkExhaustively(machineOf(run), { ...options, symmetry, source }, control);
}
