// The parts of ./dev image that need no builder: the ELF check, and both ways to one name, with a stand-in for docker.
// ./dev image itself builds, reads and runs both platforms; it takes minutes, and is a command of its own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { root } from "./tools.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "lanewise-image-"));
after(() => rmSync(folder, { recursive: true }));

// As much of a 64-bit little-endian ELF file as says what machine it is for.
function elf(machine) {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(machine, 18);
  return header;
}
const x86 = elf(62);
const arm = elf(183);

function check(architecture, files) {
  const tree = mkdtempSync(path.join(folder, "tree-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    writeFileSync(path.join(tree, name), content);
  }
  return spawnSync(path.join(root, "docker/check-elf"), [tree, architecture], { encoding: "utf8" });
}

test("check-elf passes an image whose every program is of its architecture", () => {
  const text = Buffer.from("#!/bin/sh\n".repeat(10));
  const { status, stdout } = check("arm64", { "usr/bin/server": arm, "usr/lib/a b/libx.so": arm, "etc/text": text });
  assert.equal(status, 0);
  assert.match(stdout, /^2 programs and libraries, all of them arm64/);
  assert.equal(check("amd64", { "bin/server": x86 }).status, 0);
});

test("check-elf names each program of another machine, and fails on none at all", () => {
  const mixed = check("arm64", { "usr/bin/server": arm, "usr/bin/wrk": x86, "lib/libc.so": x86 });
  assert.equal(mixed.status, 1);
  assert.match(mixed.stderr, /\/usr\/bin\/wrk \(machine 0x003e\)/);
  assert.match(mixed.stderr, /\/lib\/libc\.so/);
  assert.equal(check("amd64", { "etc/text": Buffer.alloc(100, 65) }).status, 1);
  assert.equal(check("riscv64", { "bin/server": x86 }).status, 2);
});

function image(...args) {
  const bin = mkdtempSync(path.join(folder, "bin-"));
  const notes = path.join(bin, "notes");
  for (const tool of ["docker", "cosign"]) {
    const answer = tool === "docker" ? `case "$*" in *inspect*"{{json .Manifest.Digest}}"*) echo '"sha256:abc"' ;; esac` : "";
    writeFileSync(path.join(bin, tool), `#!/bin/sh\necho "${tool} $*" >>"${notes}"\n${answer}\n`);
    chmodSync(path.join(bin, tool), 0o755);
  }
  const result = spawnSync(path.join(root, "docker/image.sh"), args, {
    encoding: "utf8",
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });
  return { ...result, calls: existsSync(notes) ? readFileSync(notes, "utf8").trim().split("\n") : [] };
}

test("--join gives images of one architecture each one name, and --sign signs it by its digest", () => {
  const sources = ["registry/lanewise:1-amd64", "registry/lanewise:1-arm64"];
  const joined = image("--join", "registry/lanewise:1", ...sources);
  assert.equal(joined.status, 0, joined.stderr);
  assert.deepEqual(joined.calls, [`docker buildx imagetools create --tag registry/lanewise:1 ${sources.join(" ")}`]);
  const signed = image("--join", "registry/lanewise:1", ...sources, "--sign");
  assert.equal(signed.calls.at(-1), "cosign sign --yes registry/lanewise@sha256:abc");
});

test("an unknown flag shows how it is used, and builds nothing", () => {
  const { status, stderr, calls } = image("--plattform", "linux/arm64");
  assert.equal(status, 2);
  assert.match(stderr, /\.\/dev image \[--platform LIST\]/);
  assert.deepEqual(calls, []);
});

// An engine that isn't there: it notes what it is asked for and plays images whose programs are what `machines` says.
function engine({ machines = { amd64: x86, arm64: arm }, result = () => '{"result":1}', args = [], driver = "docker-container", env = {} }) {
  const scene = mkdtempSync(path.join(folder, "engine-"));
  for (const [architecture, program] of Object.entries(machines)) {
    mkdirSync(path.join(scene, architecture, "usr/bin"), { recursive: true });
    writeFileSync(path.join(scene, architecture, "usr/bin/lanewise-server"), program);
    writeFileSync(path.join(scene, `${architecture}.result`), result(architecture));
  }
  const stand = `#!/bin/bash
echo "$*" >>"${scene}/notes"
platform=$(grep -oE 'linux/(amd64|arm64)' <<<"$*" | head -1)
if [[ $platform ]]; then echo "\${platform#*/}" >"${scene}/last"; fi
architecture=$(cat "${scene}/last" 2>/dev/null)
case "$*" in
    "buildx inspect") echo "Driver:        ${driver}" ;;
    *"inspect lanewise") exit 1 ;;
    create*) echo container ;;
    export*) tar -C "${scene}/$architecture" -c . ;;
    "run --rm --network"*" /") echo "Hello from linux/$architecture (any) node=builder pod=image" ;;
    "run --rm --network"*) cat "${scene}/$architecture.result" ;;
    *--detach*) echo server ;;
    *wrk*) echo "wrk 4" && exit 1 ;;
    *lanewise-job*) "${path.join(root, "docker/lanewise-job")}" - echo whole ;;
    wait*) echo 0 ;;
esac
`;
  writeFileSync(path.join(scene, "docker"), stand);
  chmodSync(path.join(scene, "docker"), 0o755);
  const run = spawnSync(path.join(root, "docker/image.sh"), args, {
    encoding: "utf8",
    env: { ...process.env, PATH: `${scene}:${process.env.PATH}`, LANEWISE_COMMIT: "abc", ...env },
  });
  return { ...run, calls: readFileSync(path.join(scene, "notes"), "utf8").trim().split("\n") };
}

test("with an engine, both platforms are built, tried and then pushed in one command with SBOM and provenance", () => {
  const { status, stdout, stderr, calls } = engine({
    args: ["--platform", "linux/amd64,linux/arm64", "--name", "registry/lanewise:1", "--push"],
  });
  assert.equal(status, 0, stdout + stderr);
  const pushes = calls.filter((call) => /--push/.test(call));
  assert.deepEqual(
    pushes.map((call) => /--target (\w+) .*--tag (\S+)/.exec(call).slice(1)),
    [["lanewise", "registry/lanewise:1"], ["server", "registry/lanewise:1-server"]],
  );
  for (const push of pushes) assert.match(push, /--platform linux\/amd64,linux\/arm64 .*--provenance=mode=max --sbom=true/);
  for (const run of calls.filter((call) => /^run .*--entrypoint/.test(call))) {
    assert.match(run, /--read-only --tmpfs \/tmp --cap-drop ALL --security-opt no-new-privileges/);
  }
  assert.equal(calls.filter((call) => /--load/.test(call)).length, 4);
  assert.equal(calls.filter((call) => /^stop/.test(call)).length, 4);
});

test("where the engine's own builder is in use, one that writes attestations is made and used", () => {
  const made = (env) => {
    const args = ["--platform", "linux/amd64", "--target", "lanewise", "--push"];
    const { status, stderr, calls } = engine({ driver: "docker", env, args });
    assert.equal(status, 0, stderr);
    const builds = calls.filter((call) => /^buildx build/.test(call));
    assert.ok(builds.length === 2 && builds.every((call) => /--builder lanewise /.test(call)), builds.join("\n"));
    return calls.filter((call) => /create.*lanewise/.test(call) && !/^create/.test(call));
  };
  assert.deepEqual(made({ DOCKER_TLS_VERIFY: "" }), ["buildx create --name lanewise --driver docker-container"]);
  const byTls = ["context create lanewise", "buildx create --name lanewise --driver docker-container lanewise"];
  assert.deepEqual(made({ DOCKER_TLS_VERIFY: "1" }), byTls);
});

test("the name of an image is in lower case, its tag as it was given", () => {
  const { calls } = image("--join", "host:5000/Owner/Name:1-RC", "Owner/Name:1-RC-amd64", "Owner/Name");
  assert.deepEqual(calls, ["docker buildx imagetools create --tag host:5000/owner/name:1-RC owner/name:1-RC-amd64 owner/name"]);
});

test("an image with a program of the wrong machine, or with other bits in its answer, is not called good", () => {
  const lying = engine({ machines: { amd64: x86, arm64: x86 }, args: ["--platform", "linux/arm64", "--push"] });
  assert.notEqual(lying.status, 0);
  assert.match(lying.stderr, /not of arm64: \/usr\/bin\/lanewise-server/);
  assert.ok(!lying.calls.some((call) => /--push/.test(call)));
  const differing = engine({
    result: (architecture) => `{"result":${architecture}}`,
    args: ["--platform", "linux/amd64,linux/arm64", "--target", "lanewise", "--push"],
  });
  assert.notEqual(differing.status, 0);
  assert.match(differing.stderr, /different answers by platform/);
  assert.ok(!differing.calls.some((call) => /--push/.test(call)));
});

test("the test target is built and nothing of it is kept", () => {
  const { status, calls } = engine({ args: ["--target", "test", "--platform", "linux/amd64"] });
  assert.equal(status, 0);
  const builds = calls.filter((call) => /^buildx build/.test(call));
  assert.equal(builds.length, 1);
  assert.match(builds[0], /--target test .*--output type=cacheonly/);
});
