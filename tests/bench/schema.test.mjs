// Documents against their JSON Schema, by a validator that others use too; and our own checker against that one.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { startServer } from "../server/page/servers.mjs";
import { bench, exampleFiles, examples, modules, quickLoad, quickRun, readJson, root, withFolder } from "./program.mjs";

const Ajv = modules("ajv/dist/2020").default;
const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true })
    .compile(await readJson(join(root, "bench/result.schema.json")));

function assertValid(document, name) {
    assert.ok(validate(document), `${name}: ${JSON.stringify(validate.errors?.slice(0, 5), null, 2)}`);
}

test("the example documents fit the schema", async () => {
    const files = await exampleFiles();
    assert.ok(files.length >= 8);
    for (const file of files) assertValid(await readJson(join(examples, file)), file);
});

test("documents of run, http and import-wrk fit the schema", async () => {
    await withFolder(async (folder) => {
        await bench([...quickRun, "--output", join(folder, "run.json")]);
        const server = await startServer("amd64");
        try {
            await bench(["http", `http://127.0.0.1:${server.port}/v1/identity`, ...quickLoad, "-o", join(folder, "http.json")]);
        } finally {
            await server.stop();
        }
        await writeFile(join(folder, "wrk.txt"), '{"wrk": 1, "url": "http://h:80/", "connections": 64, "seconds": 10.0, "requests": 5000, ' +
            '"errors": 2, "mean_us": 1500.5, "p50_us": 1000, "p90_us": 2000, "p99_us": 4000, "p999_us": 8000, "max_us": 9000}\n');
        await bench(["import-wrk", join(folder, "wrk.txt"), "--output", join(folder, "wrk.json")]);
        for (const name of ["run.json", "http.json", "wrk.json"]) assertValid(await readJson(join(folder, name)), name);
        const { http } = await readJson(join(folder, "http.json"));
        assert.equal(http[0].server.architecture, process.arch === "arm64" ? "arm64" : "amd64");
    });
});

// What is known of pools, by every flag that says it.
test("documents of named pools with machines, instances and CPU time fit the schema", async () => {
    await withFolder(async (folder) => {
        const server = await startServer("amd64");
        try {
            const url = `http://127.0.0.1:${server.port}`;
            const [machine, output] = [join(folder, "machine.json"), join(folder, "http.json")];
            await writeFile(machine, await bench(["machine", "--json"]));
            const pools = ["a", "b", "c"].map((name) => `${name}=${url}/v1/identity?pool=${name}`);
            await bench(["http", ...pools, ...quickLoad, "--warmup", "0.1", "--machine", `a=${machine}`, "--instance", "a=m7i.large", "--instance",
                "b=m7g.large", "--server-pid", `a=${process.pid}`, "--server-metrics", `b=${url}/metrics`, "--server-cpus", "b=0.5", "-o", output]);
            const document = await readJson(output);
            assertValid(document, output);
            const [a, b, c] = document.http;
            assert.deepEqual([a.pool, b.pool, c.pool], ["a", "b", "c"]);
            assert.deepEqual([a.instance, b.instance, c.instance], ["m7i.large", "m7g.large", null]);
            assert.equal(a.machine.architecture, process.arch === "arm64" ? "arm64" : "amd64");
            assert.deepEqual([b.machine, c.machine], [null, null]);
            assert.match(a.cpu.source, new RegExp(`^process ${process.pid} and its children$`));
            assert.match(b.cpu.source, /^process_cpu_seconds_total of http:/);
            assert.equal(b.cpu.cpus, 0.5);
            assert.equal(c.cpu, null);
            assert.ok(document.notes.some((note) => note.field === "/http/2/cpu" && /--server-pid/.test(note.text)), JSON.stringify(document.notes));
            for (const { warm_up, curve, rounds } of document.http) {
                assert.deepEqual([warm_up.given, warm_up.achieved.length > 0], [true, true]);
                for (const step of [...curve, ...rounds.flatMap((round) => round.steps)]) assert.ok(step.bytes_received > 0);
            }
            // Of the process here its CPUs are seen; of a page nobody knows who else used them.
            const steps = (entry) => entry.rounds.flatMap((round) => round.steps.concat(round.confirmed ?? []));
            for (const step of steps(a)) assert.ok(step.cpus_busy >= 0 && step.cpus_busy <= 1 && step.cpu_utilisation >= 0);
            for (const step of steps(b)) assert.equal(step.cpus_busy, null);
        } finally {
            await server.stop();
        }
    });
});

