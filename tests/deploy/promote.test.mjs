// deploy/promote against a stand-in for kubectl that keeps state as an API server does: which connections it would lose,
// what it claims, and what it leaves behind where it fails, is interrupted, or meets another.
import assert from "node:assert/strict";
import { apply, applied, find, put } from "./cluster/objects.mjs";
import { after, overlay, scene, until } from "./cluster/scene.mjs";

// Each target from each other, and back by the command that was printed.
const targets = {
  hybrid: { stands: "3 3 both", says: /^3 of 6 new connections go to Arm/m },
  "canary 3": { stands: "7 3 both", says: /^3 of 10 new connections go to Arm: 7 ready on amd64, 3 on arm64/m },
  green: { stands: "6 6 arm64", says: /^All new connections go to the arm64 pool: 6 ready/m },
  blue: { stands: "6 6 amd64", says: /^All new connections go to the amd64 pool: 6 ready/m },
  "x86-only": { stands: "6 0 both", says: /^All new connections go to the amd64 pool: 6 ready/m },
  "arm-only": { stands: "0 6 both", says: /^All new connections go to the arm64 pool: 6 ready/m },
  "pools 4 5 arm64": { stands: "4 5 arm64", says: /^All new connections go to the arm64 pool: 5 ready/m },
};
const route = ["canary 3", "green", "canary 3", "blue", "x86-only", "arm-only", "hybrid", "green", "x86-only", "pools 4 5 arm64", "blue", "arm-only", "canary 3"];

scene("promote leads from any state to any other, and each claim is what the cluster shows", "hybrid", {}, async (one) => {
  let from = "3 3 both";
  for (const target of route) {
    one.cluster.history = [];
    const { status, stdout, stderr } = await one.promote(target);
    assert.equal(status, 0, `${target}: ${stderr}`);
    assert.equal(one.pools, targets[target].stands, target);
    assert.match(stdout, targets[target].says);
    const [amd64, arm64, front] = targets[target].stands.split(" ");
    assert.deepEqual(one.cluster.history.at(-1), { amd64: front === "arm64" ? 0 : Number(amd64), arm64: front === "amd64" ? 0 : Number(arm64) }, target);
    assert.ok(one.fewest >= 3, `${target}: only ${one.fewest} ready endpoints`);
    assert.equal(one.holder, "");
    // Back is the state before, whatever it was. The next target is promoted from this one.
    const there = structuredClone(one.cluster);
    const back = await one.type(after(stdout, "Back"));
    assert.equal(back.status, 0, back.stderr);
    assert.equal(one.pools, from, `back from ${target}`);
    assert.equal(one.holder, "");
    one.cluster = there;
    from = targets[target].stands;
  }
});

scene("promote to where it is already changes nothing", "blue", {}, async (one) => {
  const before = one.cluster.objects["Deployment/lanewise-amd64"].metadata.generation;
  const { status, stdout } = await one.promote("blue");
  assert.equal(status, 0);
  assert.match(stdout, /All new connections go to the amd64 pool: 6 ready.\nNothing was to be done/);
  assert.equal(one.cluster.objects["Deployment/lanewise-amd64"].metadata.generation, before);
});

scene("an overlay that is applied after promote is what the cluster becomes", "hybrid", {}, async (one) => {
  for (const target of ["green", "pools 2 2 amd64"]) {
    assert.equal((await one.promote(target)).status, 0);
    assert.notEqual(one.stands.front, "both");
    assert.equal((await one.type("kubectl apply -k deploy/overlays/hybrid")).status, 0);
    assert.equal(one.pools, "3 3 both", target);
  }
});

scene("promote moves a Service that was not made by kubectl apply", "hybrid", {}, async (one) => {
  one.edit("Service", "lanewise", (service) => (service.metadata.annotations = {}));
  assert.equal((await one.promote("green")).status, 0);
  assert.equal(one.pools, "6 6 arm64");
  assert.equal((await one.promote("hybrid")).status, 0);
  assert.equal(one.pools, "3 3 both");
  assert.equal(applied(find(one.cluster, "Service", "lanewise")), null);
});

scene("a Service keeps what its own cluster has: another checkout's source ranges are not brought in", "hybrid", {}, async (one) => {
  const mine = structuredClone(overlay("hybrid").find(({ kind, metadata }) => kind === "Service" && metadata.name === "lanewise"));
  mine.spec.loadBalancerSourceRanges = ["198.51.100.7/32"];
  apply(one.cluster, mine);
  assert.equal((await one.promote("green")).status, 0);
  assert.deepEqual(find(one.cluster, "Service", "lanewise").spec.loadBalancerSourceRanges, ["198.51.100.7/32"]);
});

