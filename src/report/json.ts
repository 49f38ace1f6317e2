/** Search results for programs: one JSON document, or one JSON event per line. */
import { rulesText } from '../counterexample/record.ts';
import type { Reporter, Summary, WriteLine } from './reporter.ts';
import {
  neverTaken,
  verdictOf,
  type FoundViolation,
  type SearchHeader,
  type SearchReport,
} from './search-report.ts';

export const reportSchema = 'kvm-mmu-check/report@1';
export const eventSchema = 'kvm-mmu-check/event@1';

const headerData = (header: SearchHeader) => ({
  scenario: header.scenario.id,
  machine: header.machine,
  rules: {
    preset: header.selection.preset,
    mutant: header.selection.mutant ?? null,
    changes: header.selection.rules,
    text: rulesText(header.selection),
  },
  granularity: header.selection.granularity ?? header.scenario.granularity ?? 'step',
  engine: header.engine,
  workers: header.workers,
  symmetry: header.symmetry ?? false,
  seed: header.seed === undefined ? null : `0x${header.seed.toString(16)}`,
  repeat: header.repeat,
});

const violationData = ({ violation, property, steps, story, saved }: FoundViolation) => ({
  property: violation.property,
  says: property?.says ?? null,
  why: property?.why ?? null,
  step: steps.length,
  loop: violation.loop ?? null,
  finding: violation.finding,
  objects: story.objects.map(({ text }) => text),
  minimality: violation.minimality.kind,
  steps,
  saved: saved ?? null,
});

const reportData = (report: SearchReport) => ({
  ...headerData(report),
  verdict: verdictOf(report).kind,
  bound: report.outcome.kind === 'held' ? null : (report.outcome.bound ?? null),
  path: report.path ?? null,
  statistics: report.outcome.statistics,
  neverTaken: neverTaken(report.outcome.statistics),
  violations: report.found.map(violationData),
});

const summaryData = ({ verb, verdict, exitCode, vacuous }: Summary) => ({
  verb,
  verdict: verdict.kind,
  because: verdict.kind === 'inconclusive' ? verdict.because : null,
  exitCode,
  vacuous,
});

export function jsonReporter(write: WriteLine): Reporter {
  return {
    started: () => {},
    progressed: () => {},
    finished: () => {},
    ended: (summary) => {
      const searches = summary.reports.map(reportData);
      write(JSON.stringify({ schema: reportSchema, ...summaryData(summary), searches }, null, 2));
    },
  };
}

/** `elapsed`: milliseconds since the start of the command. */
export function ndjsonReporter(write: WriteLine, elapsed: () => number): Reporter {
  const emit = (event: string, data: object) =>
    write(JSON.stringify({ schema: eventSchema, t: Math.round(elapsed()), event, ...data }));
  return {
    started: (header) => emit('start', headerData(header)),
    progressed: (header, statistics) =>
      emit('progress', {
        scenario: header.scenario.id,
        states: statistics.states,
        transitions: statistics.transitions,
        depth: statistics.depth,
        queue: statistics.queue,
        samples: statistics.samples ?? null,
      }),
    finished: (report) => {
      const scenario = report.scenario.id;
      for (const found of report.found) emit('violation', { scenario, ...violationData(found) });
      for (const { id, witnessReached } of report.outcome.statistics.evidence) {
        if (witnessReached) emit('witness', { scenario, property: id });
      }
      const { violations: _, ...data } = reportData(report);
      emit('end', data);
    },
    ended: (summary) => emit('summary', summaryData(summary)),
  };
}
