/** From the searches of one value to what is said of it. */
import type { Catalogue } from '../../checker/catalogue.ts';
import { boundText } from '../../report/search-report.ts';
import type { BaseResult, SweepRow, SweepVerdict, ValueResult } from '../../report/sweep/schema.ts';
import { commandLine } from '../commands/command.ts';
import { presetOf } from '../selection.ts';
import { alternativeText, type Alternative, type Candidate } from './plan.ts';

/** A scenario and what was done there. Nothing: an interruption came first. */
export interface Tried {
  readonly candidate: Candidate;
  /** Under the rules as they are. */
  readonly base?: BaseResult | undefined;
  /** With the rule changed. Absent where that was not searched. */
  readonly result?: ValueResult | undefined;
}

const idOf = ({ candidate: { scenario, preset } }: Tried): string =>
  preset === presetOf(scenario) ? scenario.id : `${scenario.id} (${preset})`;

const isIndifferent = ({ base, result }: Tried): boolean =>
  base !== undefined && base.violates === null && base.bound === null && result === undefined;

/** Whether a property breaks with the rule changed. */
export const isRefuted = ({ result }: Tried): boolean =>
  result !== undefined && result.violation !== null;

const holds = ({ base, result }: Tried): boolean =>
  result !== undefined &&
  result.bound === null &&
  result.violation === null &&
  result.broken === null &&
  base?.violates === null;

/** Why a scenario does not count either way. */
function doubtIn({ base, result }: Tried): string | undefined {
  if (base !== undefined && base.violates !== null) {
    return `the rules as they are break ${base.violates}`;
  }
  const { violation = null, broken = null } = result ?? {};
  if (violation !== null) return undefined;
  if (broken !== null) return `the model has no answer: ${broken}`;
  if (result === undefined && (base === undefined || base.bound !== null)) {
    return boundText('interrupted');
  }
  return result === undefined || result.bound === null ? undefined : boundText(result.bound);
}

type Counted = SweepRow['counted'][number];

/** Sums over scenarios that were searched in full both ways. */
function countedIn(tried: readonly Tried[]): Counted[] {
  const pairs = tried.flatMap(({ base, result }) =>
    base === undefined || base.bound !== null || result === undefined ? [] : [{ base, result }],
  );
  const sums = new Map<string, Counted>();
  const add = (what: string, upstream: number, here: number) => {
    const sum = sums.get(what) ?? { what, upstream: 0, here: 0 };
    sums.set(what, { what, upstream: sum.upstream + upstream, here: sum.here + here });
  };
  for (const { base, result } of pairs) {
    add('states', base.states, result.states);
    add('steps', base.transitions, result.transitions);
    for (const [what, n] of Object.entries(base.costs)) add(what, n, result.costs[what] ?? 0);
  }
  return [...sums.values()];
}

const repeatOf = (alternative: Alternative, { scenario, preset }: Candidate): string =>
  commandLine(
    'check',
    scenario.id,
    ...(preset === presetOf(scenario) ? [] : ['--preset', preset]),
    '--rule',
    alternativeText(alternative),
  );

const violationData = (alternative: Alternative, tried: Tried | undefined) => {
  const violation = tried?.result?.violation ?? null;
  const isFound = tried !== undefined && violation !== null;
  return {
    scenario: isFound ? idOf(tried) : null,
    property: violation?.property ?? null,
    steps: violation?.steps ?? null,
    loop: violation?.loop ?? null,
    message: violation?.message ?? null,
    repeat: tried === undefined ? null : repeatOf(alternative, tried.candidate),
  };
};

function verdictOf(
  tried: readonly Tried[],
  data: Pick<SweepRow, 'open' | 'holds' | 'counted'>,
): SweepVerdict {
  if (tried.some(isRefuted)) return 'needed';
  if (data.open.length > 0) return 'open';
  if (data.holds.length === 0) return 'not-asked';
  return data.counted.some(({ upstream, here }) => upstream !== here) ? 'costs-only' : 'not-needed';
}

/** `tried`: in the order of the search; the last one ended it, if anything did. */
export function rowOf(
  catalogue: Catalogue,
  alternative: Alternative,
  tried: readonly Tried[],
): SweepRow {
  const { rule, value } = alternative;
  const held = tried.filter(holds);
  const decisive = tried.find(isRefuted);
  const data = {
    holds: held.map(idOf),
    states: held.reduce((sum, { result }) => sum + (result?.states ?? 0), 0),
    indifferent: tried.filter(isIndifferent).map(idOf),
    counted: countedIn(held),
    open: tried.flatMap((one) => {
      const because = doubtIn(one);
      return because === undefined ? [] : [{ scenario: idOf(one), because }];
    }),
  };
  const mutants = catalogue.mutants.filter((m) => m.rule === rule && m.value === value);
  return {
    rule,
    value,
    verdict: verdictOf(tried, data),
    mutants: mutants.map(({ id }) => id),
    ...violationData(alternative, decisive),
    ...data,
  };
}
