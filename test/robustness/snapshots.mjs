/**
 * Copies the working folder to `SNAPSHOTS` before each change of a file that the program makes, and
 * in the middle of each write: what is there is what a kill at that moment would leave, since the
 * system keeps what was handed to it. Imported before a program.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const folder = String(process.env.SNAPSHOTS);
const { cpSync, openSync, writeFileSync, writeSync } = fs;
let number = 0;
let isCopying = false;

const snapshot = () => {
  if (isCopying) return;
  isCopying = true;
  number += 1;
  cpSync(process.cwd(), join(folder, String(number)), { recursive: true });
  isCopying = false;
};

for (const name of ['mkdirSync', 'rmSync', 'renameSync', 'fsyncSync']) {
  const original = fs[name];
  fs[name] = (...words) => {
    snapshot();
    return original(...words);
  };
}

fs.openSync = (file, flags, ...words) => {
  if (typeof flags === 'string' && flags.startsWith('w')) snapshot();
  return openSync(file, flags, ...words);
};

fs.writeFileSync = (file, text, ...words) => {
  if (isCopying) return writeFileSync(file, text, ...words);
  writeFileSync(file, text.slice(0, text.length / 2), ...words);
  snapshot();
  return writeFileSync(file, text.slice(text.length / 2), { flag: 'a' });
};

fs.writeSync = (output, bytes, start = 0, length = bytes.length - start, ...words) => {
  if (isCopying) return writeSync(output, bytes, start, length, ...words);
  const half = writeSync(output, bytes, start, length >> 1, ...words);
  snapshot();
  return half + writeSync(output, bytes, start + half, length - half, ...words);
};

syncBuiltinESMExports();
