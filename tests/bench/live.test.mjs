// `lanewise-bench live` against a stand-in for a Prometheus on loopback: what it exits with, what it says of one that gives no
// answer or half of one, and what its document and report hold.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = path.join(root, "build/release/bin/lanewise-bench");
const folder = mkdtempSync(path.join(tmpdir(), "lanewise-live-"));
after(() => rmSync(folder, { recursive: true }));
const skip = !existsSync(program) && "no bench is built";

const options = { "--since": "30m", "--window": "60s", "--until": "1800000000" };
const matrix = (result, more = {}) => JSON.stringify({ status: "success", data: { resultType: "matrix", result }, ...more });

// Counters of a service with so many requests and errors a second on each pool; `state` says what is wrong with it.
function series(query, parameters, state) {
  const [start, end, step] = ["start", "end", "step"].map((name) => Number(parameters.get(name)));
  const grid = [];
  for (let t = start; t <= end + 1e-6; t += step) grid.push(t);
  const one = (metric, at) => ({ metric, values: grid.map((t, i) => [t, at(t - 1_790_000_000, i)]).filter(([, value]) => value !== undefined).map(([t, value]) => [t, String(value)]) });
  const pools = { amd64: { rate: 100, errors: 0.05 }, arm64: { rate: 50, errors: 0.02 }, ...state.pools };
  const names = Object.keys(pools).filter((name) => pools[name]);
  if (query.includes("last_over_time") && query.includes("lanewise_http_requests_total")) {
    const what = query.includes('code="5xx"') ? "errors" : "rate";
    return names.map((arch) => one({ arch, job: "shop", instance: arch }, (t, i) => (state.value ?? ((_, value) => value))(i, Math.floor(t * pools[arch][what]), arch, what)));
  }
  if (query.includes("process_cpu_seconds_total") && query.includes("last_over_time") && state.cpu)
    return names.map((arch) => one({ arch, job: "shop", instance: arch }, (t) => t * state.cpu[arch]));
  if (query.includes("_bucket")) {
    return names.flatMap((arch) => [["0.1", 0.995], ["+Inf", 1]].map(([le, share]) => one({ arch, le }, () => pools[arch].rate * 60 * (le === "0.1" ? (pools[arch].fast ?? share) : 1))));
  }
  return [];
}

