import { describe, expect, it } from 'vitest';
import { gpte, NO_GPTE } from '../../../model/gpte.ts';
import { aProgram, run } from '../../support/kvm.ts';

const store = { store: '0x1[0] := gfn 0x4 wux' };

describe('hostStore', () => {
  it('changes a guest table behind the back of KVM, and is remembered', () => {
    const program = aProgram({
      initialMemory: [[gpte({ gfn: 1 })]],
      stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 4 }) }],
      budget: { host_store: 1 },
    });
    const kvm = program.current;
    expect(run(program, 'hostStore', store)).toBe(true);
    expect(kvm.memory.at(1).get(0)).toBe(gpte({ gfn: 4 }));
    expect([kvm.ghost.host_stored.has(2), kvm.budget.host_store]).toEqual([true, 0]);
    expect(kvm.vcpu.at(0).ghost_allowed_frame.at(0).has(4)).toBe(true);
    kvm.memory.at(1).set(0, NO_GPTE);
    expect(run(program, 'hostStore', store)).toBe(false);
  });

  it('does not store what is there already', () => {
    const program = aProgram({
      initialMemory: [[], [gpte({ gfn: 4 })]],
      stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 4 }) }],
      budget: { host_store: 1 },
    });
    expect(run(program, 'hostStore', store)).toBe(false);
  });
});