scene("arm-only where no Arm node takes pods leaves the traffic where it was", "x86-only", { room: { arm64: 0 } }, async (one) => {
  const { status, stderr } = await one.promote("arm-only", { WAIT: "1s" });
  assert.equal(status, 1);
  assert.match(stderr, /After 1s it is still not so that 6 pods of arm64 are ready/);
  assert.match(stderr, /What stands: All new connections go to the amd64 pool: 6 ready/);
  assert.match(stderr, /arm64: 0 of 6 pods ready/);
  assert.equal(one.fewest, 6);
  assert.equal((await one.type(after(stderr, "Undo"))).status, 0);
  assert.equal(one.pools, "6 0 both");
  assert.equal(one.holder, "");
});

scene("canary where Arm has room for two of three takes nothing from x86", "x86-only", { room: { arm64: 2 } }, async (one) => {
  const { status, stderr } = await one.promote("canary 3", { WAIT: "1s" });
  assert.equal(status, 1);
  assert.equal(one.stands.amd64, 7);
  assert.match(stderr, /What stands: 2 of \d new connections go to Arm/);
  assert.equal(after(stderr, "Undo"), "deploy/promote x86-only");
});

scene("green with an image that doesn't start: the traffic stays, the other pool is not touched, and undo brings all back", "blue", { broken: ["lanewise:missing"] }, async (one) => {
  one.image("missing");
  const { status, stderr } = await one.promote("green", { WAIT: "2s" });
  assert.equal(status, 1);
  assert.deepEqual(one.stands, { amd64: 6, arm64: 6, front: "amd64", images: ["0.1.0", "missing"] });
  assert.match(stderr, /What stands: All new connections go to the amd64 pool: 6 ready/);
  assert.ok(one.cluster.history.every(({ amd64, arm64 }) => amd64 === 6 && arm64 === 0));
  const undo = after(stderr, "Undo");
  assert.equal(undo, "kubectl -n lanewise rollout undo deployment/lanewise-arm64 --to-revision=1");
  assert.equal((await one.type(undo)).status, 0);
  one.settle();
  assert.deepEqual(one.stands, { amd64: 6, arm64: 6, front: "amd64", images: ["0.1.0", "0.1.0"] });
  // A second try waits as well: the old pods are not the rollout that was asked for.
  await one.promote("green", { WAIT: "1s" });
  assert.equal((await one.promote("green", { WAIT: "1s" })).status, 1);
  assert.equal(one.stands.front, "amd64");
});

scene("the way back takes ready pods as they are: it waits for no rollout that is stuck", "green", { broken: ["lanewise:missing"] }, async (one) => {
  one.image("missing");
  one.edit("Deployment", "lanewise-amd64", (blue) => (blue.spec.template.spec.containers[0].image = "lanewise:missing"));
  one.settle();
  assert.equal(find(one.cluster, "Deployment", "lanewise-amd64").status.readyReplicas, 6);
  const { status, stderr } = await one.promote("blue --as-is");
  assert.equal(status, 0, stderr);
  assert.equal(one.stands.front, "amd64");
  assert.ok(one.fewest >= 6);
});

scene("green rolls the overlay's image out on Arm before the traffic moves, and back is the old image", "blue", {}, async (one) => {
  one.image("0.2.0");
  const { status, stdout, stderr } = await one.promote("green");
  assert.equal(status, 0, stderr);
  assert.deepEqual(one.stands, { amd64: 6, arm64: 6, front: "arm64", images: ["0.1.0", "0.2.0"] });
  assert.match(stdout, /different images: amd64 lanewise:0\.1\.0, arm64 lanewise:0\.2\.0/);
  const back = after(stdout, "Back");
  assert.match(back, /^deploy\/promote blue --as-is && /);
  assert.equal((await one.type(back)).status, 0);
  one.settle();
  assert.deepEqual(one.stands, { amd64: 6, arm64: 6, front: "amd64", images: ["0.1.0", "0.1.0"] });
  assert.ok(one.fewest >= 6);
});

scene("promote rolls nothing out on a pool that has all the traffic", "blue", { broken: ["lanewise:missing"] }, async (one) => {
  one.image("missing");
  const { status, stderr } = await one.promote("blue");
  assert.equal(status, 0);
  assert.match(stderr, /nothing is rolled out on it/);
  assert.deepEqual(one.stands.images, ["0.1.0", "0.1.0"]);
});

