/** Mermaid itself, from its build without dependencies, which is a script for browsers. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

interface Message {
  readonly from?: string;
  readonly to?: string;
  readonly message: unknown;
}

interface Mermaid {
  readonly initialize: (config: { readonly securityLevel: 'loose' }) => void;
  readonly parse: (text: string) => Promise<{ readonly diagramType: string }>;
  readonly mermaidAPI: {
    readonly getDiagramFromText: (text: string) => Promise<{
      readonly db: {
        readonly getMessages: () => readonly Message[];
        readonly getActors: () => ReadonlyMap<string, { readonly description: string }>;
      };
    }>;
  };
}

/**
 * Reads without a browser, hence without what makes markup in texts harmless there.
 * Errors: whatever Mermaid throws for a text that is not a diagram.
 */
export function mermaid(): Mermaid {
  const file = createRequire(import.meta.url).resolve('@mermaid-js/tiny');
  new Script(readFileSync(file, 'utf8'), { filename: file }).runInThisContext();
  const { mermaid: loaded } = globalThis as unknown as { readonly mermaid: Mermaid };
  loaded.initialize({ securityLevel: 'loose' });
  return loaded;
}
