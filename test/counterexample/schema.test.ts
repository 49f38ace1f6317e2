import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/counterexample/model-version.ts';
import { jsonSchemaText, schemaName } from '../../src/counterexample/schema.ts';

describe('the published schema', () => {
  it('is generated from the declaration: npm run schema writes it', () => {
    const file = join(packageRoot, 'schema', 'counterexample.schema.json');
    expect(readFileSync(file, 'utf8')).toBe(jsonSchemaText());
  });

  it('names the version that files name', () => {
    expect(jsonSchemaText()).toContain(`"const": "${schemaName}"`);
  });
});
