/** What a pipeline needs: shards and their merging, baselines, bisection. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogue } from '../../src/checker/instance.ts';
import {
  erased,
  propertyEntry,
  type ScenarioEntry,
  type Selection,
} from '../../src/checker/catalogue.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { split } from '../../src/cli/shard.ts';
import type { Property } from '../../src/engine/machine/index.ts';
import { lockMachine, lockProperties, type Lock } from '../toy/lock.ts';
import { slowCatalogue, toyCatalogue, toyEnvironment } from '../toy/catalogue.ts';

const home = process.cwd();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

async function run(line: string, changes: Partial<Environment> = {}) {
  const recorded = { out: '', err: '' };
  const code = await runCli(line.split(' '), toyEnvironment(recorded, changes));
  return { code, ...recorded };
}

const text = (name: string) => readFileSync(name, 'utf8');

/** All of a document that is the same in every run. */
const lasting = (json: string) =>
  JSON.parse(json, (key, value: unknown) => (key === 'memory_bytes' ? 0 : value)) as {
    readonly searches: readonly object[];
    readonly scenarios: readonly string[];
  };

/** Five scenarios, with costs; the fourth one violates a property under the rule below. */
const [lock] = toyCatalogue.scenarios;
if (lock === undefined) throw new Error('the toy has a scenario');
const five: Environment['catalogue'] = {
  ...toyCatalogue,
  scenarios: ['a', 'b', 'c', 'd', 'e'].map((id, i): ScenarioEntry => ({
    ...lock,
    id,
    counts: { states: 2, transitions: 10 * (i + 1), depth: 1 },
  })),
  instantiate: (selection) =>
    toyCatalogue.instantiate({
      ...selection,
      rules: selection.scenario === 'd' ? selection.rules : {},
    }),
};

describe('split', () => {
  const scenario = (cost: number | undefined, i: number): ScenarioEntry => ({
    id: `s${i}`,
    says: '',
    machine: 'lock',
    ci: true,
    ...(cost === undefined ? {} : { counts: { states: cost, transitions: cost, depth: 1 } }),
  });
  const costOf = (part: readonly ScenarioEntry[]) =>
    part.reduce((sum, { counts }) => sum + (counts?.transitions ?? 0), 0);

  it('gives every scenario to one shard, in the order given', () => {
    for (const of of [1, 2, 3, 7, 100]) {
      const parts = split(catalogue.scenarios, of);
      expect(parts).toHaveLength(of);
      expect(new Set(parts.flat())).toEqual(new Set(catalogue.scenarios));
      expect(parts.flat()).toHaveLength(catalogue.scenarios.length);
      for (const part of parts) {
        expect(catalogue.scenarios.filter((one) => part.includes(one))).toEqual(part);
      }
    }
  });

  it('has no shard above the mean and the costliest scenario together', () => {
    const ci = catalogue.scenarios.filter(({ ci }) => ci);
    const most = Math.max(...ci.map((one) => costOf([one])));
    for (const of of [2, 3, 4, 8]) {
      const loads = split(ci, of).map(costOf);
      expect(Math.max(...loads)).toBeLessThanOrEqual(costOf(ci) / of + most);
    }
    const [first = 0, second = 0] = split(ci, 2).map(costOf);
    expect(Math.abs(first - second) / costOf(ci)).toBeLessThan(0.01);
  });

  it('takes what is not recorded for the costliest', () => {
    const parts = split([10, undefined, 20, 5].map(scenario), 2);
    expect(parts.map((part) => part.map(({ id }) => id))).toEqual([
      ['s0', 's1'],
      ['s2', 's3'],
    ]);
  });
});

