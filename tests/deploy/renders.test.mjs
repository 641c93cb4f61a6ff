// What the rendered objects must be together: selectors, placement, probes, limits, the ratio of an overlay.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { containers, matches, named, of, pods, renderWith } from "./render.mjs";
import { rendered } from "./rendered.mjs";
import { readYaml, root } from "./tools.mjs";

const architectures = ["amd64", "arm64"];
const each = (prefix, check) => {
  const names = [...rendered.keys()].filter((name) => name.startsWith(prefix));
  assert.notEqual(names.length, 0, `nothing is rendered under ${prefix}`);
  for (const name of names) check(rendered.get(name), name);
};
const eachPod = (prefix, check) =>
  each(prefix, (objects, name) =>
    pods(objects).forEach((pod) => check(pod, `${name}: ${pod.owner.kind} ${pod.owner.metadata.name}`)),
  );

test("a Deployment's selector takes its own pods and no other Deployment's", () => {
  each("", (objects, name) => {
    const deployments = of(objects, "Deployment");
    for (const one of deployments) {
      for (const other of deployments) {
        const taken = matches(one.spec.selector, other.spec.template.metadata.labels);
        assert.equal(taken, one === other, `${name}: ${one.metadata.name} and ${other.metadata.name}`);
      }
      assert.equal(one.spec.selector.matchLabels.arch, one.spec.template.spec.nodeSelector["kubernetes.io/arch"], name);
    }
  });
});

test("what measures is taken by no Service of the pools", () => {
  const services = of(rendered.get("overlays/hybrid"), "Service");
  assert.equal(services.length, 3);
  eachPod("jobs/", (pod, where) => {
    for (const service of services) assert.ok(!matches(service.spec.selector, pod.labels), where);
  });
});

test("one load balancer before both pools, and one address in the cluster for each", () => {
  for (const overlay of ["hybrid", "autoscaled", "canary", "x86-only", "arm-only"]) {
    const objects = rendered.get(`overlays/${overlay}`);
    const selected = (service) =>
      of(objects, "Deployment")
        .filter((deployment) => matches(service.spec.selector, deployment.spec.template.metadata.labels))
        .map((deployment) => deployment.metadata.name);
    const front = named(objects, "Service", "lanewise");
    assert.equal(front.spec.type, "LoadBalancer");
    assert.deepEqual(selected(front), ["lanewise-amd64", "lanewise-arm64"], overlay);
    for (const architecture of architectures) {
      const pool = named(objects, "Service", `lanewise-${architecture}`);
      assert.equal(pool.spec.type, "ClusterIP");
      assert.deepEqual(selected(pool), [`lanewise-${architecture}`], overlay);
    }
  }
});

test("the load balancer opens one port, that of TLS where there is one, to named sources", () => {
  each("", (objects, name) => {
    for (const service of of(objects, "Service").filter((one) => one.spec.type === "LoadBalancer")) {
      assert.deepEqual(
        service.spec.ports.map(({ port, targetPort }) => [port, targetPort]),
        [name === "components/tls" ? [443, "https"] : [80, "http"]],
        name,
      );
      assert.ok(service.spec.loadBalancerSourceRanges.length, name);
      assert.ok(!service.spec.loadBalancerSourceRanges.includes("0.0.0.0/0"), name);
    }
  });
});

test("the component tls mounts what its Certificate makes, and opens the port everywhere", () => {
  const objects = rendered.get("components/tls");
  const certificate = named(objects, "Certificate", "lanewise");
  assert.equal(certificate.metadata.namespace, "lanewise");
  const deployments = of(objects, "Deployment");
  assert.equal(deployments.length, 2);
  for (const { spec } of deployments) {
    const pod = spec.template.spec;
    const [server] = pod.containers;
    const volume = pod.volumes.find(({ secret }) => secret?.secretName === certificate.spec.secretName);
    const mount = server.volumeMounts.find(({ name }) => name === volume.name);
    const variable = (name) => server.env.find((one) => one.name === name).value;
    assert.ok(mount.readOnly && !mount.subPath, "a file that is mounted by subPath never changes");
    assert.equal(variable("LANEWISE_TLS_CERT"), `${mount.mountPath}/tls.crt`);
    assert.equal(variable("LANEWISE_TLS_KEY"), `${mount.mountPath}/tls.key`);
    const port = server.ports.find(({ name }) => name === "https").containerPort;
    assert.equal(variable("LANEWISE_TLS_PORT"), String(port));
    assert.equal(new Set(server.env.map(({ name }) => name)).size, server.env.length);
  }
  for (const architecture of architectures) {
    const { ports } = named(objects, "Service", `lanewise-${architecture}`).spec;
    assert.deepEqual(ports.map(({ name, targetPort }) => [name, targetPort]), [["http", "http"], ["https", "https"]]);
  }
  const policy = named(objects, "NetworkPolicy", "lanewise-server");
  assert.ok(policy.spec.ingress[0].ports.some(({ port }) => port === "https"));
});