// Where each edit must be found, by the validator and by the bench.
const edits = {
    "/machine/cores": (it) => (it.machine.cores = "many"),
    "/machine/threads": (it) => (it.machine.threads = 2.5),
    "/machine/quota_cpus": (it) => (it.machine.quota_cpus = 0),
    "/machine/architecture": (it) => (it.machine.architecture = "mips"),
    "/extra": (it) => (it.extra = 1),
    "/sweeps/cases/0/rounds/0/rate": (it) => (it.sweeps.cases[0].rounds[0].rate = 0),
    "/sweeps/cases/0/threads": (it) => (it.sweeps.cases[0].threads = -1),
    "/http/0/rounds/0/rate_at_target": (it) => (it.http[0].rounds[0].rate_at_target = -5),
    "/http/0/target_p99_ms": (it) => (it.http[0].target_p99_ms = "5"),
    "/http/0/server/cpu/threads": (it) => (it.http[0].server.cpu.threads = "8"),
    "/http/0/curve/0/verdict": (it) => (it.http[0].curve[0].verdict = "splendid"),
    "/http/0/pool": (it) => (it.http[0].pool = 7),
    "/http/0/instance": (it) => (it.http[0].instance = ["m7i.large"]),
    "/http/0/machine/cores": (it) => (it.http[0].machine = { ...it.machine, cores: 0.5 }),
    "/http/0/cpu/cpus": (it) => (it.http[0].cpu = { source: "process 1", cpus: 0, unknown: null }),
    "/http/0/warm_up/steady": (it) => (it.http[0].warm_up = { seconds: 1, steady: "yes", given: false, achieved: [1], p99_ms: [1] }),
    "/http/0/tls/verified": (it) => (it.http[0].tls = { protection: "TLSv1.3", verified: 1, ca: null, resumption: true }),
    "/http/0/requests/0/weight": (it) => (it.http[0].requests = [{ method: "GET", target: "/", fields: [], body_bytes: 0, success: "200-299", weight: 0 }]),
    "/http/0/curve/0/cpu_utilisation": (it) => (it.http[0].curve[0].cpu_utilisation = -0.1),
    "/http/0/curve/0/cpus_busy": (it) => (it.http[0].curve[0].cpus_busy = 1.5),
    "/http/0/curve/0/failures/0/count": (it) => (it.http[0].curve[0].failures = [{ what: "status 500", count: 0 }]),
    "/environment/disturbances": (it) => (it.environment.disturbances = {}),
    "/gaps/0/why": (it) => (it.gaps = [{ what: "arm64, node arm-1", why: "" }]),
    "/made/digest": (it) => (it.made.digest = "short"),
};

for (const [field, edit] of Object.entries(edits)) {
    test(`an edit of ${field} is refused by the validator and named by the bench`, async () => {
        const document = await readJson(join(examples, "synthetic-amd64-1.json"));
        edit(document);
        assert.equal(validate(document), false);
        const places = validate.errors.map((one) => one.instancePath + (one.params.additionalProperty ? `/${one.params.additionalProperty}` : ""));
        assert.ok(places.includes(field), `${field} is not among ${places.join(" ")}`);
        await withFolder(async (folder) => {
            await writeFile(join(folder, "edited.json"), JSON.stringify(document));
            const good = join(examples, "synthetic-arm64-1.json");
            const report = await bench(["report", join(folder, "edited.json"), good]);
            assert.match(report, new RegExp(`! Not counted: \\S*edited.json: field ${field}: `));
            assert.match(report, new RegExp(`${good}  sha256 `), "the other document still counts");
        });
    });
}
