// `lanewise-bench cluster bench` and `cluster clean` against a stand-in for kubectl and the cluster behind it: what a run
// makes, what becomes a gap, and that nothing stays behind, however it ends.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { ApiError, Cluster, printed } from "./cluster/api_server.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = path.join(root, "build/release/bin/lanewise-bench");
const folder = mkdtempSync(path.join(tmpdir(), "lanewise-cluster-bench-"));
after(() => rmSync(folder, { recursive: true }));

const machine = execFileSync(program, ["machine", "--json"], { encoding: "utf8" });
const example = JSON.parse(readFileSync(path.join(root, "bench/examples/synthetic-amd64-1.json"), "utf8"));
const zeros = "0".repeat(64);

/** The document of a load of these URLs, each as lanewise-bench http names it. */
function loadDocument(urls) {
  const document = structuredClone(example);
  delete document.synthetic;
  document.http = urls.map((text, index) => {
    const [, pool, url] = /^([^=]+)=(.*)$/.exec(text);
    const entry = structuredClone(example.http[0]);
    Object.assign(entry, { url, pool, server: null, machine: null });
    for (const round of entry.rounds) round.rate_at_target = 1000 * (index + 1);
    return entry;
  });
  document.made.digest = zeros;
  const digest = createHash("sha256").update(JSON.stringify(document)).digest("hex");
  return JSON.stringify(document).replace(zeros, digest);
}

const node = (name, arch, role, instance, taints = []) => ({
  kind: "Node",
  metadata: { name, labels: { "kubernetes.io/arch": arch, "lanewise/role": role, ...(instance && { "node.kubernetes.io/instance-type": instance }) } },
  spec: { taints: [{ key: "lanewise/role", value: role, effect: "NoSchedule" }, ...taints] },
  status: { nodeInfo: { architecture: arch, operatingSystem: "linux" }, conditions: [{ type: "Ready", status: "True" }] },
});
const arm = [{ key: "kubernetes.io/arch", value: "arm64", effect: "NoSchedule" }];
const nodes = () => [
  node("x86-1", "amd64", "bench", "m7i.2xlarge"),
  node("x86-2", "amd64", "bench", "m7i.2xlarge"),
  node("arm-1", "arm64", "bench", "m7g.2xlarge", arm),
  node("arm-2", "arm64", "bench", "m7g.2xlarge", arm),
  node("load-1", "amd64", "load", "m7i.2xlarge"),
  node("web-1", "amd64", "serve", "m7i.large"),
];
const deployment = (spec = {}, container = {}) => ({
  kind: "Deployment",
  metadata: { name: "cart", namespace: "shop", labels: { app: "cart" } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "cart" } },
    template: {
      metadata: { labels: { app: "cart" }, annotations: { "prometheus.io/scrape": "true" } },
      spec: {
        serviceAccountName: "cart",
        nodeSelector: { pool: "web" },
        priorityClassName: "high",
        tolerations: [{ key: "own", operator: "Exists" }],
        containers: [{
          name: "web", image: "shop/cart:2",
          env: [{ name: "MODE", value: "fast" }, { name: "KEY", valueFrom: { secretKeyRef: { name: "keys", key: "k" } } }],
          envFrom: [{ configMapRef: { name: "cart" } }],
          ports: [{ containerPort: 8080 }],
          resources: { requests: { cpu: "500m", memory: "64Mi" }, limits: { cpu: "2", memory: "128Mi" } },
          ...container,
        }],
        ...spec,
      },
    },
  },
});
const service = { kind: "Service", metadata: { name: "cart", namespace: "shop" }, spec: { selector: { app: "cart" } } };
const someone = { kind: "Pod", metadata: { name: "cart-1", namespace: "shop", labels: { app: "cart" } }, spec: { nodeName: "web-1", containers: [{ name: "web", image: "shop/cart:2" }] }, status: { phase: "Running" } };

const part = (pod) => pod.metadata.labels?.["app.kubernetes.io/component"];
const ready = (pod) => {
  pod.status = { ...pod.status, phase: "Running", conditions: [{ type: "PodScheduled", status: "True" }, { type: "Ready", status: "True" }], containerStatuses: [{ name: pod.spec.containers[0].name, image: pod.spec.containers[0].image, restartCount: 0, state: { running: {} } }] };
};
const waits = (pod, reason, message, more = {}) => {
  pod.status = { ...pod.status, phase: "Pending", conditions: [{ type: "PodScheduled", status: "True" }, { type: "Ready", status: "False" }], containerStatuses: [{ name: "web", image: pod.spec.containers[0].image, restartCount: 0, state: { waiting: { reason, message } }, ...more }] };
};
const fails = (pod, status) => (pod.status = { ...pod.status, phase: "Failed", ...status });
const urlsOf = (pod) => pod.spec.containers[0].command.filter((word) => /^[^=]+=https?:/.test(word));

