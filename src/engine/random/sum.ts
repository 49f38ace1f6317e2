/** The counts of several blocks as those of one. */
import type { Counts } from './taker.ts';

const sum = (values: readonly number[]): number => values.reduce((x, y) => x + y, 0);

/** Of blocks of one machine. */
export function sumOf(counts: readonly Counts[]): Counts {
  const [first] = counts;
  return {
    samples: sum(counts.map(({ samples }) => samples)),
    taken: (first?.taken ?? []).map((_, t) => sum(counts.map(({ taken }) => taken[t] ?? 0))),
    longest: Math.max(0, ...counts.map(({ longest }) => longest)),
    evidence: (first?.evidence ?? []).map(({ id }, place) => {
      const all = counts.flatMap(({ evidence }) => evidence[place] ?? []);
      return {
        id,
        applied: sum(all.map(({ applied }) => applied)),
        witnessReached: all.some(({ witnessReached }) => witnessReached),
      };
    }),
  };
}
