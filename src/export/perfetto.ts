/**
 * Chrome's trace event format, which Perfetto opens: a track per actor, a microsecond scale on
 * which step n begins at 1000 n.
 *
 * Slices of a track nest: what an actor is within, and in it the steps. An arrow leads from the
 * step that leaves a flush owed to the one that pays it; what is never paid has no arrow.
 */
import { findingText } from '../report/story-text.ts';
import { listText } from './json-text.ts';
import { actorsOf, verdictText, type Run, type RunStep } from './run.ts';

/** Microseconds from one step to the next; a step ends before, and what is around it later. */
const stride_us = 1000;
const step_us = 900;
const margin_us = 50;

const pid = 1;

interface TraceEvent {
  readonly name: string;
  readonly cat?: string;
  readonly ph: 'M' | 'X' | 'i' | 'C' | 's' | 'f';
  readonly ts?: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid?: number;
  readonly id?: number;
  readonly bp?: 'e';
  readonly s?: 'g';
  readonly args?: Readonly<Record<string, unknown>>;
}

/** From the first to the last step during which something was so. */
interface Stretch {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/**
 * When each name was among those of a state. The step that brings it in is part of it, and so is
 * the step that takes it away. Order: of the beginnings, then as listed in a state.
 */
function stretchesOf(states: readonly (readonly string[])[]): (Stretch & { ended: boolean })[] {
  const names = [...new Set(states.flat())];
  return names
    .flatMap((name) =>
      states.flatMap((state, n) => {
        if (!state.includes(name) || states[n - 1]?.includes(name) === true) return [];
        const end = states.findIndex((later, m) => m > n && !later.includes(name));
        return [{ name, first: n, last: end < 0 ? states.length - 1 : end, ended: end >= 0 }];
      }),
    )
    .sort((a, b) => a.first - b.first);
}

const threadOf = (run: Run, actor: string): number => actorsOf(run).indexOf(actor) + 1;

function names(run: Run): TraceEvent[] {
  const threads = actorsOf(run).flatMap((actor, i): TraceEvent[] => [
    { name: 'thread_name', ph: 'M', pid, tid: i + 1, args: { name: actor } },
    { name: 'thread_sort_index', ph: 'M', pid, tid: i + 1, args: { sort_index: i } },
  ]);
  return [{ name: 'process_name', ph: 'M', pid, args: { name: run.found.title } }, ...threads];
}

function sections(run: Run): TraceEvent[] {
  const { activities = [] } = run;
  return actorsOf(run).flatMap((actor, i) =>
    stretchesOf(activities.map((activity) => activity.sections[actor] ?? [])).map(
      ({ name, first, last }): TraceEvent => ({
        name,
        cat: 'section',
        ph: 'X',
        ts: stride_us * first,
        dur: stride_us * (last - first) + step_us + margin_us,
        pid,
        tid: i + 1,
      }),
    ),
  );
}

const stepEvent = (run: Run, { number, action, text, changes }: RunStep): TraceEvent => ({
  name: action.transition,
  cat: 'step',
  ph: 'X',
  ts: stride_us * number,
  dur: step_us,
  pid,
  tid: threadOf(run, action.actor),
  args: { step: number, action: text, changes },
});

/** Both ends of an arrow bind to the step that is around them. */
function arrows(run: Run): TraceEvent[] {
  const owed = stretchesOf((run.activities ?? []).map((activity) => activity.owed));
  return owed
    .filter(({ ended }) => ended)
    .flatMap(({ name, first, last }, id) => {
      const end = (n: number) => ({
        name: `owed flush: ${name}`,
        cat: 'owed flush',
        ts: stride_us * n + step_us / 2,
        pid,
        tid: threadOf(run, run.steps[n - 1]?.action.actor ?? ''),
        id,
        bp: 'e' as const,
      });
      return first === 0
        ? []
        : [
            { ...end(first), ph: 's' as const },
            { ...end(last), ph: 'f' as const },
          ];
    });
}

/** Numbers that are 0 from beginning to end have no curve. */
function curves({ activities = [] }: Run): TraceEvent[] {
  const isDrawn = (name: string) => activities.some(({ counters }) => (counters[name] ?? 0) > 0);
  return activities.flatMap(({ counters }, n) =>
    Object.entries(counters)
      .filter(([name]) => isDrawn(name))
      .map(([name, value]): TraceEvent => ({
        name,
        ph: 'C',
        ts: stride_us * n,
        pid,
        args: { [name]: value },
      })),
  );
}

function verdict({ violation, property }: Run): TraceEvent[] {
  if (violation === undefined) return [];
  const { step, finding } = violation;
  const args = { broken: findingText(finding), says: property?.says, why: property?.why };
  const ts = stride_us * step + step_us;
  return [
    {
      name: `VIOLATION ${violation.property}`,
      cat: 'verdict',
      ph: 'i',
      s: 'g',
      ts,
      pid,
      tid: 1,
      args,
    },
  ];
}

export function perfettoText(run: Run): string {
  const events = [
    ...names(run),
    ...sections(run),
    ...run.steps.map((step) => stepEvent(run, step)),
    ...arrows(run),
    ...curves(run),
    ...verdict(run),
  ];
  const { title, scenario, machine } = run.found;
  const otherData = { title, scenario, machine, verdict: verdictText(run) };
  const head = JSON.stringify({ displayTimeUnit: 'ms', otherData });
  return `${head.slice(0, -1)},"traceEvents":${listText(events)}}\n`;
}
