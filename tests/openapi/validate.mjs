// Holds a server's /openapi.json against the schema of the OpenAPI specification.
// usage: with-server SERVER node validate.mjs FOLDER   (the folder holds node_modules)
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const module = resolve(process.argv[2], "node_modules/@seriousme/openapi-schema-validator/index.js");
const { Validator } = await import(pathToFileURL(module));

const reply = await fetch(`${process.env.BASE}/openapi.json`);
const validator = new Validator();
const result = await validator.validate(await reply.json());
if (!result.valid) {
    console.error(JSON.stringify(result.errors, null, 2));
    process.exit(1);
}
const operations = Object.values(validator.specification.paths).flatMap(Object.keys).length;
console.log(`OpenAPI ${validator.version}: valid, ${operations} operations`);
