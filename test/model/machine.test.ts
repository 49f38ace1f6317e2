import { describe, expect, it } from 'vitest';
import { moments, storeText } from '../../model/machine.ts';
import { configOf, createMachine, modelTransitions, presets } from '../../model/index.ts';
import { gpte, NO_GPTE } from '../../model/gpte.ts';
import { scenario, type ScenarioInput } from '../../model/scenario.ts';
import { aKvm, aProgram, hold } from '../support/kvm.ts';

const configured = (input: Partial<Omit<ScenarioInput, 'geometry'>> = {}) => {
  const s = scenario({
    id: 'shadow-small',
    says: 'Nothing happens.',
    geometry: { gfns: 12, tables: 2, shadow_pages: 2 },
    initialMemory: [[gpte({ gfn: 1 }), NO_GPTE]],
    stores: [{ gfn: 1, index: 0, value: gpte({ gfn: 10 }) }],
    budget: {},
    ...input,
  });
  return configOf(s, presets.upstream);
};
const machineOf = (input: Partial<Omit<ScenarioInput, 'geometry'>> = {}) =>
  createMachine('shadow', configured(input));
const namesOf = (input: Partial<Omit<ScenarioInput, 'geometry'>> = {}) =>
  machineOf(input).transitions.map(({ name }) => name);

describe('createMachine', () => {
  it('leaves out what the workload has no budget for', () => {
    const optional = ['guestStore', 'guestInvlpg', 'guestMovCr3', 'guestMovCr0Wp', 'hostStore'];
    expect(namesOf().filter((name) => optional.includes(name))).toEqual([]);
    const all = { store: 1, invlpg: 1, cr3: 1, wp: 1, host_store: 1 };
    const names = namesOf({ budget: all });
    expect(optional.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('gives every transition a name of its own, a sentence, a source and an actor', () => {
    const names = modelTransitions.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { says, source, over } of modelTransitions) {
      expect(says).toMatch(/^[A-Z].*\.$/);
      expect(source.length).toBeGreaterThan(0);
      expect(over.length).toBeLessThanOrEqual(4);
    }
    const { transitions } = machineOf({ budget: { host_store: 1 } });
    const actors = transitions.map(({ name, actor }) => [name, actor(1)]);
    for (const [name, actor] of actors) expect(actor).toBe(name === 'hostStore' ? 'host' : 'vcpu1');
  });

  it('labels arguments as the guest writes them', () => {
    const { transitions } = machineOf({ budget: { store: 1, cr3: 1 } });
    const labels = transitions.flatMap(({ parameters }) =>
      parameters.map(({ name, label }) => `${name} ${label?.(0) ?? 0}`),
    );
    expect([...new Set(labels)].sort()).toEqual([
      'cr3 0x0',
      'kind ur',
      'slot 0',
      'store 0x1[0] := gfn 0xa wux',
      'v 0',
      'va 0x0',
    ]);
    expect(storeText(configured(), 7)).toBe('7');
  });

  it('swaps vCPUs only while all of them may do the same', () => {
    expect(machineOf().symmetry.map(({ name }) => name)).toEqual(['vcpu']);
    expect(machineOf({ actors: { store: [0] } }).symmetry).toEqual([]);
  });
});

describe('the initial state', () => {
  it('has the memory and the budget of the scenario, and vCPUs about to enter', () => {
    const initialMemory = [[gpte({ gfn: 1 }), NO_GPTE], [NO_GPTE]];
    const kvm = aKvm({ initialMemory, budget: { fault: 3, store: 2, invlpg: 1 } });
    expect([kvm.memory.at(0).get(0), kvm.memory.at(1).get(1)]).toEqual([gpte({ gfn: 1 }), 0]);
    expect(kvm.budget).toMatchObject({ fault: 3, store: 2, invlpg: 1, cr3: 0, wp: 0 });
    expect(kvm.vcpu.at(1)).toMatchObject({ pc: 'enter', root: null, cr0_wp: true });
    expect(kvm.sp.at(0).list).toBe('free');
  });

  it('allows what the tables give from the start', () => {
    const kvm = aKvm({ initialMemory: [[gpte({ gfn: 1 })], [gpte({ gfn: 4 })]] });
    expect(kvm.vcpu.at(0).ghost_allowed_frame.at(0).bits).toBe(1 << 4);
  });
});

describe('moments', () => {
  it('are when nobody holds mmu_lock, and while a vCPU is in the guest', () => {
    const kvm = aProgram().current;
    expect([moments.unlocked(kvm), moments['in-guest'](kvm)]).toEqual([true, false]);
    hold(kvm);
    kvm.vcpu.at(1).pc = 'guest';
    expect([moments.unlocked(kvm), moments['in-guest'](kvm)]).toEqual([false, true]);
  });
});
