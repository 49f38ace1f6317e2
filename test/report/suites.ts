/** Suites with every kind of result, and with texts that formats must escape. */
import type { Suite } from '../../src/report/suites.ts';

const nasty = '50% done: a,b; <x> & "y" # \u001B[31mred\u001B[0m ]]>\r\nnext';

export const everySuite: readonly Suite[] = [
  {
    name: 'mixed',
    elapsed_ms: 1234.5,
    startedAt: '2026-01-02T03:04:05.678Z',
    facts: { states: 12, 'model hash': '0123456789abcdef' },
    cases: [
      { name: 'holds', result: { kind: 'passed' } },
      { name: 'found', result: { kind: 'passed', because: 'found by a property' } },
      {
        name: 'broken',
        file: 'properties/broken.ts',
        line: 1,
        attachments: ['counterexamples/found/bad_broken.json'],
        result: { kind: 'failed', message: nasty, type: 'broken', text: ['step 1', nasty] },
      },
      { name: 'known', result: { kind: 'expected', because: 'it is in the baseline' } },
      { name: 'cut', result: { kind: 'open', because: '--max-states was reached' } },
      { name: 'slow', result: { kind: 'open', because: 'the time is over', timedOut: true } },
      { name: 'damaged', result: { kind: 'error', message: nasty, type: 'KMC-203' } },
    ],
  },
  { name: 'good', cases: [{ name: 'holds', result: { kind: 'passed' } }] },
  {
    name: 'nothing judged',
    cases: [{ name: 'cut', result: { kind: 'open', because: 'it was interrupted' } }],
  },
];
