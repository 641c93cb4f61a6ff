// The scripts of deploy/ and docker/ against stand-ins for the clouds' tools: what they would run, and what they refuse.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { deploy, readYaml, root } from "./tools.mjs";

// Runs a script with stand-ins on its PATH. Each notes its arguments and answers by the first rule that fits them.
function act(script, { rules = {}, input = "", env = {}, args = [] }) {
  const folder = mkdtempSync(path.join(tmpdir(), "lanewise-scripts-"));
  try {
    const notes = path.join(folder, "notes");
    for (const [tool, answers] of Object.entries(rules)) {
      const cases = answers.map(([pattern, answer]) => `*"${pattern}"*) printf '%s\\n' '${answer}' ;;`).join("\n");
      const program = `#!/bin/sh\necho "${tool} $*" >>"${notes}"\ncase "$*" in\n${cases}\nesac\n`;
      writeFileSync(path.join(folder, tool), program);
      chmodSync(path.join(folder, tool), 0o755);
    }
    const result = spawnSync(path.join(deploy, script), args, {
      encoding: "utf8",
      input,
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, CLUSTER: "lanewise", TODAY: "2026-11-29", ...env },
    });
    const calls = existsSync(notes) ? readFileSync(notes, "utf8").trim().split("\n") : [];
    return { ...result, calls };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const oci = Object.fromEntries(
  "COMPARTMENT VCN API_SUBNET LB_SUBNET NODE_SUBNET DOMAIN VERSION IMAGE_AMD64 IMAGE_ARM64"
    .split(" ")
    .map((name) => [name, `the-${name.toLowerCase()}`]),
);
const clouds = {
  eks: { tools: { eksctl: [], aws: [], kubectl: [] }, env: {}, makes: /^eksctl create cluster -f .*cluster\.yaml$/ },
  gke: { tools: { gcloud: [], kubectl: [] }, env: {}, makes: /^gcloud container clusters create lanewise .*created-by=lanewise/ },
  aks: { tools: { az: [], kubectl: [] }, env: {}, makes: /^az group create --name lanewise .*created-by=lanewise/ },
  oke: { tools: { oci: [["ce cluster list", "ocid1.cluster"]], kubectl: [] }, env: oci, makes: /^oci ce cluster create .*created-by/ },
};

for (const [cloud, { tools, env, makes }] of Object.entries(clouds)) {
  test(`clusters/${cloud}/up shows the plan and its price, and does nothing without the name`, () => {
    for (const input of ["", "\n", "yes\n", "lanewise2\n"]) {
      const { status, stdout, calls } = act(`clusters/${cloud}/up`, { rules: tools, env, input });
      assert.notEqual(status, 0);
      assert.deepEqual(calls, []);
      assert.match(stdout, /This makes the cluster lanewise:\n {2}\S+/);
      assert.match(stdout, /together [1-9]?\d\.\d\d an hour, \d+ a month of 730 hours\n/);
    }
  });

  test(`clusters/${cloud}/up makes both pools after the name`, () => {
    const { status, stderr, calls } = act(`clusters/${cloud}/up`, { rules: tools, env, input: "lanewise\n" });
    assert.equal(status, 0, stderr);
    assert.match(calls[0], makes);
    if (cloud === "eks") return;
    assert.ok(calls.some((call) => /arm64/.test(call) && /create|add/.test(call)), calls.join("\n"));
    assert.ok(!calls.some((call) => /bench/.test(call)));
    const withBench = act(`clusters/${cloud}/up`, { rules: tools, env, input: "lanewise\n", args: ["--bench"] }).calls;
    for (const pool of [/bench-?amd64/, /bench-?arm64/, /name load|create load/]) {
      assert.ok(withBench.some((call) => pool.test(call)), `${pool} in ${withBench.join("\n")}`);
    }
    assert.ok(withBench.some((call) => /lanewise\/role=bench:NoSchedule/.test(call)));
  });
}

const eksFiles = ["cluster", "generation-7", "seed"].map((name) => `deploy/clusters/eks/${name}.yaml`);
const support = readFileSync(path.join(deploy, "clusters/support.csv"), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","));
const endOf = (service, version) => support.find((row) => row[0] === service && row[1] === version)?.[2];

