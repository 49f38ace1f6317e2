/** Builds and runs the verifier that SPIN makes of a Promela text, where SPIN is installed. */
import { execFileSync, type ExecFileSyncOptions } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the verifier found, and what its process took. */
export interface PanRun {
  readonly states: number;
  /** SPIN prints eight digits: above a hundred millions this is rounded. */
  readonly transitions: number;
  readonly depth: number;
  /** Steps to the first violated assertion, if there was one. */
  readonly steps: number | null;
  readonly cpu_ms: number;
  readonly peak_bytes: number;
}

/** Linked to the verifier: says at the end what the process took. */
const usage = `#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static void __attribute__((destructor)) report(void)
{
  struct rusage used;
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  getrusage(RUSAGE_SELF, &used);
  printf("CPU %ld us\\n", (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000L
    + used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  while (status && fgets(line, sizeof line, status))
    if (!strncmp(line, "VmHWM:", 6)) fputs(line, stdout);
}
`;

/** Version of SPIN, or null where SPIN or a C compiler is missing. */
export function spinVersion(): string | null {
  const firstLine = (program: string, flag: string): string =>
    execFileSync(program, [flag], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    firstLine('gcc', '--version');
    return /Version ([\d.]+)/.exec(firstLine('spin', '-V'))?.[1] ?? 'unknown';
  } catch {
    return null;
  }
}

/** Compiles the verifier into a folder and returns its path. */
export function buildPan(
  promela: string,
  folder: string,
  optimisation: '-O0' | '-O1' | '-O3',
): string {
  const quiet: ExecFileSyncOptions = { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] };
  writeFileSync(join(folder, 'machine.pml'), promela);
  writeFileSync(join(folder, 'usage.c'), usage);
  execFileSync('spin', ['-a', 'machine.pml'], quiet);
  const flags = ['-w', optimisation, '-DBFS', '-DSAFETY', '-o', 'pan'];
  execFileSync('gcc', [...flags, 'pan.c', 'usage.c'], quiet);
  return join(folder, 'pan');
}

/** Reads what the verifier prints. Errors: `Error` when a figure is missing. */
export function readPan(text: string): PanRun {
  const figure = (pattern: RegExp): number => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new Error(`SPIN printed no ${String(pattern)}:\n${text}`);
    return Number(found);
  };
  const violated = /assertion violated .*\(at depth (\d+)\)/.exec(text)?.[1];
  return {
    states: figure(/^ *(\d+) states, stored/m),
    // SPIN counts the initial state as a transition.
    transitions: figure(/^ *([\d.e+]+) transitions /m) - 1,
    depth: figure(/depth reached (\d+)/),
    steps: violated === undefined ? null : Number(violated) + 1,
    cpu_ms: figure(/^CPU (\d+) us/m) / 1000,
    peak_bytes: figure(/^VmHWM:\s*(\d+) kB/m) * 1024,
  };
}

/** Runs a verifier once, with a hash table of 2^`hashBits` slots. */
export function runPan(pan: string, folder: string, hashBits: number): PanRun {
  const text = execFileSync(pan, [`-w${hashBits}`], { cwd: folder, encoding: 'utf8' });
  return readPan(text);
}
