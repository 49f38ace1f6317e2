/**
 * The shadow core in Promela, for measuring SPIN on the same machine.
 *
 * The text is generated for one preset and fault: each instance of an action is a `d_step` of its
 * own, with constants for its arguments, that ends with the assertion of the four invariants. That
 * is the quickest form for SPIN that we know: no variable exists besides the state, and the C
 * compiler sees every index.
 */
import type { Fault, Preset } from '../machines/shadow-core.ts';

const bits = [0, 1] as const;
const upTo = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
const pairs = bits.flatMap((i) => bits.map((j) => [i, j] as const));
const triples = bits.flatMap((c) => pairs.map(([i, j]) => [c, i, j] as const));

/** One instance of an action. */
interface Step {
  readonly name: string;
  readonly guard: string;
  readonly effects: readonly string[];
}

const gl = (t: number, j: number): string => `gl[${2 * t + j}]`;
const sl = (t: number, j: number): string => `sl[${2 * t + j}]`;

const owe = (set: string): string[] => bits.map((c) => `st[${c}] = st[${c}] | (${set})`);
const dropTlb = (c: number): string[] => [`tv[${c}] = NOWHERE`, `tf[${c}] = 0`];
const dropIf = (c: number, condition: string): string[] => [
  `tv[${c}] = (${condition} -> NOWHERE : tv[${c}])`,
  `tf[${c}] = (tv[${c}] == NOWHERE -> 0 : tf[${c}])`,
];
const when = (condition: string, effects: readonly string[]): string =>
  `if :: ${condition} -> ${effects.join('; ')} :: else fi`;

const syncPage = (t: number): string[] => [
  ...bits.map((j) => `${sl(t, j)} = (${sl(t, j)} == ${gl(t, j)} -> ${sl(t, j)} : 0)`),
  `sp[${t}] = SYNC`,
];

const guestWriteLeaf = (t: number, j: number, v: number): Step => {
  const owed = bits.map((i) => `((gr[${i}] == ${t}) << ${2 * i + j})`).join(' | ');
  return {
    name: `GuestWriteLeaf(${t}, ${j}, ${v})`,
    guard: `${gl(t, j)} != ${v}`,
    effects: [
      when(`${gl(t, j)} != 0`, owe(owed)),
      `${sl(t, j)} = (sp[${t}] == SYNC -> 0 : ${sl(t, j)})`,
      `${gl(t, j)} = ${v}`,
    ],
  };
};

const guestWriteRoot = (tables: number, i: number, v: number): Step => ({
  name: `GuestWriteRoot(${i}, ${v === tables ? 'none' : v})`,
  guard: `gr[${i}] != ${v}`,
  effects: [
    ...upTo(tables).map((t) => {
      const owed = bits.map((j) => `((${gl(t, j)} != 0) << ${2 * i + j})`).join(' | ');
      return when(`gr[${i}] == ${t}`, owe(owed));
    }),
    `gr[${i}] = ${v}`,
    `sr[${i}] = NONE`,
  ],
});

/** Instances differ by the table that `gr[i]` names: at most one of them is enabled. */
const shadowFault = (fault: Fault, t: number, i: number, j: number): Step => ({
  name: `ShadowFault(${i}, ${j}), table ${t}`,
  guard:
    `gr[${i}] == ${t} && ${gl(t, j)} != 0 && (${gl(t, j)} != 1 || h == MAPPED) && ` +
    `(sr[${i}] == NONE || ${sl(t, j)} == 0)`,
  effects: [
    ...(fault === 1 ? [] : [when(`sr[${i}] == NONE && sp[${t}] == UNSYNC`, syncPage(t))]),
    `sp[${t}] = (sp[${t}] == ABSENT -> SYNC : sp[${t}])`,
    `sr[${i}] = ${t}`,
    `${sl(t, j)} = ${gl(t, j)}`,
  ],
});

/** As above, by the table that `sr[i]` names. */
const tlbFill = (t: number, c: number, i: number, j: number): Step => ({
  name: `TlbFill(${c}, ${i}, ${j}), table ${t}`,
  guard: `sr[${i}] == ${t} && ${sl(t, j)} != 0 && tv[${c}] != ${2 * i + j}`,
  effects: [`tv[${c}] = ${2 * i + j}`, `tf[${c}] = ${sl(t, j)}`],
});

const unsync = (t: number): Step => ({
  name: `Unsync(${t})`,
  guard: `sp[${t}] == SYNC`,
  effects: [`sp[${t}] = UNSYNC`],
});

const invlpg = ({ tables }: Preset, fault: Fault, c: number, i: number, j: number): Step => ({
  name: `Invlpg(${c}, ${i}, ${j})`,
  guard: `(st[${c}] & ${1 << (2 * i + j)}) != 0`,
  effects: [
    ...upTo(fault === 2 ? 0 : tables).map((t) =>
      when(`sr[${i}] == ${t} && sp[${t}] == UNSYNC && ${sl(t, j)} != ${gl(t, j)}`, [
        `${sl(t, j)} = 0`,
      ]),
    ),
    `st[${c}] = st[${c}] & ${15 & ~(1 << (2 * i + j))}`,
    ...dropIf(c, `tv[${c}] == ${2 * i + j}`),
  ],
});

const flushAll = ({ tables }: Preset, c: number): Step => ({
  name: `FlushAll(${c})`,
  guard: `st[${c}] != 0`,
  effects: [
    ...upTo(tables).map((t) =>
      when(`sp[${t}] == UNSYNC && (sr[0] == ${t} || sr[1] == ${t})`, syncPage(t)),
    ),
    ...dropTlb(c),
    `st[${c}] = 0`,
  ],
});

