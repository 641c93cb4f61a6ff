// What the tests share: where the repository and the tools are.
// LANEWISE_TOOLS is the folder with node_modules; ./dev test --all sets it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const deploy = path.join(root, "deploy");
export const toolsFolder = path.resolve(process.env.LANEWISE_TOOLS ?? path.join(root, "build/npm/deploy"));
export const require = createRequire(path.join(toolsFolder, "package.json"));
const yaml = require("yaml");

export const parseAll = (text) =>
  yaml.parseAllDocuments(text).map((document) => {
    if (document.errors.length) throw document.errors[0];
    return document.toJS();
  });
export const readYaml = (file) => parseAll(readFileSync(path.join(root, file), "utf8"))[0];
export const lines = (file) => readFileSync(path.join(root, file), "utf8").split("\n");
