// The bench as its user runs it, and the documents that are checked in.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const examples = join(root, "bench/examples");
export const modules = createRequire(join(root, "build/npm/bench/"));

// Runs a program and returns what it printed; fails with its words where it fails.
export async function run(program, args, options = {}) {
    const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 64 << 20, ...options });
    return stdout;
}

export const bench = (args, options) => run(join(root, "build/release/bin/lanewise-bench"), args, options);

export const readJson = async (file) => JSON.parse(await readFile(file, "utf8"));

export const exampleFiles = async (prefix = "") =>
    (await readdir(examples)).filter((name) => name.endsWith(".json") && name.startsWith(prefix)).sort();

// A folder of the test's own, which is gone afterwards.
export async function withFolder(use) {
    const folder = await mkdtemp(join(tmpdir(), "lanewise-bench-"));
    try {
        return await use(folder);
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

// Runs that are quick, for what they write and not for what they measure.
export const quickRun = ["run", "--quick", "--kernel", "sum_f32", "--seconds", "0.0005"];
export const quickLoad = ["--seconds", "0.1", "--rounds", "1", "--rate-first", "1000", "--rate-max", "2000", "--p99-ms", "60000"];
