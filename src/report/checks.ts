/** Results that are a list of checks: each passed, or failed for a reason. */
import type { Format, WriteLine } from './reporter.ts';
import { match } from 'ts-pattern';
import { z } from 'zod';
import { table, type Style } from './style.ts';

export const checksSchemaName = 'kvm-mmu-check/checks@1';

const total = { passed: z.int().min(0), failed: z.int().min(0) };
const notJudged = z.array(z.string()).describe('What an interruption left out.');
const check = {
  group: z.string(),
  name: z.string(),
  ok: z.boolean(),
  detail: z.string().describe('What was found, or what is wrong.'),
  hints: z.array(z.string()).describe('What to do next, for a failed one.'),
  unreadable: z.boolean().describe('The file could not be judged at all: damaged or stale.'),
  file: z.string().optional().describe('The file that was judged.'),
};
const schema = z.literal(checksSchemaName);

/** The document of `--format json`, or a line of `ndjson`. */
export const checksSchema = z
  .union([
    z.strictObject({ schema, ...total, notJudged, checks: z.array(z.strictObject(check)) }),
    z.strictObject({ schema, event: z.literal('check'), ...check }),
    z.strictObject({ schema, event: z.literal('end'), ...total, notJudged }),
  ])
  .describe('What kvm-mmu-check test judged: the document, or one line of the NDJSON output.');

export interface Check {
  readonly group: string;
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or what is wrong. */
  readonly detail: string;
  /** What to do next, for a failed one. */
  readonly hints: readonly string[];
  /** The file could not be judged at all: damaged or stale. */
  readonly unreadable: boolean;
  /** The file that was judged. */
  readonly file?: string;
}

export const passed = (group: string, name: string, detail: string): Check => ({
  group,
  name,
  ok: true,
  detail,
  hints: [],
  unreadable: false,
});

export const failed = (
  group: string,
  name: string,
  detail: string,
  hints: readonly string[] = [],
): Check => ({ ...passed(group, name, detail), ok: false, hints });

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

export function tally(checks: readonly Check[]): Tally {
  const good = checks.filter(({ ok }) => ok).length;
  return { passed: good, failed: checks.length - good };
}

/** 1 for a wrong verdict; 65 when files that cannot be judged are all that is wrong. */
export function checksExitCode(checks: readonly Check[]): 0 | 1 | 65 {
  const wrong = checks.filter(({ ok }) => !ok);
  if (wrong.length === 0) return 0;
  return wrong.every(({ unreadable }) => unreadable) ? 65 : 1;
}

function groupLines(checks: readonly Check[], style: Style, quiet: boolean): string[] {
  const shown = quiet ? checks.filter(({ ok }) => !ok) : checks;
  const names = table(shown.map(({ name }) => [name, '']));
  return shown.flatMap(({ ok, name, detail, hints }) => {
    const column = Math.min(48, Math.max(0, ...names.map((line) => line.length)));
    const mark = ok ? style.good('ok  ') : style.bad('FAIL');
    return [
      `  ${mark}  ${name.padEnd(column)}  ${detail}`,
      ...hints.map((hint) => `        ${style.faint(hint)}`),
    ];
  });
}

export function checksText(checks: readonly Check[], style: Style, quiet: boolean): string[] {
  const groups = [...new Set(checks.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const members = checks.filter((check) => check.group === group);
    const { passed: good } = tally(members);
    return [
      `${style.strong(group)}  ${good} of ${members.length}`,
      ...groupLines(members, style, quiet),
    ];
  });
}

/** The outcome in a sentence. */
export function checksHeadline(checks: readonly Check[], notJudged: readonly string[]): string {
  const total = tally(checks);
  const left = notJudged.length === 0 ? '' : `, ${notJudged.length} not judged: it was interrupted`;
  return `test: ${total.passed} passed, ${total.failed} failed${left}`;
}

/** Order: as given, by group. */
export function writeChecks(
  checks: readonly Check[],
  format: Format,
  write: WriteLine,
  options: {
    readonly style: Style;
    readonly quiet: boolean;
    /** What an interruption left out. */
    readonly notJudged: readonly string[];
  },
): void {
  const { style, quiet, notJudged } = options;
  const name = checksSchemaName;
  const total = tally(checks);
  match(format)
    .with('text', () => {
      checksText(checks, style, quiet).forEach(write);
      for (const name of notJudged) write(`${style.doubtful('NOT JUDGED')}  ${name}`);
      const line = checksHeadline(checks, notJudged);
      write(total.failed === 0 ? style.good(line) : style.bad(line));
    })
    .with('json', () =>
      write(JSON.stringify({ schema: name, ...total, notJudged, checks }, null, 2)),
    )
    .with('ndjson', () => {
      for (const check of checks) write(JSON.stringify({ schema: name, event: 'check', ...check }));
      write(JSON.stringify({ schema: name, event: 'end', ...total, notJudged }));
    })
    .exhaustive();
}
