// Every rendered object against the types of its API: unknown fields, missing ones and wrong types by the TypeScript
// compiler, which is strict about an object literal; enumerations and formats by the validators of kubernetes-models.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rendered } from "./rendered.mjs";
import { require } from "./tools.mjs";
import { complaints, typesOf } from "./types.mjs";

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
