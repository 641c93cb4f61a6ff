// A document's way from a pod's log to the report: lanewise-job prints it, gather reads it back, cluster-bench makes the
// report. Where no cluster is, kubectl is a stand-in that plays one from a script of what happens to each Job.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { deploy, root } from "./tools.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "lanewise-jobs-"));
after(() => rmSync(folder, { recursive: true }));

const print = (...command) =>
  spawnSync(path.join(root, "docker/lanewise-job"), command, { encoding: "utf8", maxBuffer: 1 << 26 });
function gather(log) {
  const file = path.join(folder, "gathered");
  rmSync(file, { force: true });
  const { status, stderr } = spawnSync(path.join(deploy, "jobs/gather"), [file], { input: log, encoding: "utf8" });
  return { status, stderr, document: existsSync(file) ? readFileSync(file) : undefined };
}

test("a document comes back byte for byte, from among other lines and with carriage returns", () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 256));
  const file = path.join(folder, "document");
  writeFileSync(file, bytes);
  const { stdout, status } = print(file, "true");
  assert.equal(status, 0);
  assert.ok(stdout.split("\n").every((line) => line.length < 200), "container logs cut long lines");
  for (const log of [stdout, `progress 1\n${stdout}`, stdout.replaceAll("\n", "\r\n")]) {
    assert.deepEqual(gather(log).document, bytes);
  }
  assert.equal(gather(print("-", "printf", "out").stdout).document.toString(), "out");
});

test("a document that is missing, cut, changed or doubled is refused, and leaves no file", () => {
  const whole = print("-", "seq", "5000").stdout;
  const rows = whole.trimEnd().split("\n");
  for (const [log, why] of [
    ["", /no document/],
    [rows.slice(1).join("\n"), /no document/],
    [rows.slice(0, 100).join("\n"), /cut short/],
    [[...rows.slice(0, 50), ...rows.slice(60)].join("\n"), /bytes|garbled/],
    [whole.replace(rows[40], rows[41]), /hash/],
    [whole.replace(rows[40], `${rows[40].slice(0, 20)}!${rows[40].slice(21)}`), /garbled|hash|bytes/],
    [rows.slice(0, 30).join("\n") + "\n" + whole, /two documents/],
  ]) {
    const { status, stderr, document } = gather(log);
    assert.equal(status, 1, `${why} is refused`);
    assert.match(stderr, why);
    assert.equal(document, undefined);
  }
});

test("a command that fails prints no document, and its exit code is the Job's", () => {
  const { status, stdout, stderr } = print("-", "sh", "-c", "echo half; exit 7");
  assert.equal(status, 7);
  assert.equal(stdout, "");
  assert.match(stderr, /exit code 7/);
});

// What the stand-in plays: the bench group's nodes, and what happens to a Job by its name.
const twoPools = "node-a amd64 m7i.2xlarge\nnode-b arm64 m7g.2xlarge";
function cluster({ nodes = twoPools, fates = {}, args = [] }) {
  const scene = mkdtempSync(path.join(folder, "scene-"));
  const log = path.join(scene, "log");
  const document = (name) => print("-", "printf", '{"schema":"lanewise.result/1","from":"%s"}', name).stdout;
  const fate = ([pattern, { state = "Complete ", reason = "", cut = false }]) =>
    `    ${pattern}) state="${state}" reason="${reason}" cut=${cut ? 1 : 0} ;;`;
  const kubectl = `#!/bin/bash
echo "$*" >>"${scene}/calls"
arguments=" $* "
job=$(grep -oE 'job[-/a-z]*[ /=](run|http|wrk)-[a-z0-9-]+' <<<"$arguments" | grep -oE '(run|http|wrk)-[a-z0-9-]+' | head -1)
state="Complete " reason="" cut=0
case $job in
${Object.entries(fates).map(fate).join("\n")}
esac
case "$arguments" in
    *" get nodes "*) printf '%s\\n' "${nodes}" | sed '/^$/d' ;;
    *" get job "*) echo "$state" ;;
    *" get pods "*DisruptionTarget*) echo "$reason" ;;
    *" get pods "*'status=="False"'*) echo "$reason" ;;
    *" logs "*) if ((cut)); then head -2 "${log}-$job"; else cat "${log}-$job"; fi ;;
    *" patch "*) name=$(grep -oE '(run|http|wrk)-[a-z0-9-]+' <<<"$arguments" | head -1); cat >/dev/null; echo "$name" ;;
    *" kustomize "*) echo rendered ;;
    *" apply -f - "*)
        name=$(cat)
        "${path.join(root, "docker/lanewise-job")}" - printf '{"schema":"lanewise.result/1","from":"%s"}' "$name" >"${log}-$name" ;;
esac
`;
  const report = `#!/bin/bash
if [[ $2 == --output ]]; then echo "page of $(($# - 3)) documents" >"$3"; else echo "report of $(($# - 1)) documents"; fi
`;
  for (const [name, text] of [["kubectl", kubectl], ["bench", report]]) {
    writeFileSync(path.join(scene, name), text);
    chmodSync(path.join(scene, name), 0o755);
  }
  const out = path.join(scene, "out");
  const result = spawnSync(path.join(deploy, "jobs/cluster-bench"), ["--out", out, ...args], {
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: `${scene}:${process.env.PATH}`,
      LANEWISE_BENCH_PROGRAM: path.join(scene, "bench"),
      LANEWISE_POLL: "0.05",
    },
  });
  const read = (name) => readFileSync(path.join(out, name), "utf8");
  assert.ok(document("x").includes("lanewise-document"));
  return {
    ...result,
    files: readdirSync(out),
    gaps: read("gaps.md").trim().split("\n").filter(Boolean),
    report: read("report.txt"),
    from: (name) => JSON.parse(read(name)).from,
    calls: readFileSync(path.join(scene, "calls"), "utf8").trim().split("\n"),
  };
}

