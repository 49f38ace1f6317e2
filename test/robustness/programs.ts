/** The built program as a process of its own, in a folder of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');
const main = join(root, 'dist/src/cli/main.js');

export interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With `snapshots`, a folder: it gets a copy of `folder` for each moment of a change. */
export function runIn(folder: string, words: readonly string[], snapshots?: string): Ended {
  const hook = ['--import', join(import.meta.dirname, 'snapshots.mjs')];
  return spawnSync(process.execPath, [...(snapshots ? hook : []), main, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, SNAPSHOTS: snapshots },
  });
}

interface Interruption {
  readonly signal: NodeJS.Signals;
  readonly after_ms: number;
  /** Counted from the first output, when the work has begun for certain; else from the start. */
  readonly fromOutput: boolean;
}

export function interruptIn(
  folder: string,
  words: readonly string[],
  { signal, after_ms, fromOutput }: Interruption,
): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...words], { cwd: folder });
  const kill = () => setTimeout(() => child.kill(signal), after_ms);
  let stdout = '';
  let stderr = '';
  if (!fromOutput) kill();
  child.stdout.on('data', (part) => {
    if (stdout === '' && fromOutput) kill();
    stdout += String(part);
  });
  child.stderr.on('data', (part) => (stderr += String(part)));
  return new Promise((resolve) =>
    child.on('close', (status, by) => resolve({ status, signal: by, stdout, stderr })),
  );
}

/** Files that a reader may take for results: unfinished ones end in `.tmp` or `.part`. */
export const resultsIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(tmp|part)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

export function temporaryFolders() {
  const made: string[] = [];
  return {
    next: (): string => {
      const folder = mkdtempSync(join(tmpdir(), 'killed-'));
      made.push(folder);
      return folder;
    },
    remove: (): void => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true })),
  };
}
