/** Plain text to paste into a mail or a commit message: ASCII, at most 75 columns. */
import { rulesText } from '../counterexample/record.ts';
import { wrap } from '../report/style.ts';
import { causeText, findingText } from '../report/story-text.ts';
import type { SceneNode } from '../picture/scene.ts';
import { actorsOf, placeText, type Run, type RunStep } from './run.ts';

const columns = 75;
const indent = 2;
const label = 10;

const lookalikes: Readonly<Record<string, string>> = {
  '\u2013': '-',
  '\u2014': '-',
  '\u2018': "'",
  '\u2019': "'",
  '\u201C': '"',
  '\u201D': '"',
  '\u2026': '...',
  '\u2192': '->',
};

/** One line of ASCII: what has no lookalike becomes a question mark. */
const ascii = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[^ -~]/gu, (character) => lookalikes[character] ?? '?');

/** As `wrap`, and a word that is longer than a line is cut. */
const wrapped = (text: string, width: number): string[] =>
  wrap(ascii(text), width).flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'g')) ?? []);

/** Lines after the first one are indented by two. */
const hanging = (text: string, width: number): string[] => {
  const [first = '', ...rest] = wrapped(text, width);
  if (rest.length === 0) return [first];
  const more = wrapped(ascii(text).slice(first.length).trim(), width - 2);
  return [first, ...more.map((line) => `  ${line}`)];
};

const shifted = (by: number, lines: readonly string[]): string[] =>
  lines.map((line) => `${' '.repeat(by)}${line}`.trimEnd());

const labelled = (name: string, text: string): string[] => {
  if (text.trim() === '') return [];
  const [first = '', ...rest] = wrapped(text, columns - indent - label);
  return shifted(indent, [`${name.padEnd(label)}${first}`, ...shifted(label, rest)]);
};

/** A command may be longer than a line: a shell joins what a backslash at the end cuts. */
function commandLines(command: string): string[] {
  const [first = '', ...rest] =
    `${' '.repeat(indent)}${ascii(command)}`.match(new RegExp(`.{1,${columns - 1}}`, 'g')) ?? [];
  return [first, ...rest].map((line, i, all) => (i < all.length - 1 ? `${line}\\` : line));
}

/** Two actors have a column each, as in the kernel's own accounts of races. */
function stepLines(run: Run, actors: readonly string[]): string[] {
  const digits = String(run.steps.length).length;
  const left = indent + digits + 1;
  const width = Math.floor((columns - left) / Math.min(2, Math.max(1, actors.length))) - 1;
  const column = (actor: string) => (actors.length === 2 ? actors.indexOf(actor) : 0);
  const lines = ({ number, action, text, changes }: RunStep) => {
    const who = actors.length > 2 ? `${action.actor} ` : '';
    const offset = left + column(action.actor) * (width + 1);
    const body = [
      ...hanging(`${who}${text}`, width),
      ...changes.flatMap((change) => shifted(2, hanging(change, width - 2))),
    ];
    return shifted(offset, body).map((line, i) =>
      i === 0 ? `${String(number).padStart(indent + digits)}${line.slice(indent + digits)}` : line,
    );
  };
  const named = actors.length > 2 ? [] : actors;
  const heading = (text: (actor: string) => string) =>
    `${' '.repeat(left)}${named.map((actor) => text(actor).padEnd(width)).join(' ')}`.trimEnd();
  const head =
    named.length === 0 ? [] : [heading(ascii), heading((actor) => '-'.repeat(actor.length))];
  return [...head, ...run.steps.flatMap(lines)];
}

const nodeLines = ({ title, notes, rows }: SceneNode): string[] => [
  ...hanging([title, ...notes].join(' '), columns - indent),
  ...rows.flatMap((row) => shifted(2, hanging(`${row.label} ${row.text}`, columns - indent - 2))),
];

function stateLines({ scenes, violation, steps }: Run): string[] {
  const at = violation?.step ?? steps.length;
  const scene = scenes?.[at];
  if (scene === undefined) return [];
  const lines = [
    ...scene.facts.flatMap((fact) => hanging(fact, columns - indent)),
    ...scene.nodes.flatMap(nodeLines),
  ];
  return ['', `State after step ${at}:`, '', ...shifted(indent, lines)];
}

export function mailText(run: Run): string {
  const { found, violation, property, steps } = run;
  const headline =
    violation === undefined
      ? `${found.title}: holds over ${steps.length} steps.`
      : `${violation.property} is violated ${placeText(violation, run)}.`;
  const { functions, commit, thread } = found.kernel;
  return [
    ...wrapped(headline, columns),
    '',
    ...labelled('says', property?.says ?? found.says),
    ...labelled('why', property?.why ?? ''),
    ...(violation === undefined ? [] : labelled('broken', findingText(violation.finding))),
    ...run.objects.flatMap((text, i) => labelled(i === 0 ? 'objects' : '', text)),
    ...run.causes.flatMap((one, i) => labelled(i === 0 ? 'because' : '', causeText(one))),
    ...labelled('scenario', found.scenario),
    ...labelled('rules', rulesText({ ...found.rules, rules: found.rules.changes })),
    ...labelled('kernel', [...functions, commit ?? '', thread ?? ''].filter(Boolean).join(', ')),
    ...labelled('notes', found.notes),
    '',
    'Steps, each with what it changes:',
    '',
    ...stepLines(run, actorsOf(run)),
    ...stateLines(run),
    '',
    `Model of kvm-mmu-check ${ascii(found.model.version)}. To execute it again:`,
    '',
    ...commandLines(`kvm-mmu-check replay ${run.file}`),
    '',
  ].join('\n');
}