scene("of two promotes the second says who runs, and does nothing", "hybrid", {}, async (one) => {
  const caught = one.catch(/ scale /);
  const first = one.begin("canary 3");
  await caught;
  const second = one.begin("x86-only");
  await until(() => /has the lock since/.test(second.text.stderr), "the second one's look");
  assert.match(second.text.stderr, /\(process \d+\): promote canary 3 has the lock since \d{4}-/);
  assert.equal(one.pools, "3 3 both");
  one.release();
  const { status, stderr } = await second.ended;
  assert.equal(status, 1, stderr);
  assert.match(stderr, /Another promote runs: .*promote canary 3.*Nothing was done/);
  assert.equal((await first.ended).status, 0, first.text.stderr);
  assert.equal(one.pools, "7 3 both");
});

scene("two that begin in the same moment: one has the lock", "hybrid", {}, async (one) => {
  const results = await Promise.all([one.promote("canary 3"), one.promote("x86-only")]);
  assert.deepEqual(results.map(({ status }) => status).sort(), [0, 1], results.map(({ stderr }) => stderr).join("\n---\n"));
  const winner = results.findIndex(({ status }) => status === 0);
  assert.equal(one.pools, [targets["canary 3"], targets["x86-only"]][winner].stands);
});

const hasLease = (cluster, holderIdentity, leaseDurationSeconds) =>
  put(cluster, {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "lanewise-promote", namespace: "lanewise" },
    spec: { holderIdentity, leaseDurationSeconds, acquireTime: "2026-01-01T00:00:00.000000Z", renewTime: "2026-01-01T00:00:00.000000Z" },
  });

scene("a dead holder's lock runs out", "hybrid", {}, async (one) => {
  hasLease(one.cluster, "ann@laptop (process 7): promote green", 1);
  const { status, stderr } = await one.promote("canary 3");
  assert.equal(status, 0, stderr);
  assert.match(stderr, /ann@laptop \(process 7\): promote green has not renewed its lock for 1 s/);
  assert.equal(one.pools, "7 3 both");
  assert.equal(one.holder, "");
});

scene("promote stops before its next step where the lock went to another", "hybrid", {}, async (one) => {
  const caught = one.catch(/ scale /);
  const first = one.begin("canary 3", { RENEW_S: "0" });
  await caught;
  hasLease(one.cluster, "ben@desk (process 8): promote green", 30);
  one.release();
  const { status, stderr } = await first.ended;
  assert.equal(status, 1, stderr);
  assert.match(stderr, /lock was lost/);
  assert.equal(one.holder, "ben@desk (process 8): promote green");
  assert.equal(one.stands.arm64, 3);
});

scene("counts that somebody changed meanwhile are not overwritten", "hybrid", {}, async (one) => {
  const caught = one.catch(/ scale /);
  const first = one.begin("canary 3");
  await caught;
  one.edit("Deployment", "lanewise-amd64", (deployment) => (deployment.spec.replicas = 5));
  one.release();
  const { status, stderr } = await first.ended;
  assert.equal(status, 1);
  assert.match(stderr, /Expected replicas to be 3, was 5/);
  assert.match(stderr, /What stands: /);
  assert.equal(after(stderr, "Undo"), "deploy/promote hybrid");
});

// A call that changes something is waited for from the start, one that comes again and again after the first change.
for (const [what, pattern, target, changes, world] of [
  ["as the first pods are asked for", / scale /, "canary 3", true],
  ["while a pool comes up", /get endpointslices/, "green", false, { slowness: 1e9 }],
  ["as the Service is changed", /apply -f /, "arm-only", true],
  ["as the old pool goes", /scale .*replicas=0/, "x86-only", true],
  ["as its lock is renewed", /replace/, "x86-only", false, { slowness: 1e9 }],
]) {
  for (const carriedOut of [false, true]) {
    scene(`Ctrl-C ${what}, ${carriedOut ? "and the call is carried out" : "and the call is lost"}: its undo leads back`, "hybrid", {}, async (one) => {
      Object.assign(one.cluster.world, world);
      one.carriesOut = carriedOut;
      const caught = changes ? one.catch(pattern) : undefined;
      const first = one.begin(target, { RENEW_S: "0" });
      if (!changes) await until(() => /\+ kubectl/.test(first.text.stderr), "its first step");
      await (caught ?? one.catch(pattern));
      process.kill(-first.child.pid, "SIGINT");
      one.release();
      const { status, stderr } = await first.ended;
      assert.equal(status, 130, stderr);
      assert.match(stderr, /Interrupted\./);
      assert.match(stderr, /What stands: .*new connections go to/);
      assert.equal(one.holder, "");
      one.cluster.world.slowness = 1;
      const undo = /^Undo: (.*)$/m.exec(stderr)?.[1];
      if (undo) {
        const { status, stderr } = await one.type(undo);
        assert.equal(status, 0, stderr);
      } else {
        assert.match(stderr, /It is as it was before/);
      }
      assert.equal(one.pools, "3 3 both");
      assert.ok(one.fewest >= 3);
    });
  }
}

