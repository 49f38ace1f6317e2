/** From what a search saw to violations with traces, and to the run that broke the model. */
import { Judge } from '../judge.ts';
import type { Fields, Machine } from '../machine/index.ts';
import type { Trace, Violation } from '../outcome.ts';
import type { Judgement, Program } from '../program.ts';
import type { Kernel } from './kernel.ts';
import type { Sighting } from './sightings.ts';
import { traceTo, type StoredSearch } from './trace.ts';

/** The violation of a sighting on `level`, with the finding as it reads at the end of its trace. */
export function violationOf<S, F extends Fields>(
  search: StoredSearch<S, F>,
  { judgement, vector, instance }: Sighting,
  level: number,
): Violation {
  const { program } = search;
  const judge = new Judge(program.machine as unknown as Machine<S>);
  const same = (list: readonly Judgement[]) =>
    list.find(({ property }) => property === judgement.property);
  const trace = traceTo(search, search.store.find(vector), level);
  const found = (steps: readonly number[], finding = judgement.finding): Violation => ({
    property: judgement.id,
    finding,
    trace: { initial: trace.initial, steps },
    minimality: { kind: 'shortest' },
  });
  if (instance === null) {
    return found(trace.steps, same(judge.judgeState(program.current))?.finding);
  }
  const origin = program.save();
  for (const { id, transition, args, parameters } of program.instances) {
    program.load(origin);
    if (judge.judgedTransitions[transition] !== true || !program.execute(id)) continue;
    const { before, current } = program;
    const hit = same(judge.judgeStep(before, current, transition, args.slice(0, parameters)));
    if (hit !== undefined) return found([...trace.steps, id], hit.finding);
  }
  return found([...trace.steps, instance]);
}

/** Where the model broke: while judging a state, or on a step from one. */
export interface Failure {
  readonly at: 'judging' | 'expanding' | null;
  /** The vector of that state. */
  readonly vector: Int32Array;
}

/** What a kernel was at. */
export function failureIn<S, F extends Fields>(
  { judging, parent }: Pick<Kernel, 'judging' | 'parent'>,
  { currentWords, beforeWords }: Program<S, F>,
): Failure {
  if (judging >= 0) return { at: 'judging', vector: currentWords.slice() };
  return { at: parent >= 0 ? 'expanding' : null, vector: beforeWords.slice() };
}

/**
 * The run to the step or state in which the model broke, as far as it can be found, while states of
 * `level` were expanded.
 */
export function traceToFailure<S, F extends Fields>(
  search: StoredSearch<S, F>,
  failure: Failure,
  level: number,
): Trace {
  try {
    return retrace(search, failure, level);
  } catch {
    return { initial: 0, steps: [] };
  }
}

/** Goes to the step or state in which the model broke again. */
function retrace<S, F extends Fields>(
  search: StoredSearch<S, F>,
  { at, vector }: Failure,
  level: number,
): Trace {
  const { program } = search;
  if (at === null) return { initial: 0, steps: [] };
  const state = search.store.find(vector);
  if (at === 'judging') return traceTo(search, state, level + 1);
  const trace = traceTo(search, state, level);
  const origin = program.save();
  for (const { id } of program.instances) {
    program.load(origin);
    try {
      if (program.execute(id)) program.judgeStep(id);
    } catch {
      return { initial: trace.initial, steps: [...trace.steps, id] };
    }
  }
  return trace;
}
