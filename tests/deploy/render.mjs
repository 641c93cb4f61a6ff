// What the tests render of deploy/, and what they ask of an object. KUSTOMIZE is the command that renders.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deploy, parseAll, require } from "./tools.mjs";

const yaml = require("yaml");

// `kustomize build` or `kubectl kustomize`, whichever there is.
const [renderer, ...rendererArguments] = (process.env.KUSTOMIZE ?? "kubectl kustomize").split(" ");
export const render = (folder) =>
  parseAll(execFileSync(renderer, [...rendererArguments, folder], { encoding: "utf8", maxBuffer: 1 << 26 }));

// hybrid with these components more, in this order.
export function renderWith(components) {
  const copy = mkdtempSync(path.join(tmpdir(), "lanewise-deploy-"));
  try {
    cpSync(deploy, copy, { recursive: true });
    const hybrid = path.join(copy, "overlays/hybrid/kustomization.yaml");
    const overlay = yaml.parse(readFileSync(hybrid, "utf8"));
    const added = new Set([...overlay.components, ...components.map((name) => `../../components/${name}`)]);
    writeFileSync(hybrid, yaml.stringify({ ...overlay, components: [...added] }));
    return render(path.dirname(hybrid));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

export const of = (objects, kind) => objects.filter((object) => object.kind === kind);
export const named = (objects, kind, name) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

// Every pod template, with the object that it belongs to.
export const pods = (objects) =>
  objects
    .filter((object) => object.spec?.template?.spec)
    .map((owner) => ({ owner, labels: owner.spec.template.metadata.labels, spec: owner.spec.template.spec }));
export const containers = (pod) => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];

// Does a selector (matchLabels, or a Service's plain map) take these labels?
export const matches = (selector, labels) => {
  const wanted = selector.matchLabels ?? selector;
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
};