test("a token and TLS go together, whichever comes first", () => {
  for (const pair of [["token", "tls"], ["tls", "token"]]) {
    const objects = renderWith(pair);
    for (const { spec } of of(objects, "Deployment")) {
      assert.deepEqual(spec.template.spec.volumes.map(({ name }) => name).sort(), ["tls", "token"], pair);
    }
  }
});

test("a Service's target and a probe's port are ports of the container", () => {
  each("", (objects, name) => {
    const deployments = of(objects, "Deployment");
    for (const service of of(objects, "Service")) {
      for (const deployment of deployments) {
        if (!matches(service.spec.selector, deployment.spec.template.metadata.labels)) continue;
        const ports = deployment.spec.template.spec.containers[0].ports.map((port) => port.name);
        for (const port of service.spec.ports) assert.ok(ports.includes(port.targetPort), `${name}: ${port.targetPort}`);
      }
    }
    for (const deployment of deployments) {
      const [server] = deployment.spec.template.spec.containers;
      const port = (name) => server.ports.find((one) => one.name === name).containerPort;
      assert.equal(port("http"), 8080);
      assert.equal(`${port("metrics")}`, server.env.find(({ name }) => name === "LANEWISE_METRICS_PORT").value);
      assert.deepEqual(
        ["startupProbe", "livenessProbe", "readinessProbe"].map((probe) => [
          server[probe].httpGet.path,
          server[probe].httpGet.port,
        ]),
        [
          ["/healthz", "metrics"],
          ["/healthz", "metrics"],
          ["/readyz", "http"],
        ],
      );
    }
  });
});

test("a pod has time for its hook, the settling and the drain", () => {
  eachPod("", ({ owner, spec }, where) => {
    if (owner.kind !== "Deployment") return;
    const setting = (name) => Number(spec.containers[0].env.find((variable) => variable.name === name).value);
    const hook = spec.containers[0].lifecycle.preStop.sleep.seconds;
    const needed = hook + (setting("LANEWISE_SETTLE_MS") + setting("LANEWISE_DRAIN_DEADLINE_MS")) / 1000;
    assert.ok(spec.terminationGracePeriodSeconds > needed, `${where}: ${needed} s are needed`);
  });
});

// A size as Kubernetes writes it, in bytes.
const bytes = (quantity) => {
  const [, number, unit] = /^(\d+)(Ki|Mi|Gi)?$/.exec(quantity);
  return Number(number) * { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }[unit ?? "Ki"];
};

test("every container has requests and a memory limit, and all but what measures a CPU limit", () => {
  eachPod("", (pod, where) => {
    for (const { resources, env } of containers(pod)) {
      assert.ok(resources.requests.cpu && resources.requests.memory && resources.limits.memory, where);
      const measures = /^jobs\/(run|http|target)/.test(where);
      assert.equal(resources.limits.cpu === undefined, measures, where);
      const held = env.find((variable) => variable.name === "LANEWISE_BODIES_BYTES_MAX");
      if (held) assert.ok(Number(held.value) <= bytes(resources.limits.memory) / 2, where);
    }
    if (pod.owner.kind === "Job") {
      assert.equal(pod.owner.spec.backoffLimit, 0, where);
      assert.ok(pod.owner.spec.activeDeadlineSeconds, where);
      assert.equal(pod.spec.restartPolicy, "Never", where);
    }
  });
});