/** A pod's usual life: it runs after a look, and a job is over after some more. */
function usual(pod, looks) {
  if (part(pod) === "target") return looks >= 1 && ready(pod);
  if (!part(pod)) return undefined;
  if (looks >= (part(pod) === "load" ? 3 : 1)) return (pod.status = { ...pod.status, phase: "Succeeded" });
  return ready(pod);
}
function usualLog(pod) {
  if (part(pod) === "machine") return printed(machine);
  if (part(pod) === "load") return "progress\n" + printed(loadDocument(urlsOf(pod)));
  return printed(JSON.stringify(example));
}

let count = 0;
async function scene(objects = [...nodes(), deployment(), service, someone]) {
  const cluster = new Cluster();
  cluster.add(...structuredClone(objects));
  cluster.live = usual;
  cluster.log = usualLog;
  cluster.folder = path.join(folder, `scene-${++count}`);
  await cluster.serve(cluster.folder);
  cluster.output = path.join(cluster.folder, "cart.json");
  return cluster;
}
const usualArgs = ["-n", "shop", "--service", "deployment/cart", "--p99-ms", "20"];
/** Runs a subcommand; `onStart` gets the process. */
async function run(cluster, { command = "bench", args = usualArgs, onStart, name = program, detached = false } = {}) {
  const words = [...(path.basename(name) === "kubectl-lanewise" ? [] : ["cluster"]), command, ...args, "--kubectl", cluster.kubectl];
  if (command === "bench") words.push("--look-every", "0.05", "-o", cluster.output);
  const child = spawn(name, words, { stdio: ["ignore", "pipe", "pipe"], detached });
  let stdout = "", stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  onStart?.(child);
  const status = await new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
  const document = existsSync(cluster.output) ? JSON.parse(readFileSync(cluster.output, "utf8")) : undefined;
  return { status, stdout, stderr, document, gaps: document?.gaps ?? [] };
}
const report = (file, ...args) => execFileSync(program, ["report", file, "--date", "2026-11-29", ...args], { encoding: "utf8" });
const story = (name, act, objects) =>
  test(name, async () => {
    const cluster = await scene(objects);
    const before = cluster.inventory();
    try {
      await act(cluster, before);
    } finally {
      cluster.close();
    }
  });

story("each bench node of each pool is measured, the document says on which node, and nothing stays behind", async (cluster, before) => {
  let loads, targets;
  cluster.live = (pod, looks) => {
    usual(pod, looks);
    if (part(pod) === "load") loads = [structuredClone(pod)];
    if (part(pod) === "load") targets = structuredClone(cluster.pods("target"));
  };
  const { status, stderr, document } = await run(cluster);
  assert.equal(status, 0, stderr);
  assert.deepEqual(cluster.inventory(), before);
  assert.deepEqual(document.http.map(({ pool, node }) => [pool, node]), [["m7g.2xlarge", "arm-1"], ["m7g.2xlarge", "arm-2"], ["m7i.2xlarge", "x86-1"], ["m7i.2xlarge", "x86-2"]]);
  assert.ok(document.http.every((entry) => entry.machine.cpu_model === JSON.parse(machine).cpu_model));
  assert.equal(document.gaps, undefined);
  assert.match(report(cluster.output), /m7g\.2xlarge +\S.* 2 +6 /);
  // The copies: the template's own, but for where they run and who finds them.
  assert.equal(targets.length, 4);
  for (const pod of targets) {
    assert.equal(pod.metadata.labels.app, undefined, "no Service sends it anybody's requests");
    assert.equal(pod.metadata.labels["app.kubernetes.io/managed-by"], "lanewise-bench");
    assert.equal(pod.metadata.annotations["prometheus.io/scrape"], "true");
    const { containers: [web], serviceAccountName, nodeSelector, priorityClassName, tolerations } = pod.spec;
    assert.deepEqual([web.env, web.envFrom, web.resources, serviceAccountName], [deployment().spec.template.spec.containers[0].env, [{ configMapRef: { name: "cart" } }], deployment().spec.template.spec.containers[0].resources, "cart"]);
    assert.equal(web.readinessProbe.tcpSocket.port, 8080);
    assert.deepEqual([nodeSelector, priorityClassName], [undefined, undefined]);
    assert.ok(tolerations.some(({ key }) => key === "own"));
  }
  const [pod] = loads;
  assert.equal(pod.spec.nodeName, "load-1");
  const { command } = pod.spec.containers[0];
  assert.deepEqual(command.slice(0, 4), ["lanewise-job", "/tmp/result.json", "lanewise-bench", "http"]);
  assert.ok(command.join(" ").includes("--p99-ms 20 --rounds 3"));
  assert.ok(command.join(" ").includes("--instance m7g.2xlarge=m7g.2xlarge"));
  assert.equal(urlsOf(pod).length, 4);
  assert.match(stderr, /limit of 2 CPUs.*--whole-node/);
});

