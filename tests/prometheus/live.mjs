// lanewise-bench live beside a real Prometheus that scrapes two servers under open-loop load: what the generator knows is
// what `live` says. usage: node live.mjs SERVER BENCH FOLDER [ARM64_SERVER]   (the folder holds prometheus;
// the server of the other architecture runs emulated)
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

import { freePort } from "../../bench/http_peers/free_port.mjs";

const [server, bench, tools, armServer] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), "lanewise-live-"));
const children = [];
const windowSeconds = 2;
const windows = 24;
const ratePerPool = { amd64: 60, arm64: 15 };
// A kernel of some milliseconds on any machine, and a method that no server knows: 501.
const slow = "/v1/kernels/sum_f32?n=2000000&seed=1";

const end = async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGTERM");
    const last = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await new Promise((done) => child.once("exit", done));
    clearTimeout(last);
  }
  rmSync(folder, { recursive: true, force: true });
};

async function until(what, condition) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what} did not come`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function startServer(command, args) {
  const child = spawn(command, [...args, "--address", "127.0.0.1", "--port", "0", "--settle-ms", "0"], { stdio: ["ignore", "ignore", "pipe"] });
  children.push(child);
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const port = await until(`${command}: ${log}`, () => /listening on .* port (\d+),/.exec(log)?.[1]);
  return Number(port);
}

/// One request, and how long it took from the moment it was due.
function ask(agent, port, method, target, due) {
  return new Promise((done, failed) => {
    const request = http.request({ agent, host: "127.0.0.1", port, method, path: target }, (reply) => {
      reply.resume().on("end", () => done({ status: reply.statusCode, seconds: (performance.now() - due) / 1000 }));
    });
    request.on("error", failed).end();
  });
}

/// Requests at a steady rate, whatever the replies do; every 50th is one that fails.
async function load(port, rate, seconds) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const count = Math.round(rate * seconds);
  const began = performance.now();
  const pending = [];
  for (let i = 0; i < count; ++i) {
    const due = began + (i * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    const fails = i % 50 === 49;
    pending.push(ask(agent, port, fails ? "LANEWISE" : "GET", fails ? "/" : slow, due));
  }
  const replies = await Promise.all(pending);
  agent.destroy();
  const good = replies.filter(({ status }) => status === 200).map(({ seconds: took }) => took).sort((a, b) => a - b);
  return {
    requests: count,
    errors: replies.filter(({ status }) => status >= 500).length,
    seconds: (performance.now() - began) / 1000,
    good,
  };
}

async function main() {
  const emulated = Boolean(armServer);
  const ports = { amd64: await startServer(server, []), arm64: emulated ? await startServer("qemu-aarch64-static", ["-L", "/usr/aarch64-linux-gnu", armServer]) : await startServer(server, []) };
  const port = await freePort();
  writeFileSync(
    path.join(folder, "prometheus.yml"),
    `global: { scrape_interval: 500ms }
scrape_configs:
  - job_name: shop
    static_configs:
${Object.entries(ports)
  .map(([pool, at]) => `      - { targets: ["127.0.0.1:${at}"], labels: { arch: ${pool} } }\n`)
  .join("")}`,
  );
  const prometheus = spawn(path.join(tools, "prometheus"), [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, "--log.level=warn"], { stdio: ["ignore", "ignore", "inherit"] });
  children.push(prometheus);
  const url = `http://127.0.0.1:${port}`;
  const value = async (query) => {
    try {
      const reply = await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)).json();
      return reply.data?.result ?? [];
    } catch {
      return [];
    }
  };
  const scraped = 'count(lanewise_http_requests_total{route="/"}) == 2';
  await until("the first scrape", async () => (await value(scraped)).length);
  // The first window begins with a sample of its own.
  await new Promise((done) => setTimeout(done, windowSeconds * 1000));

  const known = {};
  await Promise.all(Object.entries(ports).map(async ([pool, at]) => (known[pool] = await load(at, ratePerPool[pool], windowSeconds * windows))));
  const sum = (pool) => value(`sum(lanewise_http_requests_total{arch="${pool}",route!~"/healthz|/readyz|/metrics"})`);
  for (const pool of Object.keys(ports)) {
    await until(`the last scrape of ${pool}`, async () => Number((await sum(pool))[0]?.value[1]) === known[pool].requests);
  }

  // The range ends at a whole second.
  await new Promise((done) => setTimeout(done, 1500));
  const document = path.join(folder, "live.json");
  const words = ["live", "--prometheus", url, "--since", `${windowSeconds * (windows + 10)}s`, "--window", `${windowSeconds}s`, "--price", "amd64=1", "--price", "arm64=0.8", "-o", document];
  const told = spawnSync(bench, words, { encoding: "utf8" });
  console.log(told.stdout + told.stderr);
  const { live } = JSON.parse(readFileSync(document, "utf8"));
  const total = (list) => list.reduce((all, one) => all + (one ?? 0), 0);
  for (const [pool, knows] of Object.entries(known)) {
    const says = live.pools.find(({ name }) => name === pool);
    assert.equal(total(says.errors), knows.errors, `errors of ${pool}`);
    assert.ok(knows.errors > 0);
    const within = Math.abs(total(says.requests) / knows.requests - 1);
    assert.ok(within <= 0.02, `requests of ${pool}: ${total(says.requests)} of ${knows.requests}`);
    const busy = says.requests.filter((one) => one > 0).length * windowSeconds;
    assert.ok(Math.abs(total(says.requests) / busy / (knows.requests / knows.seconds) - 1) < 0.1, `rate of ${pool}`);
    // The bucket that holds the generator's p99, or one beside it: the generator's clock runs in another process.
    const counts = says.buckets.reduce((all, one) => (one.length ? one.map((n, i) => n + (all[i] ?? 0)) : all), []);
    const holds = counts.findIndex((n) => n >= 0.99 * counts.at(-1));
    const took = knows.good[Math.ceil(0.99 * knows.good.length) - 1];
    const expected = live.bounds_seconds.findIndex((bound) => took <= bound);
    assert.ok(Math.abs(holds - expected) <= 1, `p99 of ${pool}: bucket ${holds}, the generator's ${took} s lies in ${expected}`);
    console.log(`${pool}: ${knows.requests} requests, ${knows.errors} errors, p99 ${took.toFixed(4)} s: live says ${total(says.requests)}, ${total(says.errors)}, up to ${live.bounds_seconds[holds]} s`);
  }
  const arm = live.pools.find(({ name }) => name === "arm64");
  assert.equal(arm.emulated, emulated);
  if (emulated) {
    assert.equal(told.status, 4);
    assert.match(told.stdout, /arm64 is emulated: its figures are not ranked/);
  }
  const report = execFileSync(bench, ["report", document, "--format", "text"], { encoding: "utf8" });
  assert.match(report, /Live traffic by/);

  // A Prometheus that is gone says nothing of the pools.
  prometheus.kill("SIGKILL");
  await new Promise((done) => prometheus.once("exit", done));
  const gone = spawnSync(bench, ["live", "--prometheus", url, "--timeout", "5"], { encoding: "utf8" });
  assert.equal(gone.status, 1);
  assert.match(gone.stderr, /connection refused/);
}

try {
  await main();
} finally {
  await end();
}
