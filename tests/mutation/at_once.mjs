// All changes of all files in one build, each behind a switch: a change is asked by a run, without a build. A suite is
// asked only where it was seen to reach the place, and the change to make a difference there.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { is_kernel, places_in } from "./changes.mjs";
import { run } from "./children.mjs";
import { configure, copy_tree, files_of, is_source, read_json } from "./copies.mjs";
import { contents_of, in_groups, read_suites, run_suites, say_left_out, seconds_of_last_time } from "./suites.mjs";
import { switched_text } from "./switches.mjs";

const changes_max = 65536;  // as in switches.hpp
const build_seconds_max = 4 * 3600, builds_max = 20;
const reached = 1, differs = 2, does_not_compile = 4;

const name_of_place = (place) => `${place.file}:${place.line}\n${place.changed}`;

// The lines that a compiler's errors speak of, each "file:line": where the error is, or else what is named around it.
export function lines_of_errors(text, name_of) {
    const found = new Set();
    let around = [], is_open = false;
    const close = () => {
        if (is_open) for (const one of around) found.add(one);
        is_open = false;
        around = [];
    };
    for (const line of text.split("\n")) {
        const [, file, number, rest] = line.match(/(?:^|\s)([^\s:]+):(\d+)(?::\d+)?[:,](.*)/) ?? [];
        const error = file && /^ (fatal )?error: /.test(rest);
        if (error && is_open) close();
        if (/^FAILED: |^\[\d+\/\d+\] /.test(line)) close();
        const name = file && name_of(file);
        if (error && name) {
            found.add(`${name}:${number}`);
            around = [];
        } else {
            if (name) around.push(`${name}:${number}`);
            is_open ||= Boolean(error);
        }
    }
    close();
    return found;
}

