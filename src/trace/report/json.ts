/** A validation for programs. */
import { evidenceOf, type ShownViolation, type TraceReport } from './result.ts';
import { countsOf } from './summary.ts';

export const validationSchema = 'kvm-mmu-check/validation@1';

export const violationData = ({ violation, lines }: ShownViolation) => ({
  rule: violation.rule,
  line: violation.line,
  message: violation.message,
  because: evidenceOf(violation),
  objects: violation.objects ?? [],
  lines,
});

/** Everything about one trace but its violations. */
export const traceData = (report: TraceReport) => {
  const { validation, verdict } = report;
  const { reader, outcomes, gaps, timeline } = validation;
  return {
    file: report.file,
    verdict: verdict.kind,
    because: verdict.kind === 'inconclusive' ? verdict.because : null,
    kernel: reader.kernel,
    lines: reader.lines,
    events: reader.events,
    otherLines: reader.otherLines,
    lostEvents: reader.lostEvents,
    malformed: { count: reader.malformedCount, first: reader.malformed },
    gaps: gaps.slice(0, 20),
    rules: outcomes.map(({ rule, cases, broken, untold, missing }) => ({
      id: rule.id,
      says: rule.says,
      property: rule.property ?? null,
      observation: rule.observation ?? false,
      cases,
      broken,
      cannotTell: untold,
      missing,
    })),
    notExercised: report.notExercised,
    counts: Object.fromEntries(countsOf(report)),
    timeline: { stretch_s: timeline.stretch_s, stretches: timeline.stretches() },
    repeat: report.repeat,
  };
};