test("every pod is one that the restricted Pod Security standard admits", () => {
  const labels = named(rendered.get("overlays/hybrid"), "Namespace", "lanewise").metadata.labels;
  assert.equal(labels["pod-security.kubernetes.io/enforce"], "restricted");
  eachPod("", (pod, where) => {
    const { spec } = pod;
    assert.equal(spec.securityContext.runAsNonRoot, true, where);
    // OpenShift refuses a number that is not of the namespace's range: the image names its user.
    for (const context of [spec.securityContext, ...containers(pod).map((one) => one.securityContext)]) {
      for (const number of ["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"]) assert.equal(context[number], undefined, where);
    }
    assert.equal(spec.securityContext.seccompProfile.type, "RuntimeDefault", where);
    assert.equal(spec.automountServiceAccountToken, false, where);
    assert.equal(spec.serviceAccountName, "lanewise", where);
    assert.equal(spec.enableServiceLinks, false, where);
    assert.ok(!spec.hostNetwork && !spec.hostPID && !spec.hostIPC, where);
    for (const { securityContext } of containers(pod)) {
      assert.equal(securityContext.allowPrivilegeEscalation, false, where);
      assert.equal(securityContext.readOnlyRootFilesystem, true, where);
      assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] }, where);
    }
    for (const volume of spec.volumes ?? []) assert.ok(volume.emptyDir || volume.secret, where);
  });
});

test("all pods run one image under one tag, which is the project's version", () => {
  const images = new Set();
  eachPod("", (pod) => containers(pod).forEach(({ image }) => images.add(image)));
  const [image, ...others] = images;
  assert.deepEqual(others, []);
  const version = /project\(lanewise VERSION ([\d.]+)/.exec(
    readFileSync(path.join(root, "CMakeLists.txt"), "utf8"),
  )[1];
  assert.equal(image, `lanewise:${version}`);
});

// The nodes of a cluster file, as the scheduler sees them. `groups` keeps those of the roles that are switched on.
const nodesOf = (file, roles) =>
  readYaml(file)
    .managedNodeGroups.filter((group) => roles.includes(group.labels["lanewise/role"]))
    .map((group) => {
      const taints = group.taints ?? [];
      const arm = /^[a-z]\d+g/.test(group.instanceType);
      assert.equal(
        taints.some((taint) => taint.key === "kubernetes.io/arch" && taint.value === "arm64"),
        arm,
        `${group.name}: an Arm node, and no other, is tainted so`,
      );
      const labels = { ...group.labels, "kubernetes.io/arch": arm ? "arm64" : "amd64", "kubernetes.io/os": "linux" };
      return { name: group.name, taints, labels };
    });

const tolerates = (spec, taint) =>
  (spec.tolerations ?? []).some(
    ({ key, operator = "Equal", value, effect }) =>
      (key === undefined || key === taint.key) &&
      (operator === "Exists" || value === taint.value) &&
      (effect === undefined || effect === taint.effect),
  );
const fits = ({ key, operator, values }, labels) => {
  assert.equal(operator, "In");
  return values.includes(labels[key]);
};
// Where a pod asks to be, and whether it is let in there.
const wanted = (spec, node) =>
  matches(spec.nodeSelector ?? {}, node.labels) &&
  (
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [
      { matchExpressions: [] },
    ]
  ).some((term) => term.matchExpressions.every((expression) => fits(expression, node.labels)));
const admitted = (spec, node) => node.taints.every((taint) => tolerates(spec, taint));

for (const file of ["deploy/clusters/eks/cluster.yaml", "deploy/clusters/eks/generation-7.yaml", "deploy/clusters/eks/seed.yaml"]) {
  test(`every pod finds a node of ${file}, and tolerates each that it asks for`, () => {
    const roles = { overlays: ["serve"], components: ["serve"], jobs: ["serve", "bench", "load"] };
    eachPod("", ({ spec }, where) => {
      const nodes = nodesOf(file, roles[where.split("/")[0]]);
      const candidates = nodes.filter((node) => wanted(spec, node));
      assert.notEqual(candidates.length, 0, `${where} asks for a node that isn't there`);
      for (const node of candidates) assert.ok(admitted(spec, node), `${where} doesn't tolerate ${node.name}`);
      if (spec.nodeSelector?.["kubernetes.io/arch"] === undefined) return;
      for (const node of candidates) {
        assert.equal(node.labels["kubernetes.io/arch"], spec.nodeSelector["kubernetes.io/arch"], where);
      }
    });
  });
}

test("a server's pod stays off the nodes that measure, and what measures stays off the others", () => {
  const nodes = nodesOf("deploy/clusters/eks/cluster.yaml", ["serve", "bench", "load"]);
  const reach = (spec) =>
    new Set(
      nodes.filter((node) => wanted(spec, node) && admitted(spec, node)).map((node) => node.labels["lanewise/role"]),
    );
  eachPod("overlays/", ({ spec }, where) => assert.deepEqual([...reach(spec)], ["serve"], where));
  eachPod("jobs/run", ({ spec }, where) => assert.deepEqual([...reach(spec)], ["bench"], where));
  eachPod("jobs/target", ({ spec }, where) => assert.deepEqual([...reach(spec)], ["bench"], where));
  eachPod("jobs/http", ({ spec }, where) => assert.deepEqual([...reach(spec)].sort(), ["bench", "load"], where));
});

test("no spread can leave a pod pending, and none goes by architecture", () => {
  eachPod("", ({ spec, labels }, where) => {
    for (const spread of spec.topologySpreadConstraints ?? []) {
      assert.equal(spread.whenUnsatisfiable, "ScheduleAnyway", where);
      assert.notEqual(spread.topologyKey, "kubernetes.io/arch", where);
      assert.ok(matches(spread.labelSelector, labels), `${where} spreads other pods than its own`);
    }
  });
  const spread = (name) => pods(rendered.get(name))[0].spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey);
  assert.deepEqual(spread("overlays/hybrid"), ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]);
});

