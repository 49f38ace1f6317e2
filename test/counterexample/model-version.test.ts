import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  currentModel,
  hashOfSources,
  packageRoot,
} from '../../src/counterexample/model-version.ts';

describe('currentModel', () => {
  it('is the same from sources as from the build', () => {
    const recorded: unknown = JSON.parse(
      readFileSync(join(packageRoot, 'dist', 'model-hash.json'), 'utf8'),
    );
    expect(recorded).toEqual({ hash: currentModel().hash });
  });
});

describe('hashOfSources', () => {
  let root = '';
  const write = (file: string, text: string) => writeFileSync(join(root, file), text);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
    mkdirSync(join(root, 'model'));
    mkdirSync(join(root, 'properties'));
    write('model/a.ts', 'one\n');
    write('properties/b.ts', 'two\n');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('changes with a text, a name, and a file more', () => {
    const hashes = [hashOfSources(root)];
    write('model/a.ts', 'uno\n');
    hashes.push(hashOfSources(root));
    write('model/c.ts', '');
    hashes.push(hashOfSources(root));
    rmSync(join(root, 'model/c.ts'));
    write('properties/c.ts', '');
    hashes.push(hashOfSources(root));
    expect(new Set(hashes).size).toBe(4);
  });

  it('does not change with line ends and with files that are no sources', () => {
    const hash = hashOfSources(root);
    write('model/a.ts', 'one\r\n');
    write('model/notes.md', 'three\n');
    expect(hashOfSources(root)).toBe(hash);
  });
});
