/** Memory of the search: words, in memory that threads may share or not. */
export type Words = Int32Array<ArrayBuffer | SharedArrayBuffer>;
