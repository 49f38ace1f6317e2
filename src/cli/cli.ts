/** The command line as a function: arguments and an environment in, an exit code out. */
import yargs from 'yargs';
import { Fault } from '../checker/fault.ts';
import { nearest } from '../checker/names.ts';
import { allCommand } from './commands/all.ts';
import { checkCommand } from './commands/check.ts';
import { standardInput, type CommandContext } from './commands/command.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { listCommand } from './commands/list.ts';
import { matrixCommand } from './commands/matrix.ts';
import { mergeCommand } from './commands/merge.ts';
import { mutantsCommand } from './commands/mutants.ts';
import { replayCommand } from './commands/replay.ts';
import { rulesCommand } from './commands/rules.ts';
import { runCommand } from './commands/run.ts';
import { showCommand } from './commands/show.ts';
import { shrinkCommand } from './commands/shrink.ts';
import { testCommand } from './commands/test.ts';
import { validateCommand } from './commands/validate.ts';
import type { Environment } from './environment.ts';
import { exitCodeFor, internalErrorCode } from './exit-code.ts';
import { BrokenModelReport } from './internal-error.ts';
import { checkWords, commonFlags, type Flags } from './words.ts';

const commands = [
  allCommand,
  checkCommand,
  runCommand,
  mergeCommand,
  rulesCommand,
  testCommand,
  replayCommand,
  showCommand,
  shrinkCommand,
  exportCommand,
  listCommand,
  explainCommand,
  mutantsCommand,
  matrixCommand,
  validateCommand,
];

const allVerbs = [...commands.flatMap((command) => command.verbs), 'completion'];

/** Flags of the command that the words name; of all commands when they name none. */
function flagsFor(words: readonly string[]): Flags {
  const named = commands.filter(({ verbs }) => words.some((word) => verbs.includes(word)));
  const meant = named.length > 0 ? named : commands;
  return Object.assign({}, ...meant.map(({ options }) => options)) as Flags;
}

/** Flags and arguments that may hold several values. */
const lists = new Set(
  '_ properties rule watch hide only scenario path file trace report id'.split(' '),
);

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

/** The parser names a flag twice, the second time in camel case. */
const isCamelCaseOf = (name: string, names: readonly string[]): boolean =>
  names.includes(name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)) &&
  /[A-Z]/.test(name);

/** From a message of the parser to a fault. */
function usageFault(message: string, words: readonly string[]): Fault {
  const [, unknown] = /^Unknown (?:argument|command)s?: (.*)$/m.exec(message) ?? [];
  const help = 'help: kvm-mmu-check <command> --help';
  if (unknown === undefined) {
    return new Fault('KMC-103', message.trim().replaceAll(/\s+/g, ' '), [help]);
  }
  const names = unknown.split(', ').filter((name, _, all) => !isCamelCaseOf(name, all));
  const near = names.flatMap((name) => [
    ...nearest(name, allVerbs),
    ...nearest(name, Object.keys({ ...flagsFor(words), ...commonFlags })).map(
      (flag) => `--${flag}`,
    ),
  ]);
  return new Fault('KMC-104', `unknown command or flag: ${names.join(', ')}`, [
    ...(near.length === 0 ? [] : [`nearest: ${near.slice(0, 4).join(', ')}`]),
    help,
  ]);
}

function parserFor(context: CommandContext) {
  const parser = yargs()
    .scriptName('kvm-mmu-check')
    .usage('$0 <command>\n\nInvariant checker for the x86 MMU of KVM.')
    .version(context.environment.model.version)
    .parserConfiguration({ 'strip-aliased': true, 'dot-notation': false })
    .strict()
    .demandCommand(1, 'Name a command.')
    .completion('completion', 'Print a script that completes commands in bash or zsh')
    .option('bisect', {
      type: 'boolean',
      describe: 'For git bisect run: exit with 125 when there is no verdict',
    })
    .check(refuseRepeated)
    .help()
    .wrap(100)
    .exitProcess(false);
  for (const command of commands) command.add(parser, context);
  return parser;
}

function reportError(environment: Environment, error: unknown): number {
  const { err } = environment;
  if (error instanceof Fault) {
    err(`${error.lines().join('\n')}\n`);
    return error.exit;
  }
  const lines =
    error instanceof BrokenModelReport
      ? [`a model assumption does not hold: ${error.message}`, ...error.lines]
      : [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  err(`internal error: ${lines.join('\n  ')}\n`);
  err('  This is a bug of the model or of the checker, not a verdict.\n');
  return internalErrorCode;
}

/** Never throws. Results are on `environment.out`, errors on `environment.err`. */
export async function runCli(words: readonly string[], environment: Environment): Promise<number> {
  let code = 0;
  const context: CommandContext = { environment, finish: (given) => (code = given) };
  const parser = parserFor(context);
  try {
    parser.fail((message: string | null, error: Error | undefined) => {
      throw error ?? usageFault(message ?? '', words);
    });
    const read = words.map((word) => (word === '-' ? standardInput : word));
    checkWords(words, flagsFor(words));
    await parser.parseAsync(read, {}, (_error, _argv, output) => {
      if (output !== '') environment.out(`${output}\n`);
    });
  } catch (error) {
    code = reportError(environment, error);
  }
  return exitCodeFor(words, code);
}
