import { describe, expect, it } from 'vitest';
import { twoPhaseCommit } from '../../bench/machines/two-phase-commit.ts';
import { checkExhaustively } from '../../src/engine/exhaustive.ts';
import { aControl } from '../engine/search/machines.ts';
import { twoPhaseCommitCounts } from './published-counts.ts';

describe('twoPhaseCommit', () => {
  it.each([3, 5, 7] as const)('has the published states with %i managers', async (n) => {
    const { kind, statistics } = await checkExhaustively(
      twoPhaseCommit(n),
      { symmetry: false },
      aControl(),
    );
    expect([kind, statistics.states]).toEqual(['held', twoPhaseCommitCounts.plain[n]]);
  });

  it.each([3, 5, 7] as const)('has the published orbits with %i managers', async (n) => {
    const { kind, statistics } = await checkExhaustively(twoPhaseCommit(n), {}, aControl());
    expect([kind, statistics.states]).toEqual(['held', twoPhaseCommitCounts.interchangeable[n]]);
  });
});
