/** The command line as a process: streams, signals, the exit code, errors nobody caught. */
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Catalogue } from '../checker/catalogue.ts';
import { Fault } from '../checker/fault.ts';
import { currentModel, packageRoot } from '../counterexample/model-version.ts';
import { cannotWrite } from '../counterexample/write-text.ts';
import { runCli } from './cli.ts';
import type { Environment, StopSignal } from './environment.ts';
import { exitCodeFor, internalErrorCode } from './exit-code.ts';

/** A reader that goes away, as in `… | head`, ends the output, not the work. Errors: fault 601. */
function writerTo(stream: NodeJS.WriteStream): (text: string) => void {
  let open = true;
  const failed = (error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) {
      throw cannotWrite('standard output', error);
    }
    open = false;
  };
  stream.on('error', failed);
  return (text) => {
    try {
      if (open) stream.write(text);
    } catch (error) {
      failed(error);
    }
  };
}

/** Whether anybody hears it or not: there is nowhere left to say so. */
function diagnosticsTo(stream: NodeJS.WriteStream): (text: string) => void {
  stream.on('error', () => {});
  return (text) => {
    try {
      stream.write(text);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  };
}

/** Some senders signal a process and then its group: that counts once. */
const sameSignal_ms = 500;

/** The first signal asks to stop, so that partial results are written; the second one insists. */
function listenForSignals(): () => StopSignal | undefined {
  let seen: StopSignal | undefined;
  let at = 0;
  const listen = (signal: StopSignal, code: number) =>
    process.on(signal, () => {
      if (seen !== undefined && performance.now() - at > sameSignal_ms) process.exit(code);
      if (seen === undefined) at = performance.now();
      seen ??= signal;
    });
  listen('SIGINT', 130);
  listen('SIGTERM', 143);
  return () => seen;
}

function dieOn(error: unknown): never {
  const isFault = error instanceof Fault;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  diagnosticsTo(process.stderr)(
    `${isFault ? error.lines().join('\n') : `internal error: ${text}`}\n`,
  );
  process.exit(exitCodeFor(process.argv, isFault ? error.exit : internalErrorCode));
}

/** In the working directory, else those that came with the package. */
function corpus(): string {
  const own = 'counterexamples';
  return existsSync(own) ? own : join(packageRoot, own);
}

/** Runs one command of `catalogue` with the arguments of this process. */
export async function runProcess(catalogue: Catalogue): Promise<void> {
  process.on('uncaughtException', dieOn);
  process.on('unhandledRejection', dieOn);
  const environment: Environment = {
    catalogue,
    model: currentModel(),
    out: writerTo(process.stdout),
    err: diagnosticsTo(process.stderr),
    outIsTerminal: process.stdout.isTTY,
    errIsTerminal: process.stderr.isTTY,
    variables: process.env,
    now: () => performance.now(),
    date: () => new Date().toISOString(),
    stopSignal: listenForSignals(),
    randomSeed: () => BigInt(randomInt(2 ** 32)),
    cores: availableParallelism(),
    corpus,
  };
  process.exitCode = await runCli(process.argv.slice(2), environment);
}
