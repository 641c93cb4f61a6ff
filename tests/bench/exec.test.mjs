// lanewise-bench exec as its user runs it: programs that everybody has, programs that fail, and an end that leaves nothing
// behind, whatever brings it about.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { bench, modules, readJson, root, withFolder } from "./program.mjs";

const program = join(root, "build/release/bin/lanewise-bench");
const Ajv = modules("ajv/dist/2020").default;
const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true })
    .compile(await readJson(join(root, "bench/result.schema.json")));
const quick = ["--repetitions", "1", "--seconds", "0.01", "--budget", "1"];

// Runs it to its end, whatever its status.
function ends(args, options = {}) {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    const said = { out: "", err: "" };
    child.stdout.on("data", (data) => (said.out += data));
    child.stderr.on("data", (data) => (said.err += data));
    const ended = new Promise((resolve) => child.on("close", (status, signal) => resolve({ status, signal, ...said })));
    return { child, ended };
}

// Processes whose command line holds the word, which no other process has; a zombie has no command line.
async function processesWith(word) {
    const found = [];
    for (const name of await readdir("/proc")) {
        if (!/^\d+$/.test(name)) continue;
        const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
        if (line.startsWith("sleep") && line.includes(word)) found.push(Number(name));
    }
    return found;
}

async function until(what, condition) {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
        if (await condition()) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`still not so: ${what}`);
}

const parentOf = async (pid) => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ")[0]);
};

test("gzip, xz and a shell become documents that fit the schema, and reports in each form", async () => {
    await withFolder(async (folder) => {
        const data = join(root, "bench/result.schema.json");
        for (const [name, ...command] of [["gzip", "gzip", "-9", "-c", data], ["xz", "xz", "-c", data], ["sh", "sh", "-c", "echo did 5"]]) {
            const output = join(folder, `${name}.json`);
            const flags = name === "sh" ? ["--work-from", "did ([0-9]+)"] : ["--work", "1000"];
            await bench(["exec", ...quick, ...flags, "-o", output, "--", ...command]);
            const document = await readJson(output);
            assert.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 5), null, 2));
            assert.deepEqual(document.exec.command, command);
            for (const one of document.exec.cases) {
                assert.equal(one.failure, null);
                for (const round of one.rounds) {
                    assert.equal(round.run_seconds.length, Math.min(round.runs, round.run_seconds.length));
                    assert.ok(round.run_memory_bytes.every((bytes) => bytes > 0 && bytes <= round.memory_bytes_max));
                }
            }
            for (const suffix of ["txt", "md", "html"]) {
                const report = join(folder, `report.${suffix}`);
                await bench(["report", output, "-o", report]);
                const text = await readFile(report, "utf8");
                assert.match(text, /Runs of the program on/);
                assert.match(text, new RegExp(command[0]));
            }
        }
    });
});

test("a run that fails ends its case with the end of its errors, and the bench with status 1", async () => {
    await withFolder(async (folder) => {
        const output = join(folder, "exec.json");
        const { ended } = ends(["exec", ...quick, "-o", output, "--", "sh", "-c", "echo out of widgets >&2; exit 9"]);
        const { status, err } = await ended;
        assert.equal(status, 1);
        assert.match(err, /case one of 1 hardware threads ended: a run of copy 0 ended with status 9\nout of widgets\n/);
        const document = await readJson(output);
        assert.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 5), null, 2));
        for (const one of document.exec.cases) assert.equal(one.failure.status, 9);
        await bench(["report", output]);
    });
});

test("bad usage is exit status 2 and a sentence", async () => {
    for (const [args, why] of [
        [["exec"], /needs a command/],
        [["exec", "--"], /needs a command/],
        [["exec", "--", "no-such-program-anywhere"], /none of PATH's directories has it/],
        [["exec", "--", "./no-such-file"], /the file is missing/],
        [["exec", "--work", "0", "--", "true"], /--work/],
        [["exec", "--work", "1", "--work-from", "x", "--", "true"], /give one of them/],
        [["exec", "--work-from", "(", "--", "true"], /no regular expression/],
        [["exec", "--timeout", "-1", "--", "true"], /--timeout/],
        [["exec", "--directory", "/no/such/place", "--", "true"], /is no directory/],
    ]) {
        const { status, err } = await ends(args).ended;
        assert.equal(status, 2, `${args}: ${err}`);
        assert.match(err, why);
    }
});

// The program leaves its group and its session, so that only whoever adopts orphans can find it.
const escaping = (word) => ["exec", "--repetitions", "1", "--seconds", "0.01", "-o", "/dev/null", "--",
    "sh", "-c", `setsid sleep ${word} & sleep ${word}`];

for (const [what, kill] of [
    ["the bench is killed", async (child) => process.kill(child.pid, "SIGKILL")],
    ["its process group is killed", async (child) => process.kill(-child.pid, "SIGKILL")],
    ["the process that measures is killed", async (child, sleeper) => {
        let pid = sleeper;
        for (let parent = await parentOf(pid); parent !== child.pid; parent = await parentOf(pid)) pid = parent;
        process.kill(pid, "SIGKILL");
    }],
    ["it is interrupted", async (child) => process.kill(child.pid, "SIGINT")],
    ["it is terminated", async (child) => process.kill(child.pid, "SIGTERM")],
    ["its terminal hangs up", async (child) => process.kill(child.pid, "SIGHUP")],
]) {
    test(`no process outlives the bench where ${what}`, async () => {
        const word = `7${String(Math.random()).slice(2, 9)}`;
        const { child, ended } = ends(escaping(word), { detached: true });
        await until("the program sleeps", async () => (await processesWith(word)).length >= 2);
        await kill(child, (await processesWith(word))[0]);
        const { status } = await ended;
        assert.notEqual(status, 0);
        await until("nothing is left", async () => (await processesWith(word)).length === 0);
    });
}

test("an interrupted run leaves a document of what was done", async () => {
    await withFolder(async (folder) => {
        const output = join(folder, "exec.json");
        const word = `7${String(Math.random()).slice(2, 9)}`;
        const { child, ended } = ends(["exec", "-o", output, "--", "sleep", word]);
        await until("the program sleeps", async () => (await processesWith(word)).length >= 1);
        child.kill("SIGINT");
        assert.equal((await ended).status, 1);
        const document = await readJson(output);
        assert.ok(document.notes.some(({ text }) => text.startsWith("interrupted")));
        assert.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 5), null, 2));
    });
});
