// `lanewise-bench cluster preflight` against a registry on loopback and a stand-in for kubectl that keeps state.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Registry, digest } from "./cluster/registry.mjs";
import { modules } from "./program.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = path.join(root, "build/release/bin/lanewise-bench");
const folder = mkdtempSync(path.join(tmpdir(), "lanewise-cluster-"));
after(() => rmSync(folder, { recursive: true }));

const Ajv = modules("ajv/dist/2020").default;
const fits = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(JSON.parse(readFileSync(path.join(root, "bench/preflight.schema.json"), "utf8")));

const tools = path.join(folder, "bin");
mkdirSync(tools);
const executable = (name, text) => {
  writeFileSync(path.join(tools, name), text);
  chmodSync(path.join(tools, name), 0o755);
};
executable("kubectl", `#!/bin/sh\nexec "${process.execPath}" "${path.join(root, "tests/bench/cluster/kubectl.mjs")}" "$@"\n`);

const node = (name, arch, taints = []) => ({
  kind: "Node",
  metadata: { name, labels: { "kubernetes.io/arch": arch, "kubernetes.io/os": "linux" } },
  spec: { taints },
  status: { nodeInfo: { architecture: arch, operatingSystem: "linux" } },
});
const both = [node("x86-1", "amd64"), node("arm-1", "arm64")];
const deployment = (name, image, spec = {}, namespace = "shop") => ({
  kind: "Deployment",
  metadata: { name, namespace },
  spec: { template: { spec: { containers: [{ name: "main", image }], ...spec } } },
});
const secret = (name, auths) => ({
  kind: "Secret",
  metadata: { name, namespace: "shop" },
  data: { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") },
});
const basic = (user, password) => "Basic " + Buffer.from(`${user}:${password}`).toString("base64");

let count = 0;
/** Runs preflight in a cluster of these objects; the home folder holds these files. */
async function preflight(objects, { args = ["-n", "shop"], faults, files = {}, env = {}, name = program } = {}) {
  const home = path.join(folder, `home-${++count}`);
  mkdirSync(home);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.join(home, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(home, file), typeof content === "string" ? content : JSON.stringify(content));
  }
  const state = path.join(home, "cluster.json");
  writeFileSync(state, JSON.stringify({ objects, faults }));
  const words = path.basename(name) === "kubectl-lanewise" ? ["preflight", ...args] : ["cluster", "preflight", ...args];
  const child = spawn(name, words, {
    env: { PATH: `${tools}:${process.env.PATH}`, HOME: home, KUBECTL_STATE: state, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "", stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  const status = await new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
  const calls = existsSync(state + ".calls") ? readFileSync(state + ".calls", "utf8").trim().split("\n") : [];
  return { status, stdout, stderr, calls };
}
/** The same as JSON: the only workload, or all by name. */
async function judged(objects, options = {}) {
  const ran = await preflight(objects, { ...options, args: [...(options.args ?? ["-n", "shop"]), "--json"] });
  assert.notEqual(ran.stdout, "", ran.stderr);
  const document = JSON.parse(ran.stdout);
  assert.ok(fits(document), JSON.stringify(fits.errors, null, 2));
  return { ...ran, document, one: document.workloads[0], image: document.workloads[0]?.images[0] };
}
const scene = (name, act, tls) =>
  test(name, async () => {
    const registry = await new Registry().listen(tls);
    try {
      await act(registry);
    } finally {
      registry.close();
    }
  });

scene("a table of a namespace: what can run on both, what needs an image or a toleration, what is pinned, what is unknown", async (registry) => {
  registry.index("shop/web", "1", ["linux/amd64", "linux/arm64/v8"]);
  registry.image("shop/old", "1", "linux/amd64");
  const { host } = registry;
  const objects = [
    node("x86-1", "amd64"),
    node("arm-1", "arm64", [{ key: "arch", value: "arm64", effect: "NoSchedule" }]),
    deployment("web", `${host}/shop/web:1`, { tolerations: [{ key: "arch", operator: "Exists" }] }),
    deployment("plain", `${host}/shop/web:1`),
    deployment("old", `${host}/shop/old:1`, { tolerations: [{ operator: "Exists" }] }),
    deployment("fixed", `${host}/shop/web:1`, { nodeSelector: { "kubernetes.io/arch": "amd64" }, tolerations: [{ operator: "Exists" }] }),
    deployment("lost", `${host}/shop/lost:1`, { tolerations: [{ operator: "Exists" }] }),
    deployment("elsewhere", `${host}/shop/old:1`, {}, "other"),
  ];
  const { status, stdout, stderr } = await preflight(objects);
  assert.equal(status, 3, stderr);
  assert.match(stdout, /^deployment\/web +yes +yes +can run on both$/m);
  assert.match(stdout, /^deployment\/plain +yes +no +needs a toleration\n +no toleration of arch=arm64:NoSchedule, which the arm64 nodes have$/m);
  assert.match(stdout, /^deployment\/old +yes +no +needs an image\n .*shop\/old:1 has no linux\/arm64: it has linux\/amd64$/m);
  assert.match(stdout, /^deployment\/fixed +yes +no +is pinned\n +nodeSelector kubernetes.io\/arch=amd64 keeps it off arm64$/m);
  assert.match(stdout, /^deployment\/lost +unknown +unknown +unknown\n .*no such image: 404$/m);
  assert.doesNotMatch(stdout, /elsewhere/);
  assert.match(stdout, /5 workloads\. can run on both: 1, needs an image: 1, is pinned: 1, needs a toleration: 1, unknown: 1\./);
  const all = await preflight(objects, { args: ["-A"] });
  assert.match(all.stdout, /^other\/deployment\/elsewhere +yes +no +needs an image$/m);
});

scene("a namespace where all can run on both: exit status 0, and every kind of workload is read", async (registry) => {
  registry.index("a", "latest", ["linux/amd64", "linux/arm64"], "docker_index");
  const image = `${registry.host}/a`;
  const template = { template: { spec: { containers: [{ name: "main", image }] } } };
  const objects = [...both];
  for (const kind of ["Deployment", "StatefulSet", "DaemonSet", "Job"]) objects.push({ kind, metadata: { name: "one", namespace: "shop" }, spec: template });
  objects.push({ kind: "CronJob", metadata: { name: "one", namespace: "shop" }, spec: { jobTemplate: { spec: template } } });
  const { status, document } = await judged(objects);
  assert.equal(status, 0);
  assert.deepEqual(document.workloads.map(({ kind }) => kind), ["cronjob", "daemonset", "deployment", "job", "statefulset"]);
  assert.ok(document.workloads.every(({ conclusion }) => conclusion === "can run on both"));
  assert.equal(registry.asked.length, 1, "an image is asked for once");
});

scene("every type of manifest says its platforms", async (registry) => {
  registry.index("oci_index", "1", ["linux/amd64", "linux/arm64"]);
  registry.index("docker_index", "1", ["linux/amd64", "linux/arm64"], "docker_index");
  registry.image("oci_image", "1", "linux/arm64");
  registry.image("docker_image", "1", "linux/arm64", "docker_image");
  registry.put("docker_first", "1", "docker_first", { schemaVersion: 1, architecture: "amd64", fsLayers: [] });
  const amd64 = registry.image("bare_index", "amd64", "linux/amd64"), arm64 = registry.image("bare_index", "arm64", "linux/arm64");
  registry.put("bare_index", "1", "oci_index", { manifests: [{ digest: amd64, size: 1 }, { digest: arm64, size: 1 }] });
  const chart = registry.blob("chart", { name: "a chart" });
  registry.put("chart", "1", "oci_image", { config: { mediaType: "application/vnd.cncf.helm.config.v1+json", digest: chart, size: 1 }, layers: [] });
  const names = ["oci_index", "docker_index", "oci_image", "docker_image", "docker_first", "bare_index", "chart"];
  const { document } = await judged([...both, ...names.map((name) => deployment(name.replace("_", "-"), `${registry.host}/${name}:1`))]);
  const platforms = Object.fromEntries(document.workloads.map(({ name, images }) => [name, images[0].platforms]));
  assert.deepEqual(platforms, {
    "oci-index": ["linux/amd64", "linux/arm64"],
    "docker-index": ["linux/amd64", "linux/arm64"],
    "oci-image": ["linux/arm64"],
    "docker-image": ["linux/arm64"],
    "docker-first": ["linux/amd64"],
    "bare-index": ["linux/amd64", "linux/arm64"],
    chart: null,
  });
});

scene("an image by its digest is asked for by it, and other bytes than it names are no answer", async (registry) => {
  const known = registry.index("a", "1", ["linux/amd64", "linux/arm64"]);
  const forged = digest("something else");
  registry.contents.set(`/v2/a/manifests/${forged}`, registry.contents.get("/v2/a/manifests/1"));
  const { document } = await judged([...both, deployment("a", `${registry.host}/a:9@${known}`), deployment("b", `${registry.host}/a@${forged}`)]);
  assert.deepEqual(document.workloads[0].images[0].platforms, ["linux/amd64", "linux/arm64"]);
  assert.equal(document.workloads[1].images[0].platforms, null);
  assert.match(document.workloads[1].images[0].unknown, /is not what sha256:/);
});

// Asks a token of its own service for what the challenge says, with or without an account.
function behindTokens(registry, allowed = () => true) {
  registry.rules.push(({ method, url, headers, body }) => {
    if (url.startsWith("/token")) {
      if (!allowed({ method, headers, body })) return { status: 401, body: "{}" };
      registry.token_query = new URL(url, "http://x").searchParams;
      return { body: JSON.stringify(method === "POST" ? { access_token: "secret.token" } : { token: "secret.token" }) };
    }
    if (headers.authorization === "Bearer secret.token") return undefined;
    return { status: 401, headers: { "WWW-Authenticate": `Bearer realm="${registry.url}/token?a=b",service="the, registry",scope="repository:a/b:pull repository:c:pull"` } };
  });
}

scene("a token challenge is met without an account", async (registry) => {
  registry.index("a/b", "1", ["linux/amd64", "linux/arm64"]);
  behindTokens(registry, ({ headers }) => !headers.authorization);
  const { one } = await judged([...both, deployment("a", `${registry.host}/a/b:1`)]);
  assert.equal(one.conclusion, "can run on both");
  assert.equal(registry.token_query.get("service"), "the, registry");
  assert.equal(registry.token_query.get("a"), "b");
  assert.deepEqual(registry.token_query.getAll("scope"), ["repository:a/b:pull", "repository:c:pull"]);
});

const account = (registry, who) => ({ auths: { [registry.host]: who } });
for (const [from, files, env] of [
  ["Docker's file", (config) => ({ ".docker/config.json": config })],
  ["the containers tools' file", (config) => ({ ".config/containers/auth.json": config })],
  ["the file of REGISTRY_AUTH_FILE", (config) => ({ "mine.json": config }), (home) => ({ REGISTRY_AUTH_FILE: `${home}/mine.json` })],
  ["the folder of DOCKER_CONFIG", (config) => ({ "d/config.json": config }), (home) => ({ DOCKER_CONFIG: `${home}/d` })],
  ["Docker's first file", (config) => ({ ".dockercfg": config.auths })],
]) {
  scene(`an account of ${from} opens token and basic challenges`, async (registry) => {
    registry.index("a/b", "1", ["linux/amd64", "linux/arm64"]);
    const options = { files: files(account(registry, { auth: Buffer.from("ann:secret").toString("base64") })), env: env?.(path.join(folder, `home-${count + 1}`)) };
    behindTokens(registry, ({ headers }) => headers.authorization === basic("ann", "secret"));
    assert.equal((await judged([...both, deployment("a", `${registry.host}/a/b:1`)], options)).one.conclusion, "can run on both");
    registry.rules = [({ headers }) => (headers.authorization === basic("ann", "secret") ? undefined : { status: 401, headers: { "WWW-Authenticate": 'Basic realm="x"' } })];
    options.env = env?.(path.join(folder, `home-${count + 1}`));
    assert.equal((await judged([...both, deployment("a", `${registry.host}/a/b:1`)], options)).one.conclusion, "can run on both");
  });
}

scene("an identity token is exchanged by a form, a registry token is sent as it is", async (registry) => {
  registry.index("a/b", "1", ["linux/amd64", "linux/arm64"]);
  behindTokens(registry, ({ method, body }) => method === "POST" && new URLSearchParams(body).get("refresh_token") === "long/lived" && new URLSearchParams(body).get("grant_type") === "refresh_token");
  const ask = (who) => judged([...both, deployment("a", `${registry.host}/a/b:1`)], { files: { ".docker/config.json": account(registry, who) } });
  assert.equal((await ask({ identitytoken: "long/lived" })).one.conclusion, "can run on both");
  registry.asked.length = 0;
  assert.equal((await ask({ registrytoken: "secret.token" })).one.conclusion, "can run on both");
  assert.equal(registry.asked.length, 1);
});

scene("a credential helper is asked, of one registry or of all, and one that fails leaves the file", async (registry) => {
  registry.index("a", "1", ["linux/amd64", "linux/arm64"]);
  registry.rules = [({ headers }) => (headers.authorization === basic("ann", "secret") ? undefined : { status: 401, headers: { "WWW-Authenticate": "Basic" } })];
  executable("docker-credential-lanewise-works", `#!/bin/sh\n[ "$1" = get ] && [ "$(cat)" = "${registry.host}" ] && echo '{"ServerURL":"x","Username":"ann","Secret":"secret"}'\n`);
  executable("docker-credential-lanewise-fails", "#!/bin/sh\necho credentials not found in native keychain; exit 1\n");
  for (const config of [
    { credHelpers: { [registry.host]: "lanewise-works" } },
    { credsStore: "lanewise-works", auths: { [registry.host]: {} } },
    { credsStore: "lanewise-fails", ...account(registry, { username: "ann", password: "secret" }) },
    { credsStore: "lanewise-missing", ...account(registry, { username: "ann", password: "secret" }) },
  ]) {
    const { one, stderr } = await judged([...both, deployment("a", `${registry.host}/a:1`)], { files: { ".docker/config.json": config } });
    assert.equal(one.conclusion, "can run on both", JSON.stringify(config) + stderr);
  }
});

scene("pull secrets are read only where they are needed, those of the service account too", async (registry) => {
  registry.index("a", "1", ["linux/amd64", "linux/arm64"]);
  const secrets = [secret("regcred", { [registry.host]: { username: "ann", password: "secret" } })];
  const named = deployment("a", `${registry.host}/a:1`, { imagePullSecrets: [{ name: "regcred" }] });
  const open = await judged([...both, ...secrets, named]);
  assert.equal(open.one.conclusion, "can run on both");
  assert.ok(open.calls.every((call) => !/secret/.test(call)));
  registry.rules = [({ headers }) => (headers.authorization === basic("ann", "secret") ? undefined : { status: 401, headers: { "WWW-Authenticate": "Basic" } })];
  assert.equal((await judged([...both, ...secrets, named])).one.conclusion, "can run on both");
  const by_account = [deployment("a", `${registry.host}/a:1`), { kind: "ServiceAccount", metadata: { name: "default", namespace: "shop" }, imagePullSecrets: [{ name: "regcred" }] }];
  assert.equal((await judged([...both, ...secrets, ...by_account])).one.conclusion, "can run on both");
  const forbidden = await judged([...both, ...secrets, named], { faults: { secret: "forbidden" } });
  assert.equal(forbidden.status, 0);
  assert.match(forbidden.image.unknown, /wants another account: 401.*pull secrets can't be read: .*Forbidden.*secret/);
  const missing = await judged([...both, named]);
  assert.match(missing.image.unknown, /NotFound/);
  const wrong = await judged([...both, secret("regcred", { [registry.host]: { username: "ann", password: "old" } }), named]);
  assert.match(wrong.image.unknown, /with its pull secrets: .*401/);
});

scene("a pull secret's name that is an option of kubectl is not handed over", async (registry) => {
  registry.rules = [() => ({ status: 401, headers: { "WWW-Authenticate": "Basic" } })];
  const { one, calls } = await judged([...both, deployment("a", `${registry.host}/a:1`, { imagePullSecrets: [{ name: "--server=http://evil.example" }] })]);
  assert.equal(one.conclusion, "unknown");
  assert.ok(calls.every((call) => !call.includes("evil")), calls.join("\n"));
});

scene("an account goes to its registry alone: not where a redirect leads, not to another registry", async (registry) => {
  const other = await new Registry().listen();
  try {
    const arm64 = registry.blob("a", { os: "linux", architecture: "arm64" });
    registry.put("a", "1", "oci_image", { config: { digest: arm64, size: 1 } });
    registry.rules = [
      ({ headers }) => (headers.authorization === basic("ann", "secret") ? undefined : { status: 401, headers: { "WWW-Authenticate": "Basic" } }),
      ({ url }) => (url.includes("/blobs/") ? { status: 307, headers: { Location: `${other.url}/stored?signature=x` } } : undefined),
    ];
    other.rules = [({ url }) => (url.startsWith("/stored") ? { body: registry.contents.get(`/v2/a/blobs/${arm64}`).body } : undefined)];
    other.index("b", "1", ["linux/amd64"]);
    const files = { ".docker/config.json": account(registry, { username: "ann", password: "secret" }) };
    const { document } = await judged([...both, deployment("a", `${registry.host}/a:1`), deployment("b", `${other.host}/b:1`)], { files });
    assert.deepEqual(document.workloads.map(({ images }) => images[0].platforms), [["linux/arm64"], ["linux/amd64"]]);
    assert.equal(other.asked.length, 2);
    assert.ok(other.asked.every(({ headers }) => headers.authorization === undefined));
  } finally {
    other.close();
  }
});

scene("mirrors are asked first, in order; what none has is asked of the registry; a file names them too", async (registry) => {
  const mirror = await new Registry().listen();
  try {
    registry.index("library/nginx", "1.25", ["linux/amd64"]);
    mirror.index("hub/library/nginx", "1.25", ["linux/amd64", "linux/arm64"]);
    const nginx = [...both, deployment("a", "nginx:1.25")];
    const first = await judged(nginx, { args: ["-n", "shop", "--mirror", `docker.io=${mirror.host}/hub`] });
    assert.deepEqual(first.image.platforms, ["linux/amd64", "linux/arm64"]);
    assert.match(first.image.asked, /^http:\/\/127.0.0.1:\d+\/v2\/hub\/library\/nginx\/manifests\/1.25$/);
    const file = path.join(folder, "mirrors");
    writeFileSync(file, `# one that lacks it, then one that has it\n\n docker.io=${mirror.host}/none # none\ndocker.io=${registry.url}\n`);
    assert.deepEqual((await judged(nginx, { args: ["-n", "shop", "--mirrors", file] })).image.platforms, ["linux/amd64"]);
    const own = await judged([...both, deployment("a", `${registry.host}/library/nginx:1.25`)], { args: ["-n", "shop", "--mirror", `${registry.host}=${mirror.host}/none`] });
    assert.deepEqual(own.image.platforms, ["linux/amd64"]);
    for (const args of [["--mirror", "nonsense"], ["--mirrors", path.join(folder, "no such file")]])
      assert.equal((await preflight(nginx, { args: ["-n", "shop", ...args] })).status, 2);
  } finally {
    mirror.close();
  }
});

scene("registries.conf says which mirrors an image has, where a short name is from, and what is blocked", async (registry) => {
  const mirror = await new Registry().listen();
  try {
    registry.index("team/app", "1", ["linux/amd64"]);
    registry.index("tools/curl", "8", ["linux/amd64", "linux/arm64"]);
    mirror.index("hub/library/nginx", "1.25", ["linux/amd64", "linux/arm64"]);
    const file = path.join(folder, "registries.conf");
    writeFileSync(file, `
unqualified-search-registries = ["docker.io"]
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "${mirror.host}/none"
insecure = true
[[registry.mirror]]
location = "${mirror.host}/hub"
insecure = true
[[registry]]
prefix = "app.example/shop"
location = "${registry.host}/team"
[[registry]]
location = "blocked.example"
blocked = true
[aliases]
curl = "${registry.host}/tools/curl"
`);
    const objects = [...both, deployment("web", "nginx:1.25"), deployment("app", "app.example/shop/app:1"), deployment("curl", "curl:8"), deployment("off", "blocked.example/x:1")];
    const { status, document } = await judged(objects, { args: ["-n", "shop", "--mirrors", file] });
    assert.equal(status, 3);
    const by_name = Object.fromEntries(document.workloads.map((one) => [one.name, one]));
    assert.equal(by_name.web.conclusion, "can run on both");
    assert.equal(by_name.web.images[0].asked, `http://${mirror.host}/v2/hub/library/nginx/manifests/1.25`);
    assert.equal(by_name.app.conclusion, "needs an image");
    assert.equal(by_name.curl.conclusion, "can run on both");
    assert.equal(by_name.off.conclusion, "unknown");
    assert.equal(by_name.off.images[0].asked, "");
    assert.match(by_name.off.images[0].unknown, /registries\.conf blocks what begins with blocked\.example/);
    writeFileSync(file, '[[registry]]\nlocation = "docker.io"\nblocked = yes\n');
    const wrong = await preflight(objects, { args: ["-n", "shop", "--mirrors", file] });
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /registries\.conf, line 3: this is no TOML/);
    assert.deepEqual(wrong.calls, [], "the cluster is not asked before the file is understood");
  } finally {
    mirror.close();
  }
});

scene("containerd's certs.d says which hosts have an image, with their own certificates and fields", async (registry) => {
  const key = path.join(folder, "mirror.key"), certificate = path.join(folder, "mirror.crt");
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], { stdio: "ignore" });
  const mirror = await new Registry().listen({ key: readFileSync(key), cert: readFileSync(certificate) });
  try {
    registry.index("library/nginx", "1.25", ["linux/amd64"]);
    const digests = mirror.index("hub/library/nginx", "1.25", ["linux/amd64", "linux/arm64"]);
    mirror.rules = [({ url, headers }) => {
      if (headers["x-team"] !== "shop") return { status: 403 };
      return url.endsWith("?ns=docker.io") ? undefined : { status: 400 };
    }];
    const certs = path.join(folder, "certs.d");
    mkdirSync(path.join(certs, "docker.io"), { recursive: true });
    const hosts = (capabilities) => writeFileSync(path.join(certs, "docker.io/hosts.toml"), `
server = "${registry.url}"
[host."${mirror.url}/v2/hub"]
  capabilities = ${JSON.stringify(capabilities)}
  override_path = true
  ca = "../../mirror.crt"
  [host."${mirror.url}/v2/hub".header]
    x-team = "shop"
`);
    const args = ["-n", "shop", "--mirrors", certs];
    hosts(["pull", "resolve"]);
    const first = await judged([...both, deployment("a", "nginx:1.25")], { args });
    assert.deepEqual(first.image.platforms, ["linux/amd64", "linux/arm64"], JSON.stringify(first.image));
    assert.equal(first.image.asked, `${mirror.url}/v2/hub/library/nginx/manifests/1.25?ns=docker.io`);
    hosts(["pull"]);
    assert.deepEqual((await judged([...both, deployment("a", "nginx:1.25")], { args })).image.platforms, ["linux/amd64"], "a tag is resolved by the server alone");
    assert.deepEqual((await judged([...both, deployment("a", `nginx@${digests}`)], { args })).image.platforms, ["linux/amd64", "linux/arm64"]);
    writeFileSync(path.join(certs, "docker.io/hosts.toml"), 'server = "https://a.io"\ncapabilities = ["pul"]\n');
    const wrong = await preflight([...both, deployment("a", "nginx:1.25")], { args });
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /docker\.io\/hosts\.toml, line 2: capabilities holds "pul"; there are pull, resolve and push/);
  } finally {
    mirror.close();
  }
});