// Whether a line stands under a condition of the preprocessor, so that it may be no code of this machine.
export function is_conditional(text, line) {
    let depth = 0;
    for (const one of text.split("\n").slice(0, line - 1)) {
        if (/^\s*#\s*if/.test(one)) ++depth;
        if (/^\s*#\s*endif/.test(one)) --depth;
    }
    return depth > 0;
}

export class AllAtOnce {
    #numbers = new Map();  // of each place that has a switch
    #seen = new Map();     // of each suite: what it reaches, a byte a number

    static async in_copy(options) {
        const made = new AllAtOnce();
        made.options = options;
        made.work = path.join(options.work, "at_once");
        made.source = path.join(made.work, "tree");
        await made.#build_all();
        made.suites = await read_suites(made.build, made.source, options.without);
        made.seconds = seconds_of_last_time(made.build);
        return made;
    }

    // A number stays with its change, so that a file that is as it was is compiled once.
    #key(file, place, places) {
        const same = places.filter((one) => one.changed === place.changed && one.old === place.old);
        return [file, place.old.trim(), place.changed.trim(), same.indexOf(place)].join("\n");
    }

    // Builds until all compiles: a line that does not, with its switches, is left as it is.
    async #build_all() {
        mkdirSync(this.work, { recursive: true });
        const names_file = path.join(this.work, "numbers.json"), left_file = path.join(this.work, "left.json");
        const numbers = new Map(Object.entries(read_json(names_file, {}))), left = new Set(read_json(left_file, []));
        // All files, whichever are asked for: the build serves each question.
        const with_switches = new Set(files_of(this.options.root).filter((file) => is_source(file) && !is_kernel(file)));
        const header = fileURLToPath(new URL("switches.hpp", import.meta.url));
        const switched = (file, content) => {
            if (!with_switches.has(file)) return content;
            const text = content.toString(), places = places_in(text).filter((place) => !left.has(`${file}\n${place.old}`));
            const of_file = places.map((place) => {
                const key = this.#key(file, place, places);
                if (!numbers.has(key)) numbers.set(key, numbers.size + 1);
                this.#numbers.set(name_of_place({ file, ...place }), numbers.get(key));
                return numbers.get(key);
            });
            return Buffer.from(switched_text(text, places, of_file));
        };
        const name_of = (file) => {
            const name = path.relative(this.source, path.resolve(this.build, file));
            return with_switches.has(name) ? name : undefined;
        };
        for (let builds = 0; builds < builds_max; ++builds) {
            this.#numbers.clear();
            copy_tree(this.options.root, this.source, switched);
            if (numbers.size >= changes_max) throw new Error(`more than ${changes_max} changes; remove ${this.work} and begin again`);
            writeFileSync(names_file, JSON.stringify(Object.fromEntries(numbers)));
            this.build ??= await configure(this.options.root, this.source, this.options.preset,
                `-DCMAKE_CXX_FLAGS=-include ${header} -w -Wno-narrowing`);
            console.log("All changes are built at once, which takes long the first time.");
            const built = await run("ninja", ["-C", this.build, "-k", "0", "-j", String(this.options.jobs)], { seconds: build_seconds_max });
            if (built.status === 0) return;
            const before = left.size;
            for (const one of lines_of_errors(built.text, name_of)) {
                const [file, line] = one.split(":");
                const old = readFileSync(path.join(this.options.root, file), "utf8").split("\n")[Number(line) - 1];
                if (places_in(old).length > 0) left.add(`${file}\n${old}`);
            }
            if (left.size === before) throw new Error(`the copy with all changes does not build:\n${built.text.slice(-4000)}`);
            console.log(`${left.size - before} more lines do not compile with their switches; their changes are made one at a time`);
            writeFileSync(left_file, JSON.stringify([...left]));
        }
        throw new Error(`the copy with all changes does not build after ${builds_max} times`);
    }

    // Runs each suite that covers the places once, to see what it reaches.
    async expect(places) {
        const file = path.join(this.work, `seen-${this.options.preset}.json`), kept = read_json(file, {});
        const map = path.join(this.work, "seen"), hashes = new Map();
        for (const suite of new Set(places.flatMap((place) => this.suites.covering(place.file)))) {
            const contents = contents_of(suite, this.source, hashes);
            if (kept[suite.name]?.contents !== contents) {
                writeFileSync(map, Buffer.alloc(changes_max));
                const { results } = await run_suites(this.build, [suite], 1, this.seconds, { to_the_end: true, environment: { MUTATION_SWITCHED_SEEN: map } });
                const said = results.find((one) => one.name === suite.name), places_seen = {};
                readFileSync(map).forEach((bits, number) => { if (bits > 0) places_seen[number] = bits; });
                kept[suite.name] = { contents, passed: said?.passed ?? false, skipped: said?.skipped, seconds: said?.seconds, seen: places_seen };
                writeFileSync(file, JSON.stringify(kept));
            }
            const { passed, skipped, seconds, seen } = kept[suite.name];
            if (!passed) say_left_out(suite, skipped);
            else this.#seen.set(suite.name, seen);
            if (seconds) this.seconds.set(suite.name, seconds);
        }
        rmSync(map, { force: true });
    }

    #is_conditional(place) { return is_conditional(readFileSync(path.join(this.options.root, place.file), "utf8"), place.line); }

    // What becomes of a change; nothing where it has no switch: it has to be made by itself.
    async judge(place) {
        const number = this.#numbers.get(name_of_place(place));
        if (number === undefined) return undefined;
        const covering = this.suites.covering(place.file).filter((suite) => this.#seen.has(suite.name));
        const bits_of = (suite) => this.#seen.get(suite.name)[number] ?? 0;
        const all_bits = covering.reduce((bits, suite) => bits | bits_of(suite), 0);
        if (all_bits & does_not_compile) return { result: "does not compile", by: "" };
        if (!(all_bits & reached) && (/\bconst(expr|eval|init)\b/.test(place.old) || this.#is_conditional(place))) return undefined;
        const differing = covering.filter((suite) => bits_of(suite) & differs);
        if (differing.length === 0) return { result: "SURVIVED", by: all_bits & reached ? "being the same wherever a suite reaches it" : "being reached by no suite" };
        const environment = { MUTATION_SWITCHED: String(number) };
        for (const group of in_groups(differing, place.file, this.seconds, this.options.near)) {
            for (let asked = group; asked.length > 0;) {
                const { failed, late } = await run_suites(this.build, asked, this.options.jobs, this.seconds, { environment });
                if (late) return { result: "noticed", by: "a suite that did not end" };
                if (failed.length === 0) break;
                // Once more: a suite may have failed for something else.
                const failing = asked.filter((suite) => failed.includes(suite.name));
                const again = await run_suites(this.build, failing, 1, this.seconds, { to_the_end: true, environment });
                if (again.late || again.failed.length > 0) return { result: "noticed", by: again.failed.join(" ") || "a suite that did not end" };
                asked = asked.filter((suite) => !failing.includes(suite));
            }
        }
        return { result: "SURVIVED", by: this.options.near ? "near suites" : "" };
    }
}
