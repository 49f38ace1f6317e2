/** The examples in the documents, executed on the model as it is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../src/checker/instance.ts';
import { runCli } from '../src/cli/cli.ts';
import type { Environment } from '../src/cli/environment.ts';
import { currentModel, packageRoot } from '../src/counterexample/model-version.ts';
import { patternOf, readExamples, wordsOf, type Example } from './console-blocks.ts';

const documents = ['README.md', 'docs', 'counterexamples/README.md']
  .map((name) => join(packageRoot, name))
  .filter((path) => existsSync(path))
  .flatMap((path) =>
    path.endsWith('.md')
      ? [path]
      : readdirSync(path, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.md'))
          .map((name) => join(path, name)),
  )
  .map((path) => relative(packageRoot, path))
  .sort();

/** Installing and the whole job are what the gate itself does. */
const isElsewhere = (command: string): boolean => /^(npm|git|cd) /.test(command);

async function run(example: Example): Promise<{ code: number; text: string }> {
  const [program, ...words] = wordsOf(example.command.replace(/^npx /, ''));
  expect(program).toBe('kvm-mmu-check');
  let text = '';
  const write = (part: string) => (text += part);
  const environment: Environment = {
    catalogue,
    model: currentModel(),
    out: write,
    err: write,
    outIsTerminal: false,
    errIsTerminal: false,
    variables: {},
    now: () => performance.now(),
    date: () => new Date().toISOString(),
    stopSignal: () => undefined,
    randomSeed: () => 0x5eedn,
    corpus: () => 'counterexamples',
  };
  return { code: await runCli(words, environment), text };
}

describe.each(documents)('%s', (name) => {
  const path = join(packageRoot, name);
  const examples = readExamples(path, name).filter(({ command }) => !isElsewhere(command));

  it('has links that lead somewhere', () => {
    const text = readFileSync(path, 'utf8');
    const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(local.filter((link) => !existsSync(join(path, '..', link)))).toEqual([]);
  });

  it.each(examples)('line $line: $command', async (example) => {
    const { code, text } = await run(example);
    expect(text).toMatch(patternOf(example.expected));
    expect(code).toBe(example.exit);
  });
});
