/** `rules` on a dial that is turned: every verdict, going on, and being stopped. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishedSchemas } from '../../src/build/schemas.ts';
import {
  erased,
  meterId,
  type AnyMachine,
  type Catalogue,
  type RuleEntry,
  type RuleValue,
  type Selection,
} from '../../src/checker/catalogue.ts';
import { consultable } from '../../src/checker/consulted.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { assertModel, record, uint, type Machine } from '../../src/engine/machine/index.ts';
import { sweepSchema, type SweepDocument } from '../../src/report/sweep/schema.ts';
import { jsonErrors } from '../report/validators.ts';
import { slowCatalogue, toyCatalogue, toyEnvironment } from '../toy/catalogue.ts';

type Rules = Readonly<Record<string, RuleValue>>;

const fields = { mark: uint(15) };

interface Dial {
  readonly view: { mark: number };
  readonly rules: Rules;
}

const pastEnd = (rules: Rules): number => (rules['end'] === 'kept' ? 9 : 10);

/** Turns from 0 to 9, by ones; in the long scenario the last step asks for the name. */
const dialMachine = (scenario: string, rules: Rules): Machine<Dial, typeof fields> => ({
  name: 'dial',
  layout: record(fields),
  bind: (view) => ({ view, rules }),
  initial: [() => {}],
  moments: {},
  symmetry: [],
  properties: [
    {
      id: 'mark-stays-on-the-dial',
      kind: 'state',
      says: 'The mark is at most 9.',
      why: 'There is nothing behind.',
      source: ['dial()'],
      when: 'every-step',
      applies: () => true,
      check: ({ view: { mark } }) =>
        mark > 9 ? { message: 'it fell off', where: { mark } } : null,
      witness: { says: 'It moved.', reached: ({ view }) => view.mark > 0 },
    },
    {
      id: meterId('turns'),
      kind: 'step',
      says: 'Counts.',
      why: 'It counts.',
      source: [],
      on: ['turn', 'leap'],
      applies: () => true,
      check: () => null,
      witness: { says: 'Anything.', reached: () => true },
    },
  ],
  transitions: [
    {
      name: 'turn',
      actor: () => 'hand',
      parameters: [],
      says: 'The dial turns by one.',
      step: ({ view, rules }) => {
        if (view.mark >= pastEnd(rules)) return false;
        if (view.mark === 8 && scenario === 'long') assertModel(rules['name'] !== 3, 'no name');
        view.mark += 1;
        return true;
      },
    },
    {
      name: 'leap',
      actor: () => 'hand',
      parameters: [],
      says: 'The dial turns by two.',
      step: ({ view, rules }) => {
        if (rules['leaps'] !== true || view.mark >= 8) return false;
        view.mark += 2;
        return true;
      },
    },
  ],
});

const upstream: Rules = { end: 'kept', leaps: false, name: 1, colour: 'red' };

const ruleEntries: readonly RuleEntry[] = [
  { name: 'end', values: ['kept', 'ignored'], says: 'The end.', source: [] },
  { name: 'leaps', values: [false, true], says: 'Leaps.', source: [] },
  { name: 'name', values: [1, 2, 3], says: 'Its name.', source: [] },
  { name: 'colour', values: ['red', 'blue'], says: 'Its colour.', source: [] },
];

const rulesOf = ({ rules }: Selection): Rules => ({ ...upstream, ...rules });

const scenario = (id: string, states?: number) => ({
  id,
  says: 'A dial.',
  machine: 'dial',
  ci: true,
  ...(states === undefined ? {} : { counts: { states, transitions: 9, depth: 9 } }),
});

const dial: Catalogue = {
  scenarios: [scenario('long', 10), scenario('short', 5)],
  rules: ruleEntries,
  presets: [{ name: 'upstream', says: 'As it is.', rules: upstream }],
  mutants: [],
  properties: [],
  instantiate: (selection): AnyMachine =>
    erased(dialMachine(selection.scenario, rulesOf(selection))),
  instruments: {
    meters: [{ id: 'turns', says: 'Steps.' }],
    watch: (selection) => {
      const { record: rules, names } = consultable(rulesOf(selection));
      return { machine: erased(dialMachine(selection.scenario, rules)), consulted: names };
    },
  },
};

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rules-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function run(words: readonly string[], changes: Partial<Environment> = {}) {
  const recorded = { out: '', err: '' };
  const environment = toyEnvironment(recorded, { catalogue: dial, ...changes });
  const code = await runCli(['rules', ...words], environment);
  return { code, ...recorded };
}

