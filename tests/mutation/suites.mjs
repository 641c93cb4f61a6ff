// Which suites cover a file: the entries of ctest whose command names something that is built, however indirectly, of it;
// and of the files that Node runs, those that run such a program.
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

import { run, run_well } from "./children.mjs";
import { hash_of } from "./copies.mjs";

// For each file below the source folder, the objects that are compiled of it, headers counted, by whatever link the compiler
// saw them.
async function objects_by_file(build, source) {
    const found = new Map(), names = new Map();
    const name_of = (file) => {
        const seen = path.resolve(build, file);
        if (!names.has(seen)) names.set(seen, path.relative(realpathSync(source), existsSync(seen) ? realpathSync(seen) : seen));
        return names.get(seen);
    };
    let object;
    for (const line of (await run_well("ninja", ["-C", build, "-t", "deps"])).split("\n")) {
        const head = line.match(/^(\S.*): #deps \d+/);
        if (head) object = head[1];
        if (!line.startsWith("    ")) continue;
        const file = name_of(line.trim());
        if (file.startsWith("..")) continue;
        if (!found.has(file)) found.set(file, new Set());
        found.get(file).add(object);
    }
    return found;
}

async function inputs_of(build, output) {
    const listed = await run("ninja", ["-C", build, "-t", "inputs", output]);
    return listed.status === 0 ? listed.text.split("\n").map((line) => line.trim().replace(/^'(.*)'$/, "$1")) : [];
}

// Node's files of the bench, where the build is the one that they look for: what a file and those that it imports name below it.
function node_files(build, source) {
    const folder = path.join(source, "tests/bench"), below = `${path.relative(source, build)}/`;
    const named_in = (file) => {
        const text = readFileSync(path.join(folder, file), "utf8");
        const imported = [...text.matchAll(/from "\.\/(\w+\.mjs)"/g)].flatMap((one) => named_in(one[1]));
        return [...imported, ...[...text.matchAll(/"(build\/[\w/-]+)"/g)].map((one) => one[1])];
    };
    const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".test.mjs")) : [];
    return files.map((file) => {
        const programs = [...new Set(named_in(file))].filter((one) => one.startsWith(below) && existsSync(path.join(source, one)));
        return { name: `tests/bench/${file}`, outputs: programs.map((one) => one.slice(below.length)), runs: [`tests/bench/${file}`, ...programs] };
    });
}

const property = (entry, name) => entry.properties?.find((one) => one.name === name)?.value ?? [];

