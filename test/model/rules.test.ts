import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { presets, presetSays, ruleDefinitions, ruleNames } from '../../model/index.ts';

const model = join(import.meta.dirname, '..', '..', 'model');
/** The text of everything that may read a rule. */
const text = readdirSync(model, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/^(rules\.ts|mutants|scenarios)/.test(file))
  .map((file) => readFileSync(join(model, file), 'utf8'))
  .join('\n');

const sentence = /^[A-Za-z_].*\.$/;

/** Names read as `rules.name`, or taken out of `rules` by destructuring. */
const namesRead = new Set([
  ...[...text.matchAll(/(?<!\/)\brules\.([a-z0-9_]+)/g)].map(([, name]) => name),
  ...[...text.matchAll(/\{([^{}]*)\} = [a-z.]*rules\b/g)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim()),
  ),
]);

describe('rules', () => {
  it('are all read in the model', () => {
    expect(ruleNames.filter((name) => !namesRead.has(name))).toEqual([]);
  });

  it('are the only ones that the model reads', () => {
    expect([...namesRead].filter((name) => !ruleNames.some((rule) => rule === name))).toEqual([]);
  });

  it('have distinct values, a sentence and a source', () => {
    for (const { values, says, source } of Object.values(ruleDefinitions)) {
      expect(new Set(values).size).toBe(values.length);
      expect(values.filter((value) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(value))).toEqual([]);
      expect(says).toMatch(sentence);
      expect(source.length).toBeGreaterThan(0);
    }
  });

  it('have values that the model tells apart', () => {
    // One value may be what is left over when no other one matches.
    const vague = ruleNames.filter((name) => {
      const { values } = ruleDefinitions[name];
      const compared = values.filter((value) => text.includes(`'${value}'`));
      return compared.length < values.length - 1;
    });
    expect(vague).toEqual([]);
  });
});

describe('presets', () => {
  it('begin with upstream, which is the first value of every rule', () => {
    expect(Object.keys(presets)[0]).toBe('upstream');
    for (const name of ruleNames) {
      expect(presets.upstream[name]).toBe(ruleDefinitions[name].values[0]);
    }
  });

  it('give every rule one of its values, and say what they stand for', () => {
    for (const [preset, rules] of Object.entries(presets)) {
      expect(Object.keys(rules).sort()).toEqual([...ruleNames].sort());
      for (const name of ruleNames) expect(ruleDefinitions[name].values).toContain(rules[name]);
      expect(presetSays[preset as keyof typeof presets]).toMatch(sentence);
    }
  });
});
