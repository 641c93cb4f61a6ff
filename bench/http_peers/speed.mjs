// CPU per request of our server beside nginx and a raw epoll loop, on loopback: each server alone on CPU 0, wrk on CPU 1,
// in turn round by round, all with the same body in their replies.
//
//   node speed.mjs [--rounds 5] [--seconds 2] [--loads c1,c64,…] [--threads 1] [--nginx PROGRAM]
//
// Loads: c1, c64, c512, c10000: connections kept alive · p16: 64 connections, requests in sixteens · h8: 64 connections,
// nine fields of a browser · post1m, post16m: bodies to sum_f32, which nginx discards · short: a connection for each request
// · rss: memory of an idle connection. Within TLS: tls64: connections kept alive · tlspost1m: bodies in · tlsget1m: a body
// of 1 MiB out · tlsnew, tlsresumed: a connection for each request, with a whole handshake and with a ticket.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    loads: { type: "string", default: "c1,c64,c512,p16,h8,post1m,post16m,short,tls64,tlspost1m,tlsget1m,tlsnew,tlsresumed,rss" },
    threads: { type: "string", default: "1" },
    nginx: { type: "string", default: "nginx" },
} });

const target = "/v1/identity";
const posted = "/v1/kernels/sum_f32";
const connections = { c1: 1, c512: 512, c10000: 10_000, post1m: 4, post16m: 2, tlspost1m: 4, tlsget1m: 4 };
const isTls = (load) => load.startsWith("tls");
const isPost = (load) => /post/.test(load);
const browser = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    Accept: "application/json",
    "Accept-Language": "en-GB,en;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    Cookie: "session=7d1f0c5e9ab24f6c8e3d2b1a09f8e7d6",
    "Cache-Control": "max-age=0",
    Referer: "http://localhost/page",
    "X-Request-Id": "0e9f4f9a-6a55-4f0f-9f0b-2b8f5a1c7d3e",
};

const folder = mkdtempSync(path.join(os.tmpdir(), "lanewise-speed-"));
const servers = [];

async function start(name, port, command, tlsPort) {
    const child = spawn("taskset", ["-c", "0", ...command], { stdio: "ignore" });
    servers.push({ name, port, tlsPort, child });
    for (let attempt = 0; attempt < 200; ++attempt) {
        const open = await new Promise((resolve) => {
            const socket = net.connect(port, "127.0.0.1", () => { socket.destroy(); resolve(true); });
            socket.once("error", () => resolve(false));
        });
        if (open) return;
        if (child.exitCode !== null) break;
        await sleep(25);
    }
    throw new Error(`${name} does not listen: ${command.join(" ")}`);
}

/** The process and all below it. */
function family(pid) {
    const found = [pid];
    for (const task of readdirSync(`/proc/${pid}/task`)) {
        const below = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim();
        for (const child of below ? below.split(" ") : []) found.push(...family(Number(child)));
    }
    return found;
}

function cpuMicroseconds(pid) {
    let nanoseconds = 0;
    for (const one of family(pid)) {
        for (const task of readdirSync(`/proc/${one}/task`)) {
            nanoseconds += Number(readFileSync(`/proc/${one}/task/${task}/schedstat`, "utf8").split(" ")[0]);
        }
    }
    return nanoseconds / 1000;
}

function residentBytes(pid) {
    return family(pid).reduce((sum, one) =>
        sum + 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, "utf8"))[1]), 0);
}

const mebibytes = (load) => Number(/(?:post|get)(\d+)m/.exec(load)?.[1] ?? 0);

function script(load) {
    const lines = [];
    if (load === "h8") for (const [name, value] of Object.entries(browser)) lines.push(`wrk.headers["${name}"] = '${value}'`);
    if (load === "p16") {
        lines.push(`function init() local t = {} for i = 1, 16 do t[i] = wrk.format("GET", "${target}") end all = table.concat(t) end`,
            "function request() return all end");
    }
    if (load === "short") lines.push('wrk.headers["Connection"] = "close"');
    if (isPost(load)) {
        lines.push(`wrk.method = "POST" wrk.body = string.rep("\\0", ${mebibytes(load) << 20})`,
            'wrk.headers["Content-Type"] = "application/octet-stream"');
    }
    if (lines.length === 0) return [];
    const file = path.join(folder, `${load}.lua`);
    writeFileSync(file, `${lines.join("\n")}\n`);
    return ["-s", file];
}

/** A client that does nothing but connect, ask once and hang up: how many times in the round. */
function connectAgain(server, load) {
    const said = execFileSync("taskset", ["-c", "1", "openssl", "s_time", "-connect", `127.0.0.1:${server.tlsPort}`, "-www", target,
        load === "tlsnew" ? "-new" : "-reuse", "-time", options.seconds], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return Number(/(\d+) connections in \d+ real seconds/.exec(said)[1]);
}

/** One round: CPU microseconds per request (per MiB for bodies), and requests per second. */
function measure(server, load) {
    const before = cpuMicroseconds(server.child.pid);
    if (load === "tlsnew" || load === "tlsresumed") {
        const count = connectAgain(server, load);
        return { cpu: (cpuMicroseconds(server.child.pid) - before) / count, rate: count / Number(options.seconds) };
    }
    const base = isTls(load) ? `https://127.0.0.1:${server.tlsPort}` : `http://127.0.0.1:${server.port}`;
    const where = isPost(load) ? posted : mebibytes(load) ? "/report" : target;
    const said = execFileSync("taskset", ["-c", "1", "wrk", "-t1", `-c${connections[load] ?? 64}`, `-d${options.seconds}s`,
        ...script(load), base + where], { encoding: "utf8" });
    const spent = cpuMicroseconds(server.child.pid) - before;
    const wrong = /Non-2xx or 3xx responses: \d+|Socket errors:.*/.exec(said);
    if (wrong) throw new Error(`${server.name}, ${load}: ${wrong[0]}`);
    const requests = Number(/(\d+) requests in/.exec(said)[1]);
    return { cpu: spent / requests / (mebibytes(load) || 1), rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(said)[1]) };
}

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => sorted(numbers)[numbers.length >> 1];
const spread = (numbers) => `${median(numbers).toFixed(3)} (${sorted(numbers)[0].toFixed(3)} to ${sorted(numbers).at(-1).toFixed(3)})`;

