/** The library in process: what it returns, what it refuses, what its matchers say. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkScenario,
  counterexampleText,
  exploreScenario,
  Fault,
  modelVersion,
  mutants,
  parseCounterexample,
  properties,
  replayCounterexample,
  replayFile,
  saveCounterexample,
  scenarios,
  type CheckOptions,
  type OwnProperty,
} from '../../src/library/index.ts';
import { kvmMmuMatchers } from '../../src/library/vitest.ts';

expect.extend(kvmMmuMatchers);

/** The smallest: 576 states. */
const small = 'shadow-direct-repointed';
const bug = { scenario: 'shadow-shared-directory', mutant: 'inherited-permission' };
const broken = 'child-has-the-role-that-its-entry-implies';

const neverLocked: OwnProperty = {
  kind: 'state',
  id: 'never-locked',
  says: 'Nobody ever holds mmu_lock.',
  why: 'To be broken at once.',
  source: [],
  when: 'every-step',
  applies: () => true,
  check: (kvm) =>
    kvm.mmu_lock.holder === null
      ? null
      : { message: 'it is held', where: { holder: kvm.mmu_lock.holder } },
  witness: { says: 'any state', reached: () => true },
};

const faultOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof Fault) return error.lines().join('\n');
    throw error;
  }
  return 'no fault';
};

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'library-'))));
afterAll(() => rmSync(folder, { recursive: true }));

describe('checkScenario', () => {
  it('returns what was recorded of the scenario', async () => {
    const counts = scenarios.find(({ id }) => id === small)?.counts;
    const result = await checkScenario(small);
    expect(result).toMatchObject({
      verdict: 'held',
      scenario: small,
      statistics: counts,
      violations: [],
      repeat: `kvm-mmu-check check ${small}`,
    });
    expect('bound' in result).toBe(false);
    expect(result.text).toMatch(/^check {2}shadow-direct-repointed .*\n(.*\n)*HELD /);
  });

  it('returns a violation that can be kept, read and replayed', async () => {
    const { violations, text, verdict } = await checkScenario(bug.scenario, bug);
    expect(verdict).toBe('violated');
    expect(text).toContain(`VIOLATION  ${broken}   at step 15 of 15   (shortest)`);
    const [violation] = violations;
    if (violation === undefined) throw new Error('nothing was found');
    const { counterexample } = violation;
    expect(parseCounterexample(counterexampleText(counterexample), 'x')).toEqual(counterexample);
    const file = saveCounterexample(folder, counterexample);
    expect(saveCounterexample(folder, counterexample)).toBe(file);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(replayFile(file)).toEqual(replayCounterexample(counterexample));
    expect(replayFile(file)).toMatchObject({
      asExpected: true,
      violation: { property: broken, step: 15 },
    });
  });

  it('names the bound that ended a search, and how to repeat it', async () => {
    const limits = { states: 100, depth: 5, time_ms: 60_000, memory_bytes: 2 ** 30 };
    const options = { limits, symmetry: false, storage: 'fingerprint', maxErrors: 2 } as const;
    const result = await checkScenario(small, options);
    expect(result).toMatchObject({ verdict: 'inconclusive', bound: 'depth' });
    expect(result.repeat).toBe(
      `kvm-mmu-check check ${small} --max-states 100 --max-depth 5 --timeout 60000ms ` +
        '--max-memory 1073741824 --max-errors 2 --storage fingerprint --no-symmetry',
    );
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const { verdict, bound } = await checkScenario('shadow-two-roles', { signal: stop.signal });
    expect([verdict, bound]).toEqual(['inconclusive', 'interrupted']);
  });

  it('returns the same for two threads', async () => {
    const alone = await checkScenario(small);
    const { statistics, verdict } = await checkScenario(small, { workers: 2 });
    expect(verdict).toBe('held');
    expect(statistics.levels).toEqual(alone.statistics.levels);
    expect(statistics.evidence).toEqual(alone.statistics.evidence);
  });

  it('refuses names, numbers and combinations that cannot be meant', async () => {
    const wrong = (options: unknown, scenario = small) =>
      faultOf(() => checkScenario(scenario, options as CheckOptions));
    expect(await wrong({}, 'shadow-direct-repoint')).toMatch(
      /^error KMC-101: unknown scenario.*\n {2}nearest: shadow-direct-repointed/,
    );
    expect(await wrong({}, '__proto__')).toMatch(/^error KMC-101: unknown scenario "__proto__"/);
    expect(await wrong({ preset: 'constructor' })).toMatch(/^error KMC-101: unknown preset/);
    expect(await wrong({ mutant: 'toString' })).toMatch(/^error KMC-101: unknown mutant/);
    expect(await wrong({ rules: { ['__proto__x']: 1 } })).toMatch(/^error KMC-101: unknown rule/);
    expect(await wrong({ rules: { lookup_unsync: 'x' } })).toMatch(/^error KMC-101: unknown value/);
    expect(await wrong({ properties: ['x'] })).toMatch(/^error KMC-101: unknown property "x"/);
    expect(await wrong({ properties: [] })).toMatch(/^error KMC-103: no property is selected/);
    for (const number of [NaN, -1, 0, 1.5, '7']) {
      expect(await wrong({ limits: { states: number } })).toMatch(/^error KMC-102: limits.states/);
      expect(await wrong({ maxErrors: number })).toMatch(/^error KMC-102: maxErrors/);
      expect(await wrong({ workers: number })).toMatch(/^error KMC-102: workers/);
    }
    for (const number of [NaN, -1, 0, 'x']) {
      expect(await wrong({ limits: { time_ms: number } })).toMatch(/^error KMC-102: limits.time/);
    }
    expect(await wrong({ workers: 2, ownProperties: [neverLocked] })).toMatch(/^error KMC-103/);
  });
});

