// A promote, its checkout and a cluster that keeps state, for the tests of deploy/promote.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { apply, emptyCluster, find, put, step } from "./objects.mjs";
import { serve } from "./kubectl.mjs";
import { render } from "../render.mjs";
import { deploy } from "../tools.mjs";

const overlays = new Map();
export const overlay = (name) => overlays.get(name) ?? overlays.set(name, render(path.join(deploy, "overlays", name))).get(name);

// A cluster, a checkout of deploy/ beside it, and what acts on both. It begins with an overlay that is settled.
export class Scene {
  constructor(start, world) {
    this.folder = mkdtempSync(path.join(tmpdir(), "lanewise-promote-"));
    // A copy, whose image a test may change as a user does.
    cpSync(deploy, path.join(this.folder, "deploy"), { recursive: true });
    this.env = { ...process.env, PATH: `${this.folder}/bin:${process.env.PATH}`, POLL_S: "0.02", WAIT: "120s" };
    this.cluster = emptyCluster(world);
    for (const object of overlay(start)) apply(this.cluster, object);
    this.settle();
    this.cluster.history = [];
  }
  async open() {
    this.server = await serve(this, this.folder);
  }
  close() {
    this.server?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
  settle() {
    for (let i = 0; i < 40; ++i) step(this.cluster);
  }
  // The next call that fits waits until `release`. Resolves once it is there.
  catch(pattern) {
    this.holds = pattern;
    this.hold = new Promise((resolve) => (this.release = () => resolve((this.holds = undefined))));
    return new Promise((resolve) => (this.held = resolve));
  }
  image(tag) {
    const file = path.join(this.folder, "deploy/image/kustomization.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace(/newTag: .*/, `newTag: ${tag}`));
  }
  start(command, args, env = {}) {
    const child = spawn(command, args, { cwd: this.folder, env: { ...this.env, ...env }, detached: true });
    const text = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) {
      child[stream].setEncoding("utf8");
      child[stream].on("data", (data) => (text[stream] += data));
    }
    const ended = new Promise((resolve) => child.on("close", (status, signal) => resolve({ status, signal, ...text })));
    return { child, ended, text };
  }
  begin = (args, env) => this.start("deploy/promote", args.split(" ").filter(Boolean), env);
  promote = (args, env) => this.begin(args, env).ended;
  // What a user types after a promote, as it was printed.
  type = (commands) => this.start("bash", ["-euc", commands]).ended;

  get stands() {
    const count = (name) => find(this.cluster, "Deployment", name).spec.replicas;
    const image = (name) => find(this.cluster, "Deployment", name).spec.template.spec.containers[0].image.replace(/.*:/, "");
    return {
      amd64: count("lanewise-amd64"),
      arm64: count("lanewise-arm64"),
      front: find(this.cluster, "Service", "lanewise").spec.selector.arch ?? "both",
      images: [image("lanewise-amd64"), image("lanewise-arm64")],
    };
  }
  get pools() {
    const { amd64, arm64, front } = this.stands;
    return `${amd64} ${arm64} ${front}`;
  }
  // Somebody else's change.
  edit(kind, name, change) {
    const { status, ...object } = structuredClone(find(this.cluster, kind, name));
    delete object.metadata.resourceVersion;
    change(object);
    put(this.cluster, object);
  }
  // The fewest ready endpoints that the Service had at any moment.
  get fewest() {
    return Math.min(...this.cluster.history.map(({ amd64, arm64 }) => amd64 + arm64));
  }
  get holder() {
    return find(this.cluster, "Lease", "lanewise-promote").spec.holderIdentity;
  }
}

export const scene = (name, start, world, act) =>
  test(name, { timeout: 300_000 }, async () => {
    const one = new Scene(start, world);
    try {
      await one.open();
      await act(one);
    } finally {
      one.close();
    }
  });
export const until = async (condition, what) => {
  for (const end = Date.now() + 60_000; !condition(); ) {
    assert.ok(Date.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
export const after = (text, word) => new RegExp(`^${word}: +(.*)$`, "m").exec(text)?.[1] ?? assert.fail(`no line ${word}: in ${text}`);
