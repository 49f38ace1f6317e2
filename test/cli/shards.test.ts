/** Shards, and their merging. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/cli/environment.ts';
import { catalogue } from '../../src/checker/instance.ts';
import type { ScenarioEntry } from '../../src/checker/catalogue.ts';
import { split } from '../../src/cli/shard.ts';
import { slowCatalogue } from '../toy/catalogue.ts';
import { five, inAFolderOfItsOwn, run, text } from './folder.ts';

inAFolderOfItsOwn();

/** All of a document that is the same in every run. */
const lasting = (json: string) =>
  JSON.parse(json, (key, value: unknown) => (key === 'memory_bytes' ? 0 : value)) as {
    readonly searches: readonly object[];
    readonly scenarios: readonly string[];
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
