// Packages of the build at hand: what --help says is in manual pages and completions, two packings give the same bytes, the
// unit is hardened, and krew installs the plugin. ./dev package checks what only packages of a static build can show, and
// tests/package/install what they do on a bare machine, tests/package/unit what the unit does under systemd.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { readHelp, readProgram } from "../../packages/describe.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const build = path.join(root, "build/release");
const work = mkdtempSync(path.join(tmpdir(), "lanewise-packages-"));
after(() => rmSync(work, { recursive: true }));

const run = (program, args, options = {}) => execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], ...options });
const list = (folder) => readdirSync(folder, { recursive: true }).filter((name) => !statSync(path.join(folder, name)).isDirectory()).sort();

const described = path.join(work, "described");
run(process.execPath, [path.join(root, "packages/describe.mjs"), path.join(build, "bin"), described, "2026-11-29"]);
const programs = ["lanewise-server", "lanewise-bench"].map((name) => ({ name, all: readProgram(path.join(build, "bin", name)) }));

test("--help is read whole: each flag that it names, however its line is laid out", () => {
  for (const { name, all } of programs) {
    for (const { words, help, text } of all) {
      const lines = text.split("\n").filter((line) => /^ {2}-/.test(line));
      const said = help.options.flatMap(({ names }) => names);
      const shown = lines.flatMap((line) => /^ {2}(\S+)/.exec(line)[1].split(","));
      assert.deepEqual(said, shown, [name, ...words].join(" "));
      assert.ok(help.options.every((one) => one.text !== ""), `${name} ${words}: an option without a text`);
      assert.ok(help.summary && help.usage.startsWith(name));
    }
  }
  const odd = readHelp("Does it.\nUsage: x [OPTIONS]\n\nOptions:\n  -h,--help                   Help\n  --tls-handshakes-max N=1024 Text\n  --a-flag-that-is-longer-than-its-column N=7\n                              first\n                              second\n\nExamples:\n  x --not-a-flag\n");
  assert.deepEqual(odd.options.map(({ names, value, text }) => [names.join(), value, text]), [
    ["-h,--help", "", "Help"],
    ["--tls-handshakes-max", "N=1024", "Text"],
    ["--a-flag-that-is-longer-than-its-column", "N=7", "first second"],
  ]);
  assert.deepEqual(odd.more, ["Examples:", "  x --not-a-flag"]);
});

const page = (name) => gunzipSync(readFileSync(path.join(described, "share/man/man1", `${name}.1.gz`))).toString();

test("each flag and each command has its place in a manual page", () => {
  for (const { name, all } of programs) {
    for (const { words, help } of all) {
      const text = page([name, ...words].join("-")).replaceAll("\\-", "-");
      for (const one of [...help.options, ...help.commands, ...help.arguments]) {
        for (const each of one.names) assert.ok(text.includes(`\\fB${each}\\fR`), `${name} ${words}: ${each}`);
      }
      assert.doesNotMatch(text, /^\.(?!TH|SH|TP|B |BR |nf$|fi$|so )/m, "a line of text that roff would take for a command");
    }
  }
  assert.equal(page("kubectl-lanewise"), ".so man1/lanewise-bench-cluster.1\n");
});

// What bash offers after these words, the last of which is being typed.
function offered(name, words) {
  const script = path.join(described, "share/bash-completion/completions", name);
  const line = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _${name.replaceAll("-", "_")}; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return run("bash", ["-euc", line, "bash", script, name, ...words]).trim().split("\n");
}

test("bash offers every flag and command of --help at its place, and no other's", () => {
  for (const { name, all } of programs) {
    for (const { words, help } of all) {
      const flags = help.options.flatMap(({ names }) => names).sort();
      assert.deepEqual(offered(name, [...words, "-"]).sort(), flags, `${name} ${words}`);
      const commands = help.commands.flatMap(({ names }) => names);
      if (commands.length > 0) assert.deepEqual(offered(name, [...words, ""]).filter((one) => !one.startsWith("-")), commands);
    }
  }
  assert.ok(offered("lanewise-bench", ["run", "--output", "x", "--qu"]).includes("--quick"));
  assert.ok(offered("kubectl-lanewise", [""]).includes("preflight"));
  assert.ok(offered("kubectl-lanewise", ["preflight", "--name"]).includes("--namespace"));
});

