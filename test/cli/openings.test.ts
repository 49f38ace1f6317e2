/** `run --corpus`: openings kept between runs. */
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishedSchemas } from '../../src/build/schemas.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { wordsOf } from '../console-blocks.ts';
import { jsonErrors } from '../report/validators.ts';
import { toyEnvironment } from '../toy/catalogue.ts';

const main = join(import.meta.dirname, '../../dist/src/cli/main.js');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(words: readonly string[], changes: Partial<Environment> = {}) {
  const recorded = { out: '', err: '' };
  const code = await runCli(words, toyEnvironment(recorded, changes));
  return { code, ...recorded };
}

const corpus = () => join(folder, 'openings');
const files = () => (existsSync(corpus()) ? readdirSync(corpus()).sort() : []);
const onlyFile = () => {
  expect(files()).toHaveLength(1);
  return join(corpus(), files()[0] ?? '');
};
const walks = (...words: string[]) => {
  const fixed = ['--max-samples', '30', '--max-steps', '6', '--no-save', '--corpus', corpus()];
  return ['run', 'lock-two-actors', ...fixed, ...words];
};

/** The command after `repeat`. */
const repeatIn = (out: string): string[] => wordsOf(/^repeat +\S+ (.*)$/m.exec(out)?.[1] ?? '');

describe('openings', () => {
  it('are kept in one file, of the published form, and told of', async () => {
    const { code, err, out } = await run(walks('--seed', '1'));
    expect(code).toBe(0);
    const file = onlyFile();
    expect(err).toMatch(
      /^corpus: .*openings_lock-two-actors--[0-9a-f]{16}\.json: (\d+) openings, /,
    );
    const text = readFileSync(file, 'utf8');
    const schema = publishedSchemas['openings.schema.json'] ?? '';
    expect(jsonErrors(schema, JSON.parse(text))).toEqual([]);
    expect(repeatIn(out)).toContain('--guided');
  });

  it('begin the next run, which takes the place of the file', async () => {
    await run(walks('--seed', '1'));
    const first = onlyFile();
    const { out, err } = await run(walks('--seed', '2'));
    expect(out).toContain(`--corpus ${first}`);
    expect(err).toContain(', 0 of them new');
    const counted = (file: string) =>
      (JSON.parse(file) as { openings: { reached: number }[] }).openings[0]?.reached;
    expect(counted(readFileSync(onlyFile(), 'utf8'))).toBeGreaterThan(0);
    expect(onlyFile()).not.toBe(first);
  });

  it('are the same for the same seeds', async () => {
    const twice = [];
    for (let k = 0; k < 2; k++) {
      rmSync(corpus(), { recursive: true, force: true });
      await run(walks('--seed', '1'));
      await run(walks('--seed', '2'));
      twice.push(files());
    }
    expect(twice[1]).toEqual(twice[0]);
  });

  it('stay when a violation is found, which the printed command finds again', async () => {
    const mutant = ['--mutant', 'test-then-set', '--properties', 'entry-takes-the-lock'];
    await run(walks(...mutant, '--seed', '1'));
    const file = onlyFile();
    const found = await run(walks('--mutant', 'test-then-set', '--seed', '3'));
    expect(found.code).toBe(1);
    expect(found.err).toBe('');
    expect(onlyFile()).toBe(file);
    const words = repeatIn(found.out);
    expect(words).toContain(file);
    const again = await run([...words, '--no-save']);
    expect(again.out).toBe(found.out);
  });

  it('of one file are used alone, and stay', async () => {
    await run(walks('--seed', '1'));
    const file = onlyFile();
    const words = ['run', 'lock-two-actors', '--max-samples', '30', '--seed', '5', '--no-save'];
    const { code, err, out } = await run([...words, '--corpus', file]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`--corpus ${file}`);
    expect(onlyFile()).toBe(file);
    const renamed = join(folder, 'mine.json');
    renameSync(file, renamed);
    expect((await run([...words, '--corpus', renamed])).code).toBe(0);
  });

  it('of several runs at once are taken together', async () => {
    await run(walks('--seed', '1'));
    const first = readFileSync(onlyFile(), 'utf8');
    const name = onlyFile();
    await run(walks('--seed', '2'));
    writeFileSync(name, first);
    expect(files()).toHaveLength(2);
    const { code, out } = await run(walks('--seed', '3'));
    expect(code).toBe(0);
    onlyFile();
    expect(out).toMatch(/--corpus \S+openings_lock-two-actors--[0-9a-f]{16}\.json/);
  });
});

