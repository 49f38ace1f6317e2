/**
 * KTAP version 1: what the harnesses of the kernel read. A suite is a test, its cases are the
 * subtests. What fails as it must is `ok … # XFAIL`, as kselftest prints it.
 */
import { match } from 'ts-pattern';
import type { Case, Suite } from './suites.ts';

interface ResultLine {
  readonly ok: boolean;
  readonly directive: string;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** A hash would begin the directive. */
const nameText = (name: string): string => oneLine(name.replaceAll('#', ' '));

const resultLine = ({ result }: Case): ResultLine =>
  match(result)
    .with({ kind: 'passed' }, ({ because }) => ({
      ok: true,
      directive: because === undefined ? '' : `# XFAIL ${because}`,
    }))
    .with({ kind: 'failed' }, () => ({ ok: false, directive: '' }))
    .with({ kind: 'expected' }, ({ because }) => ({ ok: true, directive: `# XFAIL ${because}` }))
    .with({ kind: 'open', timedOut: true }, ({ because }) => ({
      ok: false,
      directive: `# TIMEOUT ${because}`,
    }))
    .with({ kind: 'open' }, ({ because }) => ({ ok: true, directive: `# SKIP ${because}` }))
    .with({ kind: 'error' }, ({ message }) => ({ ok: false, directive: `# ERROR ${message}` }))
    .exhaustive();

function caseLines(one: Case, number: number): string[] {
  const { ok, directive } = resultLine(one);
  const { result } = one;
  const diagnostics = result.kind === 'failed' ? [result.message, ...result.text] : [];
  return [
    ...diagnostics.flatMap((text) => text.split(/\r\n|[\r\n]/)).map((text) => `# ${text}`.trim()),
    `${ok ? 'ok' : 'not ok'} ${number} ${nameText(one.name)}${oneLineDirective(directive)}`,
  ];
}

const oneLineDirective = (directive: string): string =>
  directive === '' ? '' : ` ${oneLine(directive)}`;

/** A test fails if a subtest does; it is skipped if all of them are. */
function suiteLines({ name, cases }: Suite, number: number): string[] {
  const ok = cases.every((one) => resultLine(one).ok);
  const isSkipped = ok && cases.length > 0 && cases.every(({ result }) => result.kind === 'open');
  return [
    ...[
      'KTAP version 1',
      `1..${cases.length}`,
      ...cases.flatMap((one, i) => caseLines(one, i + 1)),
    ].map((line) => `  ${line}`),
    `${ok ? 'ok' : 'not ok'} ${number} ${nameText(name)}${isSkipped ? ' # SKIP' : ''}`,
  ];
}

export const ktapLines = (suites: readonly Suite[]): string[] => [
  'KTAP version 1',
  `1..${suites.length}`,
  ...suites.flatMap((suite, i) => suiteLines(suite, i + 1)),
];
