export * from './layout.ts';
export * from './machine.ts';