story("--whole-node lifts the limits and keeps the requests; a workload comes as a Secret, which goes too", async (cluster, before) => {
  const seen = {};
  cluster.live = (pod, looks) => {
    usual(pod, looks);
    seen[part(pod)] = structuredClone(pod);
    if (part(pod) === "load") seen.secret = structuredClone(cluster.all("secret")[0]);
  };
  const workload = path.join(cluster.folder, "workload.json");
  writeFileSync(workload, JSON.stringify({ schema: "lanewise.workload/1", requests: [{ method: "GET", target: "/cart", weight: 1 }] }));
  const { status, stderr } = await run(cluster, { args: [...usualArgs, "--whole-node", "--workload", workload] });
  assert.equal(status, 0, stderr);
  assert.deepEqual(seen.target.spec.containers[0].resources, { requests: { cpu: "500m", memory: "64Mi" } });
  assert.equal(Buffer.from(seen.secret.data["workload.json"], "base64").toString(), readFileSync(workload, "utf8"));
  assert.match(seen.load.spec.containers[0].command.join(" "), /--workload \/workload\/workload.json/);
  assert.equal(seen.load.spec.volumes[1].secret.secretName, seen.secret.metadata.name);
  assert.deepEqual(cluster.inventory(), before);
});

for (const [what, spec, container, why, more = []] of [
  ["a claim that only one may mount", { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "cart-data" } }] }, {}, /the volume "data" is of the PersistentVolumeClaim "cart-data", which only one may mount \(ReadWriteOnce\)/, [{ kind: "PersistentVolumeClaim", metadata: { name: "cart-data", namespace: "shop" }, spec: { accessModes: ["ReadWriteOnce"] } }]],
  ["a claim that is missing", { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "lost" } }] }, {}, /"lost", which does not exist/],
  ["a disk", { volumes: [{ name: "disk", awsElasticBlockStore: { volumeID: "vol-1" } }] }, {}, /the volume "disk" is a disk that only one may mount \(awsElasticBlockStore\)/],
  ["a port of the node", {}, { ports: [{ containerPort: 8080, hostPort: 80 }] }, /the container "web" takes the port 80 of its node \(hostPort\)/],
  ["the node's network", { hostNetwork: true }, {}, /hostNetwork/],
  ["a node's name", { nodeName: "web-1" }, {}, /bound to the node "web-1" \(nodeName\)/],
]) {
  story(`${what} is refused by name before anything is made`, async (cluster, before) => {
    const { status, stderr } = await run(cluster);
    assert.equal(status, 1);
    assert.match(stderr, why);
    assert.deepEqual(cluster.inventory(), before);
    assert.ok(cluster.calls.every((call) => call.startsWith("get ")), cluster.calls.join("\n"));
  }, [...nodes(), deployment(spec, container), ...more]);
}

story("a claim that many may mount is copied", async (cluster) => {
  const { status, stderr } = await run(cluster);
  assert.equal(status, 0, stderr);
}, [...nodes(), deployment({ volumes: [{ name: "data", persistentVolumeClaim: { claimName: "shared" } }] }), { kind: "PersistentVolumeClaim", metadata: { name: "shared", namespace: "shop" }, spec: { accessModes: ["ReadWriteMany"] } }]);