describe('check --shard and merge', () => {
  const words = 'check a b c d e --rule acquire=test-then-set --no-save';
  const at = { catalogue: five };
  const shards = 'shard-1.json shard-2.json shard-3.json';

  async function makeShards(line = words, changes: Partial<Environment> = at, of = 3) {
    for (let i = 1; i <= of; i++) {
      await run(`${line} --shard ${i}/${of} --format json --out shard-${i}.json`, changes);
    }
  }

  it('make the report of the whole, in every form', async () => {
    await makeShards();
    const files = '--junit j.xml --ktap k.ktap --sarif s.sarif';
    const outputs = ['--format json', '--format text', `--format text ${files}`];
    for (const form of outputs) {
      const whole = await run(`${words} ${form}`, at);
      const wholeFiles = form.includes('junit') ? ['j.xml', 'k.ktap', 's.sarif'].map(text) : [];
      const merged = await run(`merge ${shards} ${form}`, at);
      const mergedFiles = form.includes('junit') ? ['j.xml', 'k.ktap', 's.sarif'].map(text) : [];
      expect(merged.code).toBe(1);
      expect(mergedFiles).toEqual(wholeFiles);
      if (form === '--format json') expect(lasting(merged.out)).toEqual(lasting(whole.out));
      else expect(merged).toEqual(whole);
    }
    expect(text('k.ktap')).toContain('not ok 4 d');
  });

  it('make it of scenarios of KVM too', async () => {
    const names = ['repointed', 'becomes-table'].map((id) => `shadow-direct-${id}`);
    const kvm = { catalogue };
    const line = `check ${names.join(' ')} --fail-on-vacuous`;
    await makeShards(line, kvm);
    const whole = await run(`${line} --format json`, kvm);
    const merged = await run(`merge ${shards} --format json`, kvm);
    expect(lasting(merged.out).searches).toHaveLength(2);
    expect(lasting(merged.out)).toEqual(lasting(whole.out));
    expect(merged.code).toBe(whole.code);
  });

  it('judge vacuity over the whole, not in a shard that may lack the case', async () => {
    const line = 'check a b --max-depth 0 --fail-on-vacuous --properties entry-takes-the-lock';
    await makeShards(line, at, 2);
    const { out } = await run('merge shard-1.json shard-2.json', at);
    expect(out).toContain('VACUOUS  entry-takes-the-lock');
    expect(text('shard-1.json')).toContain('"vacuous": []');
  });

  it('say which shard, and that a shard may be empty', async () => {
    const { code, out } = await run('check a --shard 2/2', at);
    expect([code, out]).toEqual([0, 'check: no violation in 0 scenarios (shard 2 of 2)\n']);
  });

  it('say what an interrupted shard left out', async () => {
    await makeShards();
    const slow = { ...five, instantiate: slowCatalogue.instantiate };
    const stopped = { catalogue: slow, stopSignal: () => 'SIGINT' as const };
    await run(`${words} --shard 1/3 --format json --out shard-1.json`, stopped);
    const { code, out } = await run(`merge ${shards}`, at);
    expect(code).toBe(1);
    expect(out).toMatch(/^NOT SEARCHED {2}[a-e]$/m);
  });

  const refusal = async (line: string, changes: Partial<Environment> = at) => {
    const { code, err, out } = await run(line, changes);
    expect([code, out]).toEqual([65, '']);
    return err;
  };

  it('refuse shards that are missing, given twice, or of another run', async () => {
    await makeShards();
    expect(await refusal('merge shard-1.json shard-3.json')).toBe(
      'error KMC-501: missing: shard 2/3\n  Give the reports of all shards.\n',
    );
    expect(await refusal(`merge ${shards} shard-2.json`)).toContain(
      'KMC-501: shard-2.json: shard 2/3 is in shard-2.json already',
    );
    const other = 'check a b c d e --no-save --shard 3/3 --format json --out other.json';
    await run(other, at);
    expect(await refusal('merge shard-1.json shard-2.json other.json')).toMatch(
      /KMC-501: other.json: is of another run than shard-1.json: another command\n {2}here: .*\n/,
    );
    await run(`${words} --shard 2/2 --format json --out two.json`, at);
    expect(await refusal('merge shard-1.json two.json')).toContain('another number of shards');
    await run(`${words} --format json --out whole.json`, at);
    expect(await refusal('merge whole.json')).toContain('of a whole run, not of a shard');
  });

  it('refuse reports that are damaged, changed, or of another model', async () => {
    await makeShards();
    const good = text('shard-2.json');
    const changed = async (to: string) => {
      writeFileSync('shard-2.json', to);
      return refusal(`merge ${shards}`);
    };
    expect(await changed(good.slice(0, 500))).toContain('KMC-203: shard-2.json: not JSON');
    expect(await changed(good.replace('report@1', 'report@2'))).toContain('KMC-205');
    expect(await changed(good.replace('"verb"', '"word"'))).toContain('KMC-204');
    expect(
      await changed(good.replaceAll(/"hash": "\w+"/g, '"hash": "ffffffffffffffff"')),
    ).toContain('KMC-206');
    const searches = JSON.stringify({ ...(JSON.parse(good) as object), searches: [] });
    expect(await changed(searches)).toContain('has other scenarios than shard 2/3 of this run');
    expect(await changed('[]')).toContain('KMC-204: shard-2.json: is not a report');
  });

  it.each(['3/2', '0/2', '1', '1/2/3', 'a/b', '-1/2'])('refuse --shard %s', async (shard) => {
    const { code, err } = await run(`check --shard=${shard}`, at);
    expect(code).toBe(64);
    expect(err).toContain(`KMC-102: --shard ${shard}: must be i/N, with i from 1 to N`);
  });

  it('split random walks by scenario, with one seed', async () => {
    expect((await run('run a b --shard 1/2', at)).err).toContain('KMC-103: --shard needs --seed');
    const line = 'run a b --seed 0x5 --max-samples 20';
    await makeShards(line, at, 2);
    const merged = await run('merge shard-1.json shard-2.json', at);
    expect(merged).toEqual(await run(line, at));
  });
});