async function withPrometheus(state, act) {
  const asked = [];
  const server = http.createServer((request, reply) => {
    const { pathname, searchParams } = new URL(request.url, "http://x");
    asked.push({ path: pathname, query: searchParams.get("query"), authorization: request.headers.authorization });
    if (state.reply) return state.reply(reply, searchParams);
    reply.setHeader("content-type", "application/json");
    reply.end(matrix(series(searchParams.get("query") ?? "", searchParams, state), state.more));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  try {
    return await act(`http://127.0.0.1:${server.address().port}`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

// Not spawnSync: the stand-in lives in this process.
const live = (url, ...words) => liveIn(process.env, url, ...words);
const liveIn = (env, url, ...words) =>
  new Promise((done) => {
    const usual = Object.entries(options).filter(([name]) => !words.includes(name));
    const child = spawn(program, ["live", "--prometheus", url, ...usual.flat(), ...words], { env });
    const told = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (told[name] += text));
    child.on("close", (status) => done({ status, ...told }));
  });

test("not worse is 0, worse is 3, not decided is 4", { skip }, async () => {
  await withPrometheus({}, async (url) => {
    const told = await live(url);
    assert.equal(told.status, 0, told.stderr + told.stdout);
    assert.match(told.stdout, /^By 30 windows of live traffic, arm64 is not worse than amd64: errors differ by/);
  });
  await withPrometheus({ pools: { arm64: { rate: 50, errors: 2 } } }, async (url) => {
    const told = await live(url);
    assert.equal(told.status, 3, told.stdout);
    assert.match(told.stdout, /Errors are more on arm64: 4\.0 % of its requests, 0\.050 % on amd64\./);
  });
  await withPrometheus({ pools: { arm64: { rate: 50, errors: 0.02, fast: 0.95 } } }, async (url) => {
    const told = await live(url);
    assert.equal(told.status, 3, told.stdout);
    assert.match(told.stdout, /Slow requests are more on arm64: 5\.0 % of its requests/);
  });
  await withPrometheus({ pools: { amd64: { rate: 0.5, errors: 0 }, arm64: { rate: 0.1, errors: 0 } } }, async (url) => {
    const told = await live(url);
    assert.equal(told.status, 4, told.stdout);
    assert.match(told.stdout, /is not decided.*About [\d.]+ hours more of such traffic would decide\./);
  });
});

test("the document is one, and the report shows it in every form", { skip }, async () => {
  const file = path.join(folder, "live.json");
  await withPrometheus({}, async (url, asked) => {
    const told = await live(`${url}/`, "--price", "amd64=3", "--price", "arm64=1", "-o", file);
    assert.equal(told.status, 0, told.stderr);
    assert.match(told.stdout, /A million requests cost 5\.5\d USD \(.*\) on arm64 and 8\.3\d USD/);
    assert.ok(asked.every((one) => one.path === "/api/v1/query_range"));
  });
  const { live: section } = JSON.parse(readFileSync(file, "utf8"));
  assert.equal(section.windows, 30);
  assert.deepEqual(section.pools.map(({ name, targets }) => [name, targets]), [["amd64", 1], ["arm64", 1]]);
  for (const format of ["text", "markdown", "html"]) {
    const report = spawnSync(program, ["report", file, "--format", format], { encoding: "utf8" });
    assert.equal(report.status, 0, report.stderr);
    for (const words of [/arm64 is not worse than amd64/, /Is arm64 worse than amd64\?/, /slower than 100 ms/, /USD a million/]) assert.match(report.stdout, words, format);
  }
});

test("the same document on standard output leaves the words to standard error", { skip }, async () => {
  await withPrometheus({}, async (url) => {
    const told = await live(url, "-o", "-");
    assert.equal(JSON.parse(told.stdout).live.candidate, "arm64");
    assert.match(told.stderr, /arm64 is not worse/);
  });
});

test("a Prometheus that gives no answer is a sentence and 1, never a verdict", { skip }, async () => {
  const gone = await live("http://127.0.0.1:9");
  assert.equal(gone.status, 1);
  assert.match(gone.stderr, /connection refused/);
  const json = (status, text) => (reply) => reply.writeHead(status, { "content-type": "application/json" }).end(text);
  const kinds = [
    ["a refused question", json(400, JSON.stringify({ status: "error", errorType: "bad_data", error: "parse error" })), /refused the question \(bad_data\): parse error/],
    ["an error with status 200", json(200, JSON.stringify({ status: "error", errorType: "timeout", error: "too slow" })), /refused the question \(timeout\)/],
    ["a page", (reply) => reply.writeHead(200, { "content-type": "text/html" }).end("<html>Welcome"), /sent no JSON/],
    ["a proxy's failure", (reply) => reply.writeHead(502).end("bad gateway"), /status 502/],
    ["an account", (reply) => reply.writeHead(401).end(), /asks for an account \(--token-file\)/],
    ["a reply that is cut", (reply) => reply.writeHead(200, { "content-length": "1000" }).write(matrix([]).slice(0, 20), () => reply.destroy()), /connection/],
    ["a reply without an end", (reply) => { reply.writeHead(200); const more = () => reply.destroyed || reply.write(" ".repeat(1 << 16), more); more(); }, /larger than any that is read/],
    ["no data", json(200, matrix([])), /has no series of lanewise_http_requests_total/],
  ];
  for (const [what, reply, said] of kinds) {
    await withPrometheus({ reply }, async (url) => {
      const told = await live(url);
      assert.equal(told.status, 1, `${what}: ${told.stdout}`);
      assert.match(told.stderr, said, what);
      assert.equal(told.stdout, "", what);
    });
  }
});

test("a Prometheus that never answers ends with --timeout", { skip }, async () => {
  await withPrometheus({ reply: () => {} }, async (url) => {
    const told = await live(url, "--timeout", "0.3");
    assert.equal(told.status, 1);
    assert.match(told.stderr, /no whole reply within its time/);
  });
});

test("a partial answer weakens the verdict: what it lacks may speak against the pool", { skip }, async () => {
  await withPrometheus({ more: { warnings: ["store gateway unavailable"] } }, async (url) => {
    const told = await live(url);
    assert.equal(told.status, 4, told.stdout);
    assert.match(told.stdout, /The Prometheus warns: store gateway unavailable/);
  });
});

test("NaN, gaps, resets and a pool that vanishes are named and claim nothing wrong", { skip }, async () => {
  const values = {
    "not a number": [(i, value) => (i === 7 ? "NaN" : value), 0, /Left out or mended: \d+ values that were NaN or infinite/],
    "a gap": [(i, value, arch) => (arch === "arm64" && i === 7 ? undefined : value), 0, /1 windows of a process that has a gap/],
    "a reset": [(i, value, arch, what) => (what === "rate" && arch === "arm64" && i >= 7 ? value - 200_000_000 : value), undefined, /with a counter reset/],
    "a pool that vanishes": [(i, value, arch) => (arch === "arm64" && i >= 12 ? undefined : value), 4, /only 11 windows in which both pools were asked/],
  };
  for (const [what, [value, status, said]] of Object.entries(values)) {
    await withPrometheus({ value }, async (url) => {
      const told = await live(url);
      if (status !== undefined) assert.equal(told.status, status, `${what}: ${told.stdout}`);
      assert.notEqual(told.status, 3, what);
      assert.match(told.stdout, said, what);
    });
  }
});

test("names of a stranger's are shown harmlessly, and a token goes to the Prometheus alone", { skip }, async () => {
  const token = path.join(folder, "token");
  writeFileSync(token, "s3cret\n");
  const file = path.join(folder, "named.json");
  await withPrometheus({ pools: { amd64: null, arm64: null, "a\u001b[31m": { rate: 10, errors: 0 }, b: { rate: 10, errors: 0 } } }, async (url, asked) => {
    const told = await live(url, "--token-file", token, "--baseline", "a\u001b[31m", "--candidate", "b", "-o", file);
    assert.ok(told.status === 0 || told.status === 4, told.stderr);
    assert.ok(!told.stdout.includes("\u001b"));
    assert.ok(asked.every(({ authorization }) => authorization === "Bearer s3cret"));
    assert.ok(!readFileSync(file, "utf8").includes("s3cret"));
  });
});

test("one of many looks has wider intervals, and says what they hold for", { skip }, async () => {
  const file = path.join(folder, "look.json");
  await withPrometheus({}, async (url) => {
    const width = ({ stdout }) => {
      const [, low, high] = /errors differ by .*?95 % interval (\S+) to (\S+) points/.exec(stdout);
      return Number(high) - Number(low);
    };
    const once = await live(url);
    const again = await live(url, "--planned", "24m", "-o", file);
    assert.ok(width(again) > 1.4 * width(once), again.stdout);
    assert.match(again.stdout, /These intervals hold at all looks of this time together\./);
    assert.doesNotMatch(once.stdout, /looks/);
  });
  assert.equal(JSON.parse(readFileSync(file, "utf8")).live.planned_windows, 24);
  assert.equal(JSON.parse(readFileSync(file, "utf8")).live.planned_steps, null);
  await withPrometheus({}, async (url) => {
    const of_four = await live(url, "--planned", "24m", "--planned-steps", "4", "-o", file);
    assert.match(of_four.stdout, /These intervals hold at all looks of all 4 steps together\./);
    const alone = await live(url, "--planned-steps", "4");
    assert.equal(alone.status, 2);
    assert.match(alone.stderr, /--planned/);
  });
  assert.equal(JSON.parse(readFileSync(file, "utf8")).live.planned_steps, 4);
});

// CPU seconds a second.
const used = { amd64: 4, arm64: 2.4 };
test("beside a headroom curve, costs are compared at one use of the CPUs", { skip }, async () => {
  const examples = path.join(root, "bench/examples");
  const curves = [1, 2, 3].flatMap((n) => ["--curve", path.join(examples, `synthetic-arm64-${n}.json`)]);
  const file = path.join(folder, "curve.json");
  await withPrometheus({ cpu: used }, async (url) => {
    const told = await live(url, "--price", "amd64=3", "--price", "arm64=2", "--cpus", "amd64=8", "--cpus", "arm64=8", ...curves, "-o", file);
    assert.equal(told.status, 0, told.stderr + told.stdout);
    // By hand: amd64 takes 4 CPU seconds for 100 requests, at 3 USD an hour for 8 CPUs that are half busy; arm64 2.4 for 50, at
    // 2 USD. The composed arm64 nodes take the same CPU time a request at any use.
    assert.match(told.stdout, /With both at 50\.0 % of the CPUs, as amd64 was, a million requests cost 6\.6\d USD \(.*\) on arm64 and 8\.33 USD \(.*\) on amd64: (19|20)\.\d % less on arm64 \(95 % interval/);
    assert.match(told.stdout, /moved by a factor of (1\.00|1\.01|0\.99\d?) along the headroom curves of 3 nodes/);
    const none = await live(url, "--curve", path.join(examples, "synthetic-amd64-1.json"));
    assert.match(none.stdout, /The documents of --curve have no headroom curve of arm64\./);
    const missing = await live(url, "--curve", path.join(folder, "none.json"));
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /--curve .*none\.json/);
  });
  const report = spawnSync(program, ["report", file, ...curves.filter((one) => one !== "--curve"), "--format", "text"], { encoding: "utf8" });
  assert.equal(report.status, 0, report.stderr);
  assert.match(report.stdout, /With both at 50\.0 % of the CPUs/);
  assert.match(report.stdout, /Costs at the same use of the CPUs/);
});

// A proxy that knows the Prometheus by a name that no resolver has.
async function withProxy(url, act) {
  const seen = [];
  const server = http.createServer((request, reply) => {
    seen.push({ target: request.url, host: request.headers.host, account: request.headers["proxy-authorization"] });
    const to = new URL(request.url);
    http.request(`${url}${to.pathname}${to.search}`, (answer) => { reply.writeHead(answer.statusCode, answer.headers); answer.pipe(reply); }).end();
  });
  server.on("connect", (request, socket) => {
    seen.push({ connect: request.url });
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  try {
    return await act(`127.0.0.1:${server.address().port}`, seen);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("a proxy of the environment is asked for the Prometheus, but for what NO_PROXY names", { skip }, async () => {
  const bare = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)));
  await withPrometheus({}, async (url, asked) => {
    await withProxy(url, async (proxy, seen) => {
      const through = await liveIn({ ...bare, HTTP_PROXY: `http://user:pass@${proxy}`, http_proxy: `http://user:pass@${proxy}` }, "http://prometheus.shop.invalid:9090/base");
      // The path of the base goes along; the stand-in answers whatever path it is asked.
      assert.equal(through.status, 0, through.stderr + through.stdout);
      assert.ok(seen.length > 0);
      for (const one of seen) {
        assert.match(one.target, /^http:\/\/prometheus\.shop\.invalid:9090\/base\/api\/v1\/query_range\?/);
        assert.equal(one.host, "prometheus.shop.invalid:9090");
        assert.equal(one.account, `Basic ${Buffer.from("user:pass").toString("base64")}`);
      }
      assert.ok(!through.stdout.includes("pass") && !through.stderr.includes("pass"));
      const count = seen.length;
      const direct = await liveIn({ ...bare, HTTP_PROXY: `http://${proxy}`, http_proxy: `http://${proxy}`, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" }, url);
      assert.equal(direct.status, 0, direct.stderr);
      assert.equal(seen.length, count);
      assert.ok(asked.length > count);
      // Within TLS the proxy is asked for a tunnel; one that it refuses is a sentence.
      const refused = await liveIn({ ...bare, HTTPS_PROXY: `http://${proxy}`, https_proxy: `http://${proxy}` }, "https://prometheus.shop.invalid");
      assert.equal(refused.status, 1);
      assert.deepEqual(seen.at(-1), { connect: "prometheus.shop.invalid:443" });
      assert.match(refused.stderr, /403/);
      const gone = await liveIn({ ...bare, HTTP_PROXY: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9" }, "http://prometheus.shop.invalid");
      assert.equal(gone.status, 1);
      assert.match(gone.stderr, /connection refused/);
    });
  });
});

test("bad usage is 2 and says what would be right", { skip }, async () => {
  await withPrometheus({}, async (url, asked) => {
    for (const [words, said] of [
      [["--preset", "nginx"], /there is none of that name.*nginx-ingress/],
      [["--preset", "custom"], /--preset custom needs a file/],
      [["--pool-label", "a b"], /is no name of a label/],
      [["--since", "soon"], /is no time such as 90s/],
      [["--window", "1.5s"], /is no whole second/],
      [["--since", "30d", "--window", "60s"], /1 to 2000 can be read/],
      [["--planned", "later"], /--planned later: is no time such as 90s/],
      [["--until", "noon"], /is no time such as/],
      [["--token-file", path.join(folder, "none")], /--token-file/],
      [["--price", "arm=1"], /the pools are amd64 and arm64/],
      [["--price", "arm64=free"], /is no number above 0/],
      [["--instance", "arm64=m99.huge"], /the price of m99\.huge is not known/],
    ]) {
      const told = await live(url, ...words);
      assert.equal(told.status, 2, `${words.join(" ")}: ${told.stderr}`);
      assert.match(told.stderr, said, words.join(" "));
    }
    assert.ok(asked.length > 0);
  });
});