test("an EKS file names a version, stays out of extended support, and says until when it may", () => {
  for (const file of eksFiles) {
    const { metadata, upgradePolicy } = readYaml(file);
    assert.equal(upgradePolicy.supportType, "STANDARD", file);
    assert.match(metadata.version, /^1\.\d+$/, file);
    const end = endOf("eks", metadata.version);
    assert.ok(end, `${file}: support.csv has no ${metadata.version}`);
    assert.ok(readFileSync(path.join(root, file), "utf8").includes(`# Kubernetes ${metadata.version} leaves EKS's standard support on ${end} `), file);
  }
});

test("each end of support has a source and the day it was read", () => {
  assert.ok(support.length >= 2);
  for (const [service, version, end, source, seen, ...more] of support) {
    assert.deepEqual([/^\w+$/, /^1\.\d+$/, /^20\d\d-\d\d-\d\d$/, /\w\.\w/, /^20\d\d-\d\d-\d\d$/].map((pattern, i) => pattern.test([service, version, end, source, seen][i])), [true, true, true, true, true]);
    assert.deepEqual(more, []);
  }
});

// The day so many days before another.
const before = (day, count) => new Date(Date.parse(day) - count * 86_400_000).toISOString().slice(0, 10);

test("up says until when the version is supported, and warns from 60 days before", () => {
  for (const [cloud, version] of [["eks", readYaml(eksFiles[0]).metadata.version], ["aks", support.find(([service]) => service === "aks")[1]]]) {
    const end = endOf(cloud, version);
    const on = (today) => act(`clusters/${cloud}/up`, { rules: clouds[cloud].tools, env: { ...clouds[cloud].env, TODAY: today } });
    assert.match(on(before(end, 61)).stdout, new RegExp(`Kubernetes ${version.replace(".", "\\.")} is in standard support until ${end}\\.`));
    assert.doesNotMatch(on(before(end, 61)).stderr, /Warning/);
    assert.match(on(before(end, 60)).stderr, /Warning: .* ends in 60 days/);
    assert.match(on(before(end, 0)).stderr, /Warning: .* ends in 0 days/);
    assert.match(on(before(end, -1)).stderr, /Warning: .* ended on/);
  }
});

test("clusters/support fails from 60 days before an end, across years and leap days, and the nightly job runs it", () => {
  const first = support.map((row) => row[2]).sort()[0];
  const on = (today) => act("clusters/support", { env: { TODAY: today } });
  assert.equal(on(before(first, 61)).status, 0);
  assert.equal(on(before(first, 60)).status, 1);
  assert.equal(on(before(first, -400)).status, 1);
  assert.match(on("2024-02-28").stdout, new RegExp(`until ${first}, ${Math.round((Date.parse(first) - Date.parse("2024-02-28")) / 86_400_000)} days`));
  const jobs = Object.values(readYaml(".github/workflows/nightly.yml").jobs);
  assert.ok(jobs.some((job) => job.steps.some((step) => step.run === "deploy/clusters/support")));
  assert.doesNotMatch(readFileSync(path.join(root, "dev"), "utf8"), /clusters\/support/);
});

test("the pools that a cloud gets by default are of one generation", () => {
  const types = readYaml(eksFiles[0]).managedNodeGroups.map((group) => group.instanceType);
  assert.deepEqual([...new Set(types.map((type) => /^[a-z](\d+)/.exec(type)[1]))], ["8"]);
  assert.deepEqual([...new Set(types.map((type) => type.split(".")[0]))].sort(), ["m8a", "m8g", "m8i"]);
  const plan = (cloud, env = {}) => act(`clusters/${cloud}/up`, { rules: clouds[cloud].tools, env: { ...clouds[cloud].env, ...env }, args: ["--bench"] }).stdout;
  const sizes = (text, pattern) => [...new Set([...text.matchAll(pattern)].map((match) => match[1]))].sort();
  assert.deepEqual(sizes(plan("gke"), /machine-type (\w+)-standard/g), ["c4", "c4a"]);
  assert.deepEqual(sizes(plan("gke", { X86: "n4", ARM: "n4a" }), /machine-type (\w+)-standard/g), ["n4", "n4a"]);
  assert.deepEqual(sizes(plan("aks"), /node-vm-size (\w+)/g), ["Standard_D4ps_v6", "Standard_D4s_v6", "Standard_D8ps_v6", "Standard_D8s_v6"]);
  assert.deepEqual(sizes(plan("aks", { GENERATION: "v5" }), /node-vm-size \w+_(v\d)/g), ["v5"]);
  assert.equal(act("clusters/aks/up", { rules: clouds.aks.tools, env: { GENERATION: "v4" } }).status, 1);
  for (const cloud of ["eks", "gke", "aks", "oke"]) assert.doesNotMatch(plan(cloud), /unknown/);
});

