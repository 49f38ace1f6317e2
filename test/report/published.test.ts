import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishedSchemas } from '../../src/build/schemas.ts';
import { packageRoot } from '../../src/counterexample/model-version.ts';
import { jsonErrors } from './validators.ts';

const folder = join(packageRoot, 'schema');

describe('the published schemas', () => {
  it('are generated from their declarations: npm run schema writes them', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(publishedSchemas));
    for (const [name, text] of Object.entries(publishedSchemas)) {
      expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
    }
  });

  it.each(Object.keys(publishedSchemas))('%s names its version, and refuses others', (name) => {
    const text = publishedSchemas[name] ?? '';
    const { $id } = JSON.parse(text) as { readonly $id: string };
    expect($id).toMatch(/^kvm-mmu-check\/[a-z-]+@1$/);
    expect(jsonErrors(text, { schema: $id.replace('@1', '@2') })).not.toEqual([]);
  });
});
