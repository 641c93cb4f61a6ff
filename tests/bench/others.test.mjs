// Load on servers that we did not write, plain and over TLS: nginx, Node, and Python's http.server, which ends the
// connection behind each reply. What they hold is the machine's matter; that nothing fails is ours.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { join } from "node:path";
import { test } from "node:test";

import { bench, readJson, root, run, withFolder } from "./program.mjs";

const have = (program) => run("sh", ["-c", `command -v ${program}`]).then(() => true, () => false);
const unpackedNginx = join(root, "build/deps/nginx/usr/sbin/nginx");
const nginx = existsSync(unpackedNginx) ? unpackedNginx : (await have("nginx")) && "nginx";

const freePort = () =>
    new Promise((resolve, reject) => {
        const server = net.createServer().on("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });

async function answers(port) {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
        const open = await new Promise((resolve) => {
            const socket = net.connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
            socket.on("connect", () => socket.end());
        });
        if (open) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`nothing listens on port ${port}`);
}

async function makeCertificate(folder) {
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    await run("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
        ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
    ]);
    return { key, certificate };
}

// Runs a program that listens on both ports as long as `use` takes.
async function withProgram(program, args, ports, use) {
    const child = spawn(program, args, { stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("exit", resolve).on("error", resolve));
    try {
        await Promise.all(ports.map(answers));
        await use();
    } finally {
        child.kill("SIGKILL");
        await ended;
    }
}

const gentle = ["--seconds", "0.3", "--rounds", "1", "--rate-first", "200", "--rate-max", "200", "--p99-ms", "60000", "--connections", "4"];

// No request fails, and the document says over what it was asked.
async function loadBoth(folder, [plain, secure], certificate, flags = []) {
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
    }
    return targets;
}

const needs = (await have("openssl")) ? false : "openssl is not there";

test("nginx is loaded without a failure, plain and over TLS", { skip: needs || (!nginx && "nginx is not there") }, async () => {
    await withFolder(async (folder) => {
        const { key, certificate } = await makeCertificate(folder);
        const ports = [await freePort(), await freePort()];
        const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
        await writeFile(
            join(folder, "nginx.conf"),
            `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/errors;
             events { }
             http { access_log off; ${temporary}
                    server { listen 127.0.0.1:${ports[0]}; listen 127.0.0.1:${ports[1]} ssl;
                             ssl_certificate ${certificate}; ssl_certificate_key ${key};
                             location / { return 200 "hello"; } } }`,
        );
        await withProgram(nginx, ["-p", folder, "-c", join(folder, "nginx.conf")], ports, () => loadBoth(folder, ports, certificate));
    });
});

test("Node is loaded by POST without a failure, plain and over TLS", { skip: needs }, async () => {
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
            const targets = await loadBoth(folder, servers.map((server) => server.address().port), certificate, flags);
            assert.equal(wrong, 0);
            assert.equal(targets[0].requests[0].method, "POST");
        } finally {
            for (const server of servers) server.close();
            for (const server of servers) server.closeAllConnections();
        }
    });
});

test("Python's http.server, which ends each connection, is loaded without a failure, plain and over TLS", { skip: needs || (!(await have("python3")) && "python3 is not there") }, async () => {
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
            const targets = await loadBoth(folder, ports, certificate);
            for (const target of targets) assert.ok(target.rounds[0].steps.concat(target.rounds[0].confirmed ?? []).every((step) => step.connections_opened > 0));
        });
    });
});
