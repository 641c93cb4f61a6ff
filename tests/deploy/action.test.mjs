// The bench in other people's pipelines: the action's and the include's files, and their scripts with what runners hand over.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { readYaml, require, root } from "./tools.mjs";

const scripts = path.join(root, "deploy/ci/bench");
const bench = path.join(root, "build/release/bin/lanewise-bench");
const work = mkdtempSync(path.join(tmpdir(), "lanewise-action-"));
after(() => rmSync(work, { recursive: true }));

const action = readYaml("action.yml");
const gitlab = readYaml("deploy/ci/gitlab/lanewise.yml");

// GitLab's own schema of a pipeline.
const { schema } = await import(path.join(root, "build/deps/gitlab-ci-local/package/src/schema/schema.js"));
const validate = new (require("ajv").default)({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
const examples = [...readFileSync(path.join(root, "deploy/ci/README.md"), "utf8").matchAll(/```yaml\n([^]*?)```/g)].map(([, body]) => body);

function executable(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}

// A checkout with a base commit, a branch of origin of that name, and a head commit.
let count = 0;
function checkout({ base = {}, head = {}, branch = "main" } = {}) {
  const folder = path.join(work, `checkout-${count++}`);
  mkdirSync(folder);
  const git = (...args) => execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], { cwd: folder, encoding: "utf8" }).trim();
  git("init", "-q", "-b", "work");
  const commit = (files) => {
    for (const [name, text] of Object.entries(files)) executable(path.join(folder, name), text);
    git("add", "-A");
    git("commit", "-q", "--allow-empty", "-m", "$(touch injected)");
  };
  commit(base);
  git("update-ref", `refs/remotes/origin/${branch}`, "HEAD");
  commit(head);
  return { folder, git };
}

// Runs a script as a runner does: its variables, its files, the checkout as directory.
function act(script, { folder, env = {}, args = [], program = bench }) {
  const temporary = mkdtempSync(path.join(work, "runner-"));
  const files = Object.fromEntries(["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH"].map((name) => [name, path.join(temporary, name)]));
  const { PATH, HOME } = process.env;
  const { status, stdout, stderr } = spawnSync(path.join(scripts, script), args, {
    cwd: folder,
    encoding: "utf8",
    timeout: 120_000,
    maxBuffer: 64 << 20,
    env: { PATH, HOME, ...files, GITHUB_ACTIONS: "true", RUNNER_TEMP: temporary, RUNNER_OS: "Linux", RUNNER_ARCH: "X64", BENCH_PROGRAM: program, ...env },
  });
  const read = (name) => (existsSync(files[name]) ? readFileSync(files[name], "utf8") : "");
  const outputs = Object.fromEntries(read("GITHUB_OUTPUT").split("\n").filter(Boolean).map((line) => line.split(/=(.*)/s).slice(0, 2)));
  return { status, stdout, stderr, said: stdout + stderr, outputs, summary: read("GITHUB_STEP_SUMMARY"), path: read("GITHUB_PATH"), temporary };
}

// A program that notes its words, one a line, in place of lanewise-bench; compare writes a table and exits as told.
function noting(status = 0) {
  const file = path.join(work, `noting-${count++}`);
  executable(file, `#!/bin/bash
printf '%s\\n' "$@" "--" >>"${file}.notes"
while (($#)); do [[ $1 == --output ]] && echo "a table" >"$2"; shift; done
exit ${status}
`);
  return { program: file, words: () => (existsSync(`${file}.notes`) ? readFileSync(`${file}.notes`, "utf8").split("\n") : []) };
}

// A service that says what a request of it costs, on the port of its variable. It answers 503 for its first requests, as
// one that is not ready, and works itself for so many milliseconds. The file PIDS has it and what it started, one process
// in a group of its own.
const service = (cost, { unready = 0, busy_ms = 0 } = {}) => `#!${process.execPath}
let asked = 0;
const server = require("node:http").createServer((request, reply) => {
  for (const end = performance.now() + ${busy_ms}; performance.now() < end; );
  reply.statusCode = ++asked > ${unready} ? 200 : 503;
  reply.end("${cost} " + process.cwd() + (request.headers.host === "127.0.0.1:" + process.env.PORT ? "" : ": another's port"));
});
const child = require("node:child_process").spawn("bash", ["-c", 'set -m; sleep 600 & printf "$PPID $$ $! " >>"$PIDS"; echo; wait']);
child.stdout.once("data", () => server.listen(Number(process.env.PORT), "127.0.0.1"));
`;
const served = { BENCH_SERVICE: "./serve", BENCH_URL: "http://127.0.0.1:{port}/cart" };

