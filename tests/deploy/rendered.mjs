// Every object that deploy/ renders, by where it comes from. It takes seconds: a test of one overlay renders that one.
import { readdirSync } from "node:fs";
import path from "node:path";
import { render, renderWith } from "./render.mjs";
import { deploy } from "./tools.mjs";

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
export const rendered = renderAll();
