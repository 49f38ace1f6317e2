/** An explanation for people, and for programs. */
import { match } from 'ts-pattern';
import { mutants } from '../../../model/index.ts';
import { labelled, labelledCommand } from '../../report/steps-text.ts';
import { count, table, type Style } from '../../report/style.ts';
import type { Tried } from '../explain/explain.ts';
import type { Explained } from '../explain/explained.ts';
import { lastLineOf } from '../explain/part.ts';

/** An explanation, and where its run was saved. */
export interface SavedExplanation {
  readonly explained: Explained;
  readonly saved: string | undefined;
}

/** Happenings that are shown where no run stands beside them. */
const listedHappenings = 12;

/** Names that are listed; of more, their number is enough. */
const listed = 6;

const someOf = (scenarios: readonly string[]): string =>
  scenarios.length <= listed ? scenarios.join(', ') : `${scenarios.length} scenarios`;

function upstreamTried({ whole, partly, states }: Tried): string {
  const never = whole.length === 0 ? [] : [`never does that in ${someOf(whole)}`];
  const not = partly.length === 0 ? [] : [`not in the part of ${someOf(partly)} that was searched`];
  return `${[...never, ...not].join('; ')} (${count(states)} states)`;
}

const mutantNames = (tried: readonly Tried[]): Tried[] =>
  tried.filter(({ rules }) => rules !== 'upstream');

function counterpartLines({ counterparts, run }: Explained, style: Style): string[] {
  if (counterparts.length === 0) return [];
  const head = ['line', 'in the trace', ...(run === undefined ? [] : ['step', 'in the model'])];
  const shown = run === undefined ? counterparts.slice(0, listedHappenings) : counterparts;
  const more = counterparts.length - shown.length;
  const rows = shown.map(({ line, text, step, actor = '', action = '' }) =>
    step === undefined ? [`${line}`, text] : [`${line}`, text, `${step}`, `${actor} ${action}`],
  );
  const [first = '', ...rest] = table([head, ...rows], '> >');
  const all = more === 0 ? rest : [...rest, `… and ${more} more`];
  return [style.strong(first), ...all].map((row) => `  ${row}`);
}

function upstreamText({ run, part, tried }: Explained): string {
  const where = run?.selection.scenario ?? '';
  if (run?.broken !== undefined) {
    const { property, step } = run.broken;
    return `does the same in ${where}, and breaks ${property} at step ${step}`;
  }
  const isViolation = part.kind === 'violation' || part.rule !== undefined;
  const states = count(tried.reduce((sum, one) => sum + one.states, 0));
  return isViolation
    ? `does the same in ${where}, and breaks nothing: these events do not show what is wrong`
    : `does the same in ${where}, in ${run?.steps ?? 0} steps (${states} states looked at)`;
}

function mutantLines({ run, tried, part }: Explained, style: Style): string[] {
  const id = run?.selection.mutant ?? '';
  const upstream = tried.find(({ rules }) => rules === 'upstream');
  const { property = '', step = 0 } = run?.broken ?? {};
  const same = part.rule?.property === property ? 'the same property, ' : '';
  return [
    ...(upstream === undefined ? [] : labelled('upstream', upstreamTried(upstream))),
    ...labelled(
      style.bad('mutant').padEnd('mutant'.length),
      `${id} does the same in ${run?.selection.scenario ?? ''}, and breaks ${same}${property}, ` +
        `at step ${step}`,
    ),
    ...labelled('says', mutants.find((one) => one.id === id)?.says ?? ''),
  ];
}

function nothingLines({ kind, tried, part }: Explained): string[] {
  const upstream = tried.find(({ rules }) => rules === 'upstream');
  const asked = mutantNames(tried);
  const searches = tried.reduce((sum, { whole, partly }) => sum + whole.length + partly.length, 0);
  const stopped = tried.reduce((sum, { partly }) => sum + partly.length, 0);
  const states = count(tried.reduce((sum, one) => sum + one.states, 0));
  const near = mutants
    .filter(({ property }) => property === part.rule?.property)
    .map(({ id }) => id);
  return [
    ...(upstream === undefined ? [] : labelled('upstream', upstreamTried(upstream))),
    ...labelled('mutants', `none of ${asked.length} does that: ${states} states in all`),
    ...(near.length === 0
      ? []
      : labelled('near', `${part.rule?.property} breaks under ${near.join(', ')}, otherwise`)),
    ...(kind === 'bound'
      ? labelled(
          'bound',
          `${stopped} of ${searches} searches were stopped before their end: raise ` +
            '--max-states or --timeout',
        )
      : []),
  ];
}

const narrowedText = ({ part }: Explained): string =>
  part.kind === 'lines'
    ? 'shadow pages and the leaves that map their tables; other leaves are left out'
    : 'the objects of the violation alone; what surrounds them is left out';

/** Order: the part, what happens in it, what the model does, where the run is kept. */
export function explanationLines({ explained, saved }: SavedExplanation, style: Style): string[] {
  const { part, kind, because, leftOut, run } = explained;
  const what = part.kind === 'violation' ? `${part.rule.id} at line ${part.line}` : linesText(part);
  const cycles =
    leftOut === 0 ? '' : `   ${count(leftOut)} more came back to the same state and are left out`;
  return [
    '',
    `${style.strong('EXPLAIN')}  ${what}${cycles}`,
    ...counterpartLines(explained, style),
    ...(explained.isNarrowed ? labelled('scaled', narrowedText(explained)) : []),
    ...(run === undefined ? [] : labelled('names', run.names.join(', '))),
    ...match(kind)
      .with('no-counterpart', () =>
        labelled('model', `no counterpart: ${because ?? 'nothing to compare'}`),
      )
      .with('too-large', () => labelled('model', `too small: ${because ?? ''}`))
      .with('upstream', () => labelled('upstream', upstreamText(explained)))
      .with('mutant', () => mutantLines(explained, style))
      .with('none', 'bound', () => nothingLines(explained))
      .exhaustive(),
    ...(saved === undefined
      ? []
      : [...labelled('saved', saved), labelledCommand('replay', `kvm-mmu-check replay ${saved}`)]),
    '',
  ];
}

const linesText = ({ first, last }: { readonly first: number; readonly last: number }): string =>
  `lines ${first}..${last}`;

export const explanationData = ({ explained, saved }: SavedExplanation) => {
  const { part, kind, because, counterparts, leftOut, tried, run } = explained;
  return {
    rule: part.rule?.id ?? null,
    line: lastLineOf(part),
    outcome: kind,
    because: because ?? null,
    happenings: counterparts,
    leftOut,
    narrowed: explained.isNarrowed,
    tried,
    run:
      run === undefined
        ? null
        : {
            scenario: run.selection.scenario,
            granularity: run.selection.granularity,
            mutant: run.selection.mutant ?? null,
            names: run.names,
            steps: run.steps,
            broken: run.broken ?? null,
            saved: saved ?? null,
          },
  };
};
