// Servers of others, and what a test needs to start them: certificates, a program as long as it is used.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import net from "node:net";
import { join } from "node:path";

import { root, run } from "./program.mjs";

export const have = (program) => run("sh", ["-c", `command -v ${program}`]).then(() => true, () => false);
const unpackedNginx = join(root, "build/deps/nginx/usr/sbin/nginx");
export const nginx = existsSync(unpackedNginx) ? unpackedNginx : (await have("nginx")) && "nginx";

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

export async function makeCertificate(folder) {
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    await run("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
        ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
    ]);
    return { key, certificate };
}

// Runs a program that listens on both ports as long as `use` takes.
export async function withProgram(program, args, ports, use) {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
    child.stdout.resume();
    const ended = new Promise((resolve) => child.on("exit", resolve).on("error", resolve));
    try {
        await Promise.all(ports.map(answers));
        await use(child);
    } finally {
        child.kill("SIGKILL");
        await ended;
    }
}

// nginx in a folder of its own: one process, plain on the first port and within TLS on the second, with these locations.
export async function writeNginx(folder, [plain, secure], { key, certificate }, locations) {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
    const file = join(folder, "nginx.conf");
    await writeFile(file, `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/errors;
         events { }
         http { access_log off; ${temporary}
                server { listen 127.0.0.1:${plain}; listen 127.0.0.1:${secure} ssl;
                         ssl_certificate ${certificate}; ssl_certificate_key ${key};
                         ${locations} } }`);
    return ["-p", folder, "-c", file];
}
