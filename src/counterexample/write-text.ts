/** Writing a text file that the user named: whole, or not at all. */
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Fault, reasonOf } from '../checker/fault.ts';

/** Where nothing can be written, nothing can be removed either. */
function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** `recursive` of mkdir never ends where a folder exists that takes none, as /proc. */
function ensureFolder(folder: string): void {
  if (isFolder(folder)) return;
  if (dirname(folder) !== folder) ensureFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was faster.
    if (!isFolder(folder)) throw error;
  }
}

/** What the shell opened for this process, whatever it is: `>(command)` of bash. */
const isGiven = (file: string): boolean =>
  /^\/dev\/(stdout|stderr|fd\/\d+)$|^\/proc\/self\/fd\//.test(file);

/** A device or a pipe, which takes text and must stay what it is. */
function isChannel(file: string): boolean {
  if (isGiven(file)) return true;
  const there = statSync(file, { throwIfNoEntry: false });
  return there !== undefined && !there.isFile() && !there.isDirectory();
}

/** A pipe that nobody reads would be waited for without end: it cannot be opened this way. */
function writeThrough(file: string, text: string): void {
  const probe = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    const output = openSync(file, constants.O_WRONLY | constants.O_APPEND);
    try {
      writeFileSync(output, text);
    } finally {
      closeSync(output);
    }
  } finally {
    closeSync(probe);
  }
}

/** Writes beside the target, then renames: a reader sees the old file or the new one. */
function writeBeside(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    ensureFolder(dirname(file));
    // What a process with the same number left, and never through a link to somewhere else.
    rmSync(temporary, { force: true });
    writeFileSync(temporary, text, { flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    discard(temporary);
    throw error;
  }
}

export const cannotWrite = (file: string, error: unknown, hints: readonly string[] = []): Fault =>
  new Fault('KMC-601', `${file}: cannot be written: ${reasonOf(error)}`, hints);

/** A file is written in one piece, a device or a pipe as it comes. Errors: fault 601. */
export function writeWhole(file: string, text: string): void {
  try {
    if (isChannel(file)) writeThrough(file, text);
    else writeBeside(file, text);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}