const zapPage = (t: number): Step => ({
  name: `ZapPage(${t})`,
  guard: `sp[${t}] != ABSENT`,
  effects: [
    `sp[${t}] = ABSENT`,
    ...bits.map((j) => `${sl(t, j)} = 0`),
    ...bits.map((i) => `sr[${i}] = (sr[${i}] == ${t} -> NONE : sr[${i}])`),
    ...bits.flatMap(dropTlb),
  ],
});

const hostSteps = ({ tables }: Preset, fault: Fault): Step[] => {
  const entries = upTo(2 * tables).map((k) => `sl[${k}]`);
  const maps = entries.map((entry) => `${entry} == 1`).join(' || ');
  const skips = fault === 4 ? ' && !(st[0] == 15 && st[1] != 15 && tv[0] != NOWHERE)' : '';
  return [
    {
      name: 'HostZap',
      guard: 'h == MAPPED',
      effects: [
        fault === 3 ? `h = (${maps} -> PENDING : GONE)` : 'h = PENDING',
        ...entries.map((entry) => `${entry} = (${entry} == 1 -> 0 : ${entry})`),
      ],
    },
    {
      name: 'HostFlush',
      guard: 'h == PENDING',
      // vCPU 1 first: what excuses it in fault 4 is the state before the step.
      effects: [...dropIf(1, `tf[1] == 1${skips}`), ...dropIf(0, 'tf[0] == 1'), 'h = GONE'],
    },
    { name: 'HostMap', guard: 'h == GONE', effects: ['h = MAPPED'] },
  ];
};

/** All instances, in the order of the machine. */
function stepsOf(preset: Preset, fault: Fault): Step[] {
  const tables = upTo(preset.tables);
  return [
    ...tables.flatMap((t) =>
      bits.flatMap((j) => upTo(preset.frames + 1).map((v) => guestWriteLeaf(t, j, v))),
    ),
    ...bits.flatMap((i) => upTo(preset.tables + 1).map((v) => guestWriteRoot(preset.tables, i, v))),
    ...tables.flatMap((t) => pairs.map(([i, j]) => shadowFault(fault, t, i, j))),
    ...tables.flatMap((t) => triples.map(([c, i, j]) => tlbFill(t, c, i, j))),
    ...tables.map(unsync),
    ...triples.map(([c, i, j]) => invlpg(preset, fault, c, i, j)),
    ...bits.map((c) => flushAll(preset, c)),
    ...tables.map(zapPage),
    ...hostSteps(preset, fault),
  ];
}

/** I1 to I4, one or more assertions each. */
function invariantsOf({ tables }: Preset): string[] {
  const walk = (c: number): string[] =>
    upTo(tables).flatMap((t) =>
      pairs.map(
        ([i, j]) => `tv[${c}] == ${2 * i + j} && gr[${i}] == ${t} && ${gl(t, j)} == tf[${c}]`,
      ),
    );
  const owed = (c: number): string => `tv[${c}] == NOWHERE || ((st[${c}] >> tv[${c}]) & 1)`;
  const linked = (i: number): string[] =>
    upTo(tables).map((t) => `sr[${i}] == ${t} && gr[${i}] == ${t} && sp[${t}] != ABSENT`);
  const leaf = (t: number, j: number): string =>
    `${sl(t, j)} == 0 || sp[${t}] == UNSYNC || (sp[${t}] == SYNC && ${sl(t, j)} == ${gl(t, j)})`;
  const unmapped = upTo(2 * tables).map((k) => `sl[${k}] != 1`);
  return [
    ...bits.map((c) => [owed(c), ...walk(c).map((term) => `(${term})`)].join(' || ')),
    ...bits.map((i) => [`sr[${i}] == NONE`, ...linked(i).map((term) => `(${term})`)].join(' || ')),
    ...upTo(tables).flatMap((t) => bits.map((j) => leaf(t, j))),
    `h == MAPPED || (${unmapped.join(' && ')})`,
    'h != GONE || (tf[0] != 1 && tf[1] != 1)',
  ];
}

/** The Promela text of the shadow core. */
export function promelaOf(preset: Preset, fault: Fault = 0): string {
  const { tables, frames } = preset;
  const option = ({ name, guard, effects }: Step): string =>
    [
      `  /* ${name} */`,
      `  :: d_step { ${[guard, ...effects, 'invariants()'].join(';\n       ')} }`,
    ].join('\n');
  return [
    `/* Shadow core: ${tables} table(s), ${frames} frame(s), fault ${fault}. */`,
    `#define NONE ${tables}`,
    '#define NOWHERE 4',
    '#define ABSENT 0\n#define SYNC 1\n#define UNSYNC 2',
    '#define MAPPED 0\n#define PENDING 1\n#define GONE 2',
    '',
    `byte gr[2] = NONE; byte gl[${2 * tables}];`,
    `byte sr[2] = NONE; byte sp[${tables}]; byte sl[${2 * tables}];`,
    '/* Address 2i + j of a TLB entry, its frame, and the addresses owed as a bit mask. */',
    'byte tv[2] = NOWHERE; byte tf[2]; byte st[2];',
    'byte h;',
    '',
    'inline invariants() {',
    invariantsOf(preset)
      .map((text) => `  assert(${text})`)
      .join(';\n'),
    '}',
    '',
    'active proctype shadowCore() {',
    '  do',
    ...stepsOf(preset, fault).map(option),
    '  od',
    '}',
    '',
  ].join('\n');
}