const document = async (words: readonly string[], changes: Partial<Environment> = {}) => {
  const { out, ...rest } = await run([...words, '--format', 'json'], changes);
  return { document: sweepSchema.parse(JSON.parse(out)), ...rest };
};

const verdicts = ({ rules }: SweepDocument) =>
  rules.map(({ rule, value, verdict }) => `${rule}=${value} ${verdict}`);

describe('rules', () => {
  it('says of each value what its searches came to', async () => {
    const { document: found, code } = await document([]);
    expect(verdicts(found)).toEqual([
      'end=ignored needed',
      'leaps=true costs-only',
      'name=2 not-needed',
      'name=3 open',
      'colour=blue not-asked',
    ]);
    expect(code).toBe(2);
    const [end, leaps, two, three, colour] = found.rules;
    // The smallest scenario comes first.
    expect(end).toMatchObject({ scenario: 'short', property: 'mark-stays-on-the-dial', steps: 10 });
    expect(end?.repeat).toBe('kvm-mmu-check check short --rule end=ignored');
    expect(leaps?.counted).toEqual([
      { what: 'states', upstream: 20, here: 20 },
      { what: 'steps', upstream: 18, here: 34 },
      { what: 'turns', upstream: 18, here: 34 },
    ]);
    expect(two).toMatchObject({ holds: ['long'], indifferent: ['short'], states: 10 });
    expect(three?.open).toEqual([
      { scenario: 'long', because: 'the model has no answer: no name' },
    ]);
    expect(colour).toMatchObject({ holds: [], indifferent: ['short', 'long'] });
  });

  it('says so in text, with what the verdicts rest on', async () => {
    const { out, code } = await run(['end', 'leaps', 'name=2']);
    expect(out).toBe(
      `NEEDED      end=ignored  mark-stays-on-the-dial in 10 steps of short
COSTS ONLY  leaps=true   holds in 2 scenarios, 20 states
              steps 18 -> 34, turns 18 -> 34
NOT NEEDED  name=2       holds in 1 scenario, 10 states; nothing asks for it in 1 more
              all counts are the same

A run is the shortest in its scenario; another scenario may have a shorter one.
What holds, holds within these scenarios. Counts are steps of whole searches, not of runs.
repeat   kvm-mmu-check rules end leaps name=2
rules: 3 values: 1 needed, 1 costs only, 1 not needed
`,
    );
    expect(code).toBe(0);
  });

  it('names the bound of what it cannot decide, and searches on where it may', async () => {
    const words = ['leaps', '--max-states', '4'];
    const { document: found, code } = await document(words);
    expect(verdicts(found)).toEqual(['leaps=true open']);
    expect(found.rules[0]?.open.map(({ because }) => because)).toEqual([
      '--max-states was reached',
      '--max-states was reached',
    ]);
    expect(code).toBe(2);
  });

  it('leaves alone what has another rule for itself, and refuses what upstream says', async () => {
    expect(await run(['leaps=false'])).toMatchObject({
      code: 64,
      err: expect.stringContaining('leaps=false is what upstream says') as string,
    });
    expect((await run(['leap'])).err).toContain('nearest: leaps');
    expect((await run(['leaps=maybe'])).err).toContain('unknown value of rule "leaps"');
  });

  it('fails when the rules as they are break a property, or a known bug is not found', async () => {
    const broken: Catalogue = {
      ...dial,
      presets: [{ name: 'upstream', says: '', rules: { ...upstream, end: 'ignored' } }],
      scenarios: [scenario('short')],
    };
    const instruments = dial.instruments;
    const watch: NonNullable<Catalogue['instruments']>['watch'] = (selection) =>
      (instruments as NonNullable<Catalogue['instruments']>).watch({
        ...selection,
        rules: { end: 'ignored', ...selection.rules },
      });
    const catalogue = { ...broken, instruments: { meters: [], watch } };
    const { document: found, code } = await document(['leaps'], { catalogue });
    expect(found.rules[0]?.open).toEqual([
      { scenario: 'short', because: 'the rules as they are break mark-stays-on-the-dial' },
    ]);
    expect(code).toBe(1);
    const bug = { id: 'leaper', rule: 'leaps', value: true, scenario: 'long', property: 'p' };
    const more = { says: '', source: [], category: 'A' };
    const lost = await run(['leaps'], { catalogue: { ...dial, mutants: [{ ...bug, ...more }] } });
    expect(lost.out).toContain('known bug not found here: leaper');
    expect(lost.code).toBe(1);
  });

  it('writes documents and events that match the published schemas', async () => {
    const { document: found } = await document([]);
    expect(jsonErrors(publishedSchemas['rules.schema.json'] ?? '', found)).toEqual([]);
    const { out } = await run(['--format', 'ndjson']);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly event: string });
    for (const event of events) {
      expect(jsonErrors(publishedSchemas['rules-event.schema.json'] ?? '', event)).toEqual([]);
    }
    expect(new Set(events.map(({ event }) => event))).toEqual(
      new Set(['base', 'search', 'rule', 'summary']),
    );
  });
});