describe('own properties', () => {
  it('are asked after those of the model, and alone when named', async () => {
    const ownProperties = [neverLocked];
    const all = await checkScenario(small, { ownProperties });
    expect(all.violations.map(({ property }) => property)).toEqual(['never-locked']);
    expect(all.statistics.evidence.length).toBeGreaterThan(1);
    expect(all.text).toContain('says     Nobody ever holds mmu_lock.');
    const one = await checkScenario(small, { ownProperties, properties: ['never-locked'] });
    expect(one.statistics.evidence.map(({ id }) => id)).toEqual(['never-locked']);
    const other = await checkScenario(small, { ownProperties, properties: [broken] });
    expect(other.verdict).toBe('held');
  });

  it('are known to a replay that is given them, and to no other', async () => {
    const ownProperties = [neverLocked];
    const { violations } = await checkScenario(small, { ownProperties });
    const [violation] = violations;
    if (violation === undefined) throw new Error('nothing was found');
    const { counterexample } = violation;
    expect(replayCounterexample(counterexample, { ownProperties }).asExpected).toBe(true);
    expect(await faultOf(async () => replayCounterexample(counterexample))).toMatch(
      /^error KMC-201: the counterexample: names property "never-locked"/,
    );
  });

  it('have ids of their own', async () => {
    const id = properties[0]?.id ?? '';
    const ownProperties = [{ ...neverLocked, id }];
    expect(await faultOf(() => checkScenario(small, { ownProperties }))).toMatch(/^error KMC-103/);
    const twice = [neverLocked, neverLocked];
    const check = () => checkScenario(small, { ownProperties: twice });
    expect(await faultOf(check)).toMatch(/^error KMC-103: there is a property "never-locked"/);
  });
});

