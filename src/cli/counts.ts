/** Recorded state counts: an exhaustive search must reproduce them exactly. */
import { isDeepStrictEqual } from 'node:util';
import type { RecordedCounts } from '../checker/catalogue.ts';
import { evidenceOf, type EvidenceBook } from '../checker/evidence.ts';
import { failed, passed, type Check } from '../report/checks.ts';
import { verdictOf, type SearchReport } from '../report/search-report.ts';
import { count } from '../report/style.ts';

const text = ({ states, transitions, depth }: RecordedCounts): string =>
  `${count(states)} states, ${count(transitions)} transitions, depth ${depth}`;

/** `book`: what was recorded beside the counts, for readers. */
export function judgeCounts(report: SearchReport, book?: EvidenceBook): Check {
  const { scenario, outcome } = report;
  const { statistics } = outcome;
  const verdict = verdictOf(report);
  const rerun = `look at it: ${report.repeat}`;
  if (verdict.kind !== 'held') {
    const why = verdict.kind === 'inconclusive' ? verdict.because : 'a property is violated';
    return failed('counts', scenario.id, why, [rerun]);
  }
  if (scenario.counts === undefined) {
    return failed('counts', scenario.id, `none recorded; now: ${text(statistics)}`);
  }
  const evidence = book?.[scenario.id];
  if (evidence !== undefined && !isDeepStrictEqual(evidence, evidenceOf(statistics))) {
    return failed('counts', scenario.id, 'the recorded evidence is not that of this search', [
      'Record it: npm run counts',
    ]);
  }
  const { states, transitions, depth } = scenario.counts;
  const same =
    states === statistics.states &&
    transitions === statistics.transitions &&
    depth === statistics.depth;
  return same
    ? passed('counts', scenario.id, text(statistics))
    : failed(
        'counts',
        scenario.id,
        `recorded: ${text(scenario.counts)}; now: ${text(statistics)}`,
        ['A change needs a reason in CHANGELOG.md.'],
      );
}
