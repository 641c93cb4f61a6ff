// deploy/promote canary --guard: a share that live traffic finds no worse is left for the next, one that is worse goes
// back, and what is not decided is watched on. live's verdicts are scripted here, but for the last test: there the real
// one asks a stand-in for a Prometheus that turns bad midway.
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { find } from "./cluster/objects.mjs";
import { after, scene, until } from "./cluster/scene.mjs";
import { root } from "./tools.mjs";

// A lanewise-bench whose verdict is what stands in a file: its exit status and a sentence.
function script(one) {
  const bench = path.join(one.folder, "bench");
  one.say = (status) => writeFileSync(path.join(one.folder, "says"), `${status}`);
  one.asked = () => (existsSync(path.join(one.folder, "asked")) ? readFileSync(path.join(one.folder, "asked"), "utf8").trim().split("\n") : []);
  writeFileSync(bench, `#!/bin/bash\necho "$*" >>${one.folder}/asked\nstatus=$(<${one.folder}/says)\necho "live said $status\${LANEWISE_BENCH+, and was told where it is}"\nexit "$status"\n`);
  chmodSync(bench, 0o755);
  one.say(0);
  one.env = { ...one.env, LANEWISE_BENCH: bench, GUARD_POLL_S: "0.1" };
}
const guarded = (name, start, act) =>
  scene(name, start, {}, async (one) => {
    script(one);
    await act(one);
  });
const watched = (share) => `--guard --prometheus http://127.0.0.1:9 --for ${share ?? "1s"}`;

guarded("a canary that does no worse stays, and its way back is said", "x86-only", async (one) => {
  const { status, stdout, stderr } = await one.promote(`canary 3 ${watched()}`);
  assert.equal(status, 0, stderr);
  assert.equal(one.pools, "7 3 both");
  assert.match(stdout, /live said 0$/m);
  assert.equal(after(stdout, "Back"), "deploy/promote x86-only");
  assert.equal(after(stdout, "All the way"), "deploy/promote arm-only");
  assert.match(one.asked().at(-1), /^live --prometheus http:\/\/127\.0\.0\.1:9 --since \d+s --window 1s --planned 1s --planned-steps 1 /);
  assert.equal(one.holder, "");
});

guarded("steps rise one by one to all of it, each with its way back", "x86-only", async (one) => {
  const { status, stdout, stderr } = await one.promote(`canary 5 ${watched()} --steps 1,5,10`);
  assert.equal(status, 0, stderr);
  assert.equal(one.pools, "0 6 both");
  assert.deepEqual([...stdout.matchAll(/^Back: (.*)$/gm)].map(([, back]) => back), ["deploy/promote x86-only", "deploy/promote canary 1", "deploy/promote canary 5"]);
  assert.ok(one.fewest >= 5);
  assert.ok(one.asked().every((words) => / --planned-steps 2 /.test(words)), "each look shares its error with those of all watched steps");
});

guarded("a last step of all of it has no pool beside it, and waits for no verdict", "x86-only", async (one) => {
  const run = one.begin(`canary 5 ${watched()} --steps 5,10`);
  await until(() => one.pools === "5 5 both" && one.asked().length > 0, "the first step is watched");
  await until(() => one.pools === "0 6 both", "the last step");
  one.say(4); // what live says of one pool alone
  const { status, stdout, stderr } = await run.ended;
  assert.equal(status, 0, stderr);
  assert.match(stdout, /All new connections go to the arm64 pool[^]*^Back: deploy\/promote canary 5$/m);
  assert.equal(one.pools, "0 6 both");
});

guarded("a share under which Arm does worse goes back to where it began, and says why", "x86-only", async (one) => {
  const run = one.begin(`canary 5 ${watched("2s")} --steps 1,5`);
  await until(() => one.pools === "5 5 both", "the second step");
  one.say(3);
  const { status, stdout, stderr } = await run.ended;
  assert.equal(status, 3, stderr);
  assert.match(stdout, /live said 3\nGone back: Arm did worse\.\nAll new connections go to the amd64 pool: 6 ready/);
  assert.equal(one.pools, "6 0 both");
  assert.ok(one.fewest >= 5);
  assert.equal(one.holder, "");
});

for (const [what, code] of [["not decided", 4], ["a Prometheus that gives no answer", 1]]) {
  guarded(`${what} is watched on, and what for is said once`, "x86-only", async (one) => {
    one.say(code);
    const run = one.begin(`canary 3 ${watched()}`);
    await until(() => one.asked().length > 4, "several looks");
    assert.equal(one.pools, "7 3 both");
    assert.equal([...run.text.stderr.matchAll(/Still watching canary 3: live said/g)].length, 1);
    one.say(0);
    const { status, stderr } = await run.ended;
    assert.equal(status, 0, stderr);
  });
}

