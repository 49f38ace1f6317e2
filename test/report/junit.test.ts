import { describe, expect, it } from 'vitest';
import { junitText } from '../../src/report/junit.ts';
import { everySuite } from './suites.ts';
import { elementsIn, junitErrors } from './validators.ts';

const text = junitText('kvm-mmu-check check', everySuite);
const attribute = (name: string) => elementsIn(text, name).map((e) => e.attributes);
const valuesOf = (element: string, name: string) =>
  attribute(element).map((attributes) => attributes.getNamedItem(name)?.value);

describe('junitText', () => {
  it('is what the schema of Jenkins allows', async () => {
    expect(await junitErrors(text)).toEqual([]);
    expect(await junitErrors(junitText('empty', []))).toEqual([]);
    const broken = text.replace('tests="7"', 'test="7"');
    expect((await junitErrors(broken)).join()).toContain("attribute 'test' is not allowed");
  });

  it('counts what a reader would count', () => {
    expect(valuesOf('testsuite', 'tests')).toEqual(['7', '1', '1']);
    expect(valuesOf('testsuite', 'failures')).toEqual(['1', '0', '0']);
    expect(valuesOf('testsuite', 'errors')).toEqual(['1', '0', '0']);
    expect(valuesOf('testsuite', 'skipped')).toEqual(['3', '0', '1']);
    expect(elementsIn(text, 'testcase')).toHaveLength(9);
    expect(elementsIn(text, 'failure')).toHaveLength(1);
    expect(elementsIn(text, 'error')).toHaveLength(1);
    expect(elementsIn(text, 'skipped')).toHaveLength(4);
  });

  it('says of a failure what, where, and which file shows it', () => {
    const [failure] = elementsIn(text, 'failure');
    expect(failure?.getAttribute('message')).toBe('50% done: a,b; <x> & "y" # red ]]>\r\nnext');
    expect(failure?.textContent).toContain('step 1\n50% done');
    const [, , broken] = elementsIn(text, 'testcase');
    expect(broken?.getAttribute('classname')).toBe('kvm-mmu-check.check.mixed');
    expect(broken?.getAttribute('file')).toBe('properties/broken.ts');
    const [out] = elementsIn(text, 'system-out');
    expect(out?.textContent).toBe('[[ATTACHMENT|counterexamples/found/bad_broken.json]]');
  });

  it('has times in seconds and the start in ISO 8601', () => {
    expect(valuesOf('testsuite', 'time')).toEqual(['1.234', undefined, undefined]);
    expect(valuesOf('testsuite', 'timestamp')[0]).toBe('2026-01-02T03:04:05.678Z');
    expect(valuesOf('property', 'name')).toEqual(['states', 'model hash']);
  });
});
