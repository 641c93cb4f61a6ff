// Programs that this one starts: each in a process group of its own, which ends with its time, or with this program.
import { spawn } from "node:child_process";

const running = new Set();

function end(child) {
    try {
        process.kill(-child.pid, "SIGKILL");
    } catch (error) {
        if (error.code !== "ESRCH") throw error;  // it has ended by itself
    }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => {
        for (const child of running) end(child);
        process.kill(process.pid, signal);
    });
}

// Its status and what it wrote, on both outputs in one text; late: its time was over before it was.
export function run(program, words, { seconds = 600, ...options } = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(program, words, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
        let text = "", late = false;
        running.add(child);
        const timer = setTimeout(() => {
            late = true;
            end(child);
        }, seconds * 1000);
        for (const output of [child.stdout, child.stderr]) {
            output.setEncoding("utf8");
            // The end of an endless output is enough to tell what went wrong.
            output.on("data", (more) => { text = (text + more).slice(-(16 << 20)); });
        }
        child.on("error", reject);
        let over = false;
        const resolved = (status) => {
            if (!over) resolve({ status, late, text });
            over = true;
        };
        child.on("exit", (status) => {
            clearTimeout(timer);
            running.delete(child);
            end(child);  // what it left behind
            // Its last words come before the end of its outputs, which somebody in another group may hold open.
            setTimeout(() => resolved(status), 5000).unref();
        });
        child.on("close", resolved);
    });
}

export async function run_well(program, words, options) {
    const ended = await run(program, words, options);
    if (ended.status === 0) return ended.text;
    throw new Error(`${[program, ...words].join(" ")} ${ended.late ? "took too long" : "failed"}:\n${ended.text.slice(-4000)}`);
}