// The suites: each with its entry's name, the files that it runs, those that are built, their objects, and the variant of the
// kernels that it is for, if it is for one.
export async function read_suites(build, source, without) {
    const listed = JSON.parse((await run_well("ctest", ["--test-dir", build, "--show-only=json-v1"])).replace(/^[^{]*/, ""));
    const known = new Map();
    const suites = [];
    for (const entry of listed.tests) {
        if (!entry.command || without.test(entry.name) || property(entry, "LABELS").includes("nightly")) continue;
        const outputs = new Set(), runs = new Set();
        for (const word of entry.command) {
            for (const named of word.split(/[;|=]/)) {
                const output = path.relative(build, named);
                if (path.isAbsolute(named) && existsSync(named) && statSync(named).isFile()) runs.add(named);
                if (path.isAbsolute(named) && output && !output.startsWith("..") && existsSync(named)) outputs.add(output);
            }
        }
        const environment = property(entry, "ENVIRONMENT").find((one) => one.startsWith("LANEWISE_ISA="));
        suites.push({ name: entry.name, outputs: [...outputs], runs: [...runs], variant: environment?.split("=")[1] });
    }
    for (const one of node_files(build, source)) {
        if (!without.test(one.name)) suites.push({ ...one, by_node: true });
    }
    for (const suite of suites) {
        suite.objects = new Set(suite.outputs);
        for (const output of suite.outputs) {
            if (!known.has(output)) known.set(output, await inputs_of(build, output));
            for (const input of known.get(output)) suite.objects.add(input);
        }
    }
    const objects = await objects_by_file(build, source);
    return {
        // Built at all: what is compiled elsewhere only can't be judged here.
        is_built: (file) => objects.has(file),
        objects_of: (file) => [...objects.get(file) ?? []],
        covering: (file) => suites.filter((suite) => [...objects.get(file) ?? []].some((object) => suite.objects.has(object))),
    };
}

const quick_seconds = 3;

// Suites that test the file's own folder, which notice most; then Node's of its name; then, where those are not all that is
// asked, the quick ones of the others, then the rest.
export function in_groups(suites, file, seconds_by_name, near_alone = false) {
    const room = `tests/${path.dirname(file)}`;
    // tests/bench/CMakeFiles/prices_test.dir/claims/prices_test.cpp.o
    const folder_of = (object) => path.dirname(object.replace(/CMakeFiles\/[^/]*\.dir\//, ""));
    const named = (suite) => suite.by_node && path.basename(suite.name).startsWith(path.basename(room));
    const near = suites.filter((suite) => [...suite.objects].some((object) => folder_of(object) === room));
    const others = suites.filter((suite) => !near.includes(suite) && !named(suite));
    const is_slow = (suite) => suite.by_node || (!suite.variant && seconds_by_name.get(suite.name) > quick_seconds);
    const far = near_alone ? [] : [others.filter((suite) => !is_slow(suite)), others.filter(is_slow)];
    return [near, suites.filter(named), ...far].filter((group) => group.length > 0);
}

// As ctest keeps them: name, number of runs, seconds.
export function seconds_of_last_time(build) {
    const file = path.join(build, "Testing/Temporary/CTestCostData.txt");
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("---")[0].split("\n") : [];
    return new Map(lines.map((line) => line.split(" ")).filter((words) => words.length === 3).map(([name, , seconds]) => [name, Number(seconds)]));
}

// What ctest printed, entry by entry: { name, passed, skipped, seconds }.
export function results_of(text) {
    const found = [];
    for (const [, name, said, seconds] of text.matchAll(/^\s*\d+\/\d+ Test\s+#\d+: (\S+) \.*\s*(.*?)\s+([\d.]+) sec/gm)) {
        found.push({ name, passed: /^Passed/.test(said), skipped: /Skipped|Not Run/.test(said), seconds: Number(seconds) });
    }
    return found;
}

// A hash of all that a suite runs, by which it is told whether that is another than it was. Suites share programs, of which each
// is read once in a build, so `hashes` is kept as long.
export function contents_of(suite, source, hashes) {
    const hash_of_file = (file) => {
        if (!hashes.has(file)) hashes.set(file, hash_of(readFileSync(file)));
        return hashes.get(file);
    };
    return hash_of(suite.runs.map((one) => hash_of_file(path.resolve(source, one))).join());
}

export const say_left_out = (suite, is_skipped) => console.log(`left out: ${suite.name} ${is_skipped ? "is skipped" : "fails"} without a change`);

const one_of = (names) => `^(${names.map((name) => name.replace(/[.+]/g, "\\$&")).join("|")})$`;

// A change may fill memory without end: more than any suite needs, less than would hurt the machine.
const memory_bytes_max = 8 * 2 ** 30;

// Runs suites in the copy, each for as long as ten times what it took before.
export async function run_suites(build, suites, jobs, seconds_by_name, { to_the_end = false, environment = {} } = {}) {
    const env = { ...process.env, ...environment };
    const limit_of = (names) => Math.ceil(Math.max(30, ...names.map((name) => 10 * (seconds_by_name.get(name) ?? 30))));
    const names = suites.filter((suite) => !suite.by_node).map((suite) => suite.name);
    const ended = { results: [], failed: [], late: false };
    if (names.length > 0) {
        const native = await run("prlimit", [`--as=${memory_bytes_max}`, "ctest", "--test-dir", build, "-R", one_of(names), "-j", String(jobs), "--timeout", String(limit_of(names)),
            ...(to_the_end ? [] : ["--stop-on-failure"])], { env, seconds: 60 + names.length * limit_of(names) });
        ended.results = results_of(native.text);
        ended.failed = ended.results.filter((one) => !one.passed && !one.skipped).map((one) => one.name);
        ended.late = native.late || (native.status !== 0 && ended.failed.length === 0);
    }
    for (const suite of suites.filter((one) => one.by_node)) {
        if (!to_the_end && (ended.late || ended.failed.length > 0)) break;
        const start = Date.now();
        const { status } = await run(process.execPath, ["--test", suite.name], { env, cwd: path.join(build, "../.."), seconds: limit_of([suite.name]) });
        ended.results.push({ name: suite.name, passed: status === 0, skipped: false, seconds: (Date.now() - start) / 1000 });
        if (status !== 0) ended.failed.push(suite.name);
    }
    return ended;
}