test("what measures is alone on its node", () => {
  const alone = (spec) => spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  for (const kind of ["run", "http"]) {
    eachPod(`jobs/${kind}`, ({ spec }, where) => {
      const [rule] = alone(spec);
      assert.equal(rule.topologyKey, "kubernetes.io/hostname", where);
      for (const other of ["jobs/run/amd64", "jobs/http/arm64", "jobs/target/arm64", "overlays/hybrid"]) {
        eachPod(other, ({ labels }) => assert.ok(matches(rule.labelSelector, labels), `${where} beside ${other}`));
      }
    });
  }
});

test("a load test speaks to the pool that it is named after", () => {
  for (const architecture of architectures) {
    for (const [kind, services] of [
      ["wrk", rendered.get("overlays/hybrid")],
      ["http", rendered.get(`jobs/target/${architecture}`)],
    ]) {
      const [{ spec }] = pods(rendered.get(`jobs/${kind}/${architecture}`));
      const url = new URL(spec.containers[0].command.find((argument) => argument.startsWith("http://")));
      const service = named(services, "Service", url.hostname);
      assert.equal(service?.spec.selector.arch, architecture, url.href);
      assert.ok(service.spec.ports.some(({ port }) => port === Number(url.port)), url.href);
    }
  }
});

test("the Job for both pools loads the targets of both", () => {
  const [{ spec }] = pods(rendered.get("jobs/http/both"));
  const urls = spec.containers[0].command.filter((argument) => argument.startsWith("http://"));
  const single = architectures.map((architecture) => pods(rendered.get(`jobs/http/${architecture}`))[0].spec.containers[0].command.at(-1));
  assert.deepEqual(urls, single);
});

test("each overlay has the replicas that it promises", () => {
  const counts = (overlay) =>
    architectures.map((architecture) => named(rendered.get(`overlays/${overlay}`), "Deployment", `lanewise-${architecture}`).spec.replicas);
  assert.deepEqual(counts("hybrid"), [3, 3]);
  assert.deepEqual(counts("canary"), [9, 1]);
  assert.deepEqual(counts("x86-only"), [6, 0]);
  assert.deepEqual(counts("arm-only"), [0, 6]);
  assert.deepEqual(counts("blue"), counts("green"));
  assert.ok(counts("blue").every((count) => count > 0));
});

test("blue and green differ in the load balancer's selector alone", () => {
  const [blue, green] = ["blue", "green"].map((name) => structuredClone(rendered.get(`overlays/${name}`)));
  const front = (objects) => named(objects, "Service", "lanewise").spec.selector;
  assert.equal(front(blue).arch, "amd64");
  assert.equal(front(green).arch, "arm64");
  front(green).arch = "amd64";
  assert.deepEqual(blue, green);
});