for (const [what, rule, why] of [
  ["does not answer", () => "hang", /no whole reply within its time|time is over/],
  ["ends in the middle", () => "cut", /ended before the reply was whole|no HTTP|reset/],
  ["never ends its reply", () => ({ endless: true }), /larger than any that is read/],
  ["sends a head without an end", () => ({ headers: { "X-Long": "x".repeat(100_000) } }), /larger than any that is read/],
  ["limits its clients", () => ({ status: 429, body: JSON.stringify({ errors: [{ code: "TOOMANYREQUESTS", message: "You have reached \u001b[31myour pull rate limit" }] }) }), /answers 429 \(You have reached/],
  ["is broken", () => ({ status: 503 }), /answers 503/],
  ["says something else", () => ({ headers: { "Content-Type": "text/html" }, body: "<html>" }), /no manifest/],
  ["redirects without an end", ({ url }) => ({ status: 302, headers: { Location: url + "x" } }), /more than 5 redirects/],
  ["redirects nowhere", () => ({ status: 302 }), /leads nowhere/],
  ["redirects to another scheme", () => ({ status: 302, headers: { Location: "file:///etc/passwd" } }), /leads nowhere/],
  ["asks for an account", () => ({ status: 401, headers: { "WWW-Authenticate": 'Basic realm="x"' } }), /wants another account: 401/],
  ["asks for what nobody knows", () => ({ status: 401, headers: { "WWW-Authenticate": "Frobnicate" } }), /wants another account: 401/],
  ["refuses", () => ({ status: 403, body: JSON.stringify({ errors: [{ code: "DENIED" }] }) }), /403 \(DENIED\)/],
  ["has a token service that gives none", ({ url }) => (url.startsWith("/token") ? { body: '{"token": "a\\r\\nX: y"}' } : { status: 401, headers: { "WWW-Authenticate": 'Bearer realm="http://127.0.0.1:1/token"' } }), /token service/],
  ["has a token service that gives a megabyte", ({ url, headers }) => (url.startsWith("/token") ? { body: JSON.stringify({ token: "a".repeat(1_000_000) }) } : { status: 401, headers: { "WWW-Authenticate": `Bearer realm="http://${headers.host}/token"` } }), /no token that a header field can hold/],
  ["lists itself", ({ url }) => ({ body: JSON.stringify({ manifests: [{ digest: "sha256:" + "a".repeat(64) }] }) }), /is not what sha256:/],
]) {
  scene(`a registry that ${what} leaves its images unknown, never no`, async (registry) => {
    registry.rules = [rule];
    const objects = [...both, deployment("a", `${registry.host}/a:1`)];
    const { status, one, image } = await judged(objects, { args: ["-n", "shop", "--timeout", "2"] });
    assert.equal(one.conclusion, "unknown");
    assert.equal(image.platforms, null);
    assert.match(image.unknown, why);
    assert.equal(status, 0);
    const { stdout } = await preflight(objects, { args: ["-n", "shop", "--timeout", "1"] });
    assert.ok(!stdout.includes("\u001b"));
  });
}

test("a registry that can't be reached leaves its images unknown", async () => {
  const registry = await new Registry().listen();
  registry.close();
  for (const host of [registry.host, "registry.invalid"]) {
    const { status, one } = await judged([...both, deployment("a", `${host}/a:1`), deployment("b", "not a name")]);
    assert.equal(status, 0);
    assert.equal(one.conclusion, "unknown");
    assert.equal(one.architectures.arm64.image, "unknown");
  }
});

const key = path.join(folder, "key.pem"), certificate = path.join(folder, "certificate.pem");
execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], { stdio: "ignore" });
scene("a registry over TLS is verified, with --cacert by one's own certificates", async (registry) => {
  registry.index("a", "1", ["linux/amd64", "linux/arm64"]);
  const objects = [...both, deployment("a", `${registry.host}/a:1`)];
  const trusted = await judged(objects, { args: ["-n", "shop", "--cacert", certificate] });
  assert.equal(trusted.one.conclusion, "can run on both", trusted.image.unknown);
  const strange = await judged(objects);
  assert.equal(strange.one.conclusion, "unknown");
  assert.match(strange.image.unknown, /certificate verify failed/);
  // A token service, or a redirect, by plain HTTP would make what is protected everybody's.
  registry.rules = [() => ({ status: 401, headers: { "WWW-Authenticate": 'Bearer realm="http://127.0.0.1:1/token"' } })];
  assert.match((await judged(objects, { args: ["-n", "shop", "--cacert", certificate] })).image.unknown, /token service is not https/);
  registry.rules = [() => ({ status: 307, headers: { Location: "http://127.0.0.1:1/a" } })];
  assert.match((await judged(objects, { args: ["-n", "shop", "--cacert", certificate] })).image.unknown, /from https to http/);
  assert.equal((await preflight(objects, { args: ["-n", "shop", "--cacert", key + ".none"] })).status, 2);
}, { key: readFileSync(key), cert: readFileSync(certificate) });

