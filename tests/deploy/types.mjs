// Objects against the types of their API, by the TypeScript compiler.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { require, toolsFolder } from "./tools.mjs";

// Where an API group's types are; a group that is missing here fails the test, it is never passed over.
const gateway = "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/";
const certManager = "@kubernetes-models/cert-manager/cert-manager.io/v1/";
const karpenter = "@kubernetes-models/karpenter/karpenter.sh/v1/";
const prometheus = "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/";
export const typesOf = ({ apiVersion, kind }) =>
  ({
    v1: ["kubernetes-types/core/v1", kind],
    "apps/v1": ["kubernetes-types/apps/v1", kind],
    "autoscaling/v2": ["kubernetes-types/autoscaling/v2", kind],
    "batch/v1": ["kubernetes-types/batch/v1", kind],
    "networking.k8s.io/v1": ["kubernetes-types/networking/v1", kind],
    "policy/v1": ["kubernetes-types/policy/v1", kind],
    "cert-manager.io/v1": [certManager + kind, `I${kind}`],
    "gateway.networking.k8s.io/v1": [gateway + kind, `I${kind}`],
    "karpenter.sh/v1": [karpenter + kind, `I${kind}`],
    "monitoring.coreos.com/v1": [prometheus + kind, `I${kind}`],
  })[apiVersion] ?? assert.fail(`no types are known for ${apiVersion} ${kind}`);

// The compiler's complaints about these objects, one line each.
export function complaints(objects) {
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
