/** Results that are a list of checks: each passed, or failed for a reason. */
import type { Format, WriteLine } from './reporter.ts';
import { match } from 'ts-pattern';
import { table, type Style } from './style.ts';

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

/** Order: as given, by group. */
export function writeChecks(
  checks: readonly Check[],
  format: Format,
  write: WriteLine,
  options: { readonly style: Style; readonly quiet: boolean },
): void {
  const schema = 'kvm-mmu-check/checks@1';
  const total = tally(checks);
  match(format)
    .with('text', () => {
      checksText(checks, options.style, options.quiet).forEach(write);
      const line = `test: ${total.passed} passed, ${total.failed} failed`;
      write(total.failed === 0 ? options.style.good(line) : options.style.bad(line));
    })
    .with('json', () => write(JSON.stringify({ schema, ...total, checks }, null, 2)))
    .with('ndjson', () => {
      for (const check of checks) write(JSON.stringify({ schema, event: 'check', ...check }));
      write(JSON.stringify({ schema, event: 'end', ...total }));
    })
    .exhaustive();
}