test("the autoscaler owns the replica counts, and no other overlay has one", () => {
  const objects = rendered.get("overlays/autoscaled");
  for (const scaler of of(objects, "HorizontalPodAutoscaler")) {
    const deployment = named(objects, "Deployment", scaler.spec.scaleTargetRef.name);
    assert.equal(deployment.spec.replicas, undefined);
    assert.equal(scaler.metadata.name, deployment.metadata.name);
  }
  assert.equal(of(objects, "HorizontalPodAutoscaler").length, 2);
  each("overlays/", (overlay, name) => {
    if (name !== "overlays/autoscaled") assert.equal(of(overlay, "HorizontalPodAutoscaler").length, 0, name);
  });
});

// kubectl compares lists, and a Deployment's strategy, as a whole: a default that the server adds there is a difference to
// each later apply, and three of ten objects were "configured" each time.
test("what the server would add where kubectl compares as a whole is written out, so that a second apply changes nothing", () => {
  each("", (objects, name) => {
    for (const { spec } of of(objects, "Deployment")) {
      if (spec.strategy) assert.ok(spec.strategy.type, name);
      for (const toleration of spec.template.spec.tolerations ?? []) assert.ok(toleration.operator && toleration.effect, name);
    }
    for (const { spec } of of(objects, "NetworkPolicy")) {
      const ports = [...(spec.ingress ?? []), ...(spec.egress ?? [])].flatMap((rule) => rule.ports ?? []);
      assert.ok(ports.every(({ protocol }) => protocol === "TCP"), name);
    }
  });
});

test("budgets, policies, monitors and routes point at what is there", () => {
  each("overlays/", (objects, name) => {
    for (const [kind, selector] of [
      ["PodDisruptionBudget", (object) => object.spec.selector],
      ["NetworkPolicy", (object) => object.spec.podSelector],
    ]) {
      assert.notEqual(of(objects, kind).length, 0, `${name} has no ${kind}`);
      for (const object of of(objects, kind)) {
        assert.ok(pods(objects).some((pod) => matches(selector(object), pod.labels)), `${name}: ${object.metadata.name}`);
      }
    }
    const [policy] = of(objects, "NetworkPolicy");
    assert.ok(policy.spec.ingress.some((rule) => !rule.from && rule.ports.some(({ port }) => port === "http")));
    assert.deepEqual(policy.spec.policyTypes, ["Ingress", "Egress"]);
    assert.equal(policy.spec.egress, undefined);
  });
  const monitored = rendered.get("components/servicemonitor");
  const [monitor] = of(monitored, "ServiceMonitor");
  const services = of(monitored, "Service").filter((one) => matches(monitor.spec.selector, one.metadata.labels));
  assert.deepEqual(services.map((one) => one.metadata.name), ["lanewise-amd64", "lanewise-arm64"]);
  for (const service of services) {
    assert.ok(service.spec.ports.some(({ name }) => name === monitor.spec.endpoints[0].port));
    assert.ok(service.metadata.labels[monitor.spec.targetLabels[0]]);
  }
  const routed = rendered.get("components/gateway-weights");
  const [route] = of(routed, "HTTPRoute");
  assert.ok(named(routed, "Gateway", route.spec.parentRefs[0].name));
  for (const backend of route.spec.rules.flatMap((rule) => rule.backendRefs)) {
    assert.ok(named(routed, "Service", backend.name).spec.ports.some(({ port }) => port === backend.port));
  }
  const weights = route.spec.rules.at(-1).backendRefs.map(({ weight }) => weight);
  assert.deepEqual(weights, [9, 1]);
});

// The server's own list of settings, where it is built for this machine.
const server = process.env.LANEWISE_SERVER ?? path.join(root, "build/release/bin/lanewise-server");
const help = existsSync(server) ? execFileSync(server, ["--help"], { encoding: "utf8" }) : undefined;
const hasSetting = (variable) => new RegExp(`--${variable.slice(9).toLowerCase().replaceAll("_", "-")}\\b`).test(help);

test("every LANEWISE_ variable is a setting of the server", { skip: !help && "no server is built" }, () => {
  assert.ok(!hasSetting("LANEWISE_NO_SUCH_SETTING"));
  eachPod("", ({ spec }, where) => {
    for (const { name } of spec.containers[0].env) {
      if (!name.startsWith("LANEWISE_")) continue;
      assert.ok(hasSetting(name), `${where}: the server has no setting for ${name}`);
    }
  });
});

