// lanewise-bench live beside a real Prometheus that scrapes pages as ingress-nginx, Envoy, Istio's sidecars and Go's client
// library print them: the names, labels and buckets of each, on servers of this test whose counts are known.
// usage: node presets.mjs BENCH FOLDER   (the folder holds prometheus)
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

import { freePort } from "../../bench/http_peers/free_port.mjs";

const [bench, tools] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), "lanewise-presets-"));
const windows = 22;
const began = Date.now() / 1000 - 3600;

// Requests a second, and of these those that fail or take long.
const pools = { amd64: { rate: 400, errors: 1, slow: 2 }, arm64: { rate: 100, errors: 0.25, slow: 0.5 } };
const counts = () => {
  const seconds = Date.now() / 1000 - began;
  return Object.fromEntries(Object.entries(pools).map(([pool, { rate, errors, slow }]) => {
    const failed = Math.floor(errors * seconds), all = Math.floor(rate * seconds);
    return [pool, { good: all - failed, failed, all, slow: Math.floor(slow * seconds), seconds }];
  }));
};

const line = (name, labels, value) => `${name}{${Object.entries(labels).map(([label, text]) => `${label}="${text}"`).join(",")}} ${value}\n`;
const family = (name, type, help) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

// A histogram of these bounds: all requests take less than `within`, but for the slow ones, which take longer than all bounds
// below `beyond`.
function histogram(name, labels, bounds, { all, slow }, within, beyond) {
  let text = "";
  for (const bound of bounds) {
    const value = Number(bound);
    text += line(`${name}_bucket`, { ...labels, le: bound }, value < within ? 0 : value < beyond ? all - slow : all);
  }
  text += line(`${name}_bucket`, { ...labels, le: "+Inf" }, all);
  return text + line(`${name}_sum`, labels, all * within) + line(`${name}_count`, labels, all);
}

const goBounds = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10"];
const envoyBounds = ["0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000", "30000", "60000", "300000", "600000", "1800000", "3600000"];

const pages = {
  // One controller counts for both Services.
  "nginx-ingress": () => {
    const of = (pool, status) => ({ canary: "", controller_class: "k8s.io/ingress-nginx", controller_namespace: "ingress-nginx", controller_pod: "ingress-nginx-controller-7d4f6c9b8-x2x7k",
      host: `${pool}.shop.example`, ingress: `shop-${pool}`, method: "GET", namespace: "shop", path: "/", service: `shop-${pool}`, status });
    const now = counts();
    let text = family("nginx_ingress_controller_nginx_process_cpu_seconds_total", "counter", "CPU usage in seconds");
    text += line("nginx_ingress_controller_nginx_process_cpu_seconds_total", { controller_class: "k8s.io/ingress-nginx", controller_namespace: "ingress-nginx", controller_pod: "ingress-nginx-controller-7d4f6c9b8-x2x7k" }, 42.5);
    text += family("nginx_ingress_controller_request_duration_seconds", "histogram", "The request processing time in seconds");
    for (const [pool, seen] of Object.entries(now)) text += histogram("nginx_ingress_controller_request_duration_seconds", of(pool, "200"), goBounds, seen, 0.02, 1);
    text += family("nginx_ingress_controller_requests", "counter", "The total number of client requests");
    for (const [pool, seen] of Object.entries(now)) text += line("nginx_ingress_controller_requests", of(pool, "200"), seen.good) + line("nginx_ingress_controller_requests", of(pool, "502"), seen.failed);
    return text;
  },
  envoy: () => {
    const now = counts();
    let text = "# TYPE envoy_cluster_upstream_rq_total counter\n";
    for (const [pool, seen] of Object.entries(now)) text += line("envoy_cluster_upstream_rq_total", { envoy_cluster_name: `shop_${pool}` }, seen.all);
    text += "# TYPE envoy_cluster_upstream_rq_xx counter\n";
    for (const [pool, seen] of Object.entries(now)) {
      text += line("envoy_cluster_upstream_rq_xx", { envoy_response_code_class: "2", envoy_cluster_name: `shop_${pool}` }, seen.good);
      text += line("envoy_cluster_upstream_rq_xx", { envoy_response_code_class: "5", envoy_cluster_name: `shop_${pool}` }, seen.failed);
    }
    text += "# TYPE envoy_cluster_upstream_rq_time histogram\n";
    for (const [pool, seen] of Object.entries(now)) text += histogram("envoy_cluster_upstream_rq_time", { envoy_cluster_name: `shop_${pool}` }, envoyBounds, seen, 20, 1000);
    return text;
  },
  // Each pod's sidecar says what it saw as the destination, and what it asked of others as the source.
  istio: (pool) => {
    const seen = counts()[pool];
    const of = (code, reporter) => ({ reporter, source_workload: "istio-ingressgateway", source_workload_namespace: "istio-system", destination_workload: `shop-${pool}`, destination_workload_namespace: "shop",
      destination_service: "shop.shop.svc.cluster.local", destination_version: "v1", request_protocol: "http", response_code: code, grpc_response_status: "", response_flags: "-",
      connection_security_policy: reporter === "source" ? "unknown" : "mutual_tls" });
    let text = "# TYPE istio_requests_total counter\n";
    text += line("istio_requests_total", of("200", "destination"), seen.good) + line("istio_requests_total", of("503", "destination"), seen.failed);
    // What its own requests were answered is another workload's.
    text += line("istio_requests_total", { ...of("500", "source"), destination_workload: "cart" }, seen.all);
    text += "# TYPE istio_request_duration_milliseconds histogram\n";
    return text + histogram("istio_request_duration_milliseconds", of("200", "destination"), envoyBounds, seen, 20, 1000);
  },
  go: (pool) => {
    const seen = counts()[pool];
    let text = family("go_goroutines", "gauge", "Number of goroutines that currently exist.") + "go_goroutines 11\n";
    text += family("http_request_duration_seconds", "histogram", "A histogram of latencies for requests.");
    text += histogram("http_request_duration_seconds", { code: "200", method: "get" }, goBounds, seen, 0.02, 1);
    text += family("http_requests_total", "counter", "Tracks the number of HTTP requests.");
    text += line("http_requests_total", { code: "200", method: "get" }, seen.good) + line("http_requests_total", { code: "503", method: "get" }, seen.failed);
    text += family("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.");
    return `${text}process_cpu_seconds_total ${(seen.seconds * 0.5).toFixed(2)}\n`;
  },
};

