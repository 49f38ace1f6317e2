/** Ways to damage a counterexample file, each with the place that a message must name. */
import { serialise } from '../../src/counterexample/serialise.ts';
import { badRun } from '../toy/counterexamples.ts';

export interface Damaged {
  /** Which damage. */
  readonly name: string;
  readonly bytes: Buffer;
  /** What the message must contain, beside the name of the file. */
  readonly says: string | RegExp;
}

type Path = readonly (string | number)[];

const whole = serialise(badRun());

const damaged = (name: string, text: string, says: string | RegExp): Damaged => ({
  name,
  bytes: Buffer.from(text, 'utf8'),
  says,
});

/** At every seventh byte and at the ends of lines. */
export function truncations(): Damaged[] {
  const text = whole.trimEnd();
  const lengths = new Set<number>([0, 1, text.length - 1]);
  for (let length = 0; length < text.length; length += 29) lengths.add(length);
  for (let at = text.indexOf('\n'); at > 0; at = text.indexOf('\n', at + 1)) lengths.add(at);
  return [...lengths].map((length) =>
    damaged(`cut off after ${length} bytes`, text.slice(0, length), 'KMC-203'),
  );
}

/** The counterexample with the value at `path` replaced; `undefined` removes it. */
function replaced(path: Path, value: unknown): unknown {
  const copy: unknown = structuredClone(badRun());
  const last = path.at(-1) ?? '';
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((at, key) => Reflect.get(at as object, key), copy);
  if (value === undefined) Reflect.deleteProperty(parent as object, last);
  // An assignment to __proto__ would not make a field.
  else Object.defineProperty(parent, last, { value, enumerable: true, configurable: true });
  return copy;
}

const pathsIn = (value: unknown, path: Path = []): Path[] =>
  typeof value === 'object' && value !== null
    ? [
        ...(path.length === 0 ? [] : [path]),
        ...Object.entries(value).flatMap(([key, inner]) =>
          pathsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]),
        ),
      ]
    : [path];

const dotted = (path: Path): string => path.join('.');

const another = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return [{}, 'x', null];
  if (typeof value === 'object') return [[], 'x', null];
  if (typeof value === 'number') return ['1', null, -1, 0.5, 1e308];
  if (typeof value === 'boolean') return ['true', 1];
  return [null, {}, [], true];
};

const valueAt = (path: Path): unknown =>
  path.reduce<unknown>((at, key) => Reflect.get(at as object, key), badRun());

/** Every value of the file by one of another type. */
export function wrongTypes(): Damaged[] {
  return pathsIn(badRun()).flatMap((path) =>
    another(valueAt(path)).map((value) => {
      const name = `${dotted(path)} is ${JSON.stringify(value)}`;
      const says = path[0] === 'schema' ? 'schema' : `at ${dotted(path)}:`;
      return damaged(name, JSON.stringify(replaced(path, value)), says);
    }),
  );
}

export function missingFields(): Damaged[] {
  const optional = ['rules.mutant'];
  return pathsIn(badRun())
    .filter((path) => typeof path.at(-1) === 'string' && !optional.includes(dotted(path)))
    .map((path) => {
      const text = JSON.stringify(replaced(path, undefined));
      return damaged(`${dotted(path)} is missing`, text, /at |schema|is not in the domain/);
    });
}

const records: readonly Path[] = [
  [],
  ['expect'],
  ['model'],
  ['rules'],
  ['actions', 0],
  ['found'],
  ['kernel'],
];

const strangers = ['colour', '__proto__', 'constructor', 'prototype', 'toString', '', '\u001B[31m'];

export function unknownFields(): Damaged[] {
  return records.flatMap((path) =>
    strangers.map((key) => {
      const text = JSON.stringify(replaced([...path, key], { polluted: true }));
      return damaged(`${dotted(path)} has ${JSON.stringify(key)}`, text, 'KMC-204');
    }),
  );
}

/** Keys of records whose keys are data: names of rules, and of parameters. */
export function strangeKeys(): Damaged[] {
  return [...strangers, 'hasOwnProperty', 'valueOf'].flatMap((key) => [
    damaged(
      `rule ${JSON.stringify(key)}`,
      JSON.stringify(replaced(['rules', 'changes', key], 'x')),
      'rule',
    ),
    damaged(
      `argument ${JSON.stringify(key)}`,
      JSON.stringify(replaced(['actions', 1, 'args', key], 1)),
      /step 2|actions\.1/,
    ),
  ]);
}

const names: readonly (readonly [path: Path, kind: string])[] = [
  [['scenario'], 'scenario'],
  [['rules', 'preset'], 'preset'],
  [['rules', 'mutant'], 'mutant'],
  [['expect', 'property'], 'property'],
  [['machine'], 'machine'],
  [['actions', 2, 'transition'], 'step 3 names transition'],
  [['actions', 2, 'actor'], 'step 3'],
  [['actions', 2, 'args', 'actor'], 'step 3'],
];

/** Names of nothing: of prototypes, of other folders, of great length. */
export function unknownNames(): Damaged[] {
  const words = ['', '__proto__', 'constructor', '../../x', 'x'.repeat(100_000), '\u{1F600}'];
  return names.flatMap(([path, says]) =>
    words.map((word) => {
      const name = `${dotted(path)} is ${JSON.stringify(word.slice(0, 20))}`;
      return damaged(name, JSON.stringify(replaced(path, word)), says);
    }),
  );
}

