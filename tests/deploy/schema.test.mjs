// Every rendered object against the types of its API: unknown fields, missing ones and wrong types by the TypeScript
// compiler, which is strict about an object literal; enumerations and formats by the validators of kubernetes-models.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { rendered } from "./rendered.mjs";
import { require, toolsFolder } from "./tools.mjs";

// Where an API group's types are; a group that is missing here fails the test, it is never passed over.
const gateway = "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/";
const certManager = "@kubernetes-models/cert-manager/cert-manager.io/v1/";
const prometheus = "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/";
const typesOf = ({ apiVersion, kind }) =>
  ({
    v1: ["kubernetes-types/core/v1", kind],
    "apps/v1": ["kubernetes-types/apps/v1", kind],
    "autoscaling/v2": ["kubernetes-types/autoscaling/v2", kind],
    "batch/v1": ["kubernetes-types/batch/v1", kind],
    "networking.k8s.io/v1": ["kubernetes-types/networking/v1", kind],
    "policy/v1": ["kubernetes-types/policy/v1", kind],
    "cert-manager.io/v1": [certManager + kind, `I${kind}`],
    "gateway.networking.k8s.io/v1": [gateway + kind, `I${kind}`],
    "monitoring.coreos.com/v1": [prometheus + kind, `I${kind}`],
  })[apiVersion] ?? assert.fail(`no types are known for ${apiVersion} ${kind}`);

// The compiler's complaints about these objects, one line each.
function complaints(objects) {
  const folder = mkdtempSync(path.join(toolsFolder, "typed-"));
  try {
    const source = objects.map((object, index) => {
      const [module, type] = typesOf(object);
      return `import type { ${type} as T${index} } from "${module}";\nexport const o${index}: T${index} = ${JSON.stringify(object)};\n`;
    });
    writeFileSync(path.join(folder, "objects.ts"), source.join(""));
    const compiler = require.resolve("typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext"];
    execFileSync(process.execPath, [compiler, ...options, "objects.ts"], { cwd: folder, encoding: "utf8" });
    return [];
  } catch (failure) {
    if (typeof failure.stdout !== "string") throw failure;
    return failure.stdout.trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("every rendered object has the fields of its type, and no other", (context) => {
  const objects = [...rendered.values()].flat();
  context.diagnostic(`${objects.length} objects from ${rendered.size} renders`);
  assert.deepEqual(complaints(objects), []);
});

test("every built-in object passes its API's own validation", () => {
  for (const [name, objects] of rendered) {
    for (const object of objects) {
      const [module] = typesOf(object);
      if (!module.startsWith("kubernetes-types/")) continue;
      const model = require(`kubernetes-models/${object.apiVersion}`)[object.kind];
      assert.ok(model, `kubernetes-models has no ${object.apiVersion} ${object.kind}`);
      assert.doesNotThrow(() => new model(object).validate(), `${name}: ${object.kind} ${object.metadata.name}`);
    }
  }
});

test("the checks see a misspelt field, a wrong type and an unknown enumerator", () => {
  const deployment = structuredClone([...rendered.values()].flat().find((object) => object.kind === "Deployment"));
  const container = deployment.spec.template.spec.containers[0];
  container.imagePullPolcy = "Always";
  assert.match(complaints([deployment]).join("\n"), /imagePullPolcy/);
  delete container.imagePullPolcy;
  deployment.spec.replicas = "3";
  assert.match(complaints([deployment]).join("\n"), /'string' is not assignable to type 'number'/);
  deployment.spec.replicas = 3;
  container.ports[0].protocol = "TPC";
  const { Deployment } = require("kubernetes-models/apps/v1");
  assert.throws(() => new Deployment(deployment).validate());
});