test("zsh knows every flag with its text, and takes the file", (t) => {
  for (const { name, all } of programs) {
    const file = path.join(described, "share/zsh/vendor-completions", `_${name}`);
    const text = readFileSync(file, "utf8");
    assert.ok(text.startsWith(`#compdef ${name}\n`));
    for (const { help } of all) {
      for (const { names, text: said } of help.options) {
        for (const each of names) assert.ok(text.includes(`'${each}:${said.replaceAll("'", "'\\''")}'`), `${name}: ${each}`);
      }
    }
    if (spawnSync("zsh", ["--version"]).error) t.diagnostic("zsh is not installed: its syntax was not checked");
    else run("zsh", ["-n", file]);
  }
});

function pack(folder, environment = {}) {
  const out = path.join(work, folder);
  run("bash", ["-c", `umask ${environment.UMASK ?? "022"}; exec "$@"`, "bash", path.join(root, "packages/pack"), build, out],
    { env: { ...process.env, SOURCE_DATE_EPOCH: "1764374400", PACK_COMPRESSION: "gzip", ...environment } });
  return out;
}
const out = pack("one");
const architecture = process.arch === "arm64" ? "arm64" : "amd64";
const version = /project\(lanewise VERSION ([\d.]+)/.exec(readFileSync(path.join(root, "CMakeLists.txt"), "utf8"))[1];

test("of the two ways to the library that build it again, one runs with each change and one in the nightly job", () => {
  const { tests } = JSON.parse(run("ctest", ["--test-dir", build, "--show-only=json-v1"]));
  const nightly = (name) => tests.find((one) => one.name === name).properties.some((property) => property.name === "LABELS" && property.value.includes("nightly"));
  assert.deepEqual(["found", "fetched", "added"].filter((way) => nightly(`package.${way}`)), ["fetched"]);
  assert.match(readFileSync(path.join(root, ".github/workflows/nightly.yml"), "utf8"), /ctest .*-R '\^package\\\.fetched\$'/);
});

test("a tag of another version, or of one that CHANGELOG.md does not know, is no release", () => {
  const folder = path.join(work, "tagged");
  mkdirSync(path.join(folder, "packages"), { recursive: true });
  cpSync(path.join(root, "packages/version"), path.join(folder, "packages/version"));
  const said = (cmake, changes, ...args) => {
    writeFileSync(path.join(folder, "CMakeLists.txt"), cmake);
    writeFileSync(path.join(folder, "CHANGELOG.md"), changes);
    const { status, stdout, stderr } = spawnSync(path.join(folder, "packages/version"), args, { encoding: "utf8" });
    return [status, (stdout + stderr).trim()];
  };
  const cmake = "cmake_minimum_required(VERSION 3.25)\nproject(lanewise VERSION 1.2.3 DESCRIPTION x)\n";
  assert.deepEqual(said(cmake, ""), [0, "1.2.3"]);
  for (const heading of ["## 1.2.3", "## 1.2.3 (2026-11-29)"]) assert.deepEqual(said(cmake, `# Changes\n\n${heading}\n`, "v1.2.3"), [0, "1.2.3"]);
  for (const tag of ["v1.2.4", "1.2.3", "v1.2.30", "v1.2.3-rc1", ""]) {
    assert.deepEqual(said(cmake, "## 1.2.3\n", tag), [1, `version: the tag is ${tag}, and CMakeLists.txt has 1.2.3: the tag would be v1.2.3`]);
  }
  for (const changes of ["## Unreleased\n", "## 1.2.30\n", "## 1x2x3\n", "1.2.3\n"]) {
    assert.deepEqual(said(cmake, changes, "v1.2.3"), [1, 'version: CHANGELOG.md has no heading "## 1.2.3"']);
  }
  assert.deepEqual(said("project(other VERSION 1.2.3)\n", ""), [1, "version: CMakeLists.txt names no version"]);
});

test("packing again elsewhere, later, under another umask and time zone gives the same bytes", () => {
  const again = pack("the-second-and-longer", { UMASK: "077", TZ: "Asia/Tokyo", LC_ALL: "C.UTF-8" });
  const files = list(out);
  assert.deepEqual(files, [`lanewise-${version}-linux-${architecture}.tar.gz`, `lanewise-dev_${version}_${architecture}.deb`, `lanewise_${version}_${architecture}.deb`]);
  assert.deepEqual(list(again), files);
  for (const file of files) assert.ok(readFileSync(path.join(out, file)).equals(readFileSync(path.join(again, file))), file);
});

test("the packages hold what they are for, owned by root, and their sums are right", () => {
  const deb = (name) => path.join(out, `${name}_${version}_${architecture}.deb`);
  const field = (name, which) => run("dpkg-deb", ["-f", deb(name), which]).trim();
  assert.equal(field("lanewise", "Architecture"), architecture);
  assert.match(field("lanewise", "Depends"), /^libc6 \(>= 2\.\d+\)$/);
  assert.equal(field("lanewise-dev", "Depends"), "libc6-dev");
  for (const name of ["lanewise", "lanewise-dev"]) {
    for (const line of run("dpkg-deb", ["-c", deb(name)]).trim().split("\n")) {
      assert.match(line, /^[d-]rw[x-]r-[x-]r-[x-] root\/root |^lrwxrwxrwx root\/root /, line);
    }
    const unpacked = path.join(work, `${name}.unpacked`);
    run("dpkg-deb", ["-R", deb(name), unpacked]);
    run("md5sum", ["--check", "--quiet", "DEBIAN/md5sums"], { cwd: unpacked });
  }
  const has = (name, ...files) => files.forEach((file) => assert.ok(existsSync(path.join(work, `${name}.unpacked/usr`, file)), file));
  has("lanewise", "bin/lanewise-server", "bin/lanewise-bench", "bin/kubectl-lanewise", "lib/systemd/system/lanewise-server.service",
    "share/man/man1/lanewise-server.1.gz", "share/bash-completion/completions/lanewise-bench", "share/zsh/vendor-completions/_lanewise-bench",
    "share/doc/lanewise/copyright", "share/doc/lanewise/NOTICES.gz", "share/lanewise/ci/gate");
  has("lanewise-dev", "include/lanewise/kernels/kernels.hpp", "share/doc/lanewise-dev/copyright");
  assert.match(readFileSync(path.join(work, "lanewise.unpacked/usr/lib/systemd/system/lanewise-server.service"), "utf8"), /^ExecStart=\/usr\/bin\/lanewise-server$/m);
});

test("the unit is hardened: its exposure is below 2.0, and systemd finds no fault in it", (t) => {
  if (spawnSync("systemd-analyze", ["--version"]).error) return t.skip("systemd-analyze is not installed");
  const unit = path.join(work, "lanewise-server.service");
  const text = readFileSync(path.join(work, "lanewise.unpacked/usr/lib/systemd/system/lanewise-server.service"), "utf8");
  writeFileSync(unit, text.replace("/usr/bin/lanewise-server", path.join(build, "bin/lanewise-server")));
  const judged = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", "--no-pager", unit], { encoding: "utf8" });
  assert.equal(judged.status, 0, judged.stdout + judged.stderr);
  t.diagnostic(/Overall exposure level.*/.exec(judged.stdout)[0]);
  const verified = spawnSync("systemd-analyze", ["verify", "--man=no", unit], { encoding: "utf8" });
  assert.equal(verified.status, 0, verified.stderr);
  for (const line of ["Type=notify", "DynamicUser=yes"]) assert.ok(text.includes(`\n${line}\n`), line);
  const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(text)[1]);
  const drain = readFileSync(path.join(root, "server/settings/config.hpp"), "utf8");
  assert.ok(seconds * 1000 > Number(/drain_deadline_ms = ([\d']+)/.exec(drain)[1].replaceAll("'", "")), "systemd waits for the drain");
});

// As krew does it: the manifest's platform, the archive's hash, the files that are moved, a link to what bin names.
test("krew installs the plugin from the tarball by its manifest", () => {
  const address = "https://example.com/releases/download/v1";
  run(path.join(root, "packages/krew"), [out, address, "https://example.com/"]);
  const text = readFileSync(path.join(out, "lanewise.yaml"), "utf8");
  rmSync(path.join(out, "lanewise.yaml"));
  const value = (key) => new RegExp(`^[ -]*${key}: (.*)$`, "m").exec(text)?.[1];
  assert.equal(value("apiVersion"), "krew.googlecontainertools.github.com/v1alpha2");
  assert.equal(value("kind"), "Plugin");
  assert.equal(value("name"), "lanewise");
  assert.equal(value("version"), `v${version}`);
  assert.ok(value("shortDescription").length <= 50 && !/kubectl/i.test(value("shortDescription")));
  assert.equal(value("arch"), architecture);

  const archive = path.join(out, path.basename(value("uri")));
  assert.equal(value("uri"), `${address}/${path.basename(archive)}`);
  assert.equal(createHash("sha256").update(readFileSync(archive)).digest("hex"), value("sha256"));
  const staging = path.join(work, "krew/staging");
  const store = path.join(work, "krew/store");
  const bin = path.join(work, "krew/bin");
  for (const folder of [staging, store, bin]) mkdirSync(folder, { recursive: true });
  run("tar", ["-C", staging, "-xzf", archive]);
  const moves = [...text.matchAll(/- from: (.*)\n *to: (.*)/g)];
  assert.equal(moves.length, 2);
  for (const [, from, to] of moves) {
    assert.equal(to, ".");
    renameSync(path.join(staging, from), path.join(store, path.basename(from)));
  }
  symlinkSync(path.join(store, value("bin")), path.join(bin, "kubectl-lanewise"));
  // kubectl runs the plugin by the name that it found.
  const said = run(path.join(bin, "kubectl-lanewise"), ["--help"]);
  assert.match(said, /^Usage: lanewise-bench cluster /m);
  assert.match(said, /^ {2}preflight /m);
});

test("the list of parts names each library once, with its version and licence", () => {
  run(path.join(root, "packages/sbom"), [out]);
  const { spdxVersion, packages, relationships } = JSON.parse(readFileSync(path.join(out, "lanewise.spdx.json"), "utf8"));
  assert.equal(spdxVersion, "SPDX-2.3");
  const names = packages.map(({ name }) => name);
  for (const name of ["lanewise", "boost", "openssl", "hwloc", "zlib", "zstd", "xsimd", "benchmark", "cli11"]) assert.ok(names.includes(name), name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, versionInfo, licenseDeclared } of packages) assert.ok(/^\d/.test(versionInfo) && licenseDeclared, name);
  assert.equal(relationships.length, packages.length);
});

test("each library that a build takes from Debian has its notice in the packages, and its line in the list of parts", () => {
  const taken = /^ {4}need g\+\+ (.*)$/m.exec(readFileSync(path.join(root, "dev"), "utf8"))[1].match(/\blib[\w.+-]+-dev\b/g);
  assert.ok(taken.includes("libssl-dev") && taken.length > 5);
  for (const script of ["pack", "sbom"]) {
    const text = readFileSync(path.join(root, "packages", script), "utf8");
    for (const name of taken) assert.match(text, new RegExp(`[ "]${name.replaceAll("+", "\\+")}[ ;)]`), `packages/${script}`);
  }
});

test("check names a program that needs more than glibc, and one package of a pair that is missing", () => {
  const folder = path.join(work, "checked");
  cpSync(out, folder, { recursive: true });
  rmSync(path.join(folder, `lanewise-dev_${version}_${architecture}.deb`));
  // Without lintian, which has nothing to say here.
  const tools = path.join(work, "tools");
  mkdirSync(tools);
  writeFileSync(path.join(tools, "lintian"), "#!/bin/sh\n");
  chmodSync(path.join(tools, "lintian"), 0o755);
  const checked = spawnSync(path.join(root, "packages/check"), [folder], { encoding: "utf8", env: { ...process.env, PATH: `${tools}:${process.env.PATH}` } });
  assert.equal(checked.status, 1);
  assert.match(checked.stderr, /lanewise-bench needs libstdc\+\+\.so\.6/);
  assert.match(checked.stderr, /a tarball and two \.deb for each architecture are expected/);
  assert.ok(!existsSync(path.join(folder, "SHA256SUMS")));
});
