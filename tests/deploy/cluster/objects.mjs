// What an API server and its controllers do with the objects of this deployment, as far as a client can see it: versions
// and conflicts, rollouts that replace pods one at a time, readiness that takes time or never comes, and endpoints that
// follow a little later.
import { createHash } from "node:crypto";

const key = (kind, name) => `${kind}/${name}`;

export class Conflict extends Error {}

// world: image names that never start (`broken`), how many pods of an architecture find a node (`room`), how many looks a
// pod takes to become ready (`slowness`), and a Service whose endpoints no longer follow (`frozen`).
export function emptyCluster(world = {}) {
  return { version: 100, objects: {}, sets: {}, pods: 0, history: [], calls: [], world: { broken: [], room: {}, slowness: 1, ...world } };
}

export const find = (cluster, kind, name) => cluster.objects[key(kind, name)];
export const all = (cluster, kind) => Object.values(cluster.objects).filter((object) => object.kind === kind);

export function put(cluster, object) {
  const old = find(cluster, object.kind, object.metadata.name);
  const wanted = object.metadata.resourceVersion;
  if (wanted !== undefined && wanted !== old?.metadata.resourceVersion) {
    throw new Conflict(`Operation cannot be fulfilled on ${object.kind} "${object.metadata.name}": the object has been modified`);
  }
  const same = old && JSON.stringify(old.spec) === JSON.stringify(object.spec);
  const generation = (old?.metadata.generation ?? 0) + (same ? 0 : 1);
  const metadata = { ...object.metadata, resourceVersion: `${++cluster.version}`, generation };
  cluster.objects[key(object.kind, object.metadata.name)] = { ...object, metadata, status: old?.status };
  return cluster.objects[key(object.kind, object.metadata.name)];
}

export function remove(cluster, kind, name) {
  const had = key(kind, name) in cluster.objects;
  delete cluster.objects[key(kind, name)];
  return had;
}

const plain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// kubectl's merge of three: what was applied before and is gone goes, what is new comes, what others set stays.
export function merge(before, wanted, live) {
  if (!plain(wanted) || !plain(live)) return wanted;
  const result = { ...live };
  for (const name of Object.keys(before ?? {})) if (!(name in wanted)) delete result[name];
  for (const [name, value] of Object.entries(wanted)) {
    result[name] = name in live ? merge(plain(before) ? before[name] : undefined, value, live[name]) : value;
  }
  return result;
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
export const applied = (object) => JSON.parse(object?.metadata.annotations?.[lastApplied] ?? "null");

export function apply(cluster, wanted) {
  const live = find(cluster, wanted.kind, wanted.metadata.name);
  const remembered = { ...wanted, metadata: { ...wanted.metadata, annotations: wanted.metadata.annotations ?? {} } };
  const { status, ...old } = live ?? {};
  const merged = live ? merge(applied(live), wanted, old) : structuredClone(wanted);
  merged.metadata = { ...merged.metadata, annotations: { ...live?.metadata.annotations, [lastApplied]: JSON.stringify(remembered) } };
  delete merged.metadata.resourceVersion;
  return put(cluster, merged);
}

const revisionKey = "deployment.kubernetes.io/revision";
const hash = (value) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);

// One step of the Deployment controller: a new revision beside the old ones, one pod more than wanted at most, and an old
// one goes for each that is ready.
function roll(cluster, deployment) {
  const { name } = deployment.metadata;
  const sets = (cluster.sets[name] ??= []);
  const wanted = deployment.spec.replicas ?? 1;
  const template = hash(deployment.spec.template);
  let current = sets.find((set) => set.template === template);
  const newest = Math.max(0, ...sets.map((set) => set.revision));
  if (!current) sets.push((current = { template, spec: deployment.spec.template, revision: newest + 1, pods: [] }));
  else if (current.revision < newest) current.revision = newest + 1;
  deployment.metadata.annotations = { ...deployment.metadata.annotations, [revisionKey]: `${current.revision}` };

  const everyPod = () => sets.flatMap((set) => set.pods);
  const architecture = deployment.spec.template.metadata.labels.arch;
  const room = cluster.world.room[architecture] ?? Infinity;
  everyPod().forEach((pod, index) => {
    pod.age += 1;
    pod.ready = pod.ready || (index < room && !cluster.world.broken.includes(pod.image) && pod.age > cluster.world.slowness);
  });
  const drop = (set, count) => {
    set.pods.sort((a, b) => Number(b.ready) - Number(a.ready));
    set.pods.length = Math.max(0, set.pods.length - count);
  };
  const older = sets.filter((set) => set !== current);
  const oldPods = () => older.reduce((sum, set) => sum + set.pods.length, 0);
  if (oldPods() === 0) {
    if (current.pods.length > wanted) drop(current, current.pods.length - wanted);
  } else {
    // A rollout in the middle is scaled in its older part.
    for (const set of older) if (everyPod().length > wanted + 1) drop(set, everyPod().length - wanted - 1);
    const ready = everyPod().filter((pod) => pod.ready).length;
    for (const set of older) drop(set, Math.max(0, Math.min(set.pods.length, ready - wanted)));
  }
  const surge = oldPods() > 0 ? 1 : 0;
  const missing = Math.min(wanted - current.pods.length, wanted + surge - everyPod().length);
  const { image } = deployment.spec.template.spec.containers[0];
  for (let i = 0; i < missing; ++i) {
    current.pods.push({ name: `${name}-${template}-${++cluster.pods}`, labels: deployment.spec.template.metadata.labels, image, age: 0, ready: false });
  }
  deployment.status = {
    observedGeneration: deployment.metadata.generation,
    replicas: everyPod().length,
    updatedReplicas: current.pods.length,
    readyReplicas: everyPod().filter((pod) => pod.ready).length,
  };
}

export const readyPods = (cluster, selector = {}) =>
  Object.values(cluster.sets)
    .flatMap((sets) => sets.flatMap((set) => set.pods))
    .filter((pod) => pod.ready && Object.entries(selector).every(([name, value]) => pod.labels[name] === value));

// One step of all controllers, after each call: what a client reads is what they had done before it.
export function step(cluster) {
  for (const deployment of all(cluster, "Deployment")) roll(cluster, deployment);
  for (const service of all(cluster, "Service")) {
    if (cluster.world.frozen === service.metadata.name) continue;
    const slice = {
      kind: "EndpointSlice",
      metadata: { name: `${service.metadata.name}-0`, labels: { "kubernetes.io/service-name": service.metadata.name } },
      endpoints: readyPods(cluster, service.spec.selector).map((pod) => ({ conditions: { ready: true }, targetRef: { name: pod.name } })),
    };
    cluster.objects[key("EndpointSlice", slice.metadata.name)] = slice;
  }
  const ends = find(cluster, "EndpointSlice", "lanewise-0")?.endpoints ?? [];
  const living = new Set(readyPods(cluster).map((pod) => pod.name));
  const serving = (pool) => ends.filter((end) => end.targetRef.name.startsWith(`lanewise-${pool}-`) && living.has(end.targetRef.name)).length;
  cluster.history.push({ amd64: serving("amd64"), arm64: serving("arm64") });
}

// rollout undo --to-revision
export function undo(cluster, deployment, revision) {
  const set = cluster.sets[deployment.metadata.name]?.find((one) => one.revision === revision);
  if (!set) return false;
  put(cluster, { ...deployment, metadata: { ...deployment.metadata, resourceVersion: undefined }, spec: { ...deployment.spec, template: set.spec } });
  return true;
}
