/** Runs without end: known results, and every small graph against a definition. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkExhaustively, type ExhaustiveOptions } from '../../../src/engine/exhaustive.ts';
import { searchForLoops } from '../../../src/engine/liveness/search.ts';
import { Watch } from '../../../src/engine/search/watch.ts';
import { judgeLoop } from '../../../src/engine/liveness/judge.ts';
import type { Fields, Machine } from '../../../src/engine/machine/index.ts';
import type { Outcome, Violation } from '../../../src/engine/outcome.ts';
import { compileMachine } from '../../../src/engine/program.ts';
import { aControl } from '../search/machines.ts';
import { graphMachine, peterson, philosophers, testAndSet, type Edge } from './machines.ts';

/** Searches, and has every loop that is found judged by execution. */
async function search<S, F extends Fields>(
  machine: Machine<S, F>,
  options: ExhaustiveOptions = {},
): Promise<Outcome> {
  const outcome = await checkExhaustively(machine, { maxErrors: Infinity, ...options }, aControl());
  for (const { property, finding, trace, loop = -1 } of violationsOf(outcome)) {
    const { fault, findings } = judgeLoop(machine, trace, loop);
    expect(fault).toBeNull();
    expect(findings.map(({ id }) => id)).toContain(property);
    expect(finding.message).toBe('never ends');
  }
  return outcome;
}

const violationsOf = (outcome: Outcome): readonly Violation[] =>
  outcome.kind === 'violated' ? outcome.violations : [];

const propertiesOf = (outcome: Outcome): string[] =>
  violationsOf(outcome).map(({ property }) => property);

/** Names of the steps before and within the loop. */
function stepsOf<S, F extends Fields>(machine: Machine<S, F>, violation: Violation | undefined) {
  if (violation === undefined) throw new Error('nothing is violated');
  const { trace, loop = -1 } = violation;
  const program = compileMachine(machine);
  const names = trace.steps.map((id) => {
    const { actor, transition } = program.actionOf(id);
    return `${actor} ${transition}`;
  });
  return { before: names.slice(0, loop), loop: names.slice(loop) };
}

describe('progress properties', () => {
  it('hold for the algorithm of Peterson under weak fairness', async () => {
    const outcome = await search(peterson());
    expect(outcome.kind).toBe('held');
    expect(outcome.statistics.evidence).toEqual([
      { id: 'who-wants-gets-in', applied: expect.any(Number) as number, witnessReached: true },
    ]);
  });

  it('break for the algorithm of Peterson when nobody has to move', async () => {
    const machine = peterson(() => false);
    const [violation] = violationsOf(await search(machine));
    expect(violation?.minimality).toEqual({ kind: 'shortest-entry' });
    expect(stepsOf(machine, violation)).toEqual({
      before: ['process0 want'],
      loop: [],
    });
  });

  it('break where a test-and-set lock starves a process', async () => {
    const [violation] = violationsOf(await search(testAndSet));
    expect(violation).toMatchObject({
      property: 'who-wants-gets-in',
      finding: { message: 'never ends' },
    });
    const { before, loop } = stepsOf(testAndSet, violation);
    expect(before.length + loop.length).toBe(4);
    expect(new Set(loop.map((step) => step.split(' ')[0])).size).toBe(1);
    expect(loop).toHaveLength(3);
  });

  it('find the deadlock of philosophers who all take the left fork first', async () => {
    const machine = philosophers(3, false);
    const outcome = await search(machine);
    expect(propertiesOf(outcome)).toEqual(['somebody-eats', 'everybody-eats']);
    const [deadlock] = violationsOf(outcome);
    expect(stepsOf(machine, deadlock)).toMatchObject({ loop: [] });
    expect(deadlock?.trace.steps).toHaveLength(3);
  });

  it('find that one odd philosopher saves all of them, but not each', async () => {
    const machine = philosophers(3, true);
    const outcome = await search(machine);
    expect(propertiesOf(outcome)).toEqual(['everybody-eats']);
    const [starved] = violationsOf(outcome);
    const { loop } = stepsOf(machine, starved);
    expect(loop.length).toBeGreaterThan(0);
  });

  it('take a step to the same state for a move', async () => {
    const spin = [{ actor: 0, from: 0, to: 0, sure: true }];
    const [violation] = violationsOf(await search(graphMachine(1, spin, [true])));
    expect(violation).toMatchObject({ trace: { steps: [0] }, loop: 0 });
  });

  it('let nobody rest who can always move on', async () => {
    const edges = [
      { actor: 0, from: 0, to: 1, sure: true },
      { actor: 0, from: 1, to: 0, sure: true },
      { actor: 1, from: 0, to: 2, sure: true },
      { actor: 1, from: 1, to: 2, sure: true },
    ];
    const pending = [true, true, false];
    expect((await search(graphMachine(3, edges, pending))).kind).toBe('held');
    const late = edges.map((edge) => ({ ...edge, sure: edge.actor === 0 }));
    expect((await search(graphMachine(3, late, pending))).kind).toBe('violated');
    expect((await search(graphMachine(3, edges.slice(0, 3), pending))).kind).toBe('violated');
  });
});