// What becomes of the target on arm-2, and the reason that its gap has.
const armLost = (act) => (cluster) => {
  cluster.live = (pod, looks) => (part(pod) === "target" && pod.spec.nodeName === "arm-2" ? act(pod, looks, cluster) : usual(pod, looks));
};
for (const [what, prepare, why, args = []] of [
  ["whose image lacks the architecture", armLost((pod) => waits(pod, "ErrImagePull", 'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/shop/cart:2": no match for platform in manifest: not found')), "the image shop/cart:2 has no linux/arm64"],
  ["whose kubelet only says in an event that the image lacks it", armLost((pod, looks, cluster) => {
    waits(pod, "ImagePullBackOff", 'Back-off pulling image "shop/cart:2"');
    if (looks === 1) cluster.add({ kind: "Event", metadata: { name: `e-${pod.metadata.name}`, namespace: "shop" }, involvedObject: { name: pod.metadata.name }, type: "Warning", message: 'Failed to pull image "shop/cart:2": choosing image instance: no image found in manifest list for architecture "arm64", variant "v8", OS "linux"' });
  }), "the image shop/cart:2 has no linux/arm64"],
  ["whose program is of another architecture", armLost((pod) => waits(pod, "CrashLoopBackOff", "back-off 40s", { restartCount: 3, lastState: { terminated: { reason: "Error", exitCode: 1 } } })), "the image shop/cart:2 has no linux/arm64"],
  ["whose image does not exist", armLost((pod) => waits(pod, "ErrImagePull", 'failed to resolve reference "docker.io/shop/cart:2": not found')), /not found/],
  ["that never gets ready", armLost((pod) => { ready(pod); pod.status.conditions[1].status = "False"; }), "not ready after 1 s", ["--ready-timeout", "1"]],
  ["that lacks a ConfigMap", armLost((pod) => waits(pod, "CreateContainerConfigError", 'configmap "cart" not found')), 'not ready after 1 s (CreateContainerConfigError: configmap "cart" not found)', ["--ready-timeout", "1"]],
  ["that ends by itself", armLost((pod) => (pod.status = { ...pod.status, phase: "Succeeded" })), "its pod ended by itself, with exit code 0"],
  ["that is evicted", armLost((pod) => fails(pod, { reason: "Evicted", message: "The node was low on resource: memory." })), "Evicted: The node was low on resource: memory."],
  ["that somebody deletes", armLost((pod, looks, cluster) => cluster.remove(pod)), "its pod is gone: somebody deleted it"],
  ["on a node that is cordoned before", (cluster) => (cluster.find("node", "arm-2").spec.unschedulable = true), "the node is cordoned"],
  ["on a node that is cordoned midway", (cluster) => {
    cluster.live = (pod, looks) => {
      usual(pod, looks);
      if (part(pod) === "machine") cluster.find("node", "arm-2").spec.unschedulable = true;
    };
  }, "the node is cordoned"],
  ["on a node that is not ready", (cluster) => (cluster.find("node", "arm-2").status.conditions[0].status = "Unknown"), "the node is not ready"],
  ["that a quota refuses", (cluster) => {
    cluster.refuse = (object) => {
      if (/arm-2/.test(JSON.stringify(object.spec?.affinity)) && part(object) === "target") throw new ApiError("Forbidden", `error when creating "STDIN": pods "${object.metadata.name}" is forbidden: exceeded quota: cpu`);
    };
  }, /exceeded quota/],
  ["that is gone while it is loaded", (cluster) => {
    cluster.live = (pod, looks) => {
      usual(pod, looks);
      if (part(pod) === "load" && looks === 1) cluster.remove(cluster.pods("target").find((one) => one.spec.nodeName === "arm-2"));
    };
  }, "its pod is gone: somebody deleted it while it was loaded"],
  ["whose container starts again while it is loaded", (cluster) => {
    cluster.live = (pod, looks) => {
      usual(pod, looks);
      if (part(pod) === "target" && pod.spec.nodeName === "arm-2" && cluster.pods("load").length) pod.status.containerStatuses[0].restartCount = 1;
    };
    cluster.log = (pod, options) => (options.previous ? "starting\nfatal: out of memory\n" : usualLog(pod));
  }, "its container started again while it was loaded; it said: fatal: out of memory"],
]) {
  story(`a target ${what} is a gap with its reason, and the rest counts`, async (cluster) => {
    cluster.log = (pod, options) => (options.previous ? "standard_init_linux.go:228: exec user process caused: exec format error\n" : usualLog(pod));
    prepare(cluster);
    const had = cluster.inventory().filter((line) => !/^(Node|Event)/.test(line));
    const { status, stderr, document, gaps } = await run(cluster, { args: [...usualArgs, ...args] });
    assert.equal(status, 4, stderr);
    assert.equal(gaps.length, 1, JSON.stringify(gaps));
    assert.equal(gaps[0].what, "m7g.2xlarge, node arm-2");
    if (typeof why === "string") assert.equal(gaps[0].why, why);
    else assert.match(gaps[0].why, why);
    assert.deepEqual(document.http.map((entry) => entry.node), ["arm-1", "x86-1", "x86-2"]);
    assert.deepEqual(cluster.inventory().filter((line) => !/^(Node|Event)/.test(line)), had);
  });
}

