/** Reading a text file of unknown origin: whole, or not at all, and never without end. */
import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { Fault, reasonOf } from '../checker/fault.ts';

/** No file that this program writes comes near. */
export const fileBytesMax = 2 ** 26;

const blockBytes = 2 ** 16;

const cannotRead = (file: string, why: string, hints: readonly string[] = []): Fault =>
  new Fault('KMC-202', `${file}: cannot be read: ${why}`, hints);

/** Errors: fault 202. */
export function statOf(file: string): Stats {
  try {
    return statSync(file);
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw isAbsent
      ? new Fault('KMC-202', `${file}: there is no such file`)
      : cannotRead(file, reasonOf(error));
  }
}

/** What the shell opened for this process, which may be a pipe: `-`, or `<(command)` of bash. */
const isGiven = (file: string): boolean =>
  /^\/dev\/(stdin|fd\/\d+)$|^\/proc\/self\/fd\//.test(file);

/** A pipe that nobody writes to, or a device that never ends. Errors: fault 202. */
function checkKind(file: string): void {
  const kind = statOf(file);
  if (kind.isFile() || isGiven(file)) return;
  if (kind.isDirectory()) throw cannotRead(file, 'it is a folder');
  throw cannotRead(file, 'it is no regular file', ['Pipe it in: - stands for standard input.']);
}

/** Errors: fault 202, and what the system calls throw. */
function bytesOf(file: string): Buffer {
  const input = openSync(file, 'r');
  try {
    const parts: Buffer[] = [];
    let total = 0;
    for (;;) {
      const block = Buffer.allocUnsafe(blockBytes);
      const read = readSync(input, block);
      if (read === 0) return Buffer.concat(parts);
      total += read;
      if (total > fileBytesMax) {
        throw cannotRead(file, `it has more than ${fileBytesMax / 2 ** 20} megabytes`);
      }
      parts.push(block.subarray(0, read));
    }
  } finally {
    closeSync(input);
  }
}

const lineFeed = 0x0a;

/** No character of UTF-8 has a line feed inside, hence lines can be looked at one by one. */
function firstLineNotUtf8(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; ; line += 1) {
    const end = bytes.indexOf(lineFeed, start);
    const text = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (!isUtf8(text) || end < 0) return line;
    start = end + 1;
  }
}

const encodings: readonly (readonly [name: string, mark: readonly number[]])[] = [
  ['UTF-8 with a byte order mark', [0xef, 0xbb, 0xbf]],
  ['UTF-16', [0xff, 0xfe]],
  ['UTF-16', [0xfe, 0xff]],
];

/** Errors: fault 203 when the bytes are no UTF-8, with the line. */
function decoded(file: string, bytes: Buffer): string {
  const marked = encodings.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte));
  if (marked === undefined && isUtf8(bytes)) return bytes.toString('utf8');
  const where = marked === undefined ? `line ${firstLineNotUtf8(bytes)}` : 'its beginning';
  const what = marked === undefined ? '' : `: this is ${marked[0]}`;
  throw new Fault('KMC-203', `${file}: is not plain UTF-8 at ${where}${what}`, [
    'Turn it into UTF-8 without a byte order mark, for example with iconv.',
  ]);
}

/**
 * The text of a file that the user named.
 *
 * Errors: fault 202 when it cannot be read, is no regular file (what the shell hands over aside)
 * or is far too large; fault 203 when it is not UTF-8.
 */
export function readText(file: string): string {
  checkKind(file);
  let bytes: Buffer;
  try {
    bytes = bytesOf(file);
  } catch (error) {
    throw error instanceof Fault ? error : cannotRead(file, reasonOf(error));
  }
  return decoded(file, bytes);
}
