/** Bytes to lines: a file or standard input, plain or gzip, with bounded memory. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Fault, reasonOf } from '../../checker/fault.ts';

/** Longest line that is kept; the rest of a longer one is dropped. */
export const lineLimit_bytes = 65_536;

export interface InputLine {
  readonly number: number;
  readonly text: string;
  /** False: the input ends inside this line. */
  readonly complete: boolean;
}

const isGzip = (chunk: Uint8Array): boolean => chunk[0] === 0x1f && chunk[1] === 0x8b;

const cannotRead = (name: string, error: unknown): Fault =>
  new Fault('KMC-301', `${name}: cannot be read: ${reasonOf(error)}`, [
    'Give the text of a trace, plain or gzip; - is standard input.',
  ]);

const damaged = (name: string, lines: number, error: unknown): Fault =>
  new Fault(
    'KMC-302',
    `${name}: compressed data is damaged after line ${lines}: ${reasonOf(error)}`,
    [
      'Copy the trace again.',
      `What can be unpacked can be checked: zcat ${name} | kvm-mmu-check validate -`,
    ],
  );

/** Puts back what was looked at. */
async function* rejoined(first: Uint8Array, rest: AsyncIterator<Uint8Array>) {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    yield next.value;
  }
}

/** Errors: fault 301. Two bytes tell whether the input is compressed. */
async function unpacked(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ packed: boolean; bytes: AsyncIterable<Uint8Array> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    let first: Uint8Array = new Uint8Array(0);
    while (first.length < 2) {
      const next = await iterator.next();
      if (next.done === true) break;
      first = first.length === 0 ? next.value : Buffer.concat([first, next.value]);
    }
    const all = rejoined(first, iterator);
    if (!isGzip(first)) return { packed: false, bytes: all };
    const gunzip = createGunzip();
    const source = Readable.from(all);
    source.on('error', (error) => gunzip.destroy(error));
    return { packed: true, bytes: source.pipe(gunzip) };
  } catch (error) {
    throw cannotRead(name, error);
  }
}

/** Batches of lines, in order. Errors: faults 301 and 302. */
export async function* linesOf(
  name: string,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly InputLine[]> {
  const { packed, bytes } = await unpacked(name, input);
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  let number = 0;
  try {
    for await (const chunk of bytes) {
      const text = rest + decoder.decode(chunk, { stream: true });
      const batch: InputLine[] = [];
      let from = 0;
      for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
        number += 1;
        const end = Math.min(to, from + lineLimit_bytes);
        batch.push({ number, text: text.slice(from, end), complete: end === to });
        from = to + 1;
      }
      rest = text.slice(from, from + lineLimit_bytes);
      if (batch.length > 0) yield batch;
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw packed ? damaged(name, number, error) : cannotRead(name, error);
  }
  if (rest !== '') yield [{ number: number + 1, text: rest, complete: false }];
}

/** `-` is standard input. */
export const openInput = (path: string): Readable =>
  path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 262_144 });
