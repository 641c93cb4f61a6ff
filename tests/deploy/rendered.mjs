// Every object that deploy/ renders, and what the tests ask of one. KUSTOMIZE is the command that renders.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deploy, parseAll, require } from "./tools.mjs";

const yaml = require("yaml");

// `kustomize build` or `kubectl kustomize`, whichever there is.
const [renderer, ...rendererArguments] = (process.env.KUSTOMIZE ?? "kubectl kustomize").split(" ");
export const render = (folder) =>
  parseAll(execFileSync(renderer, [...rendererArguments, folder], { encoding: "utf8", maxBuffer: 1 << 26 }));

const folders = (parent) =>
  readdirSync(path.join(deploy, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

// Each overlay as it stands; each component as the README adds it, to hybrid's list in a copy that is thrown away; each
// Job and target. hpa can't be added so: overlays/autoscaled has it.
function renderAll() {
  const rendered = new Map();
  for (const overlay of folders("overlays")) {
    rendered.set(`overlays/${overlay}`, render(path.join(deploy, "overlays", overlay)));
  }
  for (const kind of ["run", "http", "wrk", "target"]) {
    for (const which of folders(`jobs/${kind}`).filter((name) => name !== "job" && name !== "alone")) {
      rendered.set(`jobs/${kind}/${which}`, render(path.join(deploy, "jobs", kind, which)));
    }
  }
  for (const component of folders("components").filter((name) => name !== "hpa")) {
    rendered.set(`components/${component}`, renderWith([component]));
  }
  return rendered;
}

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
export const rendered = renderAll();

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
