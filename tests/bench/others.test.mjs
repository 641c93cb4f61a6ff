// Load on servers that we did not write, plain and over TLS: nginx, Node, and Python's http.server, which ends the
// connection behind each reply. What they hold is the machine's matter; that nothing fails is ours.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { cpus } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { freePort } from "../../bench/http_peers/free_port.mjs";
import { bench, readJson, root, run, withFolder } from "./program.mjs";
import { have, makeCertificate, nginx, withProgram, writeNginx } from "./servers.mjs";

const gentle = ["--seconds", "0.3", "--rounds", "1", "--rate-first", "200", "--rate-max", "200", "--p99-ms", "60000", "--connections", "4"];

// No request fails, and the document says over what it was asked.
async function loadBoth(t, folder, [plain, secure], certificate, flags = []) {
    const output = join(folder, "http.json");
    const urls = [`http://127.0.0.1:${plain}/`, `https://localhost:${secure}/`];
    await bench(["http", ...urls, ...gentle, "--cacert", certificate, ...flags, "-o", output]);
    const targets = (await readJson(output)).http;
    assert.equal(targets[0].tls, null);
    assert.match(targets[1].tls.protection, /^TLSv1\.[23], /);
    assert.equal(targets[1].tls.verified, true);
    for (const target of targets) {
        const steps = target.rounds.flatMap((round) => round.steps.concat(round.confirmed ?? []));
        assert.ok(steps.length > 0);
        for (const step of steps) assert.deepEqual([step.errors, step.failures], [0, []], target.url);
        t.diagnostic(`${target.url} held ${target.rounds[0].rate_at_target} of 200 a second, p99 ${steps.at(-1).p99_ms} ms`);
    }
    return targets;
}

const needs = (await have("openssl")) ? false : "openssl is not there";

test("nginx is loaded without a failure, plain and over TLS", { skip: needs || (!nginx && "nginx is not there") }, async (t) => {
    await withFolder(async (folder) => {
        const { key, certificate } = await makeCertificate(folder);
        const ports = [await freePort(), await freePort()];
        const args = await writeNginx(folder, ports, { key, certificate }, 'location / { return 200 "hello"; }');
        await withProgram(nginx, args, ports, () => loadBoth(t, folder, ports, certificate));
    });
});

test("Node is loaded by POST without a failure, plain and over TLS", { skip: needs }, async (t) => {
    await withFolder(async (folder) => {
        const { key, certificate } = await makeCertificate(folder);
        let wrong = 0;
        const answer = (request, reply) => {
            let body = "";
            request.on("data", (piece) => (body += piece));
            request.on("end", () => {
                const asked = request.url === "/" && request.method === "POST";
                if (asked && (body !== '{"a":1}' || request.headers["x-id"] !== "7")) ++wrong;
                reply.writeHead(asked ? 201 : 404).end("made");
            });
        };
        const servers = [http.createServer(answer), https.createServer({ key: await readFile(key), cert: await readFile(certificate) }, answer)];
        for (const server of servers) await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
        try {
            const flags = ["--body", '{"a":1}', "--header", "X-Id: 7", "--expect", "201"];
            const targets = await loadBoth(t, folder, servers.map((server) => server.address().port), certificate, flags);
            assert.equal(wrong, 0);
            assert.equal(targets[0].requests[0].method, "POST");
        } finally {
            for (const server of servers) server.close();
            for (const server of servers) server.closeAllConnections();
        }
    });
});

test("Python's http.server, which ends each connection, is loaded without a failure, plain and over TLS", { skip: needs || (!(await have("python3")) && "python3 is not there") }, async (t) => {
    await withFolder(async (folder) => {
        const { key, certificate } = await makeCertificate(folder);
        const ports = [await freePort(), await freePort()];
        await writeFile(
            join(folder, "server.py"),
            `import http.server, ssl, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
def serve(port, context):
    server = Server(("127.0.0.1", port), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[3], sys.argv[4])
threading.Thread(target=serve, args=(int(sys.argv[1]), None)).start()
serve(int(sys.argv[2]), context)
`,
        );
        await withProgram("python3", [join(folder, "server.py"), ...ports.map(String), certificate, key], ports, async () => {
            const targets = await loadBoth(t, folder, ports, certificate);
            for (const target of targets) assert.ok(target.rounds[0].steps.concat(target.rounds[0].confirmed ?? []).every((step) => step.connections_opened > 0));
        });
    });
});

test("the example of two nginx on one machine ends with a report of both, with the prices that were given", { skip: (!nginx && "nginx is not there") || (cpus().length < 2 && "it takes two CPUs") }, async () => {
    await withFolder(async (folder) => {
        const port = String(await freePort(2));
        const quick = ["--seconds", "0.1", "--rounds", "1", "--warmup", "0.1", "--rate-first", "200", "--rate-max", "200", "--p99-ms", "60000", "--connections", "4"];
        const report = await run(join(root, "bench/examples/two-nginx.sh"), [folder, ...quick], { env: { ...process.env, PORT: port } });
        assert.match(report, /^level1 .*\$0\.100/m);
        assert.match(report, /^level9 .*\$0\.100/m);
        // A machine that was disturbed gets no table of CPU and headroom: what was measured stands in the document all the same.
        const { http } = await readJson(join(folder, "service.json"));
        for (const { cpu, server, curve } of http) {
            assert.deepEqual([cpu.cpus, server], [1, null]);
            // Of the processes' own clock: the machine's counts hundredths of a second, and a short step may see none.
            assert.ok(curve.every((step) => Number.isFinite(step.cpu_ms_per_request)));
        }
    });
});
