// The documents keep their word: commands in fenced blocks run and print what is shown, or are marked as needing a
// cloud; flags and ./dev commands that the text names exist; links lead somewhere.
//
// A block of `sh` or `console` runs here; one of `sh cloud` needs a cluster or a registry, and one of `sh remakes` writes
// checked-in files again, measured ones among them.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startServer } from "../server/page/servers.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const documents = execFileSync("git", ["ls-files", "*.md"], { cwd: root, encoding: "utf8" }).trim().split("\n");
const text = Object.fromEntries(documents.map((name) => [name, readFileSync(path.join(root, name), "utf8")]));

// Run by the test command itself, or by hand on a bare machine: they build, serve until Ctrl-C, or run these tests.
const run_elsewhere = ["./dev serve", "./dev test"];

function* blocks(of) {
    const fence = /^```(.*)\n([^]*?)^```$/gm;
    for (const [, info, body] of text[of].matchAll(fence)) yield { info: info.trim(), body };
}

function every(kind) {
    return documents.flatMap((name) => [...blocks(name)].filter(({ info }) => info === kind).map(({ body }) => ({ name, body })));
}

/** The commands of a console block, each with the lines that it prints. */
function session(body) {
    const steps = [];
    for (const line of body.trimEnd().split("\n")) {
        if (line.startsWith("$ ")) steps.push({ command: line.slice(2), shown: [] });
        else steps.at(-1).shown.push(line);
    }
    return steps;
}

function shell(command) {
    const ended = spawnSync("bash", ["-euo", "pipefail", "-c", command], { cwd: root, encoding: "utf8", timeout: 300_000 });
    assert.equal(ended.status, 0, `${command}\n${ended.stdout}${ended.stderr}`);
    return ended.stdout;
}

let server;
before(async () => { server = await startServer("amd64", 0, []); });
after(() => server.stop());
const onServer = (command) => command.replaceAll("localhost:8080", `127.0.0.1:${server.port}`)
    .replaceAll("http://ADDRESS", `http://127.0.0.1:${server.port}`).replaceAll("curl ", "curl -sS ");

test("every block says what it is", () => {
    for (const name of documents) {
        for (const { info } of blocks(name)) {
            assert.match(info, /^(sh|sh cloud|sh remakes|console|cpp|cmake|promql|yaml)?$/, `${name} has a block of "${info}"`);
        }
    }
});

test("console blocks print what they show", async (t) => {
    for (const { name, body } of every("console")) {
        for (const { command, shown } of session(body)) {
            await t.test(`${name}: ${command}`, () => {
                const printed = shell(onServer(command)).trim();
                if (shown.length === 0) return assert.ok(printed.length > 0);
                if (shown[0].startsWith("Hello from")) {
                    return assert.match(printed, /^Hello from linux\/(amd64|arm64) \([a-z0-9_, ]+\) node=\S+ pod=\S+$/);
                }
                assert.equal(printed, shown.join("\n"));
            });
        }
    }
});

test("the seed's loop prints a line a call", () => {
    const [loop] = every("sh").filter(({ body }) => body.includes("seq 1 10"));
    const lines = shell(onServer(loop.body)).split("\n").filter((line) => line.startsWith("Hello from linux/"));
    assert.equal(lines.length, 10);
});

test("other shell blocks run", async (t) => {
    for (const { name, body } of every("sh").filter(({ body: one }) => !one.includes("seq 1 10"))) {
        for (const line of body.trimEnd().split("\n")) {
            if (run_elsewhere.some((command) => line.startsWith(command))) continue;
            await t.test(`${name}: ${line}`, () => { shell(onServer(line)); });
        }
    }
});

test("C++ and CMake shown are those of the project that a test builds", () => {
    const sources = { cpp: ["main.cpp"], cmake: ["found", "fetched", "added"].map((way) => `${way}/CMakeLists.txt`) };
    for (const [kind, files] of Object.entries(sources)) {
        const wholes = files.map((file) => readFileSync(path.join(root, "tests/package", file), "utf8"));
        for (const { name, body } of every(kind)) {
            assert.ok(wholes.some((whole) => whole.includes(body)), `${name} shows another program than tests/package has`);
        }
    }
});

test("a block that needs a cloud calls what is here", () => {
    for (const { name, body } of every("sh cloud")) {
        for (const [, program] of body.matchAll(/(?:^|[|&;(] *)((?:\.\/|deploy\/)[\w./-]+)/gm)) {
            assert.ok(existsSync(path.join(root, program)), `${name} calls ${program}`);
        }
        for (const [, folder] of body.matchAll(/ -k (\S+)/g)) {
            assert.ok(existsSync(path.join(root, folder, "kustomization.yaml")), `${name} applies ${folder}`);
        }
    }
});

test("the commands of ./dev that the text names exist", () => {
    const known = spawnSync(path.join(root, "dev"), [], { encoding: "utf8" }).stdout;
    const commands = new Set([...known.matchAll(/\.\/dev ([a-z-]+)/g)].map(([, command]) => command));
    for (const name of documents) {
        for (const [, command] of text[name].matchAll(/\.\/dev ([a-z][a-z-]*)/g)) {
            assert.ok(commands.has(command), `${name} names ./dev ${command}`);
        }
    }
});

test("every command of ./dev says what it takes, and runs nothing for it", () => {
    const listed = spawnSync(path.join(root, "dev"), ["--help"], { encoding: "utf8" });
    assert.equal(listed.status, 0);
    const commands = new Set([...listed.stdout.matchAll(/^\.\/dev ([a-z-]+)/gm)].map(([, command]) => command));
    assert.ok(commands.size >= 13);
    for (const command of commands) {
        const said = spawnSync(path.join(root, "dev"), [command, "--help"], { encoding: "utf8" });
        assert.equal(said.status, 0, command);
        assert.match(said.stdout, new RegExp(`^\\./dev ${command}`));
        assert.equal(said.stderr, "", command);
    }
    const unknown = spawnSync(path.join(root, "dev"), ["tset"], { encoding: "utf8" });
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /no command "tset"[^]*\.\/dev test/);
});

test("the server's flags that the text names exist, and --help names every variable's rule", () => {
    const help = shell("build/release/bin/lanewise-server --help");
    for (const name of ["README.md", "HACKING.md"]) {
        const prose = text[name].replaceAll(/^```[^]*?^```$/gm, "");
        for (const [, flag] of prose.matchAll(/`(--[a-z-]+)/g)) {
            if (["--demo", "--quick", "--all"].includes(flag)) continue;  // of ./dev
            assert.ok(help.includes(flag), `${name} names ${flag}`);
        }
    }
    assert.match(help, /LANEWISE_BODY_BYTES_MAX/);
});

test("links within the repository lead somewhere", () => {
    for (const name of documents) {
        const prose = text[name].replaceAll(/^```[^]*?^```$/gm, "").replaceAll(/`[^`\n]*`/g, "");  // code has lambdas
        for (const [, target] of prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
            if (/^[a-z]+:/.test(target)) continue;
            assert.ok(existsSync(path.join(root, path.dirname(name), target)), `${name} links to ${target}`);
        }
    }
});