test("cluster-bench gathers a document of each round, node and pool, and makes one report", () => {
  const { status, stderr, files, gaps, report, from, calls } = cluster({ args: ["--rounds", "2"] });
  assert.equal(status, 0, stderr);
  assert.deepEqual(gaps, []);
  const expected = ["run-1-node-a", "run-1-node-b", "run-2-node-a", "run-2-node-b", "http-both"];
  for (const name of expected) assert.ok(files.includes(`${name}.json`), name);
  assert.match(from("run-1-node-a.json"), /^run-1-/);
  assert.notEqual(from("run-1-node-a.json"), from("run-1-node-b.json"));
  assert.match(report, /^report of 5 documents\n/);
  assert.match(report, /wrk against the amd64 pool \(closed loop: not ranked\)/);
  assert.match(report, /wrk against the arm64 pool/);
  assert.doesNotMatch(report, /Gaps/);
  assert.ok(files.includes("report.html"));
  // Each run Job is pinned to its node, and the rounds begin with another node.
  const pinned = calls.filter((call) => /^patch .*run-/.test(call)).map((call) => /node-[ab]/.exec(call)[0]);
  assert.deepEqual(pinned, ["node-b", "node-a", "node-a", "node-b"]);
  assert.ok(calls.some((call) => /^patch .*node-b.*LANEWISE_INSTANCE.*m7g\.2xlarge/.test(call)));
  // Each server is on a node of its own architecture, and says its type.
  const served = calls.filter((call) => /patch deployment target-lanewise-/.test(call));
  assert.deepEqual(
    served.map((call) => /target-lanewise-(\w+) .*(node-[ab]).*LANEWISE_INSTANCE","value":"([\w.]+)"/.exec(call)?.slice(1)),
    [["amd64", "node-a", "m7i.2xlarge"], ["arm64", "node-b", "m7g.2xlarge"]],
  );
  // One Job loads both targets, in as many rounds; they are there before it and gone after it.
  const order = [/^apply -k .*target\/amd64/, /^apply -k .*target\/arm64/, /^patch .*http-both.*--rounds=2/, /^delete -k .*target/];
  const found = order.map((pattern) => calls.findIndex((call) => pattern.test(call)));
  assert.ok(found.every((index, position) => index > (found[position - 1] ?? -1)), `${found}`);
  assert.equal(calls.filter((call) => /^delete -k .*target/.test(call)).length, 2);
});

test("an evicted, a preempted, an unschedulable and a cut Job each leave a gap with a name", () => {
  const { status, files, gaps, report } = cluster({
    args: ["--rounds", "1", "--timeout", "1"],
    fates: {
      "run-1-1": { state: "Failed BackoffLimitExceeded", reason: "EvictionByEvictionAPI: Eviction API: evicting" },
      "http-both": { state: "", reason: "Unschedulable: 0/4 nodes are available" },
      "wrk-amd64": { cut: true },
      "wrk-arm64": { state: "Failed BackoffLimitExceeded", reason: "PreemptionByScheduler: preempting to accommodate a higher priority pod" },
    },
  });
  assert.equal(status, 0);
  assert.deepEqual(gaps, [
    "- run, round 1, arm64 m7g.2xlarge node-b: EvictionByEvictionAPI: Eviction API: evicting",
    "- http, amd64 arm64: not over after 1 s (Unschedulable: 0/4 nodes are available)",
    "- wrk, amd64: the document is cut short",
    "- wrk, arm64: PreemptionByScheduler: preempting to accommodate a higher priority pod",
  ]);
  for (const gap of gaps) assert.ok(report.includes(gap), `the report names: ${gap}`);
  assert.match(report, /^report of 1 documents\n/);
  assert.ok(!files.includes("run-1-node-b.json") && !files.includes("http-both.json") && !files.includes("wrk-amd64.txt"));
});

test("a Job whose pod is gone says itself that the pod was taken away", () => {
  const message = "PodFailurePolicy: Pod lanewise/run-1-1-x has condition DisruptionTarget matching FailJob rule at index 0";
  const { gaps } = cluster({ args: ["--rounds", "1", "--only", "run"], fates: { "run-1-1": { state: `Failed ${message}` } } });
  assert.deepEqual(gaps, [`- run, round 1, arm64 m7g.2xlarge node-b: ${message}`]);
});

test("nothing is started where the report couldn't be made", () => {
  const { status, stderr } = spawnSync(path.join(deploy, "jobs/cluster-bench"), [], {
    encoding: "utf8",
    env: { ...process.env, LANEWISE_BENCH_PROGRAM: path.join(folder, "none") },
  });
  assert.equal(status, 1);
  assert.match(stderr, /First: \.\/dev preset release lanewise-bench/);
});

test("a pool without a node of the bench group is a gap, and no document at all is a failure", () => {
  const half = cluster({ nodes: "node-a amd64 m7i.2xlarge", args: ["--rounds", "1", "--only", "run"] });
  assert.equal(half.status, 0);
  assert.deepEqual(half.gaps, ["- arm64: the bench group has no node of it, so nothing of it was measured alone"]);
  const none = cluster({ nodes: "", args: ["--rounds", "1", "--only", "run"] });
  assert.equal(none.status, 1);
  assert.match(none.report, /No document came back whole/);
});