const server = http.createServer((request, reply) => {
  const [, kind, pool] = request.url.split("/");
  reply.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
  reply.end(pages[kind](pool));
});
let prometheus;
try {
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const target = `127.0.0.1:${server.address().port}`;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // As the Prometheus Operator labels a target: the page's own "service" then becomes "exported_service".
  const jobs = [
    ["nginx-ingress", "/nginx-ingress/", {}],
    ["nginx-operator", "/nginx-ingress/", { service: "ingress-nginx-controller-metrics", namespace: "ingress-nginx" }],
    ["envoy", "/envoy/", {}],
    ...Object.keys(pools).map((pool) => [`istio-${pool}`, `/istio/${pool}`, {}]),
    ...Object.keys(pools).map((pool) => [`go-${pool}`, `/go/${pool}`, { arch: pool }]),
  ];
  writeFileSync(path.join(folder, "prometheus.yml"), JSON.stringify({
    global: { scrape_interval: "250ms", scrape_timeout: "250ms" },
    scrape_configs: jobs.map(([job_name, metrics_path, labels]) => ({ job_name, metrics_path, static_configs: [{ targets: [target], labels }] })),
  }));
  prometheus = spawn(path.join(tools, "prometheus"), [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, "--log.level=warn"], { stdio: ["ignore", "ignore", "inherit"] });
  const first = async () => {
    try {
      return (await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(`count(up == 1) == ${jobs.length}`)}`)).json()).data.result.length > 0;
    } catch {
      return false;
    }
  };
  for (const deadline = Date.now() + 60_000; !(await first()); await new Promise((done) => setTimeout(done, 100))) assert.ok(Date.now() < deadline, "the first scrape");
  await new Promise((done) => setTimeout(done, (windows + 3) * 1000));

  const live = (...words) =>
    new Promise((done) => {
      const document = path.join(folder, "live.json");
      const child = spawn(bench, ["live", "--prometheus", url, "--since", `${windows}s`, "--window", "1s", "-o", document, ...words]);
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
      child.on("close", (status) => done({ status, said, live: status === 0 || status > 2 ? JSON.parse(readFileSync(document, "utf8")).live : undefined }));
    });
  const total = (list) => list.reduce((all, one) => all + (one ?? 0), 0);
  const kinds = [
    ["nginx-ingress", "shop-", ["--match", 'job="nginx-ingress"'], 0.025],
    ["nginx-ingress", "shop-", ["--match", 'job="nginx-operator"', "--pool-label", "exported_service"], 0.025],
    ["envoy", "shop_", [], 0.025],
    ["istio", "shop-", [], 0.025],
    ["go", "", [], 0.025],
  ];
  for (const [preset, prefix, words, p99] of kinds) {
    const told = await live("--preset", preset, ...(prefix ? ["--baseline", `${prefix}amd64`, "--candidate", `${prefix}arm64`] : []), ...words);
    assert.ok(told.live, `${preset}: ${told.said}`);
    for (const [pool, { rate, errors }] of Object.entries(pools)) {
      const says = told.live.pools.find(({ name }) => name === prefix + pool);
      const seen = says.requests.filter((one) => one !== null).length;
      assert.ok(seen >= windows - 4, `${preset}: ${seen} windows of ${pool}\n${told.said}`);
      assert.ok(Math.abs(total(says.requests) / (rate * seen) - 1) < 0.1, `${preset}: ${total(says.requests)} requests of ${pool} in ${seen} s`);
      assert.ok(Math.abs(total(says.errors) - errors * seen) <= 0.2 * errors * seen + 2, `${preset}: ${total(says.errors)} errors of ${pool}`);
      const buckets = says.buckets.filter((one) => one.length).reduce((all, one) => one.map((n, i) => n + (all[i] ?? 0)), []);
      assert.equal(told.live.bounds_seconds[buckets.findIndex((n) => n >= 0.99 * buckets.at(-1))], p99, `${preset}: p99 of ${pool}`);
      // Whoever passes requests on says nothing of the pools' CPUs.
      assert.equal(says.cpu_seconds.some((one) => one > 0), preset === "go", `${preset}: CPU of ${pool}`);
    }
    console.log(`${preset} ${words.join(" ")}: ${told.said.split("\n")[0]}`);
  }
  // The operator's label hides the page's: the sentence names what the label has.
  const hidden = await live("--preset", "nginx-ingress", "--match", 'job="nginx-operator"');
  assert.equal(hidden.status, 2, hidden.said);
  assert.match(hidden.said, /the label service has ingress-nginx-controller-metrics/);
  assert.match(hidden.said, /--pool-label exported_service/);
} finally {
  if (prometheus && prometheus.exitCode === null) {
    prometheus.kill("SIGTERM");
    await new Promise((done) => prometheus.once("exit", done));
  }
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
