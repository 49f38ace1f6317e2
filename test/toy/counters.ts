/** A machine of 2^bits states, one level per set bit. */
import {
  array,
  bool,
  record,
  type Machine,
  type RecordView,
} from '../../src/engine/machine/index.ts';

export function counterMachine(bits: number) {
  const fields = { bit: array(bool, bits) };
  const machine: Machine<RecordView<typeof fields>, typeof fields> = {
    name: 'counters',
    layout: record(fields),
    bind: (view) => view,
    initial: [() => {}],
    moments: {},
    symmetry: [],
    properties: [],
    transitions: [
      {
        name: 'set',
        actor: () => 'counter',
        parameters: [{ name: 'bit', size: bits }],
        says: 'A bit is set.',
        step: ({ bit }, index) => {
          if (bit.get(index)) return false;
          bit.set(index, true);
          return true;
        },
      },
    ],
  };
  return machine;
}