for (const [what, prepare, why] of [
  ["evicted", (cluster) => (cluster.live = (pod, looks) => (part(pod) === "load" && looks > 1 ? fails(pod, { conditions: [{ type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI", message: "Eviction API: evicting" }] }) : usual(pod, looks))), /EvictionByEvictionAPI: Eviction API: evicting/],
  ["gone", (cluster) => (cluster.live = (pod, looks) => (part(pod) === "load" && looks > 1 ? cluster.remove(pod) : usual(pod, looks))), /its pod is gone: somebody deleted it/],
  ["failed", (cluster) => {
    cluster.live = (pod, looks) => (part(pod) === "load" && looks > 1 ? fails(pod, { containerStatuses: [{ name: "job", state: { terminated: { reason: "Error", exitCode: 1 } } }] }) : usual(pod, looks));
    cluster.log = (pod) => (part(pod) === "load" ? "lanewise-bench: http://10.244.0.15:8080/: GET /: replies with status 404\nlanewise-job: lanewise-bench ended with exit code 1; there is no document\n" : usualLog(pod));
  }, /Error, exit code 1; it says: lanewise-bench: .*status 404/],
  ["cut in its log", (cluster) => (cluster.log = (pod) => (part(pod) === "load" ? usualLog(pod).slice(0, 5000) : usualLog(pod))), /the log is cut: the document's end is missing/],
  ["changed in its log", (cluster) => (cluster.log = (pod) => (part(pod) === "load" ? usualLog(pod).replace(/\n([A-Za-z0-9+/]{76})\n([A-Za-z0-9+/]{76})\n/, "\n$2\n$1\n") : usualLog(pod))), /hash/],
]) {
  story(`a load that is ${what} leaves a gap, and exit status 1, for nothing was measured`, async (cluster, before) => {
    prepare(cluster);
    const { status, stderr, gaps, document } = await run(cluster);
    assert.equal(status, 1, stderr);
    assert.deepEqual(gaps.map((gap) => gap.what), ["the load of 4 servers"]);
    assert.match(gaps[0].why, why);
    assert.equal(document.http, null);
    assert.match(report(cluster.output), /the load of 4 servers/);
    assert.deepEqual(cluster.inventory(), before);
  });
}

story("a log that is cut once is read again", async (cluster) => {
  let reads = 0;
  cluster.log = (pod) => (part(pod) === "load" && ++reads === 1 ? usualLog(pod).slice(0, 5000) : usualLog(pod));
  const { status, stderr } = await run(cluster);
  assert.equal(status, 0, stderr);
  assert.equal(reads, 2);
});

story("gaps stand in every form of the report, its verdict's warnings and the CSV", async (cluster) => {
  armLost((pod) => fails(pod, { reason: "Evicted", message: "<b>low</b> on\u001b[31m memory" }))(cluster);
  await run(cluster);
  const html = path.join(cluster.folder, "r.html"), markdown = path.join(cluster.folder, "r.md");
  const text = report(cluster.output);
  report(cluster.output, "-o", html);
  report(cluster.output, "-o", markdown);
  for (const face of [text, readFileSync(markdown, "utf8"), readFileSync(html, "utf8")]) {
    assert.match(face, /Gaps: what was to be measured and was not/);
    assert.match(face, /Not all that was to be measured was: 1 gap is/);
    assert.ok(face.includes("node arm-2"));
    assert.ok(!face.includes("\u001b[31m memory"));
  }
  assert.doesNotMatch(readFileSync(html, "utf8"), /<b>low/);
  assert.match(execFileSync(program, ["export", cluster.output, "--format", "csv"], { encoding: "utf8" }), /,gap,"m7g.2xlarge, node arm-2: Evicted/);
});

story("a cluster of one pool says that the other side is missing; two types of one architecture are a comparison", async (cluster) => {
  cluster.objects = cluster.objects.filter((one) => !/^arm/.test(one.metadata.name));
  const one = await run(cluster);
  assert.equal(one.status, 4);
  assert.deepEqual(one.gaps, [{ what: "arm64", why: "no node of it has the label lanewise/role=bench" }]);
  cluster.add(node("amd-1", "amd64", "bench", "m7a.2xlarge"));
  rmSync(cluster.output);
  const two = await run(cluster);
  assert.equal(two.status, 0, two.stderr);
});

// Ctrl-C while a phase is under way: a look at pods, or a call, when this is there.
for (const [phase, during] of [
  ["the question of rights", (line, cluster) => line.startsWith("create") && !cluster.all("lease").length],
  ["the description of nodes", (line, cluster) => cluster.pods("machine").length > 2],
  ["the making of targets", (line, cluster) => cluster.pods("target").length === 2],
  ["the wait for targets", (line, cluster) => line.startsWith("get pods") && cluster.pods("target").length === 4],
  ["the load", (line, cluster) => line.startsWith("get pods") && cluster.pods("load").length === 1],
  ["the reading of the log", (line, cluster) => line.startsWith("logs") && cluster.pods("load").length === 1],
]) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"].slice(0, phase === "the load" ? 3 : 1)) {
    story(`${signal} in ${phase} leaves nothing behind`, async (cluster, before) => {
      let child, sent = false;
      cluster.fault = (line) => {
        if (sent || !during(line, cluster)) return;
        sent = true;
        child.kill(signal);
      };
      const { status, stderr } = await run(cluster, { onStart: (started) => (child = started) });
      assert.ok(sent);
      // What was whole by then counts.
      assert.equal(status, phase === "the reading of the log" ? 0 : 1, stderr);
      if (status === 1) assert.match(stderr, /interrupted/);
      assert.deepEqual(cluster.inventory(), before);
    });
  }
}

// At a terminal, Ctrl-C reaches kubectl, too. It ends without a word, and its request was carried out or not.
const of_run = (line) => line.startsWith("get pods") || line.startsWith("delete pods");
for (const [phase, during, first] of [
  ["the reading of the Deployment", (line) => line.startsWith("get deployments")],
  ["the reading of nodes", (line) => line.startsWith("get nodes")],
  ["the question of rights", (line) => line.startsWith("create")],
  ["the making of the Lease", (line, cluster) => line.startsWith("create") && cluster.calls.filter((one) => one.startsWith("create")).length === 2],
  ["the look for what a dead run left", (line, cluster) => line.startsWith("get pods") && cluster.all("lease").length === 1],
  ["the look at other namespaces", (line) => line.startsWith("get pods --all-namespaces")],
  ["the making of pods that describe nodes", (line, cluster) => line.startsWith("create") && cluster.pods("machine").length === 1],
  ["the taking down of those", (line) => line.startsWith("delete pods")],
  ["the making of targets", (line, cluster) => line.startsWith("create") && cluster.pods("target").length === 1],
  ["the load", (line, cluster) => line.startsWith("get pods") && cluster.pods("load").length === 1],
  ["the reading of the log", (line, cluster) => line.startsWith("logs") && cluster.pods("load").length === 1],
  ["the taking down, again", (line, cluster) => line.startsWith("delete pods -l") && cluster.pods("load").length === 1, "load"],
  ["the look whether all is gone, again", (line, cluster) => of_run(line) && !cluster.pods("load").length, "load"],
  ["the giving back of the Lease, again", (line, cluster) => line.startsWith("replace") && !cluster.pods("load").length, "load"],
  ["the end of the Lease, again", (line) => line.startsWith("delete leases"), "load"],
]) {
  for (const carried_out of [true, false]) {
    story(`Ctrl-C that ends kubectl in ${phase}, its request ${carried_out ? "" : "not "}carried out, leaves nothing behind`, async (cluster, before) => {
      let child, sent = 0;
      const interrupt = () => {
        ++sent;
        process.kill(-child.pid, "SIGINT");
      };
      cluster.fault = (line) => {
        if (first && sent === 0) {
          if (!line.startsWith("get pods") || cluster.pods(first).length !== 1) return undefined;
          interrupt();
          return undefined;
        }
        if (sent > (first ? 1 : 0) || !during(line, cluster)) return undefined;
        interrupt();
        return carried_out ? undefined : "unheard";
      };
      const { status, stderr } = await run(cluster, { onStart: (started) => (child = started), detached: true });
      assert.equal(sent, first ? 2 : 1);
      assert.match(stderr, /interrupted/);
      assert.equal(status, 1, stderr);
      assert.doesNotMatch(stderr, /without a word$/m);
      assert.deepEqual(cluster.inventory(), before);
    });
  }
}

story("a second Ctrl-C, some seconds after the first, does not end the taking down", async (cluster, before) => {
  let child, sent = 0;
  cluster.fault = async (line) => {
    if (sent === 0 && cluster.pods("load").length === 1) {
      ++sent;
      child.kill("SIGINT");
    } else if (sent === 1 && line.startsWith("delete pods -l")) {
      // Two that come within two seconds would be one for every command.
      await new Promise((resolve) => setTimeout(resolve, 3100));
      ++sent;
      child.kill("SIGINT");
    }
  };
  const { status, stderr } = await run(cluster, { onStart: (started) => (child = started) });
  assert.equal(sent, 2);
  assert.equal(status, 1, stderr);
  assert.match(stderr, /interrupted; what the run \w+ made is taken down/);
  assert.deepEqual(cluster.inventory(), before);
});

const heldBy = (run, age_s, duration = 2) => ({
  kind: "Lease",
  metadata: { name: "lanewise-bench", namespace: "shop", labels: { "app.kubernetes.io/managed-by": "lanewise-bench" } },
  spec: { holderIdentity: `${run} ann@laptop`, leaseDurationSeconds: duration, renewTime: new Date(Date.now() - age_s * 1000).toISOString().replace("Z", "000Z") },
});
const left = (run, name, namespace = "shop", status = { phase: "Running" }) => ({
  kind: "Pod",
  metadata: { name, namespace, labels: { "app.kubernetes.io/managed-by": "lanewise-bench", "lanewise/run": run } },
  spec: { nodeName: "x86-1", containers: [{ name: "web", image: "shop/cart:2" }] },
  status,
});

story("a second run beside one that is at work says who that is, and makes nothing", async (cluster) => {
  let second;
  cluster.fault = async (line) => {
    if (second || !cluster.pods("load").length || !line.startsWith("get pods")) return;
    second = {};
    const other = { kubectl: cluster.kubectl, output: path.join(cluster.folder, "second.json") };
    const had = cluster.inventory();
    second = await run(other);
    second.made = cluster.inventory().filter((line) => !had.includes(line));
  };
  const first = await run(cluster);
  assert.equal(first.status, 0, first.stderr);
  assert.equal(second.status, 1);
  assert.match(second.stderr, /one run at a time: the run \w{6} of \S+@\S+ has the Lease lanewise-bench/);
  assert.deepEqual(second.made, []);
});

story("of two runs that begin at once, one goes on", async (cluster, before) => {
  const outputs = [1, 2].map((one) => ({ kubectl: cluster.kubectl, output: path.join(cluster.folder, `${one}.json`) }));
  const ran = await Promise.all(outputs.map((one) => run(one)));
  assert.deepEqual(ran.map(({ status }) => status).sort(), [0, 1], ran.map(({ stderr }) => stderr).join("\n"));
  assert.deepEqual(cluster.inventory(), before);
});

story("what a dead run left is named at the start, and taken down", async (cluster, before) => {
  cluster.add(heldBy("dead99", 600, 1), left("dead99", "lanewise-bench-dead99-target-1"), { kind: "Secret", metadata: { name: "lanewise-bench-dead99", namespace: "shop" } });
  const { status, stderr } = await run(cluster);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /the run dead99 of ann@laptop has the Lease.*renewed 10 minutes ago/);
  assert.match(stderr, /a dead run, dead99, left these pods: lanewise-bench-dead99-target-1/);
  assert.deepEqual(cluster.inventory(), before);
});

story("a Lease that looks overdue, by a clock that is wrong, is left to the run that renews it", async (cluster) => {
  cluster.add(heldBy("alive2", 600, 3));
  const lease = cluster.find("lease", "lanewise-bench", "shop");
  let looks = 0;
  cluster.fault = (line) => {
    if (line.startsWith("get leases") && ++looks === 2) lease.spec.renewTime = "2020-01-01T00:00:00.000000Z";
  };
  const { status, stderr } = await run(cluster);
  assert.equal(status, 1);
  assert.match(stderr, /is at work/);
  assert.equal(cluster.all("lease").length, 1);
});

story("a run whose Lease was taken ends, and takes down its own alone", async (cluster) => {
  cluster.live = (pod, looks) => (part(pod) === "load" ? ready(pod) : usual(pod, looks));
  cluster.add(left("other1", "lanewise-bench-other1-target-1", "shop", { phase: "Succeeded" }));
  const others = cluster.objects.at(-1);
  cluster.objects.pop();
  cluster.fault = (line) => {
    if (!cluster.pods("load").length || cluster.objects.includes(others)) return;
    cluster.objects.push(others);
    const lease = cluster.find("lease", "lanewise-bench", "shop");
    lease.spec.holderIdentity = "other1 bob@desk";
    lease.metadata.resourceVersion = "99999";
  };
  const { status, stderr } = await run(cluster);
  assert.equal(status, 1);
  assert.match(stderr, /no longer this run's/);
  assert.deepEqual(cluster.all("pod").map((pod) => pod.metadata.name), ["cart-1", "lanewise-bench-other1-target-1"]);
  assert.equal(cluster.find("lease", "lanewise-bench", "shop").spec.holderIdentity, "other1 bob@desk");
});

story("a run of another namespace on the same nodes is in the way, and named", async (cluster, before) => {
  cluster.add(left("far123", "lanewise-bench-far123-target-1", "elsewhere"));
  const { status, stderr } = await run(cluster);
  assert.equal(status, 1);
  assert.match(stderr, /the run far123 of the namespace elsewhere has the pod .* on the node x86-1.*cluster clean -n elsewhere/);
  assert.equal(cluster.inventory().length, before.length + 1);
});

for (const right of ["create pods", "list pods", "delete pods", "get pods", "get pods/log", "get leases", "create leases", "update leases", "delete leases"]) {
  story(`without the right to ${right} nothing is made, and the error says which right`, async (cluster, before) => {
    cluster.forbidden.add(right);
    const { status, stderr } = await run(cluster);
    assert.equal(status, 1);
    const [verb, resource] = right.split(" ");
    assert.match(stderr, new RegExp(`${verb} ${resource.replace(/s(\/|$)/, "s[^;]*$1").replace("/", "\\/")}`));
    assert.match(stderr, /deploy\/rights\/cluster-bench.yaml/);
    assert.deepEqual(cluster.inventory(), before);
  });
}
for (const right of ["get deployments", "list nodes"]) {
  story(`without the right to ${right} the error says so`, async (cluster, before) => {
    cluster.forbidden.add(right);
    const { status, stderr } = await run(cluster);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`cannot ${right.split(" ")[0]} resource.*deploy/rights/cluster-bench.yaml`));
    assert.deepEqual(cluster.inventory(), before);
  });
}

story("without the rights that it can do without it measures all the same", async (cluster) => {
  cluster.forbidden.add("list pods --all-namespaces");
  cluster.forbidden.add("list events");
  const { status, stderr } = await run(cluster);
  assert.equal(status, 0, stderr);
});

story("a server that fails for some calls is asked again; an answer that is lost or cut makes no second pod", async (cluster, before) => {
  let calls = 0, lost = 0;
  cluster.fault = (line) => {
    if (!cluster.all("lease").length) return;
    ++calls;
    if (calls % 5 === 0 && line.startsWith("get pods")) return "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?";
    if (line.startsWith("create") && ++lost === 2) return "cut";
  };
  const { status, stderr, document } = await run(cluster);
  assert.equal(status, 0, stderr);
  assert.equal(document.http.length, 4);
  assert.match(stderr, /it is asked again/);
  assert.deepEqual(cluster.inventory(), before);
});

story("a Lease whose making was not answered is this run's all the same", async (cluster, before) => {
  let cut = false;
  cluster.fault = (line) => {
    if (cut || !line.startsWith("create") || cluster.all("lease").length) return;
    cut = cluster.calls.some((call) => call.startsWith("get leases"));
    return cut ? "cut" : undefined;
  };
  const { status, stderr } = await run(cluster);
  assert.ok(cut);
  assert.equal(status, 0, stderr);
  assert.deepEqual(cluster.inventory(), before);
});

story("a server that hangs once is given up by the call and asked again", async (cluster) => {
  let hung = false;
  cluster.fault = (line) => {
    if (hung || !cluster.pods("load").length || !line.startsWith("get pods")) return;
    hung = true;
    return "hang";
  };
  const { status, stderr } = await run(cluster, { args: [...usualArgs, "--kubectl-timeout", "1"] });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /no answer within 1 s; it is asked again/);
});

story("after a crash clean waits for the Lease or --force, then takes everything down", async (cluster, before) => {
  let child;
  cluster.fault = (line) => {
    if (cluster.pods("load").length && line.startsWith("get pods")) child?.kill("SIGKILL");
  };
  const { status } = await run(cluster, { onStart: (started) => (child = started) });
  assert.equal(status, "SIGKILL");
  child = undefined;
  assert.equal(cluster.all("pod").length, 6);
  const early = await run(cluster, { command: "clean", args: ["-n", "shop"] });
  assert.equal(early.status, 1);
  assert.match(early.stderr, /is at work, or died within the last 60 s; --force/);
  assert.equal(cluster.all("pod").length, 6);
  const forced = await run(cluster, { command: "clean", args: ["-n", "shop", "--force"] });
  assert.equal(forced.status, 0, forced.stderr);
  assert.equal(forced.stdout.match(/^pod\/lanewise-bench-/gm).length, 5);
  assert.match(forced.stdout, /^lease\/lanewise-bench$/m);
  assert.deepEqual(cluster.inventory(), before);
  const again = await run(cluster, { command: "clean", args: ["-n", "shop"] });
  assert.equal(again.stdout, "Nothing was left.\n");
});

story("the kernels are measured on each node in rounds, into a folder of documents", async (cluster, before) => {
  const kernels = path.join(cluster.folder, "kernels");
  const { status, stderr } = await run(cluster, { args: ["-n", "shop", "--kernels", kernels, "--rounds", "2"] });
  assert.equal(status, 0, stderr);
  for (const round of [1, 2])
    for (const name of ["x86-1", "x86-2", "arm-1", "arm-2"]) assert.ok(existsSync(path.join(kernels, `run-${round}-${name}.json`)));
  assert.deepEqual(cluster.inventory(), before);
});

test("bad usage is exit status 2, with what would be right", async () => {
  const cluster = await scene();
  for (const [args, why] of [
    [["--service", "statefulset/cart"], /is no deployment\/NAME/],
    [["--service", "deployment/--all"], /is no deployment\/NAME/],
    [[], /nothing to measure/],
    [["--service", "deployment/cart", "--bench-nodes", "x"], /is no label of nodes/],
    [["--service", "deployment/cart", "--path", "cart"], /does not begin with \//],
    [["--service", "deployment/cart", "--workload", "/nowhere"], /nowhere/],
    [["--service", "deployment/cart", "-n", "--all"], /./],
  ]) {
    const { status, stderr } = await run(cluster, { args });
    assert.equal(status, 2, stderr);
    assert.match(stderr, why);
  }
  assert.deepEqual(cluster.calls, []);
  cluster.close();
});

story("a service or nodes that are missing are named", async (cluster) => {
  const lost = await run(cluster, { args: ["-n", "shop", "--service", "deployment/crt"] });
  assert.equal(lost.status, 1);
  assert.match(lost.stderr, /NotFound.*"crt" not found/);
  cluster.objects = cluster.objects.filter((one) => one.metadata.name !== "load-1");
  assert.match((await run(cluster)).stderr, /no node that can be used has the label lanewise\/role=load/);
  cluster.objects = cluster.objects.filter((one) => !/^(x86|arm)/.test(one.metadata.name));
  assert.match((await run(cluster)).stderr, /no node with the label lanewise\/role=bench can be measured/);
});

story("under the name kubectl-lanewise it is a plugin", async (cluster) => {
  const name = path.join(cluster.folder, "kubectl-lanewise");
  symlinkSync(program, name);
  const { status, stderr } = await run(cluster, { name });
  assert.equal(status, 0, stderr);
});

story("the roles in deploy/rights allow each call that it makes, and no more", async (cluster) => {
  const workload = path.join(cluster.folder, "workload.json");
  writeFileSync(workload, JSON.stringify({ schema: "lanewise.workload/1", requests: [{ method: "GET", target: "/", weight: 1 }] }));
  cluster.live = (pod, looks) => (part(pod) === "target" && pod.spec.nodeName === "arm-2" ? waits(pod, "ImagePullBackOff", "Back-off") : usual(pod, looks));
  const used = new Set();
  const call = cluster.call.bind(cluster);
  cluster.call = (argv, input) => {
    const [verb, word, name] = argv;
    const bare = (text) => text.replace(/\..*/, "").replace(/s?$/, "s");
    if (verb === "get") used.add(`${bare(word)} ${name && !name.startsWith("-") ? "get" : "list"}${argv.includes("--all-namespaces") ? " everywhere" : ""}`);
    if (verb === "logs") used.add("pods/log get").add("pods get");
    if (verb === "delete") used.add(`${bare(word)} delete`);
    if (verb === "replace") used.add("leases update");
    if (verb === "create") {
      const object = JSON.parse(input);
      if (object.kind !== "List") used.add(`${object.kind.toLowerCase()}s create`);
    }
    return call(argv, input);
  };
  const { status, stderr } = await run(cluster, { args: [...usualArgs, "--workload", workload, "--ready-timeout", "2"] });
  assert.equal(status, 4, stderr);
  used.add("persistentvolumeclaims get").add("nodes get");
  const text = readFileSync(path.join(root, "deploy/rights/cluster-bench.yaml"), "utf8");
  const allowed = new Set();
  for (const [index, role] of text.split("\n---\n").entries()) {
    for (const [, resources, verbs] of role.matchAll(/resources: \[(.*)\]\n +verbs: \[(.*)\]/g))
      for (const resource of resources.split(", ")) for (const verb of verbs.split(", ")) allowed.add(`${resource} ${verb}${index === 1 && resource === "pods" ? " everywhere" : ""}`);
  }
  assert.deepEqual([...used].sort(), [...allowed].sort());
}, [...nodes(), deployment(), service, someone]);