guarded("Ctrl-C leaves what stands and says the way back", "x86-only", async (one) => {
  one.say(4);
  const run = one.begin(`canary 3 ${watched()}`);
  await until(() => one.asked().length > 1, "a look");
  // bash loses a SIGINT that comes as a command of its ends by itself: then Ctrl-C is pressed again.
  let ended = false;
  run.ended.then(() => (ended = true));
  while (!ended && !/Interrupted/.test(run.text.stderr)) {
    process.kill(-run.child.pid, "SIGINT");
    const asked = one.asked().length;
    await until(() => ended || /Interrupted/.test(run.text.stderr) || one.asked().length > asked + 1, "an end, or another look");
  }
  const { status, stderr } = await run.ended;
  assert.equal(status, 130, stderr);
  assert.equal(one.pools, "7 3 both");
  assert.match(stderr, /What stands: 3 of 10 new connections go to Arm/);
  assert.equal((await one.type(after(stderr, "Undo"))).status, 0);
  assert.equal(one.pools, "6 0 both");
});

guarded("pools that somebody changed meanwhile are not judged", "x86-only", async (one) => {
  one.say(4);
  const run = one.begin(`canary 3 ${watched()}`);
  await until(() => one.asked().length > 1, "a look");
  one.edit("Deployment", "lanewise-arm64", ({ spec }) => (spec.replicas = 8));
  const { status, stderr } = await run.ended;
  assert.equal(status, 1, stderr);
  assert.match(stderr, /Somebody changed the pools meanwhile/);
  assert.equal(find(one.cluster, "Deployment", "lanewise-arm64").spec.replicas, 8);
});

guarded("bad usage changes nothing and says what would be right", "x86-only", async (one) => {
  for (const [words, said] of [
    ["canary 3 --guard", /--guard needs --prometheus URL/],
    [`canary 10 ${watched()}`, /a number from 1 to 9/],
    [`canary 3 ${watched("soon")}`, /--for is a time such as 30m/],
    [`canary 3 ${watched()} --steps 5,1`, /--steps rise from 1 to 10/],
    [`canary 3 ${watched()} --steps 10`, /leaves nothing to watch/],
    [`canary 3 ${watched()} --steps 1,x`, /--steps are numbers/],
    [`canary 3 ${watched()} --often`, /--often needs a value/],
    [`canary 3 ${watched()} --often 3`, /takes no --often/],
  ]) {
    const { status, stderr } = await one.promote(words);
    assert.equal(status, 2, words);
    assert.match(stderr, said, words);
  }
  one.env = { ...one.env, LANEWISE_BENCH: "/nonexistent/bench" };
  assert.match((await one.promote(`canary 3 ${watched()}`)).stderr, /is not installed/);
  assert.equal(one.pools, "6 0 both");
  assert.deepEqual(one.asked(), []);
});

// What a Prometheus would answer whose Arm pool fails one of ten requests from `bad` on.
function prometheus(state) {
  const began = Date.now() / 1000 - 3600;
  const requests = (t) => Math.max(0, Math.floor((t - began) * 500));
  const errors = (pool, t) => (pool === "arm64" && state.bad && t > state.bad ? Math.floor((t - state.bad) * 50) : 0);
  return http.createServer((request, reply) => {
    const parameters = new URL(request.url, "http://x").searchParams;
    const query = parameters.get("query") ?? "";
    const [start, end, every] = ["start", "end", "step"].map((name) => Number(parameters.get(name)));
    const grid = [];
    for (let t = start; t <= end + 1e-6; t += every) grid.push(t);
    const series = (metric, at) => ({ metric, values: grid.map((t) => [t, String(at(t))]) });
    let result = [];
    if (query.includes("lanewise_http_requests_total") && query.includes("last_over_time")) {
      const count = query.includes('code="5xx"') ? errors : (_, t) => requests(t);
      result = ["amd64", "arm64"].map((arch) => series({ arch, job: "lanewise", instance: arch }, (t) => count(arch, t)));
    } else if (query.includes("_bucket")) {
      result = ["amd64", "arm64"].flatMap((arch) => ["0.01", "+Inf"].map((le) => series({ arch, le }, () => 500)));
    }
    reply.setHeader("content-type", "application/json");
    reply.end(JSON.stringify({ status: "success", data: { resultType: "matrix", result } }));
  });
}

const bench = process.env.LANEWISE_BENCH ?? path.join(root, "build/release/bin/lanewise-bench");
if (existsSync(bench)) {
  scene("live itself finds a pool that turns bad midway, and the canary goes back", "x86-only", {}, async (one) => {
    const state = {};
    const server = prometheus(state);
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    try {
      one.env = { ...one.env, LANEWISE_BENCH: bench, GUARD_POLL_S: "0.5" };
      const run = one.begin(`canary 5 --guard --prometheus http://127.0.0.1:${server.address().port} --for 24s --steps 1,5`);
      await until(() => one.pools === "5 5 both", "the second step");
      state.bad = Date.now() / 1000 + 2;
      const { status, stdout, stderr } = await run.ended;
      assert.equal(status, 3, stderr + stdout);
      assert.match(stdout, /arm64 is not worse than amd64[^]*arm64 is worse than amd64: errors differ by [^]*Gone back: Arm did worse/);
      assert.equal(one.pools, "6 0 both");
    } finally {
      server.close();
    }
  });
}
