/** What GitHub Actions shows: annotations beside files, and a summary of the step. */
import type { Case, CaseResult, Suite } from './suites.ts';
import { countOf } from './suites.ts';

const escapeMessage = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeValue = (text: string): string =>
  escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

type Level = 'error' | 'warning' | 'notice';

function command(level: Level, place: Pick<Case, 'file' | 'line'>, title: string, text: string) {
  const values = { ...place, title };
  const shown = Object.entries(values)
    .filter(([name]) => name === 'file' || name === 'line' || name === 'title')
    .map(([name, value]) => `${name}=${escapeValue(String(value))}`);
  return `::${level} ${shown.join(',')}::${escapeMessage(text)}`;
}

const placeOf = ({ file, line }: Case) => ({
  ...(file === undefined ? {} : { file }),
  ...(line === undefined ? {} : { line }),
});

function caseAnnotation(one: Case, suite: Suite): string[] {
  const { result, name } = one;
  const title = `${name} in ${suite.name}`;
  if (result.kind === 'failed') {
    const files = (one.attachments ?? []).map((file) => `counterexample: ${file}`);
    return [command('error', placeOf(one), title, [result.message, ...files].join('\n'))];
  }
  if (result.kind === 'error') return [command('error', placeOf(one), title, result.message)];
  if (result.kind === 'expected') {
    return [command('notice', placeOf(one), title, `known: ${result.because}`)];
  }
  return [];
}

/** One for all cases that are open for the same reason; a failure beside them says enough. */
function openAnnotations({ name, cases }: Suite): string[] {
  if (cases.some(({ result }) => result.kind === 'failed')) return [];
  const reasons = cases.flatMap(({ result }) => (result.kind === 'open' ? [result.because] : []));
  return [...new Set(reasons)].map((because) => {
    const count = reasons.filter((reason) => reason === because).length;
    const text = `${count} of ${cases.length} not judged: ${because}`;
    return command('warning', {}, `${name}: no verdict`, text);
  });
}

/** Workflow commands, one per line. The runner reads them from both output streams. */
export const annotationLines = (suites: readonly Suite[]): string[] =>
  suites.flatMap((suite) => [
    ...suite.cases.flatMap((one) => caseAnnotation(one, suite)),
    ...openAnnotations(suite),
  ]);

export const noteLines = (notes: readonly string[]): string[] =>
  notes.map((text) => command('notice', {}, 'kvm-mmu-check', text));

const cell = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', '\\|')
    .replaceAll(/\s+/g, ' ');

const columns: readonly (readonly [title: string, kinds: readonly CaseResult['kind'][]])[] = [
  ['passed', ['passed']],
  ['failed', ['failed', 'error']],
  ['known', ['expected']],
  ['no verdict', ['open']],
];

const factsText = ({ facts = {} }: Suite): string =>
  Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

function row(suite: Suite): string {
  const counts = columns.map(([, kinds]) =>
    String(kinds.reduce((sum, kind) => sum + countOf([suite], kind), 0)),
  );
  return `| ${[cell(suite.name), ...counts, cell(factsText(suite))].join(' | ')} |`;
}

/** Longer than any run of backticks inside. */
function fenced(lines: readonly string[]): string[] {
  const text = lines.join('\n');
  const runs = [...text.matchAll(/`+/g)].map(([run]) => run.length);
  const fence = '`'.repeat(Math.max(2, ...runs) + 1);
  return [`${fence}text`, text, fence];
}

function details(one: Case, suite: Suite): string {
  const { result } = one;
  if (result.kind !== 'failed' && result.kind !== 'error') return '';
  const body =
    result.kind === 'failed'
      ? [...fenced([result.message, ...result.text])]
      : fenced([result.message]);
  const head = `<summary>${cell(one.name)} in ${cell(suite.name)}</summary>`;
  return ['<details>', head, '', ...body, '', '</details>', ''].join('\n');
}

/** The summary of a step may have 1 MiB. */
const mostDetails = 900_000;

/** Markdown for the file that `GITHUB_STEP_SUMMARY` names. */
export function stepSummary(
  headline: string,
  suites: readonly Suite[],
  notes: readonly string[] = [],
): string {
  const titles = ['', ...columns.map(([title]) => title), ''];
  const table = [
    `| ${titles.join(' | ')} |`,
    `|---|${columns.map(() => '--:|').join('')}---|`,
    ...suites.map(row),
  ];
  const failures = suites.flatMap((suite) => suite.cases.map((one) => details(one, suite)));
  const shown = failures.filter((text) => text !== '');
  let room = mostDetails;
  const kept = shown.filter((text) => (room -= Buffer.byteLength(text)) >= 0);
  const left = shown.length - kept.length;
  return [
    `### ${cell(headline)}`,
    '',
    ...table,
    '',
    ...notes.map((text) => `- ${cell(text)}`),
    ...(notes.length === 0 ? [] : ['']),
    ...kept,
    ...(left === 0 ? [] : [`${left} more did not fit here.`, '']),
  ].join('\n');
}
