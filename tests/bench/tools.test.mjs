// What other tools make of our documents, and we of theirs: wrk, Google Benchmark's compare.py, github-action-benchmark,
// spreadsheets.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { startServer } from "../server/page/servers.mjs";
import { bench, exampleFiles, examples, quickRun, readJson, root, run, withFolder } from "./program.mjs";

const have = (program) => run("sh", ["-c", `command -v ${program}`]).then(() => true, () => false);

test("wrk's own run becomes a closed-loop document, which is shown and never ranked", { skip: !(await have("wrk")) && "wrk is not there" }, async () => {
    await withFolder(async (folder) => {
        const server = await startServer("amd64");
        try {
            const url = `http://127.0.0.1:${server.port}/v1/identity`;
            const said = await run("wrk", ["-t1", "-c8", "-d1s", "-s", join(root, "bench/wrk.lua"), url], { env: { ...process.env, WRK_CONNECTIONS: "8" } });
            const lines = said.split("\n").filter((line) => line.startsWith("{"));
            assert.equal(lines.length, 1, "one line of JSON");
            const line = JSON.parse(lines[0]);
            assert.equal(line.url, url);
            assert.equal(line.connections, 8);
            assert.ok(line.requests > 0);
            await writeFile(join(folder, "wrk.txt"), said);
        } finally {
            await server.stop();
        }
        await bench(["import-wrk", join(folder, "wrk.txt"), "-o", join(folder, "wrk.json")]);
        const document = await readJson(join(folder, "wrk.json"));
        assert.equal(document.http[0].closed_loop, true);
        assert.equal(document.http[0].curve[0].verdict, "closed loop");
        const report = await bench(["report", join(folder, "wrk.json")]);
        assert.match(report, /^Closed loop, by wrk$/m);
        assert.match(report, /no: closed loop: its clients wait for replies/);
    });
});

// Debian's packages, unpacked by ./dev: Google Benchmark's tools, and the SciPy that they ask for.
const unpacked = join(root, "build/deps/compare/usr");
const libraries = join(unpacked, "lib", `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`);
const python = { env: { ...process.env, PYTHONPATH: join(unpacked, "lib/python3/dist-packages"),
    LD_LIBRARY_PATH: ["", "blas", "lapack"].map((folder) => join(libraries, folder)).join(":") } };
const compare = join(unpacked, "share/benchmark/compare.py");
const comparable = existsSync(compare) && (await run("python3", ["-c", "import scipy.stats"], python).then(() => true, () => false));

test("Google Benchmark's compare.py reads two exports, and tests them", { skip: !comparable && "compare.py or its SciPy is not there" }, async () => {
    await withFolder(async (folder) => {
        for (const name of ["base", "head"]) {
            await bench([...quickRun, "--no-sweeps", "-o", join(folder, `${name}.json`)]);
            await bench(["export", join(folder, `${name}.json`), "--format", "google-benchmark", "-o", join(folder, `${name}-gb.json`)]);
        }
        const said = await run("python3", [compare, "--no-color", "-d", join(folder, "compared.json"), "benchmarks",
            join(folder, "base-gb.json"), join(folder, "head-gb.json")], python);
        assert.match(said, /^sum_f32\/portable\/L1\/n:\d+_median /m);
        assert.match(said, /U Test, Repetitions: 9/);
        const compared = await readJson(join(folder, "compared.json"));
        for (const one of compared.filter(({ run_type: kind }) => kind === "iteration")) assert.equal(one.measurements.length, 9, one.name);
        assert.ok(compared.some(({ name }) => /^sum_f32\/\w+\/DRAM\//.test(name)));
    });
});

test("github-action-benchmark gets names, units, values and ranges", async () => {
    const list = JSON.parse(await bench(["export", join(examples, (await exampleFiles("synthetic-amd64"))[0]), join(examples, "emulated-arm64.json"),
        "--format", "action-benchmark"]));
    assert.ok(list.length > 3);
    assert.equal(new Set(list.map(({ name }) => name)).size, list.length, "its history goes by the name");
    for (const one of list) {
        assert.equal(typeof one.name, "string");
        assert.match(one.unit, /^(items|requests)\/s$/);
        assert.ok(Number.isFinite(one.value) && one.value > 0);
        assert.ok(one.range === undefined || Number(one.range) >= 0);
    }
});

test("the CSV has as many fields in each line as names in the first", async () => {
    const files = (await exampleFiles("synthetic-")).map((name) => join(examples, name));
    const lines = (await bench(["export", ...files, "--format", "csv"])).trimEnd().split("\n");
    assert.equal(lines[0], "file,machine,kind,name,variant,level,threads,value,unit,low,high");
    for (const line of lines) assert.equal(line.split(",").length, 11, line);
    const kinds = new Set(lines.slice(1).map((line) => line.split(",")[2]));
    for (const kind of ["threads", "smt_yield", "neighbour_penalty", "memory_neighbour_penalty", "http", "p99_ms"]) assert.ok(kinds.has(kind), kind);
});
