/** Search results for programs: one JSON document, or one JSON event per line. */
import { rulesText } from '../counterexample/record.ts';
import type { Reporter, Summary, WriteLine } from './reporter.ts';
import {
  eventSchemaName,
  reportSchemaName,
  type ReportDocument,
  type ReportEvent,
  type SearchData,
  type ViolationData,
} from './schema.ts';
import {
  neverTaken,
  verdictOf,
  type FoundViolation,
  type SearchHeader,
  type SearchReport,
} from './search-report.ts';

const headerData = (header: SearchHeader) => ({
  scenario: header.scenario.id,
  machine: header.machine,
  rules: {
    preset: header.selection.preset,
    mutant: header.selection.mutant ?? null,
    changes: { ...header.selection.rules },
    text: rulesText(header.selection),
  },
  granularity: header.selection.granularity ?? header.scenario.granularity ?? 'step',
  properties: header.selection.properties === undefined ? null : [...header.selection.properties],
  engine: header.engine,
  workers: header.workers,
  symmetry: header.symmetry ?? false,
  seed: header.seed === undefined ? null : `0x${header.seed.toString(16)}`,
  startedAt: header.startedAt,
  repeat: header.repeat,
});

const violationData = (found: FoundViolation): ViolationData => ({
  property: found.violation.property,
  says: found.property?.says ?? null,
  why: found.property?.why ?? null,
  step: found.steps.length,
  loop: found.violation.loop ?? null,
  finding: {
    message: found.violation.finding.message,
    where: { ...found.violation.finding.where },
  },
  objects: found.story.objects.map(({ text }) => text),
  causes: found.story.causes.map((cause) => ({ ...cause })),
  minimality: found.violation.minimality.kind,
  known: found.known,
  steps: found.steps.map((step) => ({ ...step, changes: [...step.changes] })),
  saved: found.saved ?? null,
});

function searchEnd(report: SearchReport) {
  const { outcome, complete, path } = report;
  const { levels, coverage, evidence, samples, ...statistics } = outcome.statistics;
  return {
    ...headerData(report),
    verdict: verdictOf(report).kind,
    bound: outcome.kind === 'held' ? null : (outcome.bound ?? null),
    complete,
    path: path ?? null,
    statistics: {
      ...statistics,
      levels: [...levels],
      coverage: [...coverage],
      evidence: [...evidence],
      ...(samples === undefined ? {} : { samples }),
    },
    neverTaken: neverTaken(outcome.statistics),
  };
}

const searchData = (report: SearchReport): SearchData => ({
  ...searchEnd(report),
  violations: report.found.map(violationData),
});

const summaryData = ({ verdict, ...summary }: Summary) => ({
  verb: summary.verb,
  model: { ...summary.model },
  repeat: summary.repeat,
  scenarios: [...summary.scenarios],
  shard: summary.shard ?? null,
  verdict: verdict.kind,
  because: verdict.kind === 'inconclusive' ? verdict.because : null,
  exitCode: summary.exitCode,
  vacuous: [...summary.vacuous],
  failOnVacuous: summary.failOnVacuous,
  notSearched: [...summary.notSearched],
  baseline:
    summary.baseline === undefined
      ? null
      : { ...summary.baseline, gone: [...summary.baseline.gone] },
});

export const reportDocument = (summary: Summary): ReportDocument => ({
  schema: reportSchemaName,
  ...summaryData(summary),
  searches: summary.reports.map(searchData),
});

export function jsonReporter(write: WriteLine): Reporter {
  return {
    started: () => {},
    progressed: () => {},
    finished: () => {},
    ended: (summary) => write(JSON.stringify(reportDocument(summary), null, 2)),
  };
}

/** `elapsed`: milliseconds since the start of the command. */
export function ndjsonReporter(write: WriteLine, elapsed: () => number): Reporter {
  const emit = (event: ReportEvent) => write(JSON.stringify(event));
  const head = () => ({ schema: eventSchemaName, t: Math.round(elapsed()) }) as const;
  return {
    started: (header) => emit({ ...head(), event: 'start', ...headerData(header) }),
    progressed: (header, statistics) =>
      emit({
        ...head(),
        event: 'progress',
        scenario: header.scenario.id,
        states: statistics.states,
        transitions: statistics.transitions,
        depth: statistics.depth,
        queue: statistics.queue,
        samples: statistics.samples ?? null,
      }),
    finished: (report) => {
      const scenario = report.scenario.id;
      for (const found of report.found) {
        emit({ ...head(), event: 'violation', scenario, ...violationData(found) });
      }
      for (const { id, witnessReached } of report.outcome.statistics.evidence) {
        if (witnessReached) emit({ ...head(), event: 'witness', scenario, property: id });
      }
      emit({ ...head(), event: 'end', ...searchEnd(report) });
    },
    ended: (summary) => emit({ ...head(), event: 'summary', ...summaryData(summary) }),
  };
}