test("the README shows what clusters/eks/up prints, and the hourly cost of each cluster", () => {
  const readme = readFileSync(path.join(deploy, "README.md"), "utf8");
  const up = (cloud, args = []) =>
    act(`clusters/${cloud}/up`, { rules: clouds[cloud].tools, env: clouds[cloud].env, args }).stdout;
  const printed = up("eks").replaceAll(`${root}/`, "");
  assert.ok(readme.includes(printed.slice(0, printed.indexOf("Type the name"))), printed);
  const cost = (text) => Number(/together (\S+) an hour/.exec(text)[1]);
  const row = (start) => readme.split("\n").find((line) => line.startsWith(`| ${start}`)).split("|").map((cell) => Number(cell));
  assert.equal(row("EKS, `cluster")[2], cost(up("eks")));
  for (const name of ["generation-7", "seed"]) {
    assert.equal(row(`EKS, \`${name}`)[2], cost(up("eks", [path.join(deploy, `clusters/eks/${name}.yaml`)])), name);
  }
  for (const cloud of ["gke", "aks", "oke"]) {
    assert.equal(row(cloud.toUpperCase())[2], cost(up(cloud)), cloud);
    assert.equal(row(cloud.toUpperCase())[3], cost(up(cloud, ["--bench"])), cloud);
  }
});

const deletes = {
  eks: { describe: ["aws", "eks describe-cluster", "lanewise"], does: /^eksctl delete cluster --name lanewise / },
  gke: { describe: ["gcloud", "clusters describe", "lanewise"], does: /^gcloud container clusters delete lanewise / },
  aks: { describe: ["az", "group show", "lanewise"], does: /^az group delete --name lanewise / },
  oke: {
    describe: [
      "oci",
      "ce cluster list",
      '{"data":[{"id":"ocid1.ours","freeform-tags":{"created-by":"lanewise"}},{"id":"ocid1.theirs","freeform-tags":{}}]}',
    ],
    does: /^oci ce cluster delete --cluster-id ocid1\.ours /,
    stranger: '{"data":[{"id":"ocid1.theirs","freeform-tags":{"created-by":"someone"}}]}',
  },
};

for (const [cloud, { describe, does, stranger }] of Object.entries(deletes)) {
  const [tool, question, ours] = describe;
  const down = (answer, input) =>
    act(`clusters/${cloud}/down`, {
      rules: { ...clouds[cloud].tools, [tool]: [[question, answer]] },
      env: clouds[cloud].env,
      input,
    });

  test(`clusters/${cloud}/down deletes what carries our tag, after the name`, () => {
    const { status, stderr, calls } = down(ours, "lanewise\n");
    assert.equal(status, 0, stderr);
    assert.ok(calls.some((call) => does.test(call)), calls.join("\n"));
    assert.ok(!down(ours, "no\n").calls.some((call) => /delete/.test(call)));
  });

  test(`clusters/${cloud}/down leaves alone what doesn't`, () => {
    for (const answer of [stranger ?? "someone", stranger ?? "None", stranger ?? ""]) {
      const { status, stderr, calls } = down(answer, "lanewise\n");
      assert.notEqual(status, 0);
      assert.match(stderr, /tag|label/);
      assert.ok(!calls.some((call) => /delete/.test(call)), calls.join("\n"));
    }
  });
}

test("clusters/aks/down leaves a resource group that holds more than the cluster", () => {
  const { status, calls } = act("clusters/aks/down", {
    rules: { az: [["group show", "lanewise"], ["resource list", "somebodys-database"]] },
    input: "lanewise\n",
  });
  assert.notEqual(status, 0);
  assert.ok(!calls.some((call) => /delete/.test(call)));
});
