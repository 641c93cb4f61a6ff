// A stand-in for kubectl and the cluster behind it, for runs that make something: an API server with versions, conflicts
// and rights, a scheduler that knows taints, cordons and anti-affinity, and kubelets whose pods live as the test says.
import { createHash, randomUUID } from "node:crypto";
import path from "node:path";
import { serveKubectl } from "../../kubectl_calls.mjs";

const singular = { pods: "pod", nodes: "node", deployments: "deployment", leases: "lease", secrets: "secret", events: "event", persistentvolumeclaims: "persistentvolumeclaim" };
const kindOf = (word) => {
  const bare = word.toLowerCase().replace(/\..*$/, "");
  return singular[bare] ?? bare;
};
const namespaced = (kind) => kind !== "node";
const groups = { deployment: "apps", lease: "coordination.k8s.io" };
const resourceOf = (kind) => `${kind}s`;

class ApiError extends Error {
  constructor(reason, message) {
    super(reason ? `Error from server (${reason}): ${message}` : message);
  }
}

/** A document as lanewise-job prints it into a log. */
export function printed(text) {
  const bytes = Buffer.from(text);
  const lines = bytes.toString("base64").replace(/.{76}/g, "$&\n").trimEnd();
  return `lanewise-document bytes=${bytes.length} sha256=${createHash("sha256").update(bytes).digest("hex")}\n${lines}\nlanewise-document end\n`;
}

export class Cluster {
  objects = [];
  calls = [];
  /** Kinds of calls that are refused: "delete pods", "get pods/log". */
  forbidden = new Set();
  /** What becomes of a pod once it runs, by the test: gets the pod and how often it was looked at. */
  live = () => {};
  /** What a pod printed. */
  log = () => "";
  /** Called with each line before it is carried out: a string fails it with these words, "hang" and "cut" do that. */
  fault = () => undefined;
  #version = 1000;
  #addresses = 10;

