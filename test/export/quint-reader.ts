/** The reader of ITF traces that Quint has, whose format it is as much as Apalache's. */
import { ofItf, type ItfTrace } from '@informalsystems/quint/dist/src/itf.js';

type Expression = ReturnType<typeof ofItf>[number];

const pairs = <T>(items: readonly T[]): (readonly [T, T])[] =>
  items.flatMap((item, i) => {
    const next = items[i + 1];
    return i % 2 === 1 || next === undefined ? [] : [[item, next] as const];
  });

/** An expression of Quint as plain JSON. Errors: throws for what no state of ours has. */
function plain(expression: Expression): unknown {
  if (expression.kind === 'int') return Number(expression.value);
  if (expression.kind === 'bool' || expression.kind === 'str') return expression.value;
  if (expression.kind !== 'app') throw new Error(`Quint reads ${expression.kind}`);
  const { opcode, args } = expression;
  if (opcode === 'List' || opcode === 'Set') return args.map(plain);
  if (opcode === 'Rec') {
    return Object.fromEntries(pairs(args).map(([name, value]) => [plain(name), plain(value)]));
  }
  if (opcode !== 'variant') throw new Error(`Quint reads ${opcode}`);
  const [tag, value] = args.map(plain);
  return { tag, value };
}

/** The states of a trace as Quint has them, with the variables that say how each came about. */
export const statesByQuint = (text: string): unknown[] =>
  ofItf(JSON.parse(text) as ItfTrace).map(plain);