test("the action's steps run scripts alone, and inputs reach them as variables alone", () => {
  assert.equal(action.runs.using, "composite");
  const used = new Set();
  for (const step of action.runs.steps) {
    if (step.run !== undefined) {
      assert.equal(step.shell, "bash");
      assert.doesNotMatch(step.run, /\$\{\{/, "an expression in a shell's line");
      const script = /^"\$GITHUB_ACTION_PATH\/(deploy\/ci\/bench\/\w+)"/.exec(step.run);
      assert.ok(script && existsSync(path.join(root, script[1])), step.run);
      for (const name of Object.keys(step.env ?? {})) assert.match(name, /^BENCH_[A-Z_]+$/);
    }
    for (const [, name] of JSON.stringify(step).matchAll(/inputs\.([a-z0-9-]+)/g)) used.add(name);
  }
  assert.deepEqual([...used].sort(), Object.keys(action.inputs).sort(), "an input that is unknown, or that nothing uses");
  for (const [name, { description }] of Object.entries(action.inputs)) assert.ok(description, name);
  const ids = new Set(action.runs.steps.map(({ id }) => id));
  for (const { value } of Object.values(action.outputs)) assert.ok(ids.has(/steps\.(\w+)\.outputs/.exec(value)[1]));
});

test("what the scripts read of the pipeline is what action and include hand over", () => {
  const read = new Set();
  for (const file of readdirSync(scripts)) {
    for (const [, name] of readFileSync(path.join(scripts, file), "utf8").matchAll(/\b(BENCH_[A-Z_]+)\b/g)) read.add(name);
  }
  const handed = new Set(action.runs.steps.flatMap(({ env }) => Object.keys(env ?? {})));
  for (const name of handed) assert.ok(read.has(name), `${name} is read by no script`);
  const include = readFileSync(path.join(root, "deploy/ci/gitlab/lanewise.yml"), "utf8");
  for (const name of handed) assert.ok(include.includes(name), `the include's comment lacks ${name}`);
});

// A mapping over another, as `extends` does it: lists and words are replaced.
const over = (base, own) => {
  const plain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  if (!plain(base) || !plain(own)) return own;
  return { ...base, ...Object.fromEntries(Object.entries(own).map(([key, value]) => [key, key in base ? over(base[key], value) : value])) };
};
function extended(pipeline, name) {
  const { extends: parent, ...own } = pipeline[name];
  assert.ok(!parent || pipeline[parent], `${name} extends ${parent}, which there is not`);
  return parent ? over(extended(pipeline, parent), own) : own;
}
// What GitLab would refuse, a line each. Its schema takes anything of a job whose name begins with a dot, so those that
// extend another are looked at without it, and with all that they extend.
function refused(pipeline) {
  const jobs = Object.keys(pipeline).filter((name) => pipeline[name]?.extends);
  const whole = Object.fromEntries(Object.entries(pipeline).filter(([name]) => !jobs.includes(name)));
  for (const name of jobs) whole[name.replace(/^\./, "")] = extended(pipeline, name);
  return validate(whole) ? [] : validate.errors.map(({ instancePath, message, params }) => `${instancePath} ${message} ${Object.values(params)}`);
}

test("GitLab's schema takes the include and the pipelines of the documents, whole and extended", () => {
  for (const name of Object.keys(gitlab)) assert.match(name, /^\.lanewise/, "a job of the include that would run by itself");
  assert.deepEqual(refused(gitlab), []);
  const pipelines = examples.filter((body) => /^include:/m.test(body));
  assert.equal(pipelines.length, 1);
  for (const body of pipelines) assert.deepEqual(refused({ ...gitlab, ...require("yaml").parse(body) }), []);
  assert.deepEqual(refused(readYaml(".gitlab-ci.yml")), []);
});

test("GitLab's schema refuses a misspelt key, a word that is none, and YAML's own surprise in a script", () => {
  const edits = {
    artefacts: (job) => (job.artefacts = job.artifacts),
    iff: (job) => (job.rules = [{ iff: job.rules[0].if }]),
    sometimes: (job) => (job.artifacts.when = "sometimes"),
    "a mapping": (job) => job.script.push({ "echo done": "yes" }),
    "a list of numbers": (job) => (job.artifacts.paths = [1]),
  };
  for (const [what, edit] of Object.entries(edits)) {
    const edited = structuredClone(gitlab);
    edit(edited[".lanewise-gate"]);
    assert.match(refused(edited).join("\n"), /^\/lanewise-gate/m, what);
  }
});

test("the include's jobs run scripts that a tarball holds", () => {
  for (const line of Object.values(gitlab).flatMap((job) => job.script ?? [])) {
    const script = /^"\$BENCH_HOME\/share\/lanewise\/ci\/(\w+)"/.exec(line);
    assert.ok(script && existsSync(path.join(scripts, script[1])), line);
  }
});

test("examples of workflows in the documents name inputs and jobs that there are", () => {
  for (const body of examples) {
    for (const [, block] of body.matchAll(/uses: OWNER\/lanewise@\S+\n +with:\n((?: {10}.*\n)+)/g)) {
      for (const [, name] of block.matchAll(/^ {10}([a-z-]+):/gm)) assert.ok(action.inputs[name], name);
    }
    for (const [, name] of body.matchAll(/extends: (\S+)/g)) assert.ok(gitlab[name], name);
  }
});

test("a command is measured into one document of the runner's pool", () => {
  const { folder } = checkout({ head: { "work dir/run me": "#!/bin/sh\nsleep 0.01\n" } });
  const made = act("measure", { folder, env: { BENCH_COMMAND: "'./work dir/run me' --flag 'a b' \"c\"", BENCH_NAME: "ubuntu-24.04-arm", BENCH_FLAGS: "--repetitions 3 --seconds 0.01 --budget 5", BENCH_BUILD: "echo built >built" } });
  assert.equal(made.status, 0, made.said);
  const document = JSON.parse(readFileSync(made.outputs.document, "utf8"));
  assert.equal(document.schema, "lanewise.result/1");
  assert.equal(document.machine.pool, "ubuntu-24.04-arm");
  assert.deepEqual(document.exec.command ?? document.exec.words, ["./work dir/run me", "--flag", "a b", "c"]);
  assert.equal(made.outputs.name, "ubuntu-24.04-arm");
  assert.ok(existsSync(path.join(folder, "built")));
});

test("a service is started on a free port, loaded, and ended with all that it started", () => {
  const server = path.join(root, "build/release/bin/lanewise-server");
  const { folder } = checkout();
  const made = act("measure", {
    folder,
    env: { BENCH_SERVICE: `'${server}' --address 127.0.0.1 --port {port} --settle-ms 0`, BENCH_URL: "http://127.0.0.1:{port}/v1/identity", BENCH_NAME: "x86", BENCH_FLAGS: "--rounds 1 --seconds 0.1 --warmup 0 --connections 4 --p99-ms 1000" },
  });
  assert.equal(made.status, 0, made.said);
  const document = JSON.parse(readFileSync(made.outputs.document, "utf8"));
  assert.equal(document.http[0].name ?? document.http[0].pool, "x86");
  const port = /:(\d+)\//.exec(JSON.stringify(document.http[0]))[1];
  assert.throws(() => execFileSync("bash", ["-c", `exec 3<>/dev/tcp/127.0.0.1/${port}`], { stdio: "ignore" }), "the service still runs");
});

test("a service that ends, never answers or has no url fails with the reason", () => {
  const { folder } = checkout();
  const ended = act("measure", { folder, env: { BENCH_SERVICE: "sh -c 'echo no such database; exit 1'", BENCH_URL: "http://127.0.0.1:{port}/" } });
  assert.equal(ended.status, 1);
  assert.match(ended.stderr, /no such database/);
  assert.match(ended.stdout, /::error title=Lanewise::the service ended before it answered/);
  const silent = act("measure", { folder, env: { BENCH_SERVICE: "sleep 60", BENCH_URL: "http://127.0.0.1:{port}/", BENCH_START_SECONDS: "0" } });
  assert.match(silent.said, /the service did not answer http:\/\/127\.0\.0\.1:\d+\/ in time/);
  assert.match(act("measure", { folder, env: { BENCH_SERVICE: "sleep 60" } }).said, /service needs url/);
  const unready = checkout({ head: { serve: service(1, { unready: 1e9 }) } });
  const refused = act("measure", { folder: unready.folder, env: { ...served, PIDS: path.join(work, "pids"), BENCH_START_SECONDS: "5" } });
  assert.match(refused.said, /::the service answered http:\/\/127\.0\.0\.1:\d+\/cart with 503 alone$/m);
});

test("a Google Benchmark program is run with repetitions, and its document names the pool", () => {
  const program = `#!/bin/bash
for each; do [[ $each == --benchmark_out=* ]] && out=\${each#*=}; done
printf '{"context": {}, "benchmarks": [' >"$out"
for i in 0 1 2; do printf '%s{"name": "encode", "run_name": "encode", "run_type": "iteration", "repetitions": 3, "repetition_index": %s, "iterations": 10, "real_time": 10%s, "cpu_time": 10, "time_unit": "ns"}' "$([ $i = 0 ] || echo ,)" $i $i; done >>"$out"
printf ']}' >>"$out"
`;
  const { folder } = checkout({ head: { benchmarks: program } });
  const made = act("measure", { folder, env: { BENCH_GOOGLE_BENCHMARK: "./benchmarks --benchmark_filter=encode", BENCH_NAME: "arm" } });
  assert.equal(made.status, 0, made.said);
  const document = JSON.parse(readFileSync(made.outputs.document, "utf8"));
  assert.equal(document.imported.cases[0].name, "encode");
  assert.equal(document.machine.pool, "arm");
});

test("more than one thing to measure, an empty command, an open quote and a name with = are named", () => {
  const { folder } = checkout();
  const url = "http://127.0.0.1:{port}/";
  assert.match(act("measure", { folder, env: { BENCH_SERVICE: "./serve", BENCH_URL: url, BENCH_NAME: "x86=old" } }).said, /the name "x86=old" has a =/);
  assert.match(act("measure", { folder, env: { BENCH_COMMAND: "a", BENCH_SERVICE: "b" } }).said, /only one of command/);
  assert.match(act("measure", { folder, env: { BENCH_COMMAND: "'a" } }).said, /a quote does not end in: 'a/);
  assert.match(act("measure", { folder, env: { BENCH_COMMAND: "  " } }).said, /a command is empty/);
  assert.match(act("measure", { folder, env: { BENCH_COMMAND: "a", BENCH_NAME: "///" } }).outputs.name ?? "---", /^-+$/);
});

const slow = "#!/bin/sh\nsleep 0.2\n";
const quick = "#!/bin/sh\nsleep 0.01\n";
const gated = { BENCH_COMMAND: "./run", BENCH_ROUNDS: "6", BENCH_FLAGS: "--seconds 0.05", GITHUB_BASE_REF: "main" };

test("the gate builds merge base and commit, runs them in turn, and fails on a regression beyond doubt", () => {
  const { folder, git } = checkout({ base: { source: quick }, head: { source: slow } });
  const made = act("gate", { folder, env: { ...gated, BENCH_BUILD: "cp source run" } });
  assert.equal(made.status, 3, made.said);
  assert.equal(made.outputs.regressed, "true");
  assert.match(made.summary, /^## [0-9a-f]{12} against [0-9a-f]{12}\n\n1 of 1 case got slower by more than 5/);
  assert.match(made.summary, /\*\*slower\*\*/);
  assert.equal(git("worktree", "list").split("\n").length, 1, "the base's worktree is gone");
  assert.equal(git("status", "--porcelain"), "?? run");
});

test("the gate passes what got faster", () => {
  const { folder } = checkout({ base: { run: slow }, head: { run: quick } });
  const made = act("gate", { folder, env: gated });
  assert.equal(made.status, 0, made.said);
  assert.equal(made.outputs.regressed, "false");
  assert.match(made.summary, /No case of 1 got slower/);
});

test("the gate takes the base from what the pipeline says: GitHub, GitLab, an input, the first parent", () => {
  const { folder, git } = checkout({ base: { run: quick } });
  const base = git("rev-parse", "HEAD^");
  for (const env of [{ GITHUB_BASE_REF: "main" }, { CI_MERGE_REQUEST_DIFF_BASE_SHA: base }, { BENCH_BASE: base }, { BENCH_BASE: "main" }, {}]) {
    const { program, words } = noting();
    const made = act("gate", { folder, program, env: { BENCH_COMMAND: "./run 'a b'", ...env } });
    assert.equal(made.status, 0, made.said);
    assert.match(made.summary, new RegExp(`against ${base.slice(0, 12)}\n\na table`));
    const said = words();
    assert.deepEqual(said.slice(said.indexOf("--"), said.indexOf("--") + 3), ["--", "./run", "a b"]);
  }
  const itself = act("gate", { folder, env: { BENCH_COMMAND: "./run", BENCH_BASE: "HEAD" } });
  assert.equal(itself.status, 0);
  assert.match(itself.summary, /No gate: this commit is its base itself/);
});

test("a shallow checkout, a base without the folder and a build that fails are told, and nothing is left", () => {
  const { folder, git } = checkout({ base: { run: quick }, head: { "part/run": quick } });
  assert.match(act("gate", { folder, env: { ...gated, GITHUB_BASE_REF: "other" } }).said, /the base "other" is not in this checkout[^]*fetch-depth: 0/);
  assert.match(act("gate", { folder: path.join(folder, "part"), env: gated }).said, /the base has no folder part/);
  const failed = act("gate", { folder, env: { ...gated, BENCH_BUILD: "echo oh no; false" } });
  assert.equal(failed.status, 1);
  assert.match(failed.said, /oh no[^]*build failed in/);
  assert.equal(git("worktree", "list").split("\n").length, 1);
});

// In place of lanewise-bench: it asks both services what a request costs, and the dearer second one is a regression.
function judging() {
  const file = path.join(work, `judging-${count++}`);
  executable(file, `#!/bin/bash
while (($# > 2)); do [[ $1 == --output ]] && out=$2; shift; done
base=$(curl -fsS "$1") && head=$(curl -fsS "$2") || exit 1
if [[ $head == unknown* ]]; then echo "lanewise-bench: nothing to compare" >&2; exit 1; fi
echo "base $base, head $head" >"$out"
((\${head%% *} <= \${base%% *})) || exit 3
`);
  return file;
}

// One that has ended may stay in the list until somebody waits for it.
const runs = (pid) => existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));

// Runs the gate over two services, and sees to it that whatever they started is gone.
function gateOfServices(base, head, { program = judging(), env = {} } = {}) {
  const { folder, git } = checkout({ base: { serve: base }, head: { serve: head } });
  const pids = path.join(work, `pids-${count++}`);
  const made = act("gate", { folder, program, env: { ...served, PIDS: pids, ...env } });
  const started = existsSync(pids) ? readFileSync(pids, "utf8").trim().split(" ").map(Number) : [];
  assert.deepEqual(started.filter(runs), [], "processes that still run");
  assert.equal(git("worktree", "list").split("\n").length, 1, "the base's worktree is gone");
  return { ...made, folder, started };
}

test("the gate serves the base and this commit at once, each in its folder and on its port, and fails where the second costs more", () => {
  const made = gateOfServices(service(10), service(30));
  assert.equal(made.status, 3, made.said);
  assert.equal(made.outputs.regressed, "true");
  assert.equal(made.started.length, 6, "two services and two processes of each");
  assert.match(made.summary, new RegExp(`^## [0-9a-f]{12} against [0-9a-f]{12}\n\nbase 10 ${made.temporary}/lanewise/base, head 30 ${made.folder}\n$`));
});

test("the gate passes a service that costs what it did, also one that is unready at first", () => {
  const made = gateOfServices(service(10), service(10, { unready: 3 }));
  assert.equal(made.status, 0, made.said);
  assert.equal(made.outputs.regressed, "false");
  assert.match(made.summary, /base 10 .*, head 10 /);
});

test("where nothing could be compared the gate says so with exit 1, and calls it neither slower nor not", () => {
  const made = gateOfServices(service(10), service("unknown"));
  assert.equal(made.status, 1, made.said);
  assert.match(made.stderr, /nothing to compare/);
  assert.match(made.stdout, /^::error title=Lanewise::nothing was compared: lanewise-bench compare ended with 1, /m);
  assert.equal(made.outputs.regressed, undefined);
  assert.equal(made.summary, "");
});

test("the gate names the service that never comes up, and measures nothing", () => {
  const good = service(10);
  const dead = "#!/bin/sh\necho no such database\nexit 1\n";
  const silent = "#!/bin/sh\nexec sleep 60\n";
  for (const [base, head, sentence, log] of [
    [dead, good, /::the base's service ended before it answered$/m, /no such database/],
    [good, dead, /::this commit's service ended before it answered$/m, /no such database/],
    [silent, good, /::the base's service did not answer http:\/\/127\.0\.0\.1:\d+\/cart in time$/m],
  ]) {
    const { program, words } = noting();
    const made = gateOfServices(base, head, { program, env: base === silent ? { BENCH_START_SECONDS: "0" } : {} });
    assert.equal(made.status, 1, made.said);
    assert.match(made.stdout, sentence);
    if (log) assert.match(made.stderr, log);
    assert.deepEqual(words(), []);
    assert.equal(made.outputs.regressed, undefined);
  }
});

test("the gate refuses a URL that both services would have, before it builds or starts anything", () => {
  for (const url of ["http://127.0.0.1:8080/", ""]) {
    const { program, words } = noting();
    const made = gateOfServices(service(10), service(10), { program, env: { BENCH_URL: url, BENCH_BUILD: "touch built" } });
    assert.equal(made.status, 1, made.said);
    assert.match(made.said, /a port each: put \{port\} into url/);
    assert.deepEqual([words(), made.started], [[], []]);
    assert.ok(!existsSync(path.join(made.folder, "built")));
  }
});

test("the gate hands its flags to compare, word by word", () => {
  const { program, words } = noting();
  const made = gateOfServices(service(10), service(10), { program, env: { BENCH_FLAGS: "--p99-ms 50 'a b'", BENCH_BOUND: "0.1", BENCH_ROUNDS: "9" } });
  assert.equal(made.status, 0, made.said);
  const said = words();
  assert.deepEqual(said.slice(3, -4), ["--bound", "0.1", "--rounds", "9", "--p99-ms", "50", "a b"]);
  assert.match(said.at(-4), /^http:\/\/127\.0\.0\.1:\d+\/cart$/);
});

test("branches, names and titles of shell's words reach no shell", () => {
  const hostile = "$(touch injected);`touch injected`&touch injected|'\"";
  const branch = "a;touch${IFS}injected;$(touch${IFS}injected)";
  const { folder } = checkout({ base: { run: quick }, branch });
  for (const env of [{ GITHUB_BASE_REF: branch, GITHUB_HEAD_REF: branch, BENCH_NAME: hostile }, { BENCH_BASE: hostile }, { BENCH_BASE: "--output=injected" }, { BENCH_BASE: "main\n::set-output name=x::y" }]) {
    const { program } = noting();
    const made = act("gate", { folder, program, env: { BENCH_COMMAND: "./run", ...env } });
    if (env.GITHUB_BASE_REF) assert.equal(made.status, 0, made.said);
    else assert.notEqual(made.status, 0);
    assert.doesNotMatch(made.said, /^::set-output/m, "a line of the runner's own commands");
    for (const where of [folder, made.temporary]) assert.ok(!existsSync(path.join(where, "injected")), JSON.stringify(env));
  }
  const { program, words } = noting();
  const made = act("measure", { folder, program, env: { BENCH_COMMAND: "./run \\$(touch injected) '`touch injected`'", BENCH_NAME: `../../${hostile}\n`, BENCH_INSTANCE: hostile } });
  assert.equal(made.status, 0, made.said);
  assert.ok(words().includes("`touch injected`"));
  assert.match(made.outputs.name, /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
  assert.ok(!existsSync(path.join(folder, "injected")));
});

test("join makes one report of every runner's document, with prices of minutes and of hours", () => {
  const joined = path.join(work, "joined");
  const examples = path.join(root, "bench/examples");
  for (const file of readdirSync(examples).filter((name) => name.endsWith(".json"))) {
    mkdirSync(path.join(joined, `lanewise-${file}`), { recursive: true });
    cpSync(path.join(examples, file), path.join(joined, `lanewise-${file}`, file));
  }
  const made = act("join", { folder: work, args: [joined], env: { BENCH_PRICES: "# of 2026\nm7i.2xlarge=0.007/min\n\n  m7g.2xlarge=0.3264\n" } });
  assert.equal(made.status, 0, made.said);
  assert.match(made.summary, /m7g\.2xlarge/);
  assert.match(made.summary, /0\.42/, "0.007 dollars a minute are 0.42 an hour");
  assert.ok(existsSync(made.outputs.report));
  assert.ok(existsSync(path.join(made.temporary, "lanewise/report.html")));
  assert.match(act("join", { folder: work, args: [joined], env: { BENCH_PRICES: "m7i=cheap" } }).said, /the price "m7i=cheap" is not NAME=0\.096/);
  assert.match(act("join", { folder: work, args: [joined], env: { BENCH_PRICES: "nobody=1" } }).said, /no document names an instance or a pool "nobody"/);
  const empty = path.join(work, "empty");
  mkdirSync(empty);
  assert.match(act("join", { folder: work, args: [empty] }).said, /there is no document in/);
});

test("a summary beyond what GitHub takes is cut at a line, and says so", () => {
  const { program } = noting();
  writeFileSync(program, readFileSync(program, "utf8").replace('echo "a table"', "seq 1 300000"));
  const { folder } = checkout({ base: { run: quick } });
  const { summary } = act("gate", { folder, program, env: { BENCH_COMMAND: "./run" } });
  assert.ok(summary.length < 1_048_576);
  assert.match(summary, /^\d+\n\n\(The rest is in the artifact\.\)\n$/m);
});

// The action as a runner lays it out: _actions/OWNER/REPOSITORY/REF.
test("a release of the action installs that release's tarball, whose hash is checked", () => {
  const version = /project\(lanewise VERSION ([\d.]+)/.exec(readFileSync(path.join(root, "CMakeLists.txt"), "utf8"))[1];
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const name = `lanewise-${version}-linux-${architecture}`;
  const tree = path.join(work, "tree", name);
  executable(path.join(tree, "bin/lanewise-bench"), "#!/bin/sh\necho lanewise-bench of the tarball\n");
  const releases = path.join(work, `server/some-owner/the.repo/releases/download/v${version}`);
  mkdirSync(releases, { recursive: true });
  execFileSync("tar", ["-C", path.join(work, "tree"), "-czf", path.join(releases, `${name}.tar.gz`), name]);
  const sum = createHash("sha256").update(readFileSync(path.join(releases, `${name}.tar.gz`))).digest("hex");
  const place = (ref) => {
    const folder = path.join(work, `_actions/some-owner/the.repo/${ref}`);
    mkdirSync(path.join(folder, "deploy/ci"), { recursive: true });
    cpSync(scripts, path.join(folder, "deploy/ci/bench"), { recursive: true });
    cpSync(path.join(root, "CMakeLists.txt"), path.join(folder, "CMakeLists.txt"));
    cpSync(path.join(root, "packages/version"), path.join(folder, "packages/version"));
    executable(path.join(folder, "dev"), `#!/bin/sh\nmkdir -p build/release/bin\nprintf '#!/bin/sh\\necho built by %s\\n' "$*" >build/release/bin/lanewise-bench\nchmod +x build/release/bin/lanewise-bench\n`);
    return folder;
  };
  const install = (folder) => {
    const temporary = mkdtempSync(path.join(work, "runner-"));
    const githubPath = path.join(temporary, "path");
    const { status, stdout, stderr } = spawnSync(path.join(folder, "deploy/ci/bench/install"), [], {
      cwd: work, encoding: "utf8", env: { PATH: process.env.PATH, HOME: process.env.HOME, RUNNER_TEMP: temporary, GITHUB_PATH: githubPath, GITHUB_SERVER_URL: `file://${work}/server`, GITHUB_ACTION_REPOSITORY: "some/other" },
    });
    return { status, said: stdout + stderr, path: existsSync(githubPath) ? readFileSync(githubPath, "utf8") : "", temporary };
  };
  writeFileSync(path.join(releases, "SHA256SUMS"), `${sum}  ${name}.tar.gz\n`);
  const good = install(place(`v${version}`));
  assert.equal(good.status, 0, good.said);
  assert.match(good.said, /lanewise-bench of the tarball/);
  assert.equal(good.path, `${good.temporary}/lanewise/bin\n`);

  const source = install(place("main"));
  assert.match(source.said, /built by preset release lanewise-bench/);

  for (const sums of [`${"0".repeat(64)}  ${name}.tar.gz\n`, `${sum}  another.tar.gz\n`, ""]) {
    writeFileSync(path.join(releases, "SHA256SUMS"), sums);
    const bad = install(place(`v${version}`));
    assert.notEqual(bad.status, 0, sums);
    assert.doesNotMatch(bad.said, /of the tarball/);
    assert.equal(bad.path, "");
  }
});