function row(load) {
    const present = servers.filter(({ name }) => !((mebibytes(load) || isTls(load) || load === "short") && name === "loop"));
    const rounds = Array.from({ length: Number(options.rounds) }, (_, round) => {
        const order = round % 2 ? [...present].reverse() : present;
        return Object.fromEntries(order.map((server) => [server.name, measure(server, load)]));
    });
    const cpu = (name) => median(rounds.map((round) => round[name].cpu)).toFixed(mebibytes(load) ? 1 : 3);
    const ratio = (name) => spread(rounds.map((round) => round.ours.cpu / round[name].cpu));
    const loop = present.length === 3;
    const rate = (name) => Math.round(median(rounds.map((round) => round[name].rate)));
    console.log(`| ${load} | ${cpu("ours")} | ${cpu("nginx")} | ${loop ? cpu("loop") : ""} | ${ratio("nginx")} | ${loop ? ratio("loop") : ""} | ` +
        `${rate("ours")} | ${rate("nginx")} |`);
}

async function idleBytes(server, count) {
    const before = residentBytes(server.child.pid);
    const open = await Promise.all(Array.from({ length: count }, () => new Promise((resolve, reject) => {
        const socket = net.connect(server.port, "127.0.0.1", () => socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`));
        socket.once("data", () => resolve(socket)).once("error", reject);
    })));
    const each = (residentBytes(server.child.pid) - before) / count;
    for (const socket of open) socket.destroy();
    return Math.round(each);
}

try {
    const certificate = path.join(folder, "tls.crt"), key = path.join(folder, "tls.key"), large = path.join(folder, "report");
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=localhost", "-keyout", key, "-out", certificate], { stdio: "ignore" });
    writeFileSync(large, "a".repeat(1 << 20));
    const ourPort = await freePort(), ourTlsPort = await freePort();
    await start("ours", ourPort, [`${bin}lanewise-server`, "--address", "127.0.0.1", "--port", String(ourPort), "--threads", options.threads,
        "--settle-ms", "0", "--tls-port", String(ourTlsPort), "--tls-cert", certificate, "--tls-key", key, "--report", large], ourTlsPort);
    const body = await (await fetch(`http://127.0.0.1:${ourPort}${target}`)).text();

    const nginxPort = await freePort(), nginxTlsPort = await freePort();
    const conf = path.join(folder, "nginx.conf");
    writeFileSync(conf, `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log ${folder}/errors crit;
${os.userInfo().uid === 0 ? "user root;" : ""}
events { worker_connections 16384; }
http { access_log off; keepalive_requests 1000000000; default_type application/json;
  client_max_body_size 64m; client_body_buffer_size 1m;
${["client_body", "proxy", "fastcgi", "scgi", "uwsgi"].map((kind) => `  ${kind}_temp_path ${folder}/${kind};`).join("\n")}
  server { listen 127.0.0.1:${nginxPort} reuseport; listen 127.0.0.1:${nginxTlsPort} ssl reuseport;
    ssl_certificate ${certificate}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3;
    location / { return 200 '${body.trim()}'; } location = /report { alias ${large}; } } }
`);
    await start("nginx", nginxPort, [options.nginx, "-c", conf], nginxTlsPort);

    const loopPort = await freePort();
    const reply = path.join(folder, "reply");
    writeFileSync(reply, `HTTP/1.1 200 OK\r\nServer: loop\r\nDate: Tue, 24 Nov 2026 16:00:00 GMT\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    await start("loop", loopPort, [`${bin}lanewise-epoll-loop`, String(loopPort), reply]);

    const version = spawnSync(options.nginx, ["-v"], { encoding: "utf8" }).stderr.trim().replace("nginx version: ", "");
    console.log(`CPU microseconds per request (per MiB of posted bodies), ${options.rounds} rounds of ${options.seconds} s each, in turn; ` +
        `ratios: median (least to most); ${version}; a body of ${Buffer.byteLength(body)} bytes; ${os.cpus()[0].model}, Linux ${os.release()}\n`);
    console.log("| load | ours | nginx | epoll loop | ours / nginx | ours / loop | ours, requests/s | nginx, requests/s |\n|---|---|---|---|---|---|---|---|");
    for (const load of options.loads.split(",")) {
        if (load !== "rss") row(load);
    }
    if (options.loads.includes("rss")) {
        console.log(`\nResident bytes of each of 5,000 idle connections: ours ${await idleBytes(servers[0], 5000)}, nginx ${await idleBytes(servers[1], 5000)}`);
    }
} finally {
    for (const { child } of servers) child.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
}