scene("a server that does not answer for a moment is asked again", "hybrid", { slowness: 1e9 }, async (one) => {
  const first = one.begin("canary 3");
  await until(() => /Waiting until/.test(first.text.stderr), "its wait");
  let refused = 0;
  one.refuses = { test: (line) => /get (deployment|service|endpointslices)/.test(line) && ++refused < 5 };
  await until(() => refused >= 5, "calls that fail");
  one.cluster.world.slowness = 1;
  const { status, stderr } = await first.ended;
  assert.equal(status, 0, stderr);
  assert.equal(one.pools, "7 3 both");
});

scene("a server that is gone: what stood before is said, and the way back to it", "hybrid", { slowness: 1e9 }, async (one) => {
  const first = one.begin("green", { WAIT: "1s" });
  await until(() => /Waiting until/.test(first.text.stderr), "its wait");
  one.refuses = /./;
  const { status, stderr } = await first.ended;
  assert.equal(status, 1);
  assert.match(stderr, /The cluster does not answer\. Before, amd64 had 3 pods and arm64 3/);
  assert.equal(after(stderr, "Undo"), "deploy/promote hybrid");
});

scene("what was not seen is not claimed: endpoints that never follow the selector", "blue", { frozen: "lanewise" }, async (one) => {
  const { status, stdout, stderr } = await one.promote("green", { WAIT: "1s" });
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /still not so that the Service's endpoints are those of arm64/);
  assert.match(stderr, /What stands: .*connection/);
  assert.deepEqual([one.stands.amd64, one.stands.arm64], [6, 6]);
});

scene("an autoscaler that would undo it is named; ours goes with hybrid, another stays", "autoscaled", {}, async (one) => {
  for (const name of ["lanewise-amd64", "lanewise-arm64"]) one.edit("Deployment", name, (deployment) => (deployment.spec.replicas = 5));
  one.settle();
  for (const target of ["canary 3", "green", "x86-only", "pools 3 3"]) {
    const { status, stderr } = await one.promote(target);
    assert.equal(status, 1);
    assert.match(stderr, /autoscaler would undo this: lanewise-amd64 lanewise-arm64\. deploy\/promote hybrid/);
    assert.ok(!one.cluster.calls.some((call) => /scale |apply|patch/.test(call)));
  }
  const { status, stdout, stderr } = await one.promote("hybrid");
  assert.equal(status, 0, stderr);
  assert.equal(one.pools, "3 3 both");
  assert.equal(after(stdout, "Back"), "kubectl apply -k deploy/overlays/autoscaled");
  assert.ok(!Object.keys(one.cluster.objects).some((key) => key.startsWith("HorizontalPodAutoscaler")));

  put(one.cluster, {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "keda-hpa-lanewise" },
    spec: { scaleTargetRef: { kind: "Deployment", name: "lanewise-arm64" } },
  });
  for (const target of ["hybrid", "canary 3"]) {
    const refused = await one.promote(target);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /would undo this: keda-hpa-lanewise/);
  }
  assert.ok(find(one.cluster, "HorizontalPodAutoscaler", "keda-hpa-lanewise"));
});

scene("a target that is none is refused before the cluster is asked", "hybrid", {}, async (one) => {
  for (const args of ["canary", "canary 0", "canary 10", "canary 3 4", "red", "blue green", "green --as-was", "hybrid now", "pools 3", "pools 0 0", "pools 3 x", "pools -1 3", "pools 3 3 riscv", "pools 3 0 arm64", "pools 08 3", ""]) {
    const { status, stderr } = await one.promote(args);
    assert.equal(status, 2, args);
    assert.match(stderr, /deploy\/promote canary N/);
  }
  assert.equal((await one.promote("hybrid", { WAIT: "soon" })).status, 2);
  assert.deepEqual(one.cluster.calls, []);
});
