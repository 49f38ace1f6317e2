/**
 * Which model a counterexample was found in: the package version, and a content hash over the
 * sources of `model/` and `properties/`.
 *
 * A build records the hash of the sources it was made from; code run from sources computes it.
 * Both are the same number for the same sources.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

export interface ModelVersion {
  readonly version: string;
  readonly hash: string;
}

const here = import.meta.dirname;

function findPackageRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no package.json above ${here}`);
  return findPackageRoot(parent);
}

/** The folder of `package.json`, from sources and from a build alike. */
export const packageRoot: string = findPackageRoot(here);

/** Order: by path, in code units, whatever the file system and the locale. */
function sourceFiles(root: string): string[] {
  return ['model', 'properties']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/')),
    )
    .sort();
}

/** Sixteen hexadecimal digits over names and contents; line ends do not count. */
export function hashOfSources(root: string): string {
  const hash = createHash('sha256');
  for (const file of sourceFiles(root)) {
    const text = readFileSync(join(root, file), 'utf8').replaceAll('\r\n', '\n');
    hash.update(`${file}\0${text.length}\0${text}\0`);
  }
  return hash.digest('hex').slice(0, 16);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function textField(value: unknown, field: string): string {
  const found: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
  if (typeof found !== 'string') throw new Error(`no text field "${field}"`);
  return found;
}

/** True when this code runs from a build rather than from sources. */
const runsFromBuild = relative(packageRoot, here).split(sep)[0] === 'dist';

/** The model that this process runs. */
export function currentModel(): ModelVersion {
  const version = textField(readJson(join(packageRoot, 'package.json')), 'version');
  const hash = runsFromBuild
    ? textField(readJson(join(packageRoot, 'dist', 'model-hash.json')), 'hash')
    : hashOfSources(packageRoot);
  return { version, hash };
}
