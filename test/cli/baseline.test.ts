/** Known violations, and bisection. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Property } from '../../src/engine/machine/index.ts';
import { erased, propertyEntry, type Selection } from '../../src/checker/catalogue.ts';
import { lockMachine, lockProperties, type Lock } from '../toy/lock.ts';
import { toyCatalogue } from '../toy/catalogue.ts';
import { five, inAFolderOfItsOwn, run, text } from './folder.ts';

inAFolderOfItsOwn();

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