  add(...objects) {
    for (const object of objects) {
      object.metadata.uid ??= randomUUID();
      object.metadata.resourceVersion = `${++this.#version}`;
      this.objects.push(object);
    }
    return this;
  }
  all(kind, namespace) {
    return this.objects.filter((one) => one.kind.toLowerCase() === kind && (!namespace || !namespaced(kind) || one.metadata.namespace === namespace));
  }
  find(kind, name, namespace) {
    return this.all(kind, namespace).find((one) => one.metadata.name === name);
  }
  remove(object) {
    this.objects = this.objects.filter((one) => one !== object);
    // The garbage collector: what it owned goes with it.
    for (const owned of this.objects.filter((one) => one.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid))) this.remove(owned);
  }
  /** What is there, as far as `kubectl get all -A` and more shows it. */
  inventory() {
    return this.objects.map(({ kind, metadata, spec }) => `${kind}/${metadata.namespace ?? ""}/${metadata.name} ${kind === "Node" ? JSON.stringify(spec) : metadata.resourceVersion}`).sort();
  }
  pods(component) {
    return this.all("pod").filter((pod) => pod.metadata.labels?.["app.kubernetes.io/component"] === component);
  }

  #allow(verb, kind, part = "") {
    const right = `${verb} ${resourceOf(kind)}${part}`;
    if (!this.forbidden.has(right)) return;
    throw new ApiError("Forbidden", `${resourceOf(kind)} is forbidden: User "ann" cannot ${verb} resource "${resourceOf(kind)}${part}" in API group "${groups[kind] ?? ""}" in the namespace "shop"`);
  }

  /** Scheduler and kubelets, one step for each look at pods. */
  #step() {
    for (const pod of this.all("pod")) {
      pod.looks = (pod.looks ?? 0) + 1;
      if (!pod.spec.nodeName) this.#schedule(pod);
      if (!pod.spec.nodeName || pod.status.phase === "Succeeded" || pod.status.phase === "Failed") continue;
      this.live(pod, pod.looks);
    }
  }
  #schedule(pod) {
    const refuse = (message) => (pod.status = { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: `0/${this.all("node").length} nodes are available: ${message}` }] });
    const [term] = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
    const name = term?.matchFields?.[0].values[0];
    const node = this.find("node", name);
    if (!node) return refuse("node affinity");
    if (node.spec.unschedulable) return refuse("1 node(s) were unschedulable");
    for (const taint of node.spec.taints ?? []) {
      const tolerated = pod.spec.tolerations?.some((one) => (one.key ?? taint.key) === taint.key && (one.operator === "Exists" || one.value === taint.value) && (one.effect ?? taint.effect) === taint.effect);
      if (!tolerated) return refuse(`1 node(s) had taint {${taint.key}: ${taint.value}}, that the pod didn't tolerate`);
    }
    const labels = pod.spec.affinity.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0].labelSelector.matchLabels ?? {};
    const beside = this.all("pod").some((one) => one !== pod && one.spec.nodeName === name && !["Succeeded", "Failed"].includes(one.status.phase) && Object.entries(labels).every(([key, value]) => one.metadata.labels?.[key] === value));
    if (beside) return refuse("1 node(s) didn't match pod anti-affinity rules");
    pod.spec.nodeName = name;
    pod.looks = 0;
    pod.status = { phase: "Pending", podIP: `10.244.0.${++this.#addresses}`, conditions: [{ type: "PodScheduled", status: "True" }] };
  }

  #selected(kind, options) {
    const fits = (options.l ?? "").split(",").filter(Boolean).map((term) => {
      const [, key, not, value] = /^([^!=]+)(!?)=(.*)$/.exec(term);
      return (object) => (object.metadata.labels?.[key] === value) !== (not === "!");
    });
    const field = /^involvedObject\.name=(.*)$/.exec(options["field-selector"] ?? "")?.[1];
    return this.all(kind, options["all-namespaces"] ? undefined : (options.n ?? "default")).filter((object) => fits.every((one) => one(object)) && (!field || object.involvedObject?.name === field));
  }

  #verbs = {
    get: ([word, name], options) => {
      const kind = kindOf(word);
      this.#allow(name ? "get" : "list", kind, options["all-namespaces"] ? " --all-namespaces" : "");
      if (kind === "pod" && !name) this.#step();
      const shown = ({ looks, ...object }) => object;
      if (!name) return JSON.stringify({ apiVersion: "v1", kind: "List", items: this.#selected(kind, options).map(shown) });
      const found = this.find(kind, name, options.n ?? "default");
      if (!found) throw new ApiError("NotFound", `${resourceOf(kind)}${groups[kind] ? "." + groups[kind] : ""} "${name}" not found`);
      return JSON.stringify(shown(found));
    },
    create: (_, { input }) => {
      const given = JSON.parse(input);
      // kubectl prints what it made one behind the other, and no list.
      return (given.kind === "List" ? given.items : [given]).map((object) => JSON.stringify(this.#create(object), null, 4)).join("\n") + "\n";
    },
    replace: (_, { input }) => {
      const given = JSON.parse(input);
      const kind = given.kind.toLowerCase();
      this.#allow("update", kind);
      const old = this.find(kind, given.metadata.name, given.metadata.namespace ?? "default");
      if (!old) throw new ApiError("NotFound", `error when replacing "STDIN": ${resourceOf(kind)}.${groups[kind]} "${given.metadata.name}" not found`);
      if (given.metadata.resourceVersion && given.metadata.resourceVersion !== old.metadata.resourceVersion) {
        throw new ApiError("Conflict", `error when replacing "STDIN": Operation cannot be fulfilled on ${resourceOf(kind)}.${groups[kind]} "${given.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`);
      }
      Object.assign(old, given, { metadata: { ...given.metadata, uid: old.metadata.uid, resourceVersion: `${++this.#version}` } });
      return JSON.stringify(old);
    },
    delete: ([word, ...names], options) => {
      const kind = kindOf(word);
      this.#allow("delete", kind);
      const doomed = options.l ? this.#selected(kind, options) : names.map((name) => this.find(kind, name, options.n ?? "default")).filter(Boolean);
      for (const object of doomed) this.remove(object);
      return doomed.map((object) => `${kind} "${object.metadata.name}" deleted\n`).join("");
    },
    logs: ([name], options) => {
      this.#allow("get", "pod", "/log");
      const pod = this.find("pod", name, options.n ?? "default");
      if (!pod) throw new ApiError("NotFound", `pods "${name}" not found`);
      return this.log(pod, options);
    },
  };
  #create(object) {
    const kind = object.kind.toLowerCase();
    if (kind === "selfsubjectaccessreview") {
      const { verb, resource, subresource } = object.spec.resourceAttributes;
      return { ...object, status: { allowed: !this.forbidden.has(`${verb} ${resource}${subresource ? "/" + subresource : ""}`) } };
    }
    this.#allow("create", kind);
    object.metadata.namespace ??= "default";
    if (this.find(kind, object.metadata.name, object.metadata.namespace)) {
      throw new ApiError("AlreadyExists", `error when creating "STDIN": ${resourceOf(kind)} "${object.metadata.name}" already exists`);
    }
    this.refuse?.(object);
    if (kind === "pod") object.status = { phase: "Pending" };
    this.add(object);
    return object;
  }

  call(argv, input) {
    const words = [], options = { input };
    for (let i = 0; i < argv.length; ++i) {
      const long = /^--([\w-]+)(?:=([\s\S]*))?$/.exec(argv[i]);
      if (long && long[2] !== undefined) options[long[1]] = long[2];
      else if (long?.[1] === "field-selector") options[long[1]] = argv[++i];
      else if (long) options[long[1]] = true;
      else if (/^-[nolfc]$/.test(argv[i])) options[argv[i][1]] = argv[++i];
      else words.push(argv[i]);
    }
    const [verb, ...rest] = words;
    if (!this.#verbs[verb]) throw new Error(`the stand-in knows no kubectl ${verb}`);
    return this.#verbs[verb](rest, options);
  }

  async serve(folder) {
    this.kubectl = path.join(folder, "kubectl");
    this.server = await serveKubectl(folder, async ({ argv, input }) => {
      const line = argv.join(" ");
      this.calls.push(line);
      try {
        const fault = await this.fault(line);
        if (fault === "hang") return undefined;
        if (fault && fault !== "cut") return { status: 1, output: "", error: fault + "\n" };
        const output = this.call(argv, input);
        return { status: 0, output: fault === "cut" ? output.slice(0, output.length / 2) : output, error: "" };
      } catch (error) {
        if (!(error instanceof ApiError)) console.error(error);
        return { status: 1, output: "", error: error.message + "\n" };
      }
    });
    return this;
  }
  close() {
    this.server.close();
  }
}

export { ApiError };
