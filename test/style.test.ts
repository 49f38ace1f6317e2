/** Rules of style that no linter knows, checked as tests. */
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Order: by path. */
function sourcesUnder(...folders: string[]): string[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map((entry) => relative(root, join(entry.parentPath, entry.name))),
    )
    .sort();
}

const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const everywhere = sourcesUnder('model', 'properties', 'src', 'bench', 'test');
const trusted = sourcesUnder('model', 'properties');
const hot = sourcesUnder('model', 'properties', 'src/engine');

/** The lines of `files` that match, as `file:line: text`. */
function linesMatching(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
}

describe('sources', () => {
  it('have no line above 100 columns, imports of one name apart', () => {
    expect(linesMatching(everywhere, /^(?!import \{ \w+ \} from ).{101,}$/)).toEqual([]);
  });

  it('have no file above 300 lines, tests apart', () => {
    const files = everywhere.filter((file) => !file.startsWith('test/'));
    expect(files.filter((file) => textOf(file).split('\n').length > 301)).toEqual([]);
  });

  it('end with a newline and have no carriage return', () => {
    expect(everywhere.filter((file) => !/[^\n]\n$/.test(textOf(file)))).toEqual([]);
    expect(linesMatching(everywhere, /\r/)).toEqual([]);
  });

  it('are named in kebab-case', () => {
    const odd = /(^|\/)(?![a-z0-9-]+(\.[a-z]+)*\.ts$)[^/]*$/;
    expect(everywhere.filter((file) => odd.test(file))).toEqual([]);
  });

  it('hold no pattern match that swallows new cases in model/ and properties/', () => {
    expect(linesMatching(trusted, /\.otherwise\(/)).toEqual([]);
  });

  it('keep ts-pattern out of model/, properties/ and the engines', () => {
    expect(linesMatching(hot, /['"]ts-pattern['"]/)).toEqual([]);
  });

  it('say of every property what, why, from where and when', () => {
    const silent = sourcesUnder('properties')
      .filter((file) => / = (state|step)Property\(\{$/m.test(textOf(file)))
      .filter((file) =>
        ['says', 'why', 'source', 'applies'].some(
          (field) => !new RegExp(`\\b${field}\\b`).test(textOf(file)),
        ),
      );
    expect(silent).toEqual([]);
  });
});
