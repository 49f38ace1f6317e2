/** Parts of a job that take about as long, for machines that each do one of them. */
import type { ScenarioEntry } from '../checker/catalogue.ts';
import type { Shard } from '../report/reporter.ts';
import { bad } from './values.ts';

export const shardOptions = {
  shard: {
    type: 'string',
    describe: 'One part of the scenarios, of about equal cost: i/N',
    group: 'What to check:',
  },
} as const;

/** `2/3`. Errors: fault 102. */
function shardOf(text: string): Shard {
  const [, first = '', second = ''] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const [index, of] = [Number(first), Number(second)];
  if (first !== '' && index >= 1 && index <= of) return { index, of };
  throw bad('shard', text, 'must be i/N, with i from 1 to N', '1/3');
}

/** Steps of the recorded search; what is not recorded is taken for the costliest. */
function costsOf(scenarios: readonly ScenarioEntry[]): number[] {
  const recorded = scenarios.map(({ counts }) => counts?.transitions);
  const most = Math.max(1, ...recorded.filter((cost) => cost !== undefined));
  return recorded.map((cost) => cost ?? most);
}

/**
 * The scenarios of each shard, in the order given. The costliest first, each to the shard with
 * the least so far: no shard takes longer than the mean and the costliest scenario together. It
 * depends on nothing but the scenarios, hence every machine splits alike.
 */
export function split(scenarios: readonly ScenarioEntry[], of: number): ScenarioEntry[][] {
  const costs = costsOf(scenarios);
  const load = Array.from({ length: of }, () => 0);
  const shardFor = new Map<number, number>();
  const byCost = costs.map((cost, at) => ({ cost, at })).sort((a, b) => b.cost - a.cost);
  for (const { cost, at } of byCost) {
    const lightest = load.indexOf(Math.min(...load));
    load[lightest] = (load[lightest] ?? 0) + cost;
    shardFor.set(at, lightest);
  }
  return load.map((_, shard) => scenarios.filter((_, at) => shardFor.get(at) === shard));
}

/** The ids of one shard, and which it is. Errors: fault 102. */
export function partOf(
  scenarios: readonly ScenarioEntry[],
  text: string | undefined,
): { readonly part: readonly string[]; readonly shard?: Shard } {
  const ids = (list: readonly ScenarioEntry[]) => list.map(({ id }) => id);
  if (text === undefined) return { part: ids(scenarios) };
  const shard = shardOf(text);
  return { part: ids(split(scenarios, shard.of)[shard.index - 1] ?? []), shard };
}
