/** The command line as a function: arguments and an environment in, an exit code out. */
import yargs from 'yargs';
import { Fault } from '../checker/fault.ts';
import { nearest } from '../checker/names.ts';
import { BrokenModelError } from '../engine/broken-model.ts';
import { addAll } from './commands/all.ts';
import { addCheck } from './commands/check.ts';
import type { CommandContext } from './commands/command.ts';
import { addExplain } from './commands/explain.ts';
import { addList } from './commands/list.ts';
import { addReplay, addShow } from './commands/replay.ts';
import { addRun } from './commands/run.ts';
import { addShrink } from './commands/shrink.ts';
import { addTest } from './commands/test.ts';
import type { Environment } from './environment.ts';
import { internalErrorCode } from './exit-code.ts';

const commands = [
  addAll,
  addCheck,
  addRun,
  addTest,
  addReplay,
  addShow,
  addShrink,
  addList,
  addExplain,
];

const verbs = [
  ...['all', 'check', 'verify', 'run', 'test', 'replay', 'show', 'shrink', 'list', 'explain'],
  'completion',
];

/** Flags and arguments that may hold several values. */
const lists = new Set(['_', 'properties', 'rule', 'watch', 'hide', 'scenario', 'path', 'file']);

/** Errors: fault 103 for a flag with one value that is given twice. */
function refuseRepeated(argv: Readonly<Record<string, unknown>>): true {
  for (const [name, value] of Object.entries(argv)) {
    if (Array.isArray(value) && !lists.has(name)) {
      const flag = name.length === 1 ? `-${name}` : `--${name}`;
      throw new Fault('KMC-103', `${flag} is given ${value.length} times`, ['Give it once.']);
    }
  }
  return true;
}

/** From a message of the parser to a fault. `flags`: all that the command knows. */
function usageFault(message: string, flags: readonly string[]): Fault {
  const [, unknown] = /^Unknown (?:argument|command)s?: (.*)$/m.exec(message) ?? [];
  const help = 'help: kvm-mmu-check <command> --help';
  if (unknown === undefined) return new Fault('KMC-103', message.trim(), [help]);
  const names = unknown.split(', ');
  const near = names.flatMap((name) => [
    ...nearest(name, flags).map((flag) => `--${flag}`),
    ...nearest(name, verbs),
  ]);
  return new Fault('KMC-104', `unknown command or flag: ${unknown}`, [
    ...(near.length === 0 ? [] : [`nearest: ${near.join(', ')}`]),
    help,
  ]);
}

/** The flags of the command at hand; the parser's types do not show them. */
function flagsOf(parser: object): string[] {
  const getOptions: unknown = Reflect.get(parser, 'getOptions');
  const options: unknown = typeof getOptions === 'function' ? getOptions.call(parser) : {};
  const key: unknown =
    typeof options === 'object' && options !== null ? Reflect.get(options, 'key') : undefined;
  return typeof key === 'object' && key !== null ? Object.keys(key) : [];
}

function parserFor(context: CommandContext) {
  const parser = yargs()
    .scriptName('kvm-mmu-check')
    .usage('$0 <command>\n\nInvariant checker for the x86 MMU of KVM.')
    .version(context.environment.model.version)
    .parserConfiguration({ 'strip-aliased': true })
    .strict()
    .demandCommand(1, 'Name a command.')
    .completion('completion', 'Print a script that completes commands in bash or zsh')
    .recommendCommands()
    .check(refuseRepeated)
    .help()
    .wrap(100)
    .exitProcess(false);
  for (const add of commands) add(parser, context);
  return parser;
}

function reportError(environment: Environment, error: unknown): number {
  const { err } = environment;
  if (error instanceof Fault) {
    err(`${error.lines().join('\n')}\n`);
    return error.exit;
  }
  const name = error instanceof Error ? error.name : 'Error';
  const text = error instanceof Error ? error.message : String(error);
  err(`internal error: ${name}: ${text}\n`);
  if (error instanceof BrokenModelError) {
    err(`  after steps ${error.trace.steps.join(' ')} from initial state ${error.trace.initial}\n`);
  }
  if (error instanceof Error && error.stack !== undefined) err(`${error.stack}\n`);
  err('  This is a bug of the model or of the checker, not a verdict.\n');
  return internalErrorCode;
}

/** Never throws. Results are on `environment.out`, errors on `environment.err`. */
export async function runCli(words: readonly string[], environment: Environment): Promise<number> {
  let code = 0;
  const context: CommandContext = { environment, finish: (given) => (code = given) };
  const parser = parserFor(context);
  try {
    parser.fail((message: string | null, error: Error | undefined, instance) => {
      throw error ?? usageFault(message ?? '', flagsOf(instance));
    });
    await parser.parseAsync([...words], {}, (_error, _argv, output) => {
      if (output !== '') environment.out(`${output}\n`);
    });
  } catch (error) {
    return reportError(environment, error);
  }
  return code;
}
