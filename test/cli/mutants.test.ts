import { describe, expect, it } from 'vitest';
import type { Catalogue, MutantEntry } from '../../src/checker/catalogue.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { mutantsSchema } from '../../src/report/mutants.ts';
import { slowCatalogue, toyCatalogue, toyEnvironment } from '../toy/catalogue.ts';

async function run(words: string, changes: Partial<Environment> = {}) {
  const recorded = { out: '', err: '' };
  const code = await runCli(words.split(' '), toyEnvironment(recorded, changes));
  return { code, ...recorded };
}

const [real] = toyCatalogue.mutants as [MutantEntry];
const withMutants = (...mutants: MutantEntry[]): { readonly catalogue: Catalogue } => ({
  catalogue: { ...toyCatalogue, mutants },
});

describe('mutants', () => {
  it('says that a mutant is missed when nothing breaks, or something else first', async () => {
    const harmless = { ...real, id: 'harmless', value: 'test-and-set' };
    const harmlessCatalogue = withMutants({ ...harmless, rule: 'release', value: 'owner' });
    const silent = await run('mutants', harmlessCatalogue);
    expect(silent.code).toBe(1);
    expect(silent.out).toMatch(/^harmless +- +exhaustive +- .* MISSED {2}nothing is violated$/m);
    expect(silent.out).toMatch(/^mutants: 0 of 1 found$/m);

    const other = withMutants(real, { ...real, property: 'entry-takes-the-lock' });
    const wrong = await run('mutants --format json', other);
    expect(wrong.code).toBe(1);
    const document = mutantsSchema.parse(JSON.parse(wrong.out));
    expect(document).toMatchObject({
      exitCode: 1,
      mutants: [
        { found: 'yes', steps: 4 },
        { found: 'no', because: 'entry-takes-the-lock is to break first' },
      ],
    });
  });

  it('takes whatever random walks find, and leaves open what they do not', async () => {
    const other = withMutants({ ...real, property: 'entry-takes-the-lock' });
    const found = await run('mutants --engine random --seed 7', other);
    expect([found.code, found.err]).toEqual([0, '']);
    expect(found.out).toMatch(/ one-inside-at-a-time +random +4 .*\nmutants: 1 of 1.*seed 0x7\n$/);

    const harmless = withMutants({ ...real, rule: 'release', value: 'owner', id: 'harmless' });
    const open = await run('mutants --engine random --format ndjson', harmless);
    const events = open.out.trimEnd().split('\n');
    expect(events.map((line) => mutantsSchema.parse(JSON.parse(line)))).toMatchObject([
      { event: 'mutant', found: 'open', walks: 10_000, because: '--max-samples was reached' },
      { event: 'end', exitCode: 2, seed: '0x5eed' },
    ]);
    expect(open.code).toBe(2);
  });

  it('names those that a bound or a signal kept from being searched', async () => {
    const catalogue = { ...slowCatalogue, mutants: [real, { ...real, id: 'second' }] };
    const bounded = await run('mutants second --max-depth 2', { catalogue });
    expect(bounded.code).toBe(2);
    expect(bounded.out).toMatch(/OPEN {2}--max-depth was reached/);
    let asked = 0;
    const stopSignal = () => (asked++ > 0 ? 'SIGINT' : undefined);
    let time = 0;
    const now = () => (time += 100);
    const stopped = await run('mutants --format json', { catalogue, stopSignal, now });
    expect(stopped.code).toBe(130);
    expect(mutantsSchema.parse(JSON.parse(stopped.out))).toMatchObject({
      notSearched: ['second'],
      mutants: [{ found: 'open', because: 'it was interrupted' }],
    });
  });
});
