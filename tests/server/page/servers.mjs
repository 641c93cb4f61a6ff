// The servers that the page is tested against: one of each architecture, behind the balancer.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const drainMs = 10_000;

export const programs = {
    amd64: [`${root}build/release/bin/lanewise-server`],
    arm64: ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", `${root}build/arm64/bin/lanewise-server`],
};

// Starts a server of this architecture on a port of the loopback (0: a free one), and waits until it listens.
export async function startServer(architecture, port = 0, flags = []) {
    const [program, ...before] = programs[architecture];
    const child = spawn(program, [...before, "--address", "127.0.0.1", "--port", String(port), "--settle-ms", "0",
        "--node", `${architecture}-node`, "--pod", `lanewise-${architecture}-0`, ...flags],
    { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const listening = new Promise((resolve, reject) => {
        const read = (text) => {
            said += text;
            const found = /listening on \S+ port (\d+)/.exec(said);
            if (found) resolve(Number(found[1]));
        };
        child.stdout.setEncoding("utf8").on("data", read);
        child.stderr.setEncoding("utf8").on("data", read);
        child.once("error", reject);
        child.once("exit", (code) => reject(new Error(`the ${architecture} server ended with ${code}: ${said}`)));
    });
    const ended = once(child, "exit");
    return {
        port: await listening,
        // SIGKILL: a node that is gone from one moment to the next. SIGTERM: a pod that is asked to go.
        async stop(signal = "SIGTERM") {
            if (child.exitCode !== null || child.signalCode !== null) return;
            child.kill(signal);
            const impatient = setTimeout(() => child.kill("SIGKILL"), drainMs);
            await ended;
            clearTimeout(impatient);
        },
    };
}