/** A proxy on loopback that leads every name to one port; what it was asked for. */
async function proxy(to, act) {
  const asked = [];
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    const { pathname, host } = new URL(request.url);
    request.pipe(http.request({ host: "127.0.0.1", port: to.port, path: pathname, headers: { ...request.headers, host } }, (reply) => {
      response.writeHead(reply.statusCode, reply.headers);
      reply.pipe(response);
    }));
  });
  server.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    if (request.url.startsWith("refused")) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    const onward = net.connect(to.port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) end.on("error", () => {});
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await act(`127.0.0.1:${server.address().port}`, asked);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

scene("a registry behind a proxy is asked through it: by its whole URL, and by a tunnel for TLS", async (registry) => {
  const named = await new Registry().listen({ key: readFileSync(key), cert: readFileSync(certificate) });
  try {
    for (const one of [registry, named]) one.index("a", "1", ["linux/amd64", "linux/arm64"]);
    await proxy(registry, async (address, asked) => {
      const { one, image } = await judged([...both, deployment("a", "plain.example:5000/a:1")], { args: ["-n", "shop", "--plain-http", "plain.example:5000"], env: { HTTP_PROXY: `http://ann:secret@${address}` } });
      assert.equal(one.conclusion, "can run on both", image.unknown);
      assert.deepEqual(asked, [`GET http://plain.example:5000/v2/a/manifests/1 ${basic("ann", "secret")}`]);
    });
    await proxy(named, async (address, asked) => {
      const env = { https_proxy: address };
      const { one, image } = await judged([...both, deployment("a", "localhost.example:5000/a:1")], { env });
      assert.equal(one.conclusion, "unknown");
      assert.match(image.unknown, /certificate verify failed/);
      assert.deepEqual(asked, ["CONNECT localhost.example:5000"]);
      const refused = await judged([...both, deployment("a", "refused.example/a:1")], { env });
      assert.match(refused.image.unknown, /the proxy \S+ answers 407 to CONNECT/);
      const around = await judged([...both, deployment("a", "registry.invalid/a:1")], { env: { ...env, NO_PROXY: ".invalid" } });
      assert.equal(around.one.conclusion, "unknown");
      assert.ok(asked.every((line) => !line.includes("invalid")));
    });
  } finally {
    named.close();
  }
});

