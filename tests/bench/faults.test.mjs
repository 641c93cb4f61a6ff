// Servers that fail while they are loaded, plain and over TLS: the command ends at its time, or within a moment of
// Ctrl-C, and what was measured is kept.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { freePort } from "../../bench/http_peers/free_port.mjs";
import { bench, readJson, root, run, withFolder } from "./program.mjs";
import { have, makeCertificate, nginx, withProgram, writeNginx } from "./servers.mjs";

const needs = (await have("openssl")) ? false : "openssl is not there";
const patience = 60_000;  // of a machine that does much else: no step here would end by itself before

// The command as a user starts it: `said` grows, `ended` comes to its exit code.
function startBench(args) {
    const child = spawn(join(root, "build/release/bin/lanewise-bench"), args, { stdio: ["ignore", "ignore", "pipe"] });
    const started = { child, said: "" };
    child.stderr.setEncoding("utf8").on("data", (text) => (started.said += text));
    started.ended = new Promise((resolve) => child.on("close", (code) => resolve(code)));
    return started;
}

async function endedWithin(started, milliseconds) {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(() => resolve("late"), milliseconds)));
    const code = await Promise.race([started.ended, late]);
    clearTimeout(timer);
    if (code === "late") started.child.kill("SIGKILL");
    assert.notEqual(code, "late", `it still runs after ${milliseconds} ms: ${started.said}`);
    return code;
}

// A server in a process of its own that says "served" behind so many requests, and then does what `then` says.
const scriptOf = (then, served) => `
import http from "node:http";
import https from "node:https";
import { readFileSync } from "node:fs";
const [port, key, certificate] = process.argv.slice(2);
let left = ${served};
const answer = (request, reply) => {
    reply.end("hello");
    if (--left === 0) { process.stdout.write("served\\n"); ${then} }
};
const server = key ? https.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, answer) : http.createServer(answer);
server.listen({ port: Number(port), host: "127.0.0.1", backlog: 1 });
`;

async function withServer(folder, { tls, then, served }, use) {
    const script = join(folder, "server.mjs");
    await writeFile(script, scriptOf(then, served));
    const certificates = tls ? await makeCertificate(folder) : null;
    const port = await freePort();
    await withProgram(process.execPath, [script, String(port), ...(tls ? [certificates.key, certificates.certificate] : [])], [port], async (child) => {
        const url = tls ? `https://localhost:${port}/` : `http://127.0.0.1:${port}/`;
        await use({ child, url, flags: tls ? ["--cacert", certificates.certificate] : [] });
    });
}

for (const tls of [false, true]) {
    const how = tls ? "over TLS" : "plain";
    test(`${how}: a server that goes away in the middle leaves a document of what there was`, { skip: tls && needs }, async () => {
        await withFolder(async (folder) => {
            await withServer(folder, { tls, then: "process.exit(0);", served: 150 }, async ({ url, flags }) => {
                const output = join(folder, "http.json");
                const started = startBench(["http", url, ...flags, "--warmup", "0", "--seconds", "0.4", "--rounds", "2", "--rate-first", "200", "--rate-max", "200",
                    "--p99-ms", "60000", "--connections", "4", "-o", output]);
                assert.equal(await endedWithin(started, patience), 0, started.said);
                const [target] = (await readJson(output)).http;
                const steps = target.rounds.flatMap((round) => round.steps.concat(round.confirmed ?? []));
                assert.ok(steps.some((step) => step.errors < step.requests), "some requests came before");
                const failed = steps.flatMap((step) => step.failures.map(({ what }) => what));
                assert.ok(failed.includes("connection refused"), failed.join());
                assert.equal(target.rounds.at(-1).rate_at_target, null);
                assert.match(started.said, /connection refused/);
                assert.match(await bench(["report", output]), / is not ranked: |no round gave a figure/);
            });
        });
    });

    test(`${how}: Ctrl-C ends the wait for a server that answers no SYN, and keeps what was measured`, { skip: tls && needs }, async () => {
        await withFolder(async (folder) => {
            await withServer(folder, { tls, then: "", served: 150 }, async ({ child, url, flags }) => {
                const output = join(folder, "http.json");
                // A step of a minute: without the signal it would outlast the test.
                const started = startBench(["http", url, ...flags, "--warmup", "0", "--seconds", "60", "--rounds", "3", "--rate-first", "200", "--rate-max", "400",
                    "--p99-ms", "60000", "--connections", "16", "--requests-per-connection", "1", "-o", output]);
                await new Promise((resolve) => child.stdout.once("data", resolve));
                // Stopped, the server takes no connection; behind its backlog of one the system answers none either.
                child.kill("SIGSTOP");
                await new Promise((resolve) => setTimeout(resolve, 300));  // so that it has to wait; too short only makes it easier
                started.child.kill("SIGINT");
                assert.equal(await endedWithin(started, 30_000), 1, started.said);
                const document = await readJson(output);
                assert.ok(document.notes.some(({ text }) => /^interrupted: /.test(text)));
                assert.equal(document.http[0].url, url);
                assert.match(await bench(["report", output]), /interrupted: what had not run by then is missing/);
            });
        });
    });
}

test("a target that answers no SYN from the start is named, and nothing is written", async () => {
    await withFolder(async (folder) => {
        await withServer(folder, { tls: false, then: "", served: 1 }, async ({ child, url }) => {
            child.kill("SIGSTOP");
            const { port } = new URL(url);
            const { connect } = await import("node:net");
            const fillers = Array.from({ length: 4 }, () => connect(Number(port), "127.0.0.1").on("error", () => {}));
            await new Promise((resolve) => fillers[0].once("connect", resolve));
            await new Promise((resolve) => setTimeout(resolve, 100));
            const output = join(folder, "http.json");
            const started = startBench(["http", url, "--warmup", "0", "-o", output]);
            assert.equal(await endedWithin(started, patience), 1);
            assert.match(started.said, /can't be connected to: 127\.0\.0\.1: no answer within \d+\.\d s\n$/);
            assert.ok(!existsSync(output));
            for (const one of fillers) one.destroy();
        });
    });
});

test("--insecure is needed for a certificate that nobody signed, and each form of the report says so", { skip: needs || (!nginx && "nginx is not there") }, async () => {
    await withFolder(async (folder) => {
        const certificates = await makeCertificate(folder);
        const ports = [await freePort(), await freePort()];
        const args = await writeNginx(folder, ports, certificates, 'location / { return 200 "hello"; }');
        await withProgram(nginx, args, ports, async () => {
            const output = join(folder, "http.json");
            const load = ["http", `https://localhost:${ports[1]}/`, "--warmup", "0", "--seconds", "0.2", "--rounds", "1", "--rate-first", "100", "--rate-max", "100",
                "--p99-ms", "60000", "--connections", "2", "-o", output];
            const refused = await run(join(root, "build/release/bin/lanewise-bench"), load).catch((error) => error);
            assert.equal(refused.code, 1);
            assert.match(refused.stderr, /TLS: certificate verify failed: self-signed certificate/);
            assert.ok(!existsSync(output));
            await bench([...load, "--insecure"]);
            assert.equal((await readJson(output)).http[0].tls.verified, false);
            for (const form of ["txt", "md", "html"]) {
                const report = join(folder, `report.${form}`);
                await bench(["report", output, "-o", report]);
                assert.match(await readFile(report, "utf8"), /certificate not verified/, form);
            }
        });
    });
});
