// How many one-operator changes do the suites notice?  `./dev mutate --help` says what it takes.
//
// All is done in a copy: of the tree as it stands, with what is not committed. A change is made there, what covers the file
// is built, and its suites run until one fails. What no suite notices has survived.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { AllAtOnce } from "./at_once.mjs";
import { is_kernel, places_in, sample } from "./changes.mjs";
import { files_of, git, is_source } from "./copies.mjs";
import { OneByOne } from "./one_by_one.mjs";

function options_of(words) {
    const { values } = parseArgs({ args: words, options: {
        files: { type: "string", multiple: true }, count: { type: "string", default: "50" }, seed: { type: "string", default: "1" },
        "changed-since": { type: "string" }, again: { type: "string" }, near: { type: "boolean", default: false },
        "at-once": { type: "boolean", default: false },
        without: { type: "string", default: "^$" }, jobs: { type: "string", default: String(availableParallelism()) },
        root: { type: "string", default: fileURLToPath(new URL("../../", import.meta.url)) }, work: { type: "string" },
        preset: { type: "string", default: "debug" } } });
    for (const name of ["count", "seed", "jobs"]) {
        if (!/^\d{1,9}$/.test(values[name])) throw new RangeError(`--${name} is a whole number, not "${values[name]}"`);
        values[name] = Number(values[name]);
    }
    values.without = new RegExp(values.without);
    values.root = path.resolve(values.root);
    values.work = path.resolve(values.work ?? path.join(values.root, "build/mutate"));
    return values;
}

// The lines of each file that differ from the revision; none: the file is as it was.
function changed_lines(root, revision) {
    const lines = new Map();
    let file;
    for (const line of git(root, "diff", "-U0", "--no-color", "--no-ext-diff", revision, "--").split("\n")) {
        const name = line.match(/^\+\+\+ b\/(.*)$/), hunk = line.match(/^@@ -\S+ \+(\d+)(?:,(\d+))? @@/);
        if (name) lines.set(file = name[1], new Set());
        for (let i = 0; hunk && i < Number(hunk[2] ?? 1); ++i) lines.get(file)?.add(Number(hunk[1]) + i);
    }
    return lines;
}

// Rows of a table whose first cell is a file and whose second and third are a line before and after: changes that nobody
// can see, each with its reason.
function equivalents_of(root) {
    const file = path.join(root, "tests/README.md");
    const known = new Set();
    if (!existsSync(file)) return known;
    for (const row of readFileSync(file, "utf8").split("\n")) {
        const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|").replace(/^`+ ?| ?`+$/g, ""));
        if (cells.length >= 6) known.add(cells.slice(1, 4).join("\n"));
    }
    return known;
}

const key_of = (place) => [place.file, place.old.trim(), place.changed.trim()].join("\n");

function places_of(options, suites) {
    const lines = options["changed-since"] && changed_lines(options.root, options["changed-since"]);
    const places = [];
    for (const file of files_of(options.root, options.files).filter((name) => is_source(name) && suites.is_built(name))) {
        if (options["at-once"] && is_kernel(file)) continue;
        for (const place of places_in(readFileSync(path.join(options.root, file), "utf8"), { with_constants: is_kernel(file) })) {
            if (!lines || lines.get(file)?.has(place.line)) places.push({ file, ...place });
        }
    }
    return places;
}

// What survived an earlier run, by its results, wherever its line is now.
function places_again(options) {
    const places = [];
    for (const row of readFileSync(options.again, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line))) {
        if (row.result !== "SURVIVED") continue;
        const file = path.join(options.root, row.file);
        const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
        const at = lines.flatMap((line, index) => (line.trim() === row.old ? [index + 1] : []));
        const [line] = at.sort((a, b) => Math.abs(a - row.line) - Math.abs(b - row.line));
        if (line) places.push({ file: row.file, line, old: lines[line - 1], changed: lines[line - 1].replace(row.old, () => row.new) });
        else console.log(`gone ${row.file}:${row.line}`);
    }
    return places;
}

const share = (noticed, survived) => (noticed + survived === 0 ? "none" : (noticed / (noticed + survived)).toFixed(2));

function summary(rows, places, seed) {
    const count = (result, of = rows) => of.filter((row) => row.result === result).length;
    const survivors = rows.filter((row) => row.result === "SURVIVED");
    const text = [];
    for (const row of survivors) text.push(`${row.file}:${row.line} survived${row.by && ` ${row.by}`}`, `  - ${row.old}`, `  + ${row.new}`);
    const folders = [...new Set(rows.map((row) => path.dirname(row.file)))].sort();
    for (const folder of folders) {
        const here = rows.filter((row) => path.dirname(row.file) === folder);
        text.push(`${folder}: ${share(count("noticed", here), count("SURVIVED", here))} of ${count("noticed", here) + count("SURVIVED", here)}`);
    }
    const variants = new Map();
    for (const row of rows) {
        for (const [name, noticed] of Object.entries(row.variants ?? {})) {
            const sum = variants.get(name) ?? [0, 0];
            sum[noticed ? 0 : 1] += 1;
            variants.set(name, sum);
        }
    }
    for (const [name, [noticed, missed]] of variants) text.push(`on ${name}: ${share(noticed, missed)} of ${noticed + missed}`);
    text.push(`score ${share(count("noticed"), survivors.length)}: ${count("noticed")} noticed, ${survivors.length} survived, ` +
        `${count("equivalent")} known as equivalent, ${count("does not compile")} did not compile; seed ${seed}, ${places} places`);
    return text.join("\n");
}

async function main() {
    const options = options_of(process.argv.slice(2));
    mkdirSync(options.work, { recursive: true });
    const way = await (options["at-once"] ? AllAtOnce : OneByOne).in_copy(options);
    const places = options.again ? places_again(options) : places_of(options, way.suites);
    const chosen = options.again ? places : sample(places, options.count, options.seed), known = equivalents_of(options.root);
    const to_judge = chosen.filter((place) => !known.has(key_of(place)));
    await way.expect(to_judge);

    const rows = [], written = path.join(options.work, `results-${options.again ? "again" : options.seed}.jsonl`);
    rmSync(written, { force: true });
    const judge_all = async (by_way, list) => {
        const left = [];
        for (const place of list) {
            const start = Date.now();
            const found = known.has(key_of(place)) ? { result: "equivalent", by: "tests/README.md" } : await by_way.judge(place);
            if (!found) {
                left.push(place);
                continue;
            }
            const row = { file: place.file, line: place.line, old: place.old.trim(), new: place.changed.trim(), ...found,
                seconds: Math.round((Date.now() - start) / 1000) };
            rows.push(row);
            appendFileSync(written, `${JSON.stringify(row)}\n`);
            console.log(`${row.result} ${row.file}:${row.line}${row.by && ` by ${row.by}`}`);
        }
        return left;
    };
    const left = await judge_all(way, chosen);
    if (left.length > 0) {
        const alone = await OneByOne.in_copy(options);
        alone.expect(left);
        await judge_all(alone, left);
    }
    console.log(summary(rows, places.length, options.seed));
}

try {
    await main();
} catch (error) {
    console.error(`mutate: ${error.message}`);
    process.exitCode = error instanceof RangeError || error.code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
}