scene("what kubectl can't give is named, and what it gives still counts", async (registry) => {
  registry.index("a", "1", ["linux/amd64", "linux/arm64"]);
  registry.index("b", "1", ["linux/amd64"]);
  const objects = [...both, deployment("a", `${registry.host}/a:1`)];
  const no_jobs = await judged(objects, { faults: { job: "forbidden" } });
  assert.equal(no_jobs.status, 1);
  assert.equal(no_jobs.one.conclusion, "can run on both");
  assert.match(no_jobs.stderr, /not looked at: .*Forbidden.*jobs/);
  const no_nodes = await judged(objects, { faults: { node: "forbidden" } });
  assert.equal(no_nodes.status, 1);
  assert.equal(no_nodes.one.conclusion, "unknown");
  assert.match(no_nodes.one.reasons.join(), /taints of arm64 nodes are not known/);
  const missing_image = await judged([...both, deployment("a", `${registry.host}/b:1`)], { faults: { node: "forbidden" } });
  assert.equal(missing_image.status, 3);
});

test("without the cluster's answer there is no result", async () => {
  const objects = [...both, deployment("a", "nginx")];
  const all = ["deployment", "statefulset", "daemonset", "cronjob", "job"];
  for (const [faults, why, args = []] of [
    [Object.fromEntries(all.map((kind) => [kind, "forbidden"])), /Forbidden.*deploy\/rights\/preflight.yaml/],
    [Object.fromEntries(all.map((kind) => [kind, "down"])), /connection to the server 127.0.0.1:6443 was refused/],
    [{ deployment: "slow" }, /no answer within 0.50* s/, ["--kubectl-timeout", "0.5"]],
    [{ cut: true }, /cut off/],
  ]) {
    const { status, stdout, stderr } = await preflight(objects, { faults, args: ["-n", "shop", ...args] });
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(stderr, why);
  }
  const { status, stderr } = await preflight([{ kind: "Namespace", metadata: { name: "shop" } }], { args: ["-n", "shpo"] });
  assert.equal(status, 1);
  assert.match(stderr, /NotFound.*"shpo" not found/);
  const without = await preflight(objects, { env: { PATH: "/nowhere" } });
  assert.equal(without.status, 1);
  assert.match(without.stderr, /kubectl can't be started/);
});

test("the roles in deploy/rights allow each call that it makes, and no more", async () => {
  const registry = await new Registry().listen();
  registry.rules = [() => ({ status: 401, headers: { "WWW-Authenticate": "Basic" } })];
  const { calls } = await judged([...both, deployment("a", `${registry.host}/a:1`, { imagePullSecrets: [{ name: "regcred" }] }), deployment("b", `${registry.host}/a:1`)]);
  registry.close();
  const asked = new Set(calls.flatMap((call) => {
    const [, verb, kinds, name] = /^(get) (\S+)(?: ([a-z]\S*))?/.exec(call);
    assert.equal(verb, "get", "nothing is changed");
    return kinds.split(",").map((kind) => `${kind.replace(/s?$/, "s")} ${name ? "get" : "list"}`);
  }));
  const roles = readFileSync(path.join(root, "deploy/rights/preflight.yaml"), "utf8");
  const allowed = [...roles.matchAll(/resources: \[(.*)\]\n +verbs: \[(.*)\]/g)].flatMap(([, kinds, verb]) => kinds.split(", ").map((kind) => `${kind} ${verb}`));
  assert.deepEqual([...asked].sort(), allowed.sort());
});

test("a namespace without workloads has none, and exit status 0", async () => {
  const { status, stdout } = await preflight([...both, { kind: "Namespace", metadata: { name: "shop" } }]);
  assert.equal(status, 0);
  assert.match(stdout, /^No workloads\./);
});

scene("a cluster without nodes of one architecture says what is not known", async (registry) => {
  registry.index("a", "1", ["linux/amd64", "linux/arm64"]);
  const { one, document } = await judged([node("x86-1", "amd64"), deployment("a", `${registry.host}/a:1`)]);
  assert.equal(one.conclusion, "can run on both");
  assert.match(document.notes.join(), /no arm64 node/);
});

scene("an account that no header field can hold leaves its image unknown, and the others known", async (registry) => {
  registry.index("a", "1", ["linux/amd64", "linux/arm64"]);
  registry.index("b", "1", ["linux/amd64", "linux/arm64"]);
  registry.rules = [({ url, headers }) => (url.includes("/b/") && !headers.authorization ? { status: 401, headers: { "WWW-Authenticate": "Basic" } } : undefined)];
  const files = { ".docker/config.json": { auths: { [`${registry.host}/b`]: { username: "ann", password: "x".repeat(1_000_000) } } } };
  const { document } = await judged([...both, deployment("a", `${registry.host}/a:1`), deployment("b", `${registry.host}/b:1`)], { files });
  assert.deepEqual(document.workloads.map(({ conclusion }) => conclusion), ["can run on both", "unknown"]);
});

scene("under the name kubectl-lanewise it is a plugin", async (registry) => {
  registry.index("a", "1", ["linux/amd64", "linux/arm64"]);
  executable("kubectl-lanewise", "");
  rmSync(path.join(tools, "kubectl-lanewise"));
  execFileSync("ln", ["-s", program, path.join(tools, "kubectl-lanewise")]);
  const { status, stdout, stderr } = await preflight([...both, deployment("a", `${registry.host}/a:1`)], { name: path.join(tools, "kubectl-lanewise") });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /can run on both/);
});
