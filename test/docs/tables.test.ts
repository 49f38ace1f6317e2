/** The generated parts of the documents say what the code says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mutants, scenarios } from '../../model/index.ts';
import { progressProperties, properties as ending } from '../../properties/index.ts';
import { packageRoot } from '../../src/counterexample/model-version.ts';
import { warning } from '../../model/labels.ts';
import { assertions } from '../../src/docs/assertions.ts';
import { designIds } from '../../src/docs/design-ids.ts';
import { documents } from '../../src/docs/documents.ts';
import { figure, fillSections } from '../../src/docs/markdown.ts';
import { sections } from '../../src/docs/tables.ts';
import { waitingBugs } from '../../src/docs/waiting-bugs.ts';

const properties = [...ending, ...progressProperties];
const textOf = (name: string) => readFileSync(join(packageRoot, name), 'utf8');
const twice = (names: readonly string[]) => names.filter((name, i) => names.indexOf(name) !== i);

describe('generated sections', () => {
  it.each(documents)('of %s are up to date: npm run docs', (name) => {
    const text = textOf(name);
    expect(text).toBe(fillSections(text, sections));
  });

  it('are all used somewhere', () => {
    const all = documents.map(textOf).join('\n');
    const unused = Object.keys(sections).filter((name) => !all.includes(`generated: ${name} -->`));
    expect(unused).toEqual([]);
  });
});

describe('the verdict in the README', () => {
  it('has the numbers of the model', () => {
    const inCi = scenarios.filter(({ ci }) => ci);
    const states = inCi.reduce((sum, { counts }) => sum + (counts?.states ?? 0), 0);
    const text = textOf('README.md').replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      `keeps ${properties.length} properties in each of the ${figure(states)} states of ` +
        `${inCi.length} scenarios`,
    );
    expect(text).toContain(`all ${mutants.length} planted bugs`);
  });
});

describe('design ids', () => {
  it('are told once each', () => {
    expect(twice(designIds.map(({ id }) => id))).toEqual([]);
  });

  it('name properties that exist', () => {
    const known = new Set(properties.map(({ id }) => id));
    const named = designIds.flatMap((entry) => entry.properties);
    expect(named.filter((id) => !known.has(id))).toEqual([]);
  });

  it('say of what has no property what it waits for', () => {
    expect(designIds.filter((d) => d.properties.length === 0 && !d.waits)).toEqual([]);
  });

  it('agree with what each property says of itself', () => {
    const missing = properties.flatMap(({ id, brief }) =>
      brief
        .split(', ')
        .filter((word) => word !== 'bounded')
        .filter((word) => !designIds.some((d) => d.id === word && d.properties.includes(id)))
        .map((word) => `${id}: ${word}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('assertions of the source', () => {
  it('are told once each', () => {
    expect(twice(assertions.map(({ where, claim }) => `${where}: ${claim}`))).toEqual([]);
  });

  it('name properties that exist, and files that assume something', () => {
    const known = new Set(properties.map(({ id }) => id));
    const named = assertions.flatMap((a) => a.properties ?? []);
    expect(named.filter((id) => !known.has(id))).toEqual([]);
    const assuming = assertions.flatMap((a) => a.assumed ?? []);
    expect(assuming.filter((file) => !textOf(file).includes('assertModel('))).toEqual([]);
  });

  it('take in every warning that the model raises', () => {
    const raised = (warning.names ?? []).filter((name) => name !== 'none');
    expect(raised.filter((name) => !assertions.some((a) => a.warning === name))).toEqual([]);
  });

  it('are checked somewhere, or say why not', () => {
    const silent = assertions.filter(
      ({ properties: ids, warning: raises, assumed, why }) =>
        ids === undefined && raises === undefined && assumed === undefined && why === undefined,
    );
    expect(silent).toEqual([]);
  });
});

describe('bugs that wait', () => {
  it('are no mutants yet', () => {
    const known = new Set(mutants.map(({ id }) => id));
    expect(waitingBugs.filter(({ id }) => known.has(id))).toEqual([]);
  });

  it('are told once each', () => {
    expect(twice(waitingBugs.map(({ id }) => id))).toEqual([]);
  });
});
