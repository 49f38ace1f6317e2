/** A sequence diagram for Mermaid: https://mermaid.js.org/syntax/sequenceDiagram.html */
import { findingText } from '../report/story-text.ts';
import { actorsOf, firstRepeated, type Run, type RunStep } from './run.ts';

/** Forges and browsers refuse or stall on more; Mermaid's own limit is 50,000 characters. */
const stepsMax = 150;
const charactersMax = 50_000;

/** Text of a message or note. `#` begins an entity and `;` ends a statement; tags are HTML. */
const text = (raw: string): string =>
  raw
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[#;<>&]/g, (character) => `#${character.codePointAt(0)};`);

interface Names {
  /** The name of the actor in the diagram. */
  readonly of: (actor: string) => string;
  readonly first: string;
  readonly last: string;
}

function namesOf(actors: readonly string[]): Names {
  const of = (actor: string) => `a${actors.indexOf(actor)}`;
  return { of, first: 'a0', last: `a${actors.length - 1}` };
}

const note = (over: string, lines: readonly string[]): string =>
  `  Note over ${over}: ${lines.map(text).join('<br/>')}`;

/** Whether the actor holds the lock after the step, where that is known: a bar along its line. */
const holdsLock = ({ activities }: Run, state: number, actor: string): boolean =>
  (activities?.[state]?.sections[actor] ?? []).includes('mmu_lock');

function stepLines(run: Run, step: RunStep, names: Names): string[] {
  const { action, number, changes } = step;
  const name = names.of(action.actor);
  const before = holdsLock(run, number - 1, action.actor);
  const after = holdsLock(run, number, action.actor);
  return [
    `  ${name}->>${name}: ${text(`${number}  ${step.text}`)}`,
    ...(after && !before ? [`  activate ${name}`] : []),
    ...(changes.length === 0 ? [] : [note(name, changes)]),
    ...(before && !after ? [`  deactivate ${name}`] : []),
  ];
}

function violationLines({ violation, property }: Run, over: string): string[] {
  if (violation === undefined) return [];
  return [
    '  rect rgba(200, 30, 30, 0.25)',
    note(over, [
      `VIOLATION ${violation.property}`,
      findingText(violation.finding),
      ...(property === undefined ? [] : [property.says]),
    ]),
    '  end',
  ];
}

/** The steps from number `first` on. */
function diagram(run: Run, first: number): string {
  const acting = actorsOf(run);
  const actors = acting.length === 0 ? ['nobody'] : acting;
  const names = namesOf(actors);
  const over = actors.length > 1 ? `${names.first},${names.last}` : names.first;
  const shown = run.steps.filter(({ number }) => number >= first);
  const repeated = firstRepeated(run)?.number ?? Infinity;
  const held = first > 1 ? actors.filter((actor) => holdsLock(run, first - 1, actor)) : [];
  return [
    'sequenceDiagram',
    ...actors.map((actor, i) => `  participant a${i} as ${text(actor)}`),
    note(over, [run.found.title]),
    ...(first > 1 ? [note(over, [`steps 1 to ${first - 1} are left out`])] : []),
    ...held.map((actor) => `  activate ${names.of(actor)}`),
    ...(run.violation?.step === 0 ? violationLines(run, over) : []),
    ...shown.flatMap((step) => [
      ...(step.number === Math.max(first, repeated) ? ['  loop for ever'] : []),
      ...stepLines(run, step, names),
      ...(repeated < Infinity && step === shown.at(-1) ? ['  end'] : []),
      ...(step.number === run.violation?.step ? violationLines(run, over) : []),
    ]),
    '',
  ].join('\n');
}

/** Limit: of a long run, the steps at its end. */
export function mermaidText(run: Run): string {
  let first = Math.max(1, run.steps.length - stepsMax + 1);
  let drawn = diagram(run, first);
  while (drawn.length > charactersMax && first < run.steps.length) {
    first += Math.ceil((run.steps.length - first) / 4);
    drawn = diagram(run, first);
  }
  return drawn;
}
