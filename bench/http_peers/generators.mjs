// The load generator of lanewise-bench beside wrk, each on CPU 1, in turn round by round. The server on CPU 0 replies to
// each request after fifty milliseconds exactly, so what a generator measures beyond them is its own error. A loop that gives way
// to all else keeps CPU 1 awake: a virtual machine's CPU that sleeps between two requests is woken late by its host, by up to
// milliseconds, and that is neither generator's doing.
//
//   node generators.mjs [--rounds 5] [--seconds 2] [--kinds plain,tls]
//
// Ours: the most requests a second with p99 within 5 % of the truth, open loop, found by `lanewise-bench http`.
// wrk: as many as it sends where each connection waits for its reply: no rate is kept, and no p99 is to be had of it. Three times as
// long, for it opens its connections in that time.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { freePort } from "./free_port.mjs";

const bin = fileURLToPath(new URL("../../build/release/bin/", import.meta.url));
const { values: options } = parseArgs({ options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    kinds: { type: "string", default: "plain,tls" },
} });

const delay_ms = 50;
const error_max = 0.05;
// Each of them carries twenty requests a second at most: so many that neither generator runs out of them.
const connections = { plain: 4000, tls: 2500 };
const folder = mkdtempSync(path.join(os.tmpdir(), "lanewise-generators-"));

async function start(port, args) {
    const child = spawn("taskset", ["-c", "0", `${bin}lanewise-delayed-replies`, String(port), ...args], { stdio: ["ignore", "ignore", "inherit"] });
    for (let attempt = 0; attempt < 200 && child.exitCode === null; ++attempt) {
        const open = await new Promise((resolve) => {
            const socket = net.connect(port, "127.0.0.1", () => { socket.destroy(); resolve(true); });
            socket.once("error", () => resolve(false));
        });
        if (open) return child;
        await sleep(25);
    }
    throw new Error("the server does not listen");
}

/** Requests a second; null where no rate was confirmed, such as on a machine that is busy otherwise. */
function ours(kind, url, certificate, first) {
    const output = path.join(folder, "http.json");
    const flags = kind === "tls" ? ["--cacert", certificate] : [];
    execFileSync(`${bin}lanewise-bench`, ["http", url, ...flags, "--cpus", "1", "--connections", String(connections[kind]), "--rounds", "1",
        "--warmup", "0", "--seconds", options.seconds, "--rate-first", String(first), "--p99-ms", String(delay_ms * (1 + error_max)), "-o", output],
    { stdio: ["ignore", "ignore", "pipe"] });  // its last line stands in the error, where it fails
    const [target] = JSON.parse(readFileSync(output, "utf8")).http;
    const held = target.rounds[0].confirmed;
    return held && { rate: held.achieved, p50: held.p50_ms, p99: held.p99_ms };
}

function wrk(kind, url) {
    const said = execFileSync("taskset", ["-c", "1", "wrk", "-t1", `-c${connections[kind]}`, `-d${3 * options.seconds}s`, url], { encoding: "utf8" });
    const wrong = /Non-2xx or 3xx responses: \d+|Socket errors:.*/.exec(said);
    if (wrong) throw new Error(`wrk: ${wrong[0]}`);
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)[1]);
}

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const spread = (numbers, digits) => numbers.length === 0 ? "none" :
    `${sorted(numbers)[numbers.length >> 1].toFixed(digits)} (${sorted(numbers)[0].toFixed(digits)} to ${sorted(numbers).at(-1).toFixed(digits)})`;

async function row(kind, certificate, key) {
    const port = await freePort();
    const server = await start(port, [String(delay_ms), ...(kind === "tls" ? [certificate, key] : [])]);
    try {
        const url = `${kind === "tls" ? "https" : "http"}://127.0.0.1:${port}/`;
        const rounds = [];
        let first = 10_000;
        for (let round = 0; round < Number(options.rounds); ++round) {
            const one = round % 2 ? { wrk: wrk(kind, url), ours: ours(kind, url, certificate, first) }
                : { ours: ours(kind, url, certificate, first), wrk: wrk(kind, url) };
            rounds.push(one);
            if (one.ours) first = one.ours.rate / 2;
        }
        const held = rounds.filter((one) => one.ours);
        console.log(`| ${kind} | ${spread(held.map((one) => one.ours.rate), 0)} | ${spread(held.map((one) => 100 * (one.ours.p99 / delay_ms - 1)), 1)} % | ` +
            `${spread(rounds.map((one) => one.wrk), 0)} | ${spread(held.map((one) => one.ours.rate / one.wrk), 2)} | ${held.length} of ${rounds.length} |`);
    } finally {
        server.kill("SIGTERM");
    }
}

const awake = spawn("chrt", ["--idle", "0", "taskset", "-c", "1", process.execPath, "-e", "for (;;);"], { stdio: "ignore" });
try {
    const certificate = path.join(folder, "tls.crt"), key = path.join(folder, "tls.key");
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], { stdio: "ignore" });
    const load = os.loadavg()[0].toFixed(1);
    console.log(`Requests a second of one CPU; median (least to most) of ${options.rounds} rounds of ${options.seconds} s, in turn; load average at the start ${load}; ` +
        `${os.cpus()[0].model}, ${os.cpus().length} CPUs, Linux ${os.release()}\n`);
    console.log("| load | lanewise-bench, open loop | p99 over the truth | wrk, closed loop | ours / wrk | rounds that held |\n|---|---|---|---|---|---|");
    for (const kind of options.kinds.split(",")) await row(kind, certificate, key);
} finally {
    awake.kill();
    rmSync(folder, { recursive: true, force: true });
}
