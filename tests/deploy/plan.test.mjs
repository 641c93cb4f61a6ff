// What `lanewise-bench plan --emit` writes, put over our own overlay; and our autoscalers' targets, which a plan gives.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { named, of, render } from "./render.mjs";
import { deploy, require, root } from "./tools.mjs";
import { complaints } from "./types.mjs";

const yaml = require("yaml");
const examples = path.join(root, "bench/examples");
const program = path.join(root, "build/release/bin/lanewise-bench");
const six = readdirSync(examples).filter((name) => name.startsWith("synthetic-")).sort();
const plan = (files, ...flags) => spawnSync(program, ["plan", ...files, "--peak", "600000", ...flags], { cwd: examples, encoding: "utf8" });
const architectures = ["amd64", "arm64"];

let folder;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lanewise-plan-"));
  cpSync(deploy, path.join(folder, "deploy"), { recursive: true });
});
after(() => rmSync(folder, { recursive: true }));

// hybrid with these components of a plan over it.
function over(emitted, components) {
  const overlay = path.join(folder, "deploy/overlays/planned");
  rmSync(overlay, { recursive: true, force: true });
  cpSync(path.join(folder, "deploy/overlays/hybrid"), overlay, { recursive: true });
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: ["../hybrid"],
    components: components.map((name) => path.relative(overlay, path.join(emitted, name))),
  };
  writeFileSync(path.join(overlay, "kustomization.yaml"), yaml.stringify(kustomization));
  return render(overlay);
}

test("the targets of overlays/autoscaled are the plan's, as a share of what a pod asks for and may use", () => {
  const planned = JSON.parse(plan(six, "--format", "json").stdout);
  const objects = render(path.join(deploy, "overlays/autoscaled"));
  assert.equal(planned.pools.length, 2);
  for (const { architecture, scaling } of planned.pools) {
    const [metric] = named(objects, "HorizontalPodAutoscaler", `lanewise-${architecture}`).spec.metrics;
    // The autoscaler does nothing within a tenth of its target.
    assert.equal(metric.resource.target.averageUtilization, Math.floor((100 * scaling.busy) / 1.1), architecture);
    const deployment = named(objects, "Deployment", `lanewise-${architecture}`);
    const [{ resources }] = deployment.spec.template.spec.containers;
    assert.equal(resources.requests.cpu, resources.limits.cpu, architecture);
  }
});

test("of a decided pair every component is written, renders over an overlay, and is valid", () => {
  const emitted = path.join(folder, "decided");
  const made = plan(six, "--emit", emitted, "--pods-per-node", "2");
  assert.equal(made.status, 0, made.stderr);
  assert.deepEqual(readdirSync(emitted).sort(), ["affinity", "autoscaled", "nodepools", "replicas", "route"]);
  const all = readdirSync(emitted).flatMap((name) => over(emitted, [name]));
  assert.deepEqual(complaints(all), []);
  const objects = all.filter(({ metadata }) => metadata.annotations?.["lanewise/claim"]);
  for (const { kind, metadata } of objects) {
    const hashes = six.map((file) => createHash("sha256").update(readFileSync(path.join(examples, file))).digest("hex"));
    assert.deepEqual(metadata.annotations["lanewise/documents-sha256"].split(",").sort(), hashes.sort(), kind);
  }
  assert.deepEqual([...new Set(objects.map(({ kind }) => kind))].sort(), ["Deployment", "HTTPRoute", "HorizontalPodAutoscaler", "NodePool"]);
});

test("what is written says what the plan says", () => {
  const emitted = path.join(folder, "decided");
  const planned = JSON.parse(plan(six, "--format", "json", "--pods-per-node", "2").stdout);
  const autoscaled = over(emitted, ["autoscaled"]);
  const replicas = over(emitted, ["replicas"]);
  for (const { architecture, scaling, replicas: count } of planned.pools) {
    const name = `lanewise-${architecture}`;
    const { spec } = named(autoscaled, "HorizontalPodAutoscaler", name);
    assert.equal(spec.metrics[0].resource.target.averageUtilization, scaling.utilisation_percent);
    assert.deepEqual([spec.minReplicas, spec.maxReplicas], [3, count]);
    const deployment = named(autoscaled, "Deployment", name);
    assert.equal(deployment.spec.replicas, undefined);
    assert.equal(deployment.spec.template.spec.containers[0].resources.requests.cpu, `${scaling.cpu_millicores}m`);
    assert.equal(named(replicas, "Deployment", name).spec.replicas, count);
  }
  const [rule] = named(over(emitted, ["route"]), "HTTPRoute", "lanewise").spec.rules;
  assert.equal(rule.backendRefs.reduce((sum, { weight }) => sum + weight, 0), 100);
  // Six nodes each, and a node of m7g holds 1 % more.
  assert.deepEqual(rule.backendRefs.map(({ name, weight }) => [name, weight]), [["lanewise-arm64", 50], ["lanewise-amd64", 50]]);
  const pools = of(over(emitted, ["nodepools"]), "NodePool");
  const weight = Object.fromEntries(pools.map(({ metadata, spec }) => [metadata.name, spec.weight]));
  assert.deepEqual(weight, { "lanewise-arm64": 100, "lanewise-amd64": 10 });
});

test("of an undecided pair nothing is written, and each reason is said", () => {
  const emitted = path.join(folder, "undecided");
  const made = plan(["synthetic-amd64-1.json", "synthetic-arm64-1.json"], "--emit", emitted);
  assert.equal(made.status, 1);
  assert.match(made.stderr, /not written: autoscaled, lanewise-arm64: m7g.2xlarge rests on one node/);
  assert.match(made.stderr, /not written: replicas and route: /);
  assert.match(made.stderr, /not written: affinity and nodepools: that a pool is cheaper is not decided/);
  assert.match(made.stderr, /nothing is decided, so no file is written/);
  assert.ok(!existsSync(emitted));
});

test("of pools whose costs tie, targets and counts are written, and no preference", () => {
  const emitted = path.join(folder, "tie");
  const made = plan(six, "--price", "m7g.2xlarge=0.4032", "--emit", emitted);
  assert.equal(made.status, 0, made.stderr);
  assert.deepEqual(readdirSync(emitted).sort(), ["autoscaled", "replicas", "route"]);
  for (const architecture of architectures) assert.ok(existsSync(path.join(emitted, `autoscaled/hpa-${architecture}.yaml`)));
});

test("a folder with files in it and a name that Kubernetes refuses are bad usage", () => {
  for (const flags of [["--emit", examples], ["--emit", path.join(folder, "new"), "--name", "Cart_1"]]) {
    const made = plan(six, ...flags);
    assert.equal(made.status, 2, made.stderr);
    assert.match(made.stderr, /must be/);
  }
  assert.ok(!existsSync(path.join(folder, "new")));
});