describe('check --baseline', () => {
  const broken = 'check lock-two-actors --rule acquire=test-then-set --no-save';

  it('fails for new violations alone, once the known ones are written', async () => {
    const wrote = await run(`${broken} --write-baseline known.json`);
    expect(wrote.code).toBe(0);
    expect(wrote.err).toBe('known.json: written, with 1 known violation\n');
    const { code, out } = await run(`${broken} --baseline known.json`);
    expect(out).toContain('KNOWN    one-inside-at-a-time   at step 4 of 4   (in the baseline)');
    expect(out).toContain('NOTHING NEW  1 property held, in all');
    expect(out).toContain('check: no new violation in 1 scenario, 1 known');
    expect(code).toBe(0);
    const other = 'check lock-two-actors --rule release=anybody --no-save --baseline known.json';
    const fresh = await run(other);
    expect(fresh.out).toContain('VIOLATION  one-inside-at-a-time');
    expect(fresh.code).toBe(1);
  });

  it('goes on after a known violation, so that it hides no new one', async () => {
    const early: Property<Lock> = {
      id: 'nobody-enters',
      kind: 'state',
      says: 'No actor is inside.',
      why: 'It is violated two steps before the other.',
      source: ['lock_acquire()'],
      when: 'every-step',
      applies: () => true,
      check: ({ view }) =>
        view.place.get(0) === 'inside' ? { message: 'inside', where: {} } : null,
      witness: { says: 'The lock is free.', reached: ({ view }) => !view.held },
    };
    const rules = { acquire: 'test-then-set', release: 'owner' } as const;
    const both = {
      ...toyCatalogue,
      properties: [...toyCatalogue.properties, propertyEntry(early)],
      instantiate: (selection: Selection) => {
        const asked = [early, ...lockProperties].filter(
          ({ id }) => selection.properties?.includes(id) ?? true,
        );
        return erased(lockMachine(rules, asked));
      },
    };
    const line = 'check lock-two-actors --no-save';
    const write = `${line} --properties nobody-enters --write-baseline known.json`;
    expect((await run(write, { catalogue: both })).code).toBe(0);
    const { code, out } = await run(`${line} --baseline known.json`, { catalogue: both });
    expect(out).toMatch(/KNOWN {4}nobody-enters[^]*VIOLATION {2}one-inside-at-a-time/);
    expect(out).toContain('check: 1 violation in 1 scenario, 1 known');
    expect(code).toBe(1);
  });

  it('says which entries no longer occur, and only where that was looked at', async () => {
    await run(`${broken} --write-baseline known.json`);
    const fixed = text('known.json').replace('test-then-set', 'test-and-set');
    writeFileSync('fixed.json', fixed);
    const line = 'check lock-two-actors --rule acquire=test-and-set';
    const { code, out } = await run(`${line} --baseline fixed.json`);
    expect(out).toContain(
      'GONE     one-inside-at-a-time  lock-two-actors (upstream + acquire=test-and-set): ' +
        'no longer occurs, take it out of fixed.json',
    );
    expect(code).toBe(0);
    expect((await run(`${line} --baseline fixed.json --max-depth 0`)).out).not.toContain('GONE');
    expect((await run(`check lock-two-actors --baseline fixed.json`)).out).not.toContain('GONE');
    const variables = { GITHUB_ACTIONS: 'true' };
    const there = await run(`${line} --baseline fixed.json`, { variables });
    expect(there.err).toMatch(/^::notice title=kvm-mmu-check::one-inside-at-a-time .*no longer/);
  });

  it('is renewed with notes kept, and with what was not looked at', async () => {
    await run(`${broken} --write-baseline known.json`);
    const known = JSON.parse(text('known.json')) as { readonly entries: readonly object[] };
    const noted = known.entries.map((entry) => ({ ...entry, note: 'we know' }));
    writeFileSync('known.json', JSON.stringify({ ...known, entries: noted }));
    const other = 'check lock-two-actors --rule release=anybody --no-save';
    expect((await run(`${other} --write-baseline known.json`)).err).toContain('known violations');
    expect(text('known.json')).toContain('we know');
    await run(`${broken} --properties one-inside-at-a-time --write-baseline known.json`);
    expect(text('known.json')).toContain('we know');
    expect((await run(`${broken} --baseline known.json`)).code).toBe(0);
    expect((await run(`${other} --baseline known.json`)).code).toBe(0);
  });

  it('is inconclusive when a bound was hit, whatever is known', async () => {
    await run(`${broken} --write-baseline known.json`);
    const { code, out } = await run(`${broken} --baseline known.json --max-depth 4`);
    expect(code).toBe(2);
    expect(out).toContain('inconclusive in 1 scenario: --max-depth was reached, 1 known');
  });

  it('is not written when the search was interrupted', async () => {
    const changes = { stopSignal: () => 'SIGINT' as const };
    const { code, err } = await run(`${broken} --write-baseline known.json`, changes);
    expect(code).toBe(130);
    expect(err).toBe('known.json: not written, since the search was interrupted\n');
    expect(() => text('known.json')).toThrow(/ENOENT/);
  });

  it('is compared in shards as in the whole', async () => {
    const line = 'check a b c d e --rule acquire=test-then-set --no-save';
    const at = { catalogue: five };
    await run(`${line} --write-baseline known.json`, at);
    const more = text('known.json')
      .replaceAll('"d"', '"b"')
      .replace(/^[^[]*\[|\][^\]]*$/g, '');
    writeFileSync('known.json', text('known.json').replace('"entries": [', `"entries": [${more},`));
    const compared = `${line} --baseline known.json`;
    for (const i of [1, 2]) {
      await run(`${compared} --shard ${i}/2 --format json --out shard-${i}.json`, at);
    }
    const merged = await run('merge shard-1.json shard-2.json', at);
    expect(merged).toEqual(await run(compared, at));
    expect(merged.out).toContain('KNOWN');
    expect(merged.out).toContain('GONE     one-inside-at-a-time  b');
    writeFileSync('known.json', '{"schema":"kvm-mmu-check/baseline@1","entries":[]}');
    await run(`${compared} --shard 2/2 --format json --out shard-2.json`, at);
    const mixed = await run('merge shard-1.json shard-2.json', at);
    expect(mixed.err).toContain('another baseline');
  });

  it.each([
    ['{"schema":"kvm-mmu-check/baseline@1"', 'KMC-203'],
    ['{"schema":"kvm-mmu-check/baseline@1","entries":[{}]}', 'KMC-204'],
    ['{"schema":"kvm-mmu-check/baseline@1","entries":[],"more":1}', 'KMC-204'],
    ['{"schema":"kvm-mmu-check/baseline@9","entries":[]}', 'KMC-205'],
    ['{"schema":"kvm-mmu-check/report@1"}', 'KMC-204'],
    ['null', 'KMC-204'],
  ])('refuses %s', async (content, fault) => {
    writeFileSync('known.json', content);
    const { code, err } = await run('check --baseline known.json');
    expect(code).toBe(65);
    expect(err).toContain(`error ${fault}: known.json: `);
  });

  it('refuses unknown names, entries given twice, and files that are not there', async () => {
    await run(`${broken} --write-baseline known.json`);
    const good = text('known.json');
    writeFileSync('known.json', good.replace('one-inside-at-a-time', 'one-inside'));
    expect((await run('check --baseline known.json')).err).toMatch(
      /KMC-201: known.json: entry 1 names property "one-inside".*\n {2}nearest: one-inside-at-/,
    );
    const [entry = {}] = (JSON.parse(good) as { readonly entries: readonly object[] }).entries;
    const twice = { schema: 'kvm-mmu-check/baseline@1', entries: [entry, entry] };
    writeFileSync('known.json', JSON.stringify(twice));
    expect((await run('check --baseline known.json')).err).toContain('entry 2 is entry 1 again');
    expect((await run('check --baseline nothing.json')).err).toContain('KMC-202');
    for (const flags of [
      '--baseline known.json --max-errors 2',
      '--baseline known.json --write-baseline known.json',
      '--write-baseline known.json --shard 1/2',
      '--baseline',
    ]) {
      expect((await run(`check ${flags}`)).code).toBe(64);
    }
  });
});

describe('--bisect', () => {
  it.each([
    ['check lock-two-actors --bisect', 0],
    ['check --mutant test-then-set --no-save --bisect', 1],
    ['check --max-states 1 --bisect', 125],
    ['check --no-such-flag --bisect', 125],
    ['check no-such-scenario --bisect', 125],
    ['replay no-such-file.json --bisect', 125],
    ['no-such-command --bisect', 125],
    ['check --max-states 1', 2],
  ])('%s ends with %i', async (line, expected) => {
    expect((await run(line)).code).toBe(expected);
  });

  it('lets a signal end the bisection, and skips a model that breaks', async () => {
    const stopped = await run('check --bisect', { stopSignal: () => 'SIGINT' });
    expect(stopped.code).toBe(130);
    const instantiate = () => {
      throw new Error('it does not build');
    };
    const broken = await run('check --bisect', { catalogue: { ...toyCatalogue, instantiate } });
    expect(broken.err).toContain('internal error');
    expect(broken.code).toBe(125);
  });
});
