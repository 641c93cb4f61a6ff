// How many one-operator changes do the suites notice?  `./dev mutate --help` says what it takes.
//
// All is done in a copy: of the tree as it stands, with what is not committed. A change is made there, what covers the file
// is built, and its suites run until one fails. What no suite notices has survived.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync, chmodSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { changed_text, places_in, sample } from "./changes.mjs";
import { run, run_well } from "./children.mjs";
import { in_groups, read_suites, results_of, seconds_of_last_time } from "./suites.mjs";

const build_seconds_max = 1800;  // one file that everything includes, on two cores

function options_of(words) {
    const { values } = parseArgs({ args: words, options: {
        files: { type: "string", multiple: true }, count: { type: "string", default: "50" }, seed: { type: "string", default: "1" },
        "changed-since": { type: "string" }, again: { type: "string" }, near: { type: "boolean", default: false },
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

const git = (root, ...words) => execFileSync("git", ["-C", root, ...words], { encoding: "utf8", maxBuffer: 64 << 20 });
const names_of = (text) => text.split("\0").filter((name) => name !== "");

const hash_of = (content) => createHash("sha256").update(content).digest("hex");

// Brings the copy to what the tree is. A file that is the same keeps its time, so that only changes are compiled.
function copy_tree(root, source) {
    const wanted = new Set(names_of(git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"))
        .filter((name) => existsSync(path.join(root, name))));
    const listing = path.join(path.dirname(source), "copied.json");
    const before = existsSync(listing) ? JSON.parse(readFileSync(listing, "utf8")) : [];
    for (const name of before) if (!wanted.has(name)) rmSync(path.join(source, name), { force: true });
    for (const name of wanted) {
        const from = path.join(root, name), to = path.join(source, name);
        const content = readFileSync(from);
        if (existsSync(to) && readFileSync(to).equals(content)) continue;
        mkdirSync(path.dirname(to), { recursive: true });
        writeFileSync(to, content);
        chmodSync(to, statSync(from).mode & 0o777);
    }
    writeFileSync(listing, JSON.stringify([...wanted]));
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
const in_kernels = (file) => /^kernels\/(bodies|registers)\//.test(file);

function places_of(options, suites, source) {
    const patterns = options.files ?? ["**/*.cpp", "**/*.hpp"];
    const lines = options["changed-since"] && changed_lines(options.root, options["changed-since"]);
    const files = names_of(git(options.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...patterns.map((one) => `:(glob)${one}`)));
    const places = [];
    for (const file of files.filter((name) => /\.[ch]pp$/.test(name) && !name.startsWith("tests/") && suites.is_built(name))) {
        for (const place of places_in(readFileSync(path.join(source, file), "utf8"), { with_constants: in_kernels(file) })) {
            if (!lines || lines.get(file)?.has(place.line)) places.push({ file, ...place });
        }
    }
    return places;
}

// What survived an earlier run, by its results, wherever its line is now.
function places_again(results, source) {
    const places = [];
    for (const row of readFileSync(results, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line))) {
        if (row.result !== "SURVIVED") continue;
        const file = path.join(source, row.file);
        const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
        const at = lines.flatMap((line, index) => (line.trim() === row.old ? [index + 1] : []));
        const [line] = at.sort((a, b) => Math.abs(a - row.line) - Math.abs(b - row.line));
        if (line) places.push({ file: row.file, line, old: lines[line - 1], changed: lines[line - 1].replace(row.old, () => row.new) });
        else console.log(`gone ${row.file}:${row.line}`);
    }
    return places;
}

const one_of = (names) => `^(${names.map((name) => name.replace(/[.+]/g, "\\$&")).join("|")})$`;

// Runs suites in the copy, each for as long as ten times what it took before.
async function run_suites(build, suites, jobs, seconds_by_name, to_the_end = false) {
    const limit_of = (names) => Math.ceil(Math.max(30, ...names.map((name) => 10 * (seconds_by_name.get(name) ?? 30))));
    const names = suites.filter((suite) => !suite.by_node).map((suite) => suite.name);
    const ended = { results: [], failed: [], late: false };
    if (names.length > 0) {
        const native = await run("ctest", ["--test-dir", build, "-R", one_of(names), "-j", String(jobs), "--timeout", String(limit_of(names)),
            ...(to_the_end ? [] : ["--stop-on-failure"])], { seconds: 60 + names.length * limit_of(names) });
        ended.results = results_of(native.text);
        ended.failed = ended.results.filter((one) => !one.passed && !one.skipped).map((one) => one.name);
        ended.late = native.late || (native.status !== 0 && ended.failed.length === 0);
    }
    for (const suite of suites.filter((one) => one.by_node)) {
        if (!to_the_end && (ended.late || ended.failed.length > 0)) break;
        const start = Date.now();
        const { status } = await run(process.execPath, ["--test", suite.name], { cwd: path.join(build, "../.."), seconds: limit_of([suite.name]) });
        ended.results.push({ name: suite.name, passed: status === 0, skipped: false, seconds: (Date.now() - start) / 1000 });
        if (status !== 0) ended.failed.push(suite.name);
    }
    return ended;
}

// Whether suites pass without a change. It is asked when one fails for the first time, and again only when what it runs is
// another: most are never asked.
class Unchanged {
    #kept;
    constructor(suites, { build, source, options, seconds }) {
        Object.assign(this, { build, options, seconds, file: path.join(options.work, `unchanged-${options.preset}.json`) });
        this.#kept = existsSync(this.file) ? JSON.parse(readFileSync(this.file, "utf8")) : {};
        const contents = (suite) => hash_of(suite.runs.map((one) => hash_of(readFileSync(path.resolve(source, one)))).join());
        for (const suite of suites) {
            suite.contents = contents(suite);
            if (this.#kept[suite.name]?.contents !== suite.contents) delete this.#kept[suite.name];
        }
    }

    is_known_to_fail(suite) { return this.#kept[suite.name]?.passed === false; }

    async those_that_pass(suites) {
        const missing = suites.filter((suite) => !this.#kept[suite.name]);
        if (missing.length > 0) {
            await build_of(missing, this);
            const { results } = await run_suites(this.build, missing, this.options.jobs, this.seconds, true);
            for (const suite of missing) {
                const said = results.find((one) => one.name === suite.name);
                this.#kept[suite.name] = { passed: said?.passed ?? false, contents: suite.contents };
                if (!said?.passed) console.log(`left out: ${suite.name} ${said?.skipped ? "is skipped" : "fails"} without a change`);
            }
            writeFileSync(this.file, JSON.stringify(this.#kept));
        }
        return suites.filter((suite) => this.#kept[suite.name].passed);
    }
}

const build_of = (suites, { build, options }) =>
    run("ninja", ["-C", build, "-j", String(options.jobs), ...new Set(suites.flatMap((suite) => suite.outputs))], { seconds: build_seconds_max });

async function judge(place, context) {
    const { source, build, options, suites, unchanged, seconds, hashes } = context;
    const file = path.join(source, place.file), whole = readFileSync(file, "utf8");
    const covering = suites.covering(place.file);
    const objects = suites.objects_of(place.file).filter((one) => covering.some((suite) => suite.objects.has(one)));
    const compiled = new Set();
    try {
        const groups = in_groups(covering, place.file, seconds, options.near);
        while (groups.length > 0) {
            groups[0] = groups[0].filter((suite) => !unchanged.is_known_to_fail(suite));
            const [group] = groups;
            if (group.length === 0) {
                groups.shift();
                continue;
            }
            writeFileSync(file, changed_text(whole, place));
            const built = await build_of(group, context);
            if (built.status !== 0) return { result: "does not compile", by: built.late ? "too long" : "" };
            // When all of it has been compiled: did the compiler make of it what it was?
            for (const suite of group) for (const object of suite.objects) compiled.add(object);
            const as_they_were = objects.filter((one) => compiled.has(one) && hash_of(readFileSync(path.join(build, one))) === hashes.get(one));
            if (as_they_were.length === objects.length)
                return { result: "equivalent", by: "the same machine code" };
            const by_variant = in_kernels(place.file) && group.some((suite) => suite.variant);
            const asked = group.filter((suite) => !by_variant || suite.variant);
            const { results, failed, late } = await run_suites(build, asked, options.jobs, seconds, by_variant);
            if (late) return { result: "noticed", by: "a suite that did not end" };
            writeFileSync(file, whole);
            const noticed = (await unchanged.those_that_pass(asked.filter((suite) => failed.includes(suite.name)))).map((suite) => suite.name);
            if (by_variant) {
                // A variant that the change leaves as it was (lanewise_kernels_avx2.dir) has nothing to notice.
                const is_same = (variant) => as_they_were.some((one) => one.includes(`_${variant}.dir/`));
                const variants = {};
                for (const suite of asked.filter((one) => !unchanged.is_known_to_fail(one) && !is_same(one.variant))) {
                    if (!results.find((one) => one.name === suite.name)?.skipped) variants[suite.variant] = noticed.includes(suite.name);
                }
                if (Object.keys(variants).length === 0) return { result: "equivalent", by: "the same machine code, in what runs here" };
                const missed = Object.keys(variants).filter((name) => !variants[name]);
                return missed.length === 0 ? { result: "noticed", by: "every variant", variants }
                    : { result: "SURVIVED", by: `on ${missed.join(", ")}`, variants };
            }
            if (noticed.length > 0) return { result: "noticed", by: noticed.join(" ") };
            for (const one of results) if (one.passed) seconds.set(one.name, one.seconds);
            if (failed.length === 0) groups.shift();  // else once more without those that say nothing
        }
        return { result: "SURVIVED", by: covering.length === 0 ? "no suite is built of it" : options.near ? "near suites" : "" };
    } finally {
        writeFileSync(file, whole);
    }
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
    // Laid out as a checkout is, so that presets and a compiler cache find what they know.
    const source = path.join(options.work, "tree"), build = path.join(source, "build", options.preset);
    mkdirSync(path.dirname(build), { recursive: true });
    copy_tree(options.root, source);
    for (const name of ["deps", "npm"]) {
        const from = path.join(options.root, "build", name), linked = path.join(source, "build", name);
        if (existsSync(from) && !existsSync(linked)) symlinkSync(from, linked);
    }
    await run_well("cmake", existsSync(path.join(source, "CMakePresets.json")) ? ["--preset", options.preset] : ["-G", "Ninja", "-B", build], { cwd: source });
    console.log("The copy is built unchanged, which takes long the first time.");
    await run_well("ninja", ["-C", build, "-j", String(options.jobs)], { seconds: 4 * 3600 });

    const suites = await read_suites(build, source, options.without);
    const places = options.again ? places_again(options.again, source) : places_of(options, suites, source);
    const chosen = options.again ? places : sample(places, options.count, options.seed), known = equivalents_of(options.root);
    const seconds = seconds_of_last_time(build);
    const unchanged = new Unchanged(new Set(chosen.flatMap((place) => suites.covering(place.file))), { build, source, options, seconds });
    const objects = new Set(chosen.flatMap((place) => suites.objects_of(place.file)));
    const hashes = new Map([...objects].map((object) => [object, hash_of(readFileSync(path.join(build, object)))]));
    const rows = [], written = path.join(options.work, `results-${options.again ? "again" : options.seed}.jsonl`);
    rmSync(written, { force: true });
    for (const place of chosen) {
        const start = Date.now();
        const found = known.has(key_of(place)) ? { result: "equivalent", by: "tests/README.md" }
            : await judge(place, { source, build, options, suites, unchanged, seconds, hashes });
        const row = { file: place.file, line: place.line, old: place.old.trim(), new: place.changed.trim(), ...found,
            seconds: Math.round((Date.now() - start) / 1000) };
        rows.push(row);
        appendFileSync(written, `${JSON.stringify(row)}\n`);
        console.log(`${row.result} ${row.file}:${row.line}${row.by && ` by ${row.by}`}`);
    }
    console.log(summary(rows, places.length, options.seed));
}

try {
    await main();
} catch (error) {
    console.error(`mutate: ${error.message}`);
    process.exitCode = error instanceof RangeError || error.code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
}
