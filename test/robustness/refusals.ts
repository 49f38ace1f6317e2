/** What it takes for a command to have refused its input properly. */
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { toyEnvironment } from '../toy/catalogue.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command of the toy in process. */
export async function run(
  words: readonly string[],
  changes: Partial<Environment> = {},
): Promise<Ended> {
  const recorded = { out: '', err: '' };
  const environment = toyEnvironment(recorded, { now: () => performance.now(), ...changes });
  const code = await runCli(words, environment);
  return { code, ...recorded };
}

/** Names, sizes and times of everything below a folder: writing anywhere in it would show. */
export function contentsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const { size, mtimeMs, ino } = lstatSync(path);
      const target = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : '';
      return `${name} ${size} ${mtimeMs} ${ino} ${target}`;
    });
}

/** The lines of a stack trace. */
const stackLine = /^\s+at .*(\.[jt]s:\d+|node:|\(<anonymous>\))/m;

const controlCharacter = /[^\P{Cc}\n]/u;

/** Ended with a fault that says where, and nothing else. */
export function expectRefusal({ code, out, err }: Ended, exit: 64 | 65 | 74, where: string): void {
  const text = `${out}${err}`;
  expect(text).toMatch(/(^error |\b)KMC-\d{3}: /m);
  expect(text).toContain(where);
  expect(text).not.toMatch(stackLine);
  expect(text).not.toMatch(controlCharacter);
  expect(text).not.toContain('internal error');
  expect(text).not.toContain('[object Object]');
  expect(text.length).toBeLessThan(8000);
  expect(code).toBe(exit);
}
