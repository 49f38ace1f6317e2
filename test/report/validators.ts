/** Judges of formats that are not ours: published schemas, and readers written by others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOMParser, type Element } from '@xmldom/xmldom';
import Ajv from 'ajv-draft-04';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { validateXML } from 'xmllint-wasm';

const schemaText = (name: string) =>
  readFileSync(join(import.meta.dirname, 'schemas', name), 'utf8');

/** Attributes that GitLab and CircleCI read, and the schema of Jenkins does not have. */
const withoutExtensions = (junit: string) =>
  junit
    .replaceAll(/(<testcase [^>]*?) file="[^"]*"/g, '$1')
    .replaceAll(/(<testcase [^>]*?) line="[^"]*"/g, '$1');

/** What the schema of Jenkins and libxml2 object to. */
export async function junitErrors(junit: string): Promise<string[]> {
  const { valid, errors } = await validateXML({
    xml: [{ fileName: 'junit.xml', contents: withoutExtensions(junit) }],
    schema: [schemaText('junit-10.xsd')],
  });
  return valid ? [] : errors.map(({ message }) => message);
}

/** Elements of that name, as a parser sees them. Errors: throws when it is not XML. */
export function elementsIn(xml: string, name: string): Element[] {
  const onError = (level: string, message: string) => {
    throw new Error(`${level}: ${message}`);
  };
  const document = new DOMParser({ onError }).parseFromString(xml, 'text/xml');
  return [...document.getElementsByTagName(name)];
}

const sarifValidator = (() => {
  const ajv = new Ajv.default({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(schemaText('sarif-schema-2.1.0.json')) as object);
})();

/** What the schema of OASIS objects to. */
export const sarifErrors = (sarif: string): string[] =>
  sarifValidator(JSON.parse(sarif))
    ? []
    : (sarifValidator.errors ?? []).map(
        ({ instancePath, message }) => `${instancePath} ${message}`,
      );

const compiled = new Map<string, ReturnType<typeof compile>>();

function compile(schema: string) {
  const ajv = new Ajv2020.default({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(schema) as object);
}

/** What a JSON Schema of draft 2020-12, as text, objects to. */
export function jsonErrors(schema: string, value: unknown): string[] {
  const validate = compiled.get(schema) ?? compile(schema);
  compiled.set(schema, validate);
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
