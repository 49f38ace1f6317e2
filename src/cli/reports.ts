/** Reports beside the results: files for harnesses and scanners, and what GitHub Actions shows. */
import { appendFileSync } from 'node:fs';
import type { InferredOptionTypes, Options } from 'yargs';
import { Fault } from '../checker/fault.ts';
import { cannotWrite, writeWhole } from '../counterexample/write-text.ts';
import { annotationLines, noteLines, stepSummary } from '../report/github.ts';
import { junitText } from '../report/junit.ts';
import { ktapLines } from '../report/ktap.ts';
import { sarifText, type SarifLog } from '../report/sarif.ts';
import type { WriteLine } from '../report/reporter.ts';
import type { Suite } from '../report/suites.ts';
import type { Environment } from './environment.ts';

const group = 'Reports:';

export const reportOptions = {
  junit: { type: 'string', describe: 'Write the results as JUnit XML to this file', group },
  ktap: {
    type: 'string',
    describe: 'Write the results as KTAP to this file; without one, in place of text',
    group,
  },
  github: {
    type: 'boolean',
    describe: 'Annotations and a step summary [default: on in GitHub Actions]',
    group,
  },
} as const satisfies Record<string, Options>;

export const sarifOption = {
  sarif: {
    type: 'string',
    describe: 'Write what was judged as SARIF to this file; with --github, violations alone',
    group,
  },
} as const satisfies Record<string, Options>;

export type ReportFlags = InferredOptionTypes<typeof reportOptions> & {
  readonly sarif?: string | undefined;
  readonly format: string;
};

/** `--ktap` without a file. */
export const ktapIsTheResult = ({ ktap }: Pick<ReportFlags, 'ktap'>): boolean => ktap === '';

/**
 * Looked at before the work begins. `words`: names that were rather meant as arguments.
 * Errors: fault 103.
 */
export function checkReportFlags(flags: ReportFlags, words: readonly string[]): void {
  if (ktapIsTheResult(flags) && flags.format !== 'text') {
    throw new Fault('KMC-103', `--ktap and --format ${flags.format} both make the results`, [
      'Name a file: --ktap=report.ktap',
    ]);
  }
  if (flags.ktap !== undefined && words.includes(flags.ktap)) {
    throw new Fault('KMC-103', `--ktap takes "${flags.ktap}" for its file`, [
      `Put --ktap last, or name a file: --ktap=report.ktap ${flags.ktap}`,
    ]);
  }
}

export interface Results {
  /** `check`, `test`. */
  readonly verb: string;
  /** The outcome in a sentence. */
  readonly headline: string;
  readonly suites: readonly Suite[];
  /** What else people should know. */
  readonly notes?: readonly string[];
  readonly sarif?: SarifLog;
}

/** Errors: fault 601. */
function append(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    throw cannotWrite(file, error, ['GITHUB_STEP_SUMMARY names it; --no-github leaves it out.']);
  }
}

/** Whether GitHub Actions reads along. */
export const tellsGithub = (
  { variables }: Environment,
  { github }: Pick<ReportFlags, 'github'>,
): boolean => github ?? variables['GITHUB_ACTIONS'] === 'true';

/** The runner reads commands from both streams; results stay what they are. */
function tellGithub(
  { err, variables }: Environment,
  { headline, suites, notes = [] }: Results,
): void {
  for (const line of [...annotationLines(suites), ...noteLines(notes)]) err(`${line}\n`);
  const file = variables['GITHUB_STEP_SUMMARY'] ?? '';
  if (file !== '') append(file, stepSummary(headline, suites, notes));
}

/** Call it before the output is closed. Errors: fault 601. */
export function writeReports(
  environment: Environment,
  flags: ReportFlags,
  output: { readonly line: WriteLine },
  results: Results,
): void {
  const { junit, ktap, sarif } = flags;
  const { verb, suites } = results;
  if (ktapIsTheResult(flags)) ktapLines(suites).forEach(output.line);
  else if (ktap !== undefined) writeWhole(ktap, `${ktapLines(suites).join('\n')}\n`);
  if (junit !== undefined) writeWhole(junit, junitText(`kvm-mmu-check ${verb}`, suites));
  if (sarif !== undefined && results.sarif !== undefined) {
    writeWhole(sarif, sarifText(results.sarif));
  }
  if (tellsGithub(environment, flags)) tellGithub(environment, results);
}
