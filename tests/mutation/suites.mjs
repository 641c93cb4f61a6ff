// Which entries of ctest cover a file: those whose command names something that is built, however indirectly, of it.
import { existsSync } from "node:fs";
import path from "node:path";

import { run, run_well } from "./children.mjs";

// For each file below the source folder, the objects that are compiled of it, headers counted.
async function objects_by_file(build, source) {
    const found = new Map();
    let object;
    for (const line of (await run_well("ninja", ["-C", build, "-t", "deps"])).split("\n")) {
        const head = line.match(/^(\S.*): #deps \d+/);
        if (head) object = head[1];
        if (!line.startsWith("    ")) continue;
        const file = path.relative(source, path.resolve(build, line.trim()));
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

const property = (entry, name) => entry.properties?.find((one) => one.name === name)?.value ?? [];

// The suites: each with its entry's name, the outputs that it needs, their objects, and the variant of the kernels that it
// is for, if it is for one.
export async function read_suites(build, source) {
    const listed = JSON.parse((await run_well("ctest", ["--test-dir", build, "--show-only=json-v1"])).replace(/^[^{]*/, ""));
    const known = new Map();
    const suites = [];
    for (const entry of listed.tests) {
        if (!entry.command || property(entry, "LABELS").includes("nightly")) continue;
        const outputs = new Set();
        for (const word of entry.command) {
            for (const named of word.split(/[;|=]/)) {
                const output = path.relative(build, named);
                if (path.isAbsolute(named) && output && !output.startsWith("..") && existsSync(named)) outputs.add(output);
            }
        }
        const objects = new Set(outputs);
        for (const output of outputs) {
            if (!known.has(output)) known.set(output, await inputs_of(build, output));
            for (const input of known.get(output)) objects.add(input);
        }
        const environment = property(entry, "ENVIRONMENT").find((one) => one.startsWith("LANEWISE_ISA="));
        suites.push({ name: entry.name, outputs: [...outputs], objects, variant: environment?.split("=")[1] });
    }
    const objects = await objects_by_file(build, source);
    return {
        // Built at all: what is compiled elsewhere only can't be judged here.
        is_built: (file) => objects.has(file),
        covering: (file) => suites.filter((suite) => [...objects.get(file) ?? []].some((object) => suite.objects.has(object))),
    };
}

// Suites that test the file's own folder, which notice most; then the others.
export function nearest_first(suites, file) {
    const room = `tests/${path.dirname(file)}`;
    // tests/bench/CMakeFiles/prices_test.dir/claims/prices_test.cpp.o
    const folder_of = (object) => path.dirname(object.replace(/CMakeFiles\/[^/]*\.dir\//, ""));
    const near = suites.filter((suite) => [...suite.objects].some((object) => folder_of(object) === room));
    return [near, suites.filter((suite) => !near.includes(suite))].filter((group) => group.length > 0);
}

// What ctest printed, entry by entry: { name, passed, skipped, seconds }.
export function results_of(text) {
    const found = [];
    for (const [, name, said, seconds] of text.matchAll(/^\s*\d+\/\d+ Test\s+#\d+: (\S+) \.*\s*(.*?)\s+([\d.]+) sec/gm)) {
        found.push({ name, passed: /^Passed/.test(said), skipped: /Skipped|Not Run/.test(said), seconds: Number(seconds) });
    }
    return found;
}
