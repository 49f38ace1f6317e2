import { describe, expect, it } from 'vitest';
import type { ReportedStep } from '../../src/report/search-report.ts';
import { fullStepLines, labelledList, marksLine, stepLines } from '../../src/report/steps-text.ts';
import { plainStyle } from '../../src/report/style.ts';

const step = (number: number, input: Partial<ReportedStep> = {}): ReportedStep => ({
  number,
  actor: 'vcpu0',
  action: 'kvm_mmu_load()',
  changes: [],
  ...input,
});

describe('stepLines', () => {
  it('names the actor where another one takes over', () => {
    const steps = [step(1), step(2), step(3, { actor: 'vcpu1' }), step(4)];
    expect(stepLines(steps, plainStyle)).toEqual([
      '  1  vcpu0  kvm_mmu_load()',
      '  2         kvm_mmu_load()',
      '  3  vcpu1  kvm_mmu_load()',
      '  4  vcpu0  kvm_mmu_load()',
    ]);
  });

  it('puts the changes that fit into one line and breaks none', () => {
    const long = 'x'.repeat(60);
    const steps = [step(1, { changes: ['a', 'b', long, 'c'] }), step(2, { mark: 'broken' })];
    expect(stepLines(steps, plainStyle)).toEqual([
      `  1  vcpu0  kvm_mmu_load()  a; b; ${long}; c`,
      '! 2         kvm_mmu_load()',
    ]);
    const wide = stepLines([step(1, { changes: [long, long] })], plainStyle);
    expect(wide).toEqual([`  1  vcpu0  kvm_mmu_load()  ${long}`, `${' '.repeat(28)}${long}`]);
  });

  it('lets a long action push its changes aside, or below where they do not fit', () => {
    const action = `guestStore(${'x'.repeat(40)})`;
    const aside = stepLines([step(1, { action, changes: ['spte'] })], plainStyle);
    expect(aside).toEqual([`  1  vcpu0  ${action}  spte`]);
    const below = stepLines([step(1, { action, changes: ['y'.repeat(60)] })], plainStyle);
    expect(below).toEqual([`  1  vcpu0  ${action}`, `${' '.repeat(54)}${'y'.repeat(60)}`]);
  });
});

describe('stepLines of a loop', () => {
  it('say where it begins, whichever steps are shown', () => {
    const start = '  -- for ever from here on: the last state is this one again';
    const steps = [step(1), step(3), step(4)];
    expect(stepLines(steps, plainStyle, { after: 2, of: 4 })[1]).toBe(start);
    expect(stepLines(steps, plainStyle, { after: 0, of: 4 })[0]).toBe(start);
    expect(stepLines(steps, plainStyle, { after: 4, of: 4 })[3]).toMatch(/nobody is sure to move/);
  });
});

describe('fullStepLines', () => {
  it('puts the state after each step below it, what does not fit two columns further', () => {
    const long = `  [0]  ${'gfn '.repeat(40).trim()}`;
    const states = new Map([[7, ['shadow pages', '* sp0 l2', '', long]]]);
    expect(fullStepLines([step(7), step(8)], states, plainStyle)).toEqual([
      '  7  vcpu0  kvm_mmu_load()',
      '      shadow pages',
      '      * sp0 l2',
      '',
      `        [0] ${'gfn '.repeat(26).trim()}`,
      `          ${'gfn '.repeat(14).trim()}`,
      '  8  vcpu0  kvm_mmu_load()',
    ]);
  });
});

describe('marksLine', () => {
  it('says what the marks mean when there is more than the one that breaks', () => {
    expect(marksLine([step(1), step(2, { mark: 'broken' })])).toEqual([]);
    expect(marksLine([step(1, { mark: 'concerned' }), step(2, { mark: 'broken' })])).toEqual([
      'marks    * changes an object of the finding   ! breaks the property',
    ]);
  });
});

describe('labelledList', () => {
  it('gives each text lines of its own below one label', () => {
    expect(labelledList('objects', ['sp0', `sp1 ${'y '.repeat(50).trim()}`])).toEqual([
      'objects  sp0',
      `         sp1 ${'y '.repeat(42)}y`,
      `           ${'y '.repeat(6)}y`,
    ]);
    expect(labelledList('objects', [])).toEqual([]);
  });
});
