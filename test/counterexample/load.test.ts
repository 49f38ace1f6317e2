import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault, type FaultCode } from '../../src/checker/fault.ts';
import { parseCounterexample, readCounterexample } from '../../src/counterexample/load.ts';
import { serialise } from '../../src/counterexample/serialise.ts';
import { badRun } from '../toy/counterexamples.ts';

/** The fault that `act` ends in. */
export function faultOf(act: () => unknown): Fault {
  try {
    act();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('there was no fault');
}

const codeOf = (text: string): FaultCode => faultOf(() => parseCounterexample(text, 'x.json')).code;

/** The file with some fields replaced. */
const changed = (changes: object): string => JSON.stringify({ ...badRun(), ...changes });

describe('parseCounterexample', () => {
  it('refuses a file that is cut off anywhere, and says so', () => {
    const text = serialise(badRun()).trimEnd();
    fc.assert(
      fc.property(fc.nat(text.length - 1), (length) => {
        const fault = faultOf(() => parseCounterexample(text.slice(0, length), 'x.json'));
        expect(fault.code).toBe('KMC-203');
        expect(fault.exit).toBe(65);
        expect(fault.message).toMatch(/^x\.json: not JSON/);
      }),
      { seed: 0x5eed, numRuns: 200 },
    );
  });

  it('refuses an empty file', () => {
    expect(codeOf('')).toBe('KMC-203');
  });

  it('tells what ends early from what was never such a file', () => {
    const said = (text: string) => faultOf(() => parseCounterexample(text, 'x.json')).hints;
    expect(said('{"schema": ')[0]).toBe('The file ends early: it was truncated.');
    expect(said('{"schema": 1,}')[0]).toBe('The file was damaged after it was written.');
    expect(said('# Notes')[0]).toBe('It does not begin like such a file.');
  });

  it('refuses JSON that is something else', () => {
    for (const text of ['{}', '[]', 'null', '3', '{"schema": 1}', '{"schema": "itf"}']) {
      expect(codeOf(text)).toBe('KMC-204');
    }
  });

  it('refuses another schema version by name, before looking at the fields', () => {
    const text = '{"schema": "kvm-mmu-check/counterexample@2", "steps": []}';
    const fault = faultOf(() => parseCounterexample(text, 'x.json'));
    expect(fault.code).toBe('KMC-205');
    expect(fault.message).toContain('counterexample@2');
  });

  it('refuses a loop that begins after the end of the run', () => {
    const fault = faultOf(() => parseCounterexample(changed({ loop: 5 }), 'x.json'));
    expect([fault.code, fault.message]).toEqual([
      'KMC-204',
      'x.json: has a loop from step 5 on, but 4 actions',
    ]);
  });

  it('names the field that does not match', () => {
    const fault = faultOf(() => parseCounterexample(changed({ initial: -1 }), 'x.json'));
    expect(fault.code).toBe('KMC-204');
    expect(fault.hints.join('\n')).toContain('at initial:');
  });

  it.each([
    ['a missing field', { scenario: undefined }],
    ['an unknown field', { colour: 'red' }],
    ['an unknown verdict', { expect: { verdict: 'perhaps' } }],
    ['a fingerprint that is none', { fingerprints: ['1', '2', '3', '4'] }],
    ['a fingerprint too few', { fingerprints: [] }],
    ['a violation after the end', { expect: { ...badRun().expect, step: 5 } }],
    ['a violation without a property', { expect: { verdict: 'violated', step: 4 } }],
    ['an action that is none', { actions: ['enter'] }],
    ['an unknown certificate', { minimality: 'small' }],
    ['a model without a hash', { model: { version: '0.0.0' } }],
  ])('refuses %s', (_, changes) => {
    expect(codeOf(changed(changes))).toBe('KMC-204');
  });
});

describe('readCounterexample', () => {
  it('names the file that cannot be read', () => {
    const fault = faultOf(() => readCounterexample('/nowhere/x.json'));
    expect(fault.code).toBe('KMC-202');
    expect(fault.message).toContain('/nowhere/x.json');
  });
});
