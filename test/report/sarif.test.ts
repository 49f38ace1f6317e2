import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sarifText, type SarifResult } from '../../src/report/sarif.ts';
import { sarifErrors } from './validators.ts';

const rules = ['a', 'b'].map((id) => ({
  id,
  says: `Property ${id} holds.`,
  why: 'Otherwise it does not.',
  source: ['kvm_unsync_page()', 'mmu_sync_children()'],
}));

const step = (number: number, actor: string) => ({
  number,
  actor,
  at: { file: 'counterexamples/found/bad #1.json', line: 10 + number },
  changes: [`change ${number}`, 'and another'],
});

const full: SarifResult = {
  rule: 'b',
  kind: 'fail',
  message: 'it is broken\nat step 3',
  at: [
    { file: 'properties/b.ts', line: 1 },
    { file: 'counterexamples/found/bad #1.json', line: 13, snippet: '{"actor": ..' },
  ],
  functions: ['kvm_unsync_page()'],
  related: [{ file: 'trace with space?.txt', line: 7, snippet: 'text', says: 'the reason' }],
  steps: [step(1, 'vcpu0'), step(2, 'mm'), step(3, 'vcpu0')],
  identity: 'b kvm_unsync_page',
};

interface Log {
  readonly runs: readonly {
    readonly results: readonly (Record<string, unknown> & {
      readonly codeFlows: readonly {
        readonly threadFlows: readonly { readonly locations: readonly unknown[] }[];
      }[];
      readonly partialFingerprints: Record<string, string>;
    })[];
  }[];
}

const log = (results: readonly SarifResult[]) => {
  const text = sarifText({ version: '1.2.3', rules, results });
  expect(sarifErrors(text)).toEqual([]);
  return JSON.parse(text) as Log;
};
const resultsOf = (results: readonly SarifResult[]) => log(results).runs[0]?.results ?? [];

describe('sarifText', () => {
  it('is what the schema of OASIS allows, and the schema is not a formality', () => {
    log([]);
    log([full]);
    const text = sarifText({ version: '1.2.3', rules, results: [full] });
    expect(sarifErrors(text.replace('"error"', '"fatal"'))).not.toEqual([]);
    expect(sarifErrors(text.replace('"executionOrder"', '"order"'))).not.toEqual([]);
  });

  it('names the rule, and the places in the repository', () => {
    expect(resultsOf([full])[0]).toMatchObject({
      ruleId: 'b',
      ruleIndex: 1,
      kind: 'fail',
      level: 'error',
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: 'properties/b.ts' } },
          logicalLocations: [{ fullyQualifiedName: 'kvm_unsync_page()', kind: 'function' }],
        },
        {
          physicalLocation: {
            artifactLocation: { uri: 'counterexamples/found/bad%20%231.json' },
            region: { startLine: 13 },
          },
        },
      ],
      relatedLocations: [
        { physicalLocation: { artifactLocation: { uri: 'trace%20with%20space%3F.txt' } } },
      ],
    });
  });

  it('has a thread per actor, with the order of all steps', () => {
    const [flow] = resultsOf([full])[0]?.codeFlows ?? [];
    expect(flow).toMatchObject({
      threadFlows: [
        {
          id: 'vcpu0',
          locations: [
            { executionOrder: 1, state: { 1: { text: 'change 1' }, 2: { text: 'and another' } } },
            { executionOrder: 3 },
          ],
        },
        { id: 'mm', locations: [{ executionOrder: 2 }] },
      ],
    });
  });

  it('knows a violation again by its identity alone', () => {
    const prints = resultsOf([
      full,
      { ...full, message: 'other words' },
      { ...full, identity: 'x' },
    ]).map(({ partialFingerprints }) => Object.values(partialFingerprints)[0]);
    expect(prints[0]).toBe(prints[1]);
    expect(prints[0]).not.toBe(prints[2]);
  });

  it('stays within what forges keep', () => {
    const steps = Array.from({ length: 1200 }, (_, i) => step(i + 1, `vcpu${i % 2}`));
    const results = resultsOf([{ ...full, steps }]);
    const flows = results[0]?.codeFlows[0]?.threadFlows ?? [];
    expect(flows.reduce((sum, { locations }) => sum + locations.length, 0)).toBe(1000);
    expect(resultsOf(Array.from({ length: 5001 }, () => ({ ...full, steps: [] })))).toHaveLength(
      5000,
    );
  });

  it('is valid for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (text, file) => {
        log([{ ...full, message: text, at: [{ file, line: 1, says: text }] }]);
      }),
      { seed: 0x5eed, numRuns: 10 },
    );
  });
});