export function hugeNumbers(): Damaged[] {
  const numbers = ['1e400', '-1e400', '9007199254740993', '1e16', '123456789012345678901234567890'];
  return numbers.flatMap((number) => [
    damaged(`initial ${number}`, whole.replace('"initial": 0', `"initial": ${number}`), /initial/),
    damaged(`step ${number}`, whole.replace('"step": 4', `"step": ${number}`), /step/),
    damaged(
      `argument ${number}`,
      whole.replace('"actor": "a0"', `"actor": ${number}`),
      /step 1|actions\.0/,
    ),
  ]);
}

const nested = (depth: number, open: string, close: string, inner: string): string =>
  `${open.repeat(depth)}${inner}${close.repeat(depth)}`;

export function deepNesting(): Damaged[] {
  return [1000, 100_000].flatMap((depth) => {
    const lists = nested(depth, '[', ']', '1');
    const objects = nested(depth, '{"a":', '}', '1');
    const inside = (field: string, text: string) =>
      whole.replace(new RegExp(`"${field}": .*`), `"${field}": ${text},`);
    return [
      damaged(`${depth} lists`, lists, /KMC-20[34]/),
      damaged(`${depth} objects`, objects, /KMC-20[34]/),
      damaged(`${depth} lists for a title`, inside('title', lists), /title|KMC-203/),
      damaged(`${depth} objects for rules`, inside('rules', objects), /rules|KMC-203/),
      damaged(`${depth} lists that are not closed`, '['.repeat(depth), 'KMC-203'),
    ];
  });
}

export function wrongEncodings(): Damaged[] {
  const accented = whole.replace('two actors enter', 'zwei K\u00F6pfe');
  const utf16 = Buffer.from(`\uFEFF${whole}`, 'utf16le');
  const line = 'line 3';
  return [
    { name: 'UTF-16, little end first', bytes: utf16, says: 'UTF-16' },
    { name: 'UTF-16, big end first', bytes: Buffer.from(utf16).swap16(), says: 'UTF-16' },
    { name: 'UTF-16 without a mark', bytes: utf16.subarray(2), says: 'KMC-203' },
    { name: 'a byte order mark', bytes: Buffer.from(`\uFEFF${whole}`), says: 'byte order mark' },
    { name: 'Latin-1', bytes: Buffer.from(accented, 'latin1'), says: line },
    {
      name: 'half a character',
      bytes: Buffer.from(`${whole}\u00F6`).subarray(0, -1),
      says: 'line',
    },
    { name: 'NUL bytes at the end', bytes: Buffer.from(`${whole}\0\0\0`), says: 'KMC-203' },
    { name: 'NUL bytes alone', bytes: Buffer.alloc(4096), says: 'KMC-203' },
    {
      name: 'a NUL byte in a text',
      bytes: Buffer.from(whole.replace('two', 'two\0')),
      says: 'KMC-203',
    },
    { name: 'compressed data', bytes: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), says: 'line 1' },
  ];
}

/** Characters that would write to the terminal of whoever reads the message. */
export function controlCharacters(): Damaged[] {
  return [['title'], ['notes'], ['says'], ['kernel', 'functions', 0], ['found', 'version']].flatMap(
    (path) =>
      ['\u001B]0;x\u0007', '\u0000', '\u009B31m'].map((text) =>
        damaged(
          `${dotted(path)} has ${JSON.stringify(text)}`,
          JSON.stringify(replaced(path, text)),
          `at ${dotted(path)}:`,
        ),
      ),
  );
}

/** JSON, but of something else. */
export function otherJson(): Damaged[] {
  const texts = ['null', '3', '"text"', '[]', '{}', 'true', '{"schema":null}', '{"schema":[]}'];
  const versions = ['@2', '@1x', '@', '@-1', '@1e9', `@${'9'.repeat(300)}`];
  return [
    ...texts.map((text) => damaged(text, text, 'KMC-204')),
    ...versions.map((version) =>
      damaged(
        `version ${version.slice(0, 9)}`,
        `{"schema":"kvm-mmu-check/counterexample${version}"}`,
        /KMC-20[45]/,
      ),
    ),
    damaged('two documents', whole + whole, 'KMC-203'),
    damaged('a comment', `// x\n${whole}`, 'KMC-203'),
    damaged('a comma too many', whole.replace(/\n\}\n$/, ',\n}\n'), 'KMC-203'),
    damaged('a merge conflict', `<<<<<<< HEAD\n${whole}`, 'KMC-203'),
    damaged(
      '10001 actions',
      JSON.stringify({
        ...badRun(),
        actions: Array.from({ length: 10_001 }, () => badRun().actions[0]),
      }),
      'actions',
    ),
  ];
}

export const allDamage = (): Damaged[] => [
  ...truncations(),
  ...wrongTypes(),
  ...missingFields(),
  ...unknownFields(),
  ...strangeKeys(),
  ...unknownNames(),
  ...hugeNumbers(),
  ...deepNesting(),
  ...wrongEncodings(),
  ...controlCharacters(),
  ...otherJson(),
];
