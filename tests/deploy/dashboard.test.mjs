// The dashboard asks for metrics that the server has: a real scrape is held against its queries.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { freePort } from "../../bench/http_peers/free_port.mjs";
import { deploy, readYaml, root } from "./tools.mjs";

const dashboard = JSON.parse(readFileSync(path.join(deploy, "components/grafana-dashboard/lanewise.json"), "utf8"));
// What the rules record is asked of the server by the rules.
const rules = readYaml("deploy/components/prometheusrule/prometheusrule.yaml").spec.groups.flatMap((group) => group.rules);
const recorded = new Set(rules.map(({ record }) => record));
const recordedIn = (expr) => [...expr.matchAll(/\blanewise:[\w:]+/g)].map(([name]) => name);
const queries = [
  ...dashboard.panels.flatMap((panel) => panel.targets.map(({ expr }) => ({ panel: panel.title, expr }))),
  ...rules.map(({ record, expr }) => ({ panel: record, expr })),
];

test("what a panel or a rule takes from a rule is recorded, and every record is taken or shown", () => {
  const taken = new Set(queries.flatMap(({ expr }) => recordedIn(expr)));
  for (const name of taken) assert.ok(recorded.has(name), name);
  for (const name of recorded) assert.ok(taken.has(name) || name === "lanewise:errors:ratio5m", name);
});

test("every panel has a query, a unit, a place of its own and a sentence that explains it", () => {
  const taken = new Set();
  for (const { title, targets, fieldConfig, gridPos, description } of dashboard.panels) {
    assert.ok(targets.length && fieldConfig.defaults.unit && description.endsWith("."), title);
    const place = `${gridPos.x} ${gridPos.y}`;
    assert.ok(!taken.has(place), `${title} lies on another panel`);
    taken.add(place);
  }
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
});

const promtool = process.env.PROMTOOL ?? path.join(root, "build/deps/prometheus/usr/bin/promtool");
test("promtool finds nothing to say of the rules", { skip: !existsSync(promtool) && "there is no promtool" }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), "lanewise-rules-"));
  try {
    const file = path.join(folder, "rules.json"); // JSON is YAML
    writeFileSync(file, JSON.stringify(readYaml("deploy/components/prometheusrule/prometheusrule.yaml").spec));
    assert.match(execFileSync(promtool, ["check", "rules", file], { encoding: "utf8" }), new RegExp(`SUCCESS: ${rules.length} rules found`));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const server = process.env.LANEWISE_SERVER ?? path.join(root, "build/release/bin/lanewise-server");
const help = existsSync(server) ? execFileSync(server, ["--help"], { encoding: "utf8" }) : "";
const skip = !help ? "no server is built" : !help.includes("--metrics-port") && "this server has no --metrics-port";

test("every metric and label of a query is one that the server exports", { skip }, async () => {
  const port = await freePort(2);
  const child = spawn(server, ["--address", "127.0.0.1", "--port", `${port}`, "--metrics-port", `${port + 1}`, "--settle-ms", "0"], {
    stdio: "ignore",
  });
  after(() => child.kill());
  const get = async (url) => (await fetch(url)).text();
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await get(`http://127.0.0.1:${port}/v1/kernels/dot_f32?n=1000&seed=1`);
      break;
    } catch (failure) {
      if (Date.now() > deadline || child.exitCode !== null) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const series = (await get(`http://127.0.0.1:${port + 1}/metrics`)).split("\n").filter((line) => line && !line.startsWith("#"));
  const labels = new Map();
  for (const line of series) {
    const [, name, inside] = /^([a-z_:]+)(?:\{(.*)\})? /.exec(line);
    const known = labels.get(name) ?? new Set(["arch", "instance", "job"]);
    for (const [, label] of (inside ?? "").matchAll(/(\w+)="/g)) known.add(label);
    labels.set(name, known);
  }
  assert.notEqual(queries.length, 0);
  // OpenCost's series are none of the server's.
  for (const { panel, expr } of queries.filter(({ expr }) => !expr.includes("node_total_hourly_cost"))) {
    if (recordedIn(expr).length && !/\b(?:lanewise|process)_\w+/.test(expr)) continue;
    const names = [...expr.matchAll(/\b(?:lanewise|process)_\w+/g)].map(([name]) => name);
    assert.notEqual(names.length, 0, panel);
    const known = new Set();
    for (const name of names) {
      assert.ok(labels.has(name), `${panel}: the server has no metric ${name}`);
      for (const label of labels.get(name)) known.add(label);
    }
    const asked = [
      ...[...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list]) => list.split(", ")),
      ...[...expr.matchAll(/[{,] ?(\w+)(?:=|!)/g)].map(([, label]) => label),
    ];
    for (const label of asked) assert.ok(known.has(label), `${panel}: no series has the label ${label}`);
  }
});