describe('rules --resume', () => {
  const events = async (words: readonly string[]) => {
    const { out } = await run([...words, '--format', 'ndjson']);
    return out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly event: string }).event);
  };

  it('does not search again what the file has', async () => {
    const file = join(folder, 'sweep.json');
    await run(['end', 'leaps', '--resume', file]);
    const kept = sweepSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(verdicts(kept)).toEqual(['end=ignored needed', 'leaps=true costs-only']);
    expect(await events(['end', 'leaps', '--resume', file])).toEqual(['rule', 'rule', 'summary']);
    // What is added is searched, and the whole is what it would have been at once.
    await run(['--resume', file]);
    const { document: atOnce } = await document([]);
    const whole = sweepSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(whole.rules).toEqual(atOnce.rules);
  });

  it('searches further where the limit is higher now, and only there', async () => {
    const file = join(folder, 'sweep.json');
    const at = (states: string) => ['leaps', '--max-states', states, '--resume', file];
    await run(at('4'));
    expect(await events(at('3'))).toEqual(['rule', 'summary']);
    expect(await events(at('100'))).toEqual([
      'base',
      'search',
      'base',
      'search',
      'rule',
      'summary',
    ]);
  });

  it('refuses files that are none, or of another model', async () => {
    const file = join(folder, 'sweep.json');
    await run(['end', '--resume', file]);
    const text = readFileSync(file, 'utf8');
    const other = { version: '0.0.0', hash: 'fedcba9876543210' };
    expect(await run(['end', '--resume', file], { model: other })).toMatchObject({
      code: 65,
      err: expect.stringMatching(/^error KMC-402: .* is of model 0123456789abcdef/) as string,
    });
    writeFileSync(file, text.slice(0, 100));
    expect((await run(['end', '--resume', file])).err).toMatch(/^error KMC-203/);
    writeFileSync(file, '{"schema": "kvm-mmu-check/report@1"}');
    expect((await run(['end', '--resume', file])).err).toMatch(/^error KMC-204/);
    expect((await run(['end', '--resume', folder])).err).toMatch(/is no regular file/);
  });

  it('keeps what it had when it is stopped, and ends with the code of the signal', async () => {
    const file = join(folder, 'sweep.json');
    let searched = 0;
    const stopSignal = () => (searched > 2 ? 'SIGINT' : undefined);
    const out = (text: string) => {
      if (text.includes('"event":"search"')) searched++;
    };
    const words = ['--resume', file, '--format', 'ndjson'];
    const { code } = await run(words, { stopSignal, out });
    expect(code).toBe(130);
    const kept = sweepSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(kept.exitCode).toBe(130);
    expect(kept.searches).toHaveLength(3);
    expect(verdicts(kept)).toEqual(['end=ignored needed', 'leaps=true costs-only']);
    const { code: after } = await run(['--resume', file]);
    expect(after).toBe(2);
  });

  it('says what it had not looked at when a search is interrupted', async () => {
    const { code, out } = await run(['acquire'], {
      catalogue: slowCatalogue,
      stopSignal: () => 'SIGTERM',
    });
    expect(out).toContain('rules: 1 value, 1 not looked at');
    expect(code).toBe(143);
    let asked = 0;
    const soon = () => (asked++ > 3 ? 'SIGTERM' : undefined);
    const stopped = await run(['acquire'], {
      catalogue: slowCatalogue,
      stopSignal: soon,
      now: () => performance.now(),
    });
    expect(stopped.out).toContain('it was interrupted in lock-two-actors');
    expect(stopped.code).toBe(143);
  });

  it('needs no instruments', async () => {
    const { instruments: _, ...bare } = toyCatalogue;
    const { document: found } = await document(['release'], { catalogue: bare });
    expect(verdicts(found)).toEqual(['release=anybody needed']);
    expect(found.bases[0]?.consulted).toEqual(['acquire', 'release']);
    expect(existsSync('sweep.json')).toBe(false);
  });
});
