// The examples for Argo Rollouts and Flagger: the first against the types and the validator of its CRD, of the second what
// Flagger's CRD asks for; and what both run is a command that lanewise-bench takes.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { readYaml, require, root, toolsFolder } from "./tools.mjs";

const template = readYaml("deploy/rollouts/analysis-template.yaml");
const canary = readYaml("deploy/rollouts/flagger-canary.yaml");

test("the AnalysisTemplate is one by its CRD", async () => {
  const module = path.join(toolsFolder, "node_modules/@kubernetes-models/argo-rollouts/argoproj.io/v1alpha1/AnalysisTemplate.js");
  const { AnalysisTemplate } = await import(pathToFileURL(module));
  new AnalysisTemplate(template).validate();
  const broken = structuredClone(template);
  broken.spec.metrics[0].provider.job.spec.backoffLimit = "none";
  assert.throws(() => new AnalysisTemplate(broken).validate());
});

test("the AnalysisTemplate has no field that its type does not know", () => {
  const folder = mkdtempSync(path.join(toolsFolder, "typed-"));
  try {
    const check = (object) => {
      writeFileSync(
        path.join(folder, "object.ts"),
        `import type { IAnalysisTemplate } from "@kubernetes-models/argo-rollouts/argoproj.io/v1alpha1/AnalysisTemplate";\nexport const object: IAnalysisTemplate = ${JSON.stringify(object)};\n`,
      );
      const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext"];
      execFileSync(process.execPath, [require.resolve("typescript/bin/tsc"), ...options, "object.ts"], { cwd: folder, encoding: "utf8" });
    };
    check(template);
    assert.throws(() => check({ ...template, spec: { ...template.spec, metric: [] } }));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the Job of the analysis may do nothing that it needs not, and never runs twice", () => {
  const { spec } = template.spec.metrics[0].provider.job;
  const [container] = spec.template.spec.containers;
  assert.equal(spec.backoffLimit, 0);
  assert.equal(spec.template.spec.restartPolicy, "Never");
  assert.ok(spec.activeDeadlineSeconds > 60 && spec.template.spec.securityContext.runAsNonRoot);
  assert.ok(container.securityContext.readOnlyRootFilesystem && container.resources.limits.memory);
  for (const name of container.args.join(" ").matchAll(/\{\{args\.([a-z]+)\}\}/g)) {
    assert.ok(template.spec.args.some((one) => one.name === name[1]), name[1]);
  }
});

// Flagger's types are in no package: what its CRD requires and restricts, of the fields in use.
test("the Canary has what Flagger's CRD asks for", () => {
  assert.deepEqual([canary.apiVersion, canary.kind], ["flagger.app/v1beta1", "Canary"]);
  const known = {
    spec: ["provider", "targetRef", "ingressRef", "progressDeadlineSeconds", "service", "analysis"],
    analysis: ["interval", "threshold", "stepWeights", "webhooks"],
    webhook: ["name", "type", "url", "timeout", "metadata"],
  };
  assert.deepEqual(Object.keys(canary.spec).filter((name) => !known.spec.includes(name)), []);
  for (const name of ["targetRef", "ingressRef"]) assert.deepEqual(Object.keys(canary.spec[name]).sort(), ["apiVersion", "kind", "name"]);
  assert.equal(canary.spec.targetRef.kind, "Deployment");
  assert.equal(typeof canary.spec.service.port, "number");
  assert.deepEqual(Object.keys(canary.spec.analysis).filter((name) => !known.analysis.includes(name)), []);
  assert.match(canary.spec.analysis.interval, /^[0-9]+(m|s)/);
  for (const webhook of canary.spec.analysis.webhooks) {
    assert.deepEqual(Object.keys(webhook).filter((name) => !known.webhook.includes(name)), []);
    assert.ok(["pre-rollout", "rollout", "confirm-traffic-increase", "post-rollout"].includes(webhook.type));
    assert.match(webhook.timeout, /^[0-9]+(m|s)/);
    new URL(webhook.url);
    for (const value of Object.values(webhook.metadata)) assert.equal(typeof value, "string");
  }
});

const bench = path.join(root, "build/release/bin/lanewise-bench");
test("what they run is a command that lanewise-bench takes", { skip: !existsSync(bench) && "no bench is built" }, () => {
  const values = Object.fromEntries(template.spec.args.map(({ name, value }) => [name, value]));
  const [container] = template.spec.metrics[0].provider.job.spec.template.spec.containers;
  const job = [...container.command.slice(1), ...container.args].map((word) => word.replace(/\{\{args\.([a-z]+)\}\}/g, (_, name) => values[name]));
  const webhook = canary.spec.analysis.webhooks[0].metadata.cmd.split(/\s+/).slice(1);
  for (const words of [job, webhook]) {
    // Nobody listens there: the options were taken, and the question failed.
    const told = spawnSync(bench, words.map((word) => word.replace(/http:\/\/[^ ]+/, "http://127.0.0.1:9")), { encoding: "utf8" });
    assert.equal(told.status, 1, told.stderr);
    assert.match(told.stderr, /connection refused/);
  }
});
