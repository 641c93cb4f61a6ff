// A document's way out of a pod's log: lanewise-job prints it, gather reads it back.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { deploy, root } from "./tools.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "lanewise-jobs-"));
after(() => rmSync(folder, { recursive: true }));

const print = (...command) =>
  spawnSync(path.join(root, "docker/lanewise-job"), command, { encoding: "utf8", maxBuffer: 1 << 26 });
function gather(log) {
  const file = path.join(folder, "gathered");
  rmSync(file, { force: true });
  const { status, stderr } = spawnSync(path.join(deploy, "jobs/gather"), [file], { input: log, encoding: "utf8" });
  return { status, stderr, document: existsSync(file) ? readFileSync(file) : undefined };
}

test("a document comes back byte for byte, from among other lines and with carriage returns", () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 256));
  const file = path.join(folder, "document");
  writeFileSync(file, bytes);
  const { stdout, status } = print(file, "true");
  assert.equal(status, 0);
  assert.ok(stdout.split("\n").every((line) => line.length < 200), "container logs cut long lines");
  for (const log of [stdout, `progress 1\n${stdout}`, stdout.replaceAll("\n", "\r\n")]) {
    assert.deepEqual(gather(log).document, bytes);
  }
  assert.equal(gather(print("-", "printf", "out").stdout).document.toString(), "out");
});

test("a document that is missing, cut, changed or doubled is refused, and leaves no file", () => {
  const whole = print("-", "seq", "5000").stdout;
  const rows = whole.trimEnd().split("\n");
  for (const [log, why] of [
    ["", /no document/],
    [rows.slice(1).join("\n"), /no document/],
    [rows.slice(0, 100).join("\n"), /cut short/],
    [[...rows.slice(0, 50), ...rows.slice(60)].join("\n"), /bytes|garbled/],
    [whole.replace(rows[40], rows[41]), /hash/],
    [whole.replace(rows[40], `${rows[40].slice(0, 20)}!${rows[40].slice(21)}`), /garbled|hash|bytes/],
    [rows.slice(0, 30).join("\n") + "\n" + whole, /two documents/],
  ]) {
    const { status, stderr, document } = gather(log);
    assert.equal(status, 1, `${why} is refused`);
    assert.match(stderr, why);
    assert.equal(document, undefined);
  }
});

test("a command that fails prints no document, and its exit code is the Job's", () => {
  const { status, stdout, stderr } = print("-", "sh", "-c", "echo half; exit 7");
  assert.equal(status, 7);
  assert.equal(stdout, "");
  assert.match(stderr, /exit code 7/);
});
