import { describe, expect, it } from 'vitest';
import { mutants } from '../../model/index.ts';
import { mutantEvidenceFile } from '../../src/checker/instance.ts';
import { mutantEvidenceText, readMutantEvidence } from '../../src/checker/mutant-evidence.ts';

const book = readMutantEvidence(mutantEvidenceFile);

describe('the recorded evidence of mutants (npm run mutants)', () => {
  it('is written as it is read', () => {
    expect(JSON.parse(mutantEvidenceText(book))).toEqual(book);
    expect(readMutantEvidence('no such file')).toEqual({});
  });

  it('has searches that found something', () => {
    expect(Object.keys(book).length).toBeGreaterThan(0);
    for (const { steps, states, seconds } of Object.values(book)) {
      expect(states).toBeGreaterThanOrEqual(steps);
      expect(seconds).toBeGreaterThan(0);
    }
  });

  it('names known mutants by the property that they name', () => {
    const named = new Map(mutants.map(({ id, property }) => [id, property]));
    const astray = Object.entries(book).filter(([id, { property }]) => named.get(id) !== property);
    expect(astray).toEqual([]);
  });
});