describe('openings that do not fit', () => {
  it('of another model are skipped with a note, and left alone', async () => {
    const model = { version: '9.9.9', hash: 'ffffffffffffffff' };
    await run(walks('--seed', '1'), { model });
    const stale = onlyFile();
    const { code, err, out } = await run(walks('--seed', '1'));
    expect(code).toBe(0);
    expect(err).toContain(`note: ${stale}: written for model ffffffffffffffff, skipped`);
    expect(repeatIn(out)).toContain('--guided');
    expect(files()).toHaveLength(2);
    expect(existsSync(stale)).toBe(true);
    const named = await run(['run', 'lock-two-actors', '--corpus', stale, '--no-save']);
    expect(named.code).toBe(65);
    expect(named.err).toContain('KMC-206');
  });

  it('of other walks are not looked at in a folder, and refused as a file', async () => {
    await run(walks('--seed', '1'));
    const file = onlyFile();
    writeFileSync(file, 'damaged');
    const other = await run(walks('--granularity', 'operation', '--seed', '1'));
    expect(other.code).toBe(0);
    rmSync(file);
    const words = ['run', 'lock-two-actors', '--no-save', '--corpus', onlyFile()];
    const { code, err } = await run(words);
    expect(code).toBe(64);
    expect(err).toContain('KMC-103');
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, 100), 'KMC-203'],
    ['changed', (text: string) => text.replace('"reached":', '"reached":1'), 'KMC-203'],
    ['of another form', (text: string) => text.replace('"steps":[', '"steps":[-1,'), 'KMC-204'],
    ['of another version', (text: string) => text.replace('openings@1', 'openings@2'), 'KMC-205'],
  ])('are refused when the file is %s, by its name', async (_, damage, fault) => {
    await run(walks('--seed', '1'));
    const file = onlyFile();
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    const { code, err } = await run(walks('--seed', '1'));
    expect(code).toBe(65);
    expect(err).toContain(`error ${fault}: ${file}`);
  });

  it('are refused when a step cannot be taken', async () => {
    await run(walks('--seed', '1'));
    const text = readFileSync(onlyFile(), 'utf8').replace('"steps":[', '"steps":[99,');
    const edited = join(folder, 'edited.json');
    writeFileSync(edited, text);
    const { code, err } = await run(['run', 'lock-two-actors', '--corpus', edited, '--no-save']);
    expect(code).toBe(65);
    expect(err).toContain(`error KMC-208: ${edited}: opening `);
  });

  it('are refused as a file of no name, and for several scenarios', async () => {
    const missing = join(folder, 'none.json');
    const alone = await run(['run', 'lock-two-actors', '--corpus', missing, '--no-save']);
    expect([alone.code, alone.err.slice(0, 14)]).toEqual([65, 'error KMC-202:']);
    const words = ['run', 'lock-two-actors', 'lock-by-hand', '--corpus', missing, '--no-save'];
    const several = await run(words);
    expect([several.code, several.err.slice(0, 14)]).toEqual([64, 'error KMC-103:']);
  });
});

describe('the example of --help', { timeout: 60_000 }, () => {
  it('does what it says', async () => {
    const { out } = await run(['run', '--help']);
    const example = 'run shadow-rights --corpus openings';
    expect(out).toContain(`kvm-mmu-check ${example} `);
    const args = [main, ...example.split(' '), '--max-samples', '50'];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stderr).toMatch(/^corpus: openings\/openings_shadow-rights--/);
    expect(status).toBe(0);
  });
});

describe('two processes on one folder', { timeout: 60_000 }, () => {
  it('leave it whole', async () => {
    const start = (seed: number) =>
      new Promise<number | null>((resolve) => {
        const bounds = ['--max-samples', '60', '--max-steps', '30', '--no-save', '-q'];
        const words = ['run', 'shadow-rights', ...bounds, '--seed', `${seed}`];
        const args = [main, ...words, '--corpus', corpus()];
        spawn(process.execPath, args, { stdio: 'ignore' }).on('exit', resolve);
      });
    for (const seeds of [
      [1, 2],
      [3, 4],
    ]) {
      expect(await Promise.all(seeds.map(start))).toEqual([0, 0]);
    }
    expect(await start(5)).toBe(0);
    onlyFile();
  });
});
