/**
 * Recorded examples: `console` blocks right after a line `<!-- recorded -->` hold commands, and
 * below each its output, as `npm run docs` writes it. `...` stands for what differs from run to
 * run: times and rates.
 */
import { catalogue } from '../checker/instance.ts';
import { runCli } from '../cli/cli.ts';
import type { Environment } from '../cli/environment.ts';
import { currentModel } from '../counterexample/model-version.ts';

const recorded = /(<!-- recorded -->\n+```console\n)([^]*?)(```\n)/g;

const wordsOf = (command: string): string[] =>
  command.replace(/^\$ (npx )?kvm-mmu-check /, '').split(' ');

/** No clock: a search that is shown takes no time. */
async function outputOf(command: string): Promise<string> {
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
    now: () => 0,
    date: () => '1970-01-01T00:00:00.000Z',
    stopSignal: () => undefined,
    randomSeed: () => 0x5eedn,
    corpus: () => 'counterexamples',
  };
  const exit = await runCli(wordsOf(command), environment);
  return exit === 0 ? text : `${text.trimEnd()}\n[exit ${exit}]\n`;
}

/** `depth 1   generated 3   distinct 2   queue 0   0.0 s`: where a run with a clock says more. */
export const withoutTimes = (output: string): string =>
  output
    .replaceAll(/^(depth .*generated [\d,]+)(.*distinct [\d,]+)/gm, '$1 (...)$2 (...)')
    .replaceAll(/(?<=^depth.*   )\d+\.\d s$/gm, '... s');

async function blockOf(commands: readonly string[]): Promise<string> {
  let text = '';
  for (const command of commands) {
    text += `${command}\n${withoutTimes(await outputOf(command)).replaceAll(/ +$/gm, '')}`;
  }
  return `${text.trimEnd()}\n`;
}

/** The text with every recorded example run again. */
export async function recordExamples(text: string): Promise<string> {
  let fresh = '';
  let from = 0;
  for (const match of text.matchAll(recorded)) {
    const [whole, head = '', body = '', tail = ''] = match;
    const commands = body.split('\n').filter((line) => line.startsWith('$ '));
    fresh += `${text.slice(from, match.index)}${head}${await blockOf(commands)}${tail}`;
    from = match.index + whole.length;
  }
  return fresh + text.slice(from);
}
