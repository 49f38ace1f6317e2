/** Machines that a thread can build: functions of plain JSON. */
import {
  shadowCore,
  presets,
  type Fault,
  type Interchangeable,
} from '../../../bench/machines/shadow-core.ts';
import { array, record, uint } from '../../../src/engine/machine/index.ts';
import type { MachineSource } from '../../../src/engine/exhaustive.ts';
import { philosophers } from '../liveness/machines.ts';
import {
  brittleMachine,
  gridMachine,
  gridState,
  gridStep,
  lockMachine,
} from '../search/machines.ts';

/** Every machine by name, for one argument. */
export const machines = {
  core: ([fault, interchangeable]: readonly [Fault, Interchangeable]) =>
    shadowCore(presets.S, fault, interchangeable),
  /** With long vectors, few of which make a segment. */
  padded: (fault: Fault) => {
    const machine = shadowCore(presets.S, fault, 'none');
    const fields = { ...machine.layout.fields, padding: array(uint(2 ** 31 - 1), 61) };
    return { ...machine, layout: record(fields) };
  },
  lock: (size: number) => lockMachine(size),
  grid: (max: number) =>
    gridMachine(
      [
        gridState('low', (s) => s.x + s.y < 3 * max),
        gridState('far', (s) => s.x < max - 1),
        gridStep('no-long-step', (b, a) => !(a.x - b.x === 2 && b.y > 4)),
      ],
      max,
    ),
  brittle: () => brittleMachine,
  philosophers: (size: number) => philosophers(size, true),
} as const;

type Name = keyof typeof machines;
export type ArgumentOf<N extends Name> = Parameters<(typeof machines)[N]>[0];

/** Called in the threads. */
export const build = ([name, argument]: readonly [Name, never]): unknown =>
  machines[name](argument);

export const sourceOf = <N extends Name>(name: N, argument: ArgumentOf<N>): MachineSource => ({
  module: import.meta.url,
  exportName: 'build',
  argument: [name, argument],
});
