/**
 * The package as others get it: packed, installed beside the example of docs/examples/, used.
 *
 * npm installs from files alone: the packed package, and its dependencies packed from
 * node_modules. Hence neither a network nor a cache is needed. The tools of the example, vitest
 * and the compiler, are linked.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'package-'));
const app = join(folder, 'app');

interface Packed {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Ended {
  readonly status: number | null;
  readonly text: string;
}

function run(program: string, words: readonly string[], cwd = app): Ended {
  // Settings of the npm that runs these tests are not for the npm that is tested.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV|TEST$)/.test(name)),
  );
  const { status, stdout, stderr } = spawnSync(program, words, { cwd, env, encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

function pack(...what: readonly string[]): readonly Packed[] {
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...what];
  const { stdout } = spawnSync('npm', words, { cwd: root, encoding: 'utf8' });
  return JSON.parse(stdout) as readonly Packed[];
}

/** What is needed to run the package, as locked. */
function dependencyFolders(): string[] {
  const lock = readJson(join(root, 'package-lock.json')) as {
    readonly packages: Readonly<Record<string, { dev?: boolean; optional?: boolean }>>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev, optional }]) => path !== '' && dev !== true && optional !== true)
    .map(([path]) => join(root, path));
}

const tools = ['vitest', 'typescript', '@types'];

function install(own: Packed, dependencies: readonly Packed[]): void {
  const file = join(app, 'package.json');
  const example = readJson(file) as Record<string, unknown>;
  const tarball = ({ filename }: Packed) => `file:${join(folder, basename(filename))}`;
  writeFileSync(
    file,
    JSON.stringify({
      ...example,
      devDependencies: { 'kvm-mmu-check': tarball(own) },
      overrides: Object.fromEntries(
        dependencies.map((one) => [`${one.name}@${one.version}`, tarball(one)]),
      ),
    }),
  );
  const words = ['install', '--offline', '--cache', join(folder, 'cache'), '--no-audit'];
  const installed = run('npm', [...words, '--no-fund', '--ignore-scripts']);
  if (installed.status !== 0) throw new Error(installed.text);
  for (const tool of tools) {
    symlinkSync(join(root, 'node_modules', tool), join(app, 'node_modules', tool));
  }
}

let files: readonly string[] = [];

beforeAll(() => {
  const [own] = pack();
  if (own === undefined) throw new Error('nothing was packed');
  files = own.files.map(({ path }) => path);
  cpSync(join(root, 'docs/examples/vitest'), app, {
    recursive: true,
    filter: (path) => basename(path) !== 'node_modules',
  });
  install(own, pack(...dependencyFolders()));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

const module = (text: string): Ended => run('node', ['--input-type=module', '--eval', text]);
const compiler = 'node_modules/typescript/bin/tsc';

describe('the package', () => {
  it('holds what its exports and commands name', () => {
    const { exports, bin } = readJson(join(root, 'package.json')) as {
      readonly exports: Readonly<Record<string, string>>;
      readonly bin: Readonly<Record<string, string>>;
    };
    const present = (target: string) => {
      const [before = '', after] = target.slice(2).split('*');
      return after === undefined
        ? files.includes(before)
        : files.some((file) => file.startsWith(before) && file.endsWith(after));
    };
    const targets = [...Object.values(exports), ...Object.values(bin)];
    expect(targets.filter((target) => !present(target))).toEqual([]);
    const types = targets
      .filter((target) => /library.*\.js$/.test(target))
      .map((target) => target.replace(/\.js$/, '.d.ts'));
    expect(types).toHaveLength(2);
    expect(types.filter((target) => !present(target))).toEqual([]);
  });

  it('holds nothing that its users have no use for', () => {
    const wanted =
      /^(dist\/(model|properties|src)\/|(counterexamples|docs|model|properties|schema)\/)/;
    const alone = [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
      'dist/model-hash.json',
      'evidence/mutants.json',
      'evidence/searches.json',
    ];
    const odd =
      /(^|\/)(test|found|node_modules|\..*)\/|\.(tgz|log|map|tsbuildinfo)$|dist\/src\/docs/;
    const inExample = (file: string) => file.startsWith('docs/examples/');
    expect(files.filter((file) => !wanted.test(file) && !alone.includes(file))).toEqual([]);
    expect(files.filter((file) => odd.test(file) && !inExample(file))).toEqual([]);
    expect(alone.filter((file) => !files.includes(file))).toEqual([]);
  });

  it('runs from its command', () => {
    const { status, text } = run('node_modules/.bin/kvm-mmu-check', ['replay', '-q', ...stored()]);
    expect(text).toMatch(/^replay .*\nAS RECORDED /);
    expect(status).toBe(0);
  });

  it('lets its schema, its counterexamples and itself be found', () => {
    const names = ['schema/counterexample.schema.json', 'package.json', stored()[0]?.slice(27)];
    const { status, text } = module(
      `import { readFileSync } from 'node:fs';
      for (const name of ${JSON.stringify(names)}) {
        JSON.parse(readFileSync(new URL(import.meta.resolve('kvm-mmu-check/' + name)), 'utf8'));
      }
      const inner = await import('kvm-mmu-check/dist/src/cli/cli.js').catch(({ code }) => code);
      console.log(inner);`,
    );
    expect([status, text]).toEqual([0, 'ERR_PACKAGE_PATH_NOT_EXPORTED\n']);
  });
});

/** A counterexample that came with the package. */
function stored(): string[] {
  const name = files.find((file) => file.startsWith('counterexamples/bad_'));
  return name === undefined ? [] : [join('node_modules/kvm-mmu-check', name)];
}

describe('importing the library', () => {
  it('has no effect, and brings no parser of command lines', () => {
    const parser = join(app, 'node_modules', 'yargs');
    expect(existsSync(parser)).toBe(true);
    renameSync(parser, join(folder, 'yargs'));
    const { status, text } = module(
      `const listeners = () => JSON.stringify(
        process.eventNames().map((name) => [String(name), process.listenerCount(name)]));
      const before = listeners();
      await import('kvm-mmu-check');
      await import('kvm-mmu-check/vitest');
      console.log(listeners() === before, process.exitCode);`,
    );
    renameSync(join(folder, 'yargs'), parser);
    expect([status, text]).toEqual([0, 'true undefined\n']);
  });
});

describe('the example', () => {
  it('agrees with the types', () => {
    expect(run('node', [compiler])).toEqual({ status: 0, text: '' });
  });

  it('would not agree if it were wrong', () => {
    const file = join(app, 'test', 'wrong.ts');
    writeFileSync(
      file,
      `import { checkScenario, replayFile } from 'kvm-mmu-check';
import 'kvm-mmu-check/vitest';
import { expect } from 'vitest';
await checkScenario('shadow-rights', { rules: { lookup_unsync: 'no-such-value' } });
await checkScenario('shadow-rights', { preset: 'no-such-preset' });
replayFile('x').asExpected.toFixed();
await expect('shadow-rights').toViolate();
await expect('shadow-rights').toHoldExhaustively({ workers: 'many' });
`,
    );
    const { text } = run('node', [compiler]);
    rmSync(file);
    expect(text.match(/wrong\.ts\(\d+/g)).toEqual(
      [4, 5, 6, 7, 8].map((line) => `wrong.ts(${line}`),
    );
  });

  it('passes', () => {
    const { status, text } = run('node', ['node_modules/vitest/vitest.mjs', 'run']);
    expect(text).toMatch(/Tests .*8 passed/);
    expect(status).toBe(0);
  });
});