describe('the search for loops', () => {
  it('is left out on demand, and does without symmetry and fingerprints', async () => {
    const machine = philosophers(3, false);
    expect((await search(machine, { liveness: false })).kind).toBe('held');
    const hashed = await search(machine, { storage: 'fingerprint' });
    expect(hashed.statistics.collisionProbability).toBe(0);
    expect(propertiesOf(hashed)).toHaveLength(2);
  });

  it('reports as many violations as were asked for', async () => {
    expect(propertiesOf(await search(philosophers(3, false), { maxErrors: 1 }))).toHaveLength(1);
  });

  it('looks into what a bound left', async () => {
    const bounded = await search(philosophers(3, false), { limits: { depth: 3 } });
    expect(bounded).toMatchObject({ kind: 'violated', bound: 'depth' });
    expect(violationsOf(bounded)[0]?.minimality).toEqual({ kind: 'none' });
    const cut = await search(philosophers(3, false), { limits: { depth: 1 } });
    expect(cut).toMatchObject({ kind: 'inconclusive', bound: 'depth' });
  });

  it('ends at the limit of memory before it asks for more', async () => {
    const stored = { levels: { ranges: [[0, 1000]] } } as unknown as Parameters<
      typeof searchForLoops
    >[0];
    const watch = new Watch(aControl(), Infinity, () => {
      throw new Error('nobody looks');
    });
    const found = await searchForLoops(stored, { watch, room_bytes: 39_999 }, null);
    expect(found).toEqual({ violations: [], evidence: [], bound: 'memory' });
  });

  it('refuses more things and actors than it can number', async () => {
    await expect(search(philosophers(32, true), { limits: { depth: 0 } })).rejects.toThrow(
      'more than 31',
    );
  });
});

const size = 5;
const anEdge: fc.Arbitrary<Edge> = fc.record({
  actor: fc.nat(2),
  from: fc.nat(size - 1),
  to: fc.nat(size - 1),
  sure: fc.boolean(),
});

/** By definition: some set of pending states that a fair run can stay in. */
function canStay(edges: readonly Edge[], pending: readonly boolean[]): boolean {
  const reached = closure(edges, [0]);
  for (let set = 1; set < 1 << size; set++) {
    const states = Array.from({ length: size }, (_, k) => k).filter((k) => (set >> k) % 2 === 1);
    if (!states.every((k) => pending[k] && reached.includes(k))) continue;
    const inside = edges.filter(({ from, to }) => states.includes(from) && states.includes(to));
    const connected = states.every((k) => states.every((l) => closure(inside, [k]).includes(l)));
    if (!connected) continue;
    const fair = [0, 1, 2].every(
      (actor) =>
        inside.some((edge) => edge.actor === actor && edge.sure) ||
        states.some((k) => !edges.some((e) => e.actor === actor && e.sure && e.from === k)),
    );
    if (fair) return true;
  }
  return false;
}

function closure(edges: readonly Edge[], from: readonly number[]): number[] {
  const reached = new Set(from);
  for (const state of reached) {
    for (const edge of edges) if (edge.from === state) reached.add(edge.to);
  }
  return [...reached];
}

describe('on arbitrary graphs', () => {
  it('a loop is found where there is one, and it is one', async () => {
    const graphs = fc.tuple(
      fc.array(anEdge, { maxLength: 12, size: 'max' }),
      fc.array(fc.boolean(), { minLength: size, maxLength: size }),
    );
    await fc.assert(
      fc.asyncProperty(graphs, async ([edges, pending]) => {
        const machine = graphMachine(size, edges, pending);
        const [violation] = violationsOf(await search(machine, { backend: 'closures' }));
        expect(violation !== undefined).toBe(canStay(edges, pending));
      }),
      { numRuns: 300 },
    );
  });
});

describe('judgeLoop', () => {
  const machine = philosophers(2, true);
  const spin = graphMachine(
    2,
    [
      { actor: 0, from: 0, to: 0, sure: true },
      { actor: 1, from: 0, to: 1, sure: true },
    ],
    [true, false],
  );

  it('refuses a run that does not close', () => {
    const open = judgeLoop(machine, { initial: 0, steps: [0] }, 0);
    expect(open).toEqual({ fault: { kind: 'open' }, findings: [] });
  });

  it('refuses a loop on which someone is never let to move', () => {
    expect(judgeLoop(spin, { initial: 0, steps: [0] }, 0).fault).toEqual({ kind: 'unfair' });
  });

  it('finds nothing where the thing ends on the way', () => {
    const done = judgeLoop(spin, { initial: 0, steps: [1] }, 1);
    expect(done).toEqual({ fault: null, findings: [] });
  });

  it('does not execute what cannot be executed', () => {
    expect(() => judgeLoop(spin, { initial: 0, steps: [1, 0] }, 0)).toThrow('step 2 is disabled');
  });
});