describe('exploreScenario', () => {
  it('finds the same with the same seed and path', async () => {
    const first = await exploreScenario(bug.scenario, { ...bug, seed: 0x5eedn, samples: 2000 });
    expect(first.verdict).toBe('violated');
    const { path, repeat } = first;
    expect(repeat).toContain('--seed 0x5eed --path ');
    const again = await exploreScenario(bug.scenario, { ...bug, seed: 0x5eedn, path });
    expect(again.violations).toEqual(first.violations);
  });

  it('refuses numbers out of range', async () => {
    const wrong = (more: object) => faultOf(() => exploreScenario(small, { seed: 1n, ...more }));
    expect(await wrong({ samples: 0 })).toMatch(/^error KMC-102: samples 0/);
    expect(await wrong({ steps: 1e9 })).toMatch(/^error KMC-102: steps 1000000000/);
    expect(await wrong({ time_ms: -1 })).toMatch(/^error KMC-102/);
    expect(await wrong({ path: 'x' })).toMatch(/^error KMC-102: path x/);
    expect(await wrong({ seed: 2n ** 64n })).toMatch(/^error KMC-102: seed/);
  });
});

describe('files', () => {
  it('that are damaged are refused by name', async () => {
    const file = join(folder, 'bad_cut.json');
    writeFileSync(file, '{"schema"');
    expect(await faultOf(async () => replayFile(file))).toContain(`error KMC-203: ${file}: not`);
    expect(await faultOf(async () => replayFile(folder))).toContain(`error KMC-202: ${folder}`);
  });
});

describe('the matchers', () => {
  /** The message of an expectation that fails. */
  const failure = async (work: Promise<void>): Promise<string> => {
    try {
      await work;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return 'it passed';
  };

  it('pass when they should', async () => {
    await expect(small).toHoldExhaustively();
    await expect(bug.scenario).not.toHoldExhaustively(bug);
    await expect(bug.scenario).toViolate(broken, bug);
    await expect(small).not.toViolate(broken);
    const { violations } = await checkScenario(bug.scenario, bug);
    await expect(violations[0]?.counterexample).toReproduce();
  });

  it('show the run when they fail', async () => {
    const message = await failure(expect(bug.scenario).toHoldExhaustively(bug));
    expect(message).toMatch(/^expected every property to hold in shadow-shared-directory\n {2}che/);
    expect(message).toContain('! 15         mmu_set_spte()');
    expect(await failure(expect(small).toViolate(broken))).toMatch(
      /^expected shadow-direct-repointed to violate child-has.*\n(.*\n)* {2}HELD/,
    );
    expect(await failure(expect(small).not.toHoldExhaustively())).toMatch(
      /^expected a violation in shadow-direct-repointed\n/,
    );
    expect(await failure(expect(bug.scenario).not.toViolate(broken, bug))).toMatch(
      /not to violate/,
    );
  });

  it('fail either way when a search is cut short', async () => {
    const limits = { limits: { depth: 3 } };
    const expected = /but the search was cut short\n(.*\n)* {2}INCONCLUSIVE {2}--max-depth/;
    expect(await failure(expect(small).toHoldExhaustively(limits))).toMatch(expected);
    expect(await failure(expect(small).not.toHoldExhaustively(limits))).toMatch(expected);
    expect(await failure(expect(small).toViolate(broken, limits))).toMatch(expected);
    expect(await failure(expect(small).not.toViolate(broken, limits))).toMatch(expected);
  });

  it('judge the recorded verdict of a counterexample', async () => {
    const { violations } = await checkScenario(bug.scenario, bug);
    const [violation] = violations;
    if (violation === undefined) throw new Error('nothing was found');
    const wrong = { ...violation.counterexample, expect: { verdict: 'holds' } as const };
    const message = await failure(expect(wrong).toReproduce());
    expect(message).toContain('NOT AS RECORDED  recorded: holds over 15 steps; now: violates');
    await expect(wrong).not.toReproduce();
  });

  it('refuse what is no scenario', async () => {
    expect(await failure(expect(7).toHoldExhaustively())).toContain('the name of a scenario');
    expect(await failure(expect('nothing').toHoldExhaustively())).toContain('unknown scenario');
    expect(await failure(expect('nothing').not.toHoldExhaustively())).toContain('unknown');
  });
});

it('says which model it is', () => {
  expect(modelVersion().hash).toMatch(/^[0-9a-f]{16}$/);
  expect(mutants.length).toBeGreaterThan(0);
});
