/** What all commands have in common. */
import type { Argv } from 'yargs';
import type { Environment } from '../environment.ts';
import type { Flags } from '../words.ts';

export interface CommandContext {
  readonly environment: Environment;
  /** Reports the exit code. */
  readonly finish: (code: number) => void;
}

export interface Command {
  readonly verbs: readonly string[];
  /** Its flags, by name without dashes. */
  readonly options: Flags;
  /** Adds it to the parser. */
  readonly add: (cli: Argv, context: CommandContext) => Argv;
}

/** What stands for a lone dash while the command line is parsed: the parser drops those. */
export const standardInput = '/dev/stdin';

/** For shells: quotes what is not a plain word. */
export const shellWord = (text: string): string =>
  /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

export const commandLine = (...words: readonly string[]): string =>
  ['kvm-mmu-check', ...words].map(shellWord).join(' ');
