/**
 * Kills its process at the n-th change of a file, n being `DIE_AT`. Imported before a program.
 * A change dies before it is made; a write dies when half of it is done.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

let left = Number(process.env.DIE_AT);

/** Whether this is the change to die at. */
const isLast = () => --left === 0;

const die = () => process.kill(process.pid, 'SIGKILL');

for (const name of ['mkdirSync', 'rmSync', 'renameSync', 'fsyncSync']) {
  const original = fs[name];
  fs[name] = (...words) => {
    if (isLast()) die();
    return original(...words);
  };
}

const { openSync, writeFileSync, writeSync } = fs;

fs.openSync = (file, flags, ...words) => {
  if (typeof flags === 'string' && flags.startsWith('w') && isLast()) die();
  return openSync(file, flags, ...words);
};

fs.writeFileSync = (file, text, ...words) => {
  if (!isLast()) return writeFileSync(file, text, ...words);
  writeFileSync(file, text.slice(0, text.length / 2), ...words);
  return die();
};

fs.writeSync = (output, bytes, start = 0, length = bytes.length - start, ...words) => {
  if (!isLast()) return writeSync(output, bytes, start, length, ...words);
  writeSync(output, bytes, start, length >> 1, ...words);
  return die();
};

syncBuiltinESMExports();
