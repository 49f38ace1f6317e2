/** The end of searches: one verdict over all of them, in every form that was asked for. */
import type { Catalogue } from '../checker/catalogue.ts';
import type { Job, Reporter, Summary } from '../report/reporter.ts';
import { vacuousIn, verdictOf, worst, type SearchReport } from '../report/search-report.ts';
import type { Verdict } from '../report/search-report.ts';
import { searchResults, searchSuites } from '../report/search-suites.ts';
import { goneTexts, headline } from '../report/text.ts';
import type { Environment } from './environment.ts';
import { exitCode } from './exit-code.ts';
import type { Output } from './output.ts';
import { tellsGithub, writeReports, type ReportFlags } from './reports.ts';

/** A vacuous property makes a success doubtful, when that was asked for; so does a signal. */
function verdictOver(
  reports: readonly SearchReport[],
  vacuous: readonly string[],
  wasStopped: boolean,
): Verdict {
  const doubts = [
    ...(wasStopped ? ['it was interrupted'] : []),
    ...(vacuous.length === 0 ? [] : [`vacuous: ${vacuous.join(', ')}`]),
  ];
  return worst([
    ...reports.map(verdictOf),
    ...doubts.map((because) => ({ kind: 'inconclusive', because }) as const),
  ]);
}

/**
 * `part`: ids of the scenarios that were to be searched. Whether a property has a case is a
 * question to the whole, not to a shard.
 */
export function summarise(
  job: Job,
  part: readonly string[],
  reports: readonly SearchReport[],
  environment: Environment,
): Summary {
  const signal = environment.stopSignal();
  const searched = new Set(reports.map(({ scenario }) => scenario.id));
  const notSearched = part.filter((id) => !searched.has(id));
  const vacuous = job.failOnVacuous && job.shard === undefined ? vacuousIn(reports) : [];
  const verdict = verdictOver(reports, vacuous, notSearched.length > 0);
  return { ...job, verdict, reports, vacuous, notSearched, exitCode: exitCode(verdict, signal) };
}

/** A rule for every property that was judged, in the order of the catalogue. */
function rulesOf(catalogue: Catalogue, reports: readonly SearchReport[]) {
  const judged = new Set(
    reports.flatMap(({ outcome, found }) => [
      ...outcome.statistics.evidence.map(({ id }) => id),
      ...found.map(({ violation }) => violation.property),
    ]),
  );
  return catalogue.properties.filter(({ id }) => judged.has(id));
}

/** Returns the exit code. Errors: fault 601 when a report cannot be written. */
export function conclude(
  environment: Environment,
  summary: Summary,
  flags: ReportFlags,
  { reporter, output }: { readonly reporter: Reporter; readonly output: Output },
): number {
  reporter.ended(summary);
  const { properties } = environment.catalogue;
  const results = searchResults(summary, properties);
  // Code scanning takes each result for an alert, whatever its kind.
  const alerts = results.filter(({ kind }) => kind === 'fail');
  writeReports(environment, flags, output, {
    verb: summary.verb,
    headline: headline(summary),
    suites: searchSuites(summary),
    notes: goneTexts(summary),
    sarif: {
      version: summary.model.version,
      rules: rulesOf(environment.catalogue, summary.reports),
      results: tellsGithub(environment, flags) ? alerts : results,
    },
  });
  output.close();
  return summary.exitCode;
}
