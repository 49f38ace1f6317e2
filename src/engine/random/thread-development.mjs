/** Starts a thread from sources: modules in TypeScript need their loader in each thread. */
import { register } from 'tsx/esm/api';

register();
await import('./thread.ts');
