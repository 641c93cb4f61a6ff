// Programs that this one starts: each ends with all below it when its time is over, or with this program.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const running = new Set();

// All below a process: ninja gives each job a group of its own.
function* below(process_id) {
    const parents = new Map();
    for (const name of readdirSync("/proc")) {
        if (!/^\d+$/.test(name)) continue;
        try {
            parents.set(Number(name), Number(readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1).split(" ")[1]));
        } catch {
            // It has ended meanwhile.
        }
    }
    const found = [process_id];
    for (const each of found) {
        for (const [one, parent] of parents) {
            if (parent !== each) continue;
            found.push(one);
            yield one;
        }
    }
}

function end(child) {
    for (const one of [...below(child.pid), -child.pid]) {
        try {
            process.kill(one, "SIGKILL");
        } catch (error) {
            if (error.code !== "ESRCH") throw error;  // it has ended by itself
        }
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
