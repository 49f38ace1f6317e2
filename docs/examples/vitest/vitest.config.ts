import { defineConfig } from 'vitest/config';

// A search takes seconds on a busy machine.
export default defineConfig({ test: { testTimeout: 60_000 } });
