// One change at a time: it is made in the copy, what is built of its file is built, and the suites run.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { changed_text, is_kernel } from "./changes.mjs";
import { run, run_well } from "./children.mjs";
import { configure, copy_tree, hash_of, read_json } from "./copies.mjs";
import { contents_of, in_groups, read_suites, run_suites, say_left_out, seconds_of_last_time } from "./suites.mjs";

const build_seconds_max = 1800;  // one file that everything includes, on two cores

// Whether suites pass without a change. It is asked when one fails for the first time, and again only when what it runs is
// another: most are never asked.
class Unchanged {
    #kept;
    constructor(suites, { build, source, options, seconds }) {
        Object.assign(this, { build, options, seconds, file: path.join(options.work, `unchanged-${options.preset}.json`) });
        this.#kept = read_json(this.file, {});
        const hashes = new Map();
        for (const suite of suites) {
            suite.contents = contents_of(suite, source, hashes);
            if (this.#kept[suite.name]?.contents !== suite.contents) delete this.#kept[suite.name];
        }
    }

    is_known_to_fail(suite) { return this.#kept[suite.name]?.passed === false; }

    async those_that_pass(suites) {
        const missing = suites.filter((suite) => !this.#kept[suite.name]);
        if (missing.length > 0) {
            await build_of(missing, this);
            const { results } = await run_suites(this.build, missing, this.options.jobs, this.seconds, { to_the_end: true });
            for (const suite of missing) {
                const said = results.find((one) => one.name === suite.name);
                this.#kept[suite.name] = { passed: said?.passed ?? false, contents: suite.contents };
                if (!said?.passed) say_left_out(suite, said?.skipped);
            }
            writeFileSync(this.file, JSON.stringify(this.#kept));
        }
        return suites.filter((suite) => this.#kept[suite.name].passed);
    }
}

const build_of = (suites, { build, options }) =>
    run("ninja", ["-C", build, "-j", String(options.jobs), ...new Set(suites.flatMap((suite) => suite.outputs))], { seconds: build_seconds_max });

export class OneByOne {
    #unchanged;
    #hashes;

    // Laid out as a checkout is, so that presets and a compiler cache find what they know.
    static async in_copy(options) {
        const made = new OneByOne();
        made.options = options;
        made.source = path.join(options.work, "tree");
        copy_tree(options.root, made.source);
        made.build = await configure(options.root, made.source, options.preset);
        console.log("The copy is built unchanged, which takes long the first time.");
        await run_well("ninja", ["-C", made.build, "-j", String(options.jobs)], { seconds: 4 * 3600 });
        made.suites = await read_suites(made.build, made.source, options.without);
        made.seconds = seconds_of_last_time(made.build);
        return made;
    }

    // Before the first change, of all that will be judged: what the compiler makes of their files as they are.
    expect(places) {
        this.#unchanged = new Unchanged(new Set(places.flatMap((place) => this.suites.covering(place.file))), this);
        const objects = new Set(places.flatMap((place) => this.suites.objects_of(place.file)));
        this.#hashes = new Map([...objects].map((object) => [object, hash_of(readFileSync(path.join(this.build, object)))]));
    }

    async judge(place) {
        const { source, build, options, suites, seconds } = this, unchanged = this.#unchanged, hashes = this.#hashes;
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
                const built = await build_of(group, this);
                if (built.status !== 0) return { result: "does not compile", by: built.late ? "too long" : "" };
                // When all of it has been compiled: did the compiler make of it what it was?
                for (const suite of group) for (const object of suite.objects) compiled.add(object);
                const as_they_were = objects.filter((one) => compiled.has(one) && hash_of(readFileSync(path.join(build, one))) === hashes.get(one));
                if (as_they_were.length === objects.length)
                    return { result: "equivalent", by: "the same machine code" };
                const by_variant = is_kernel(place.file) && group.some((suite) => suite.variant);
                const asked = group.filter((suite) => !by_variant || suite.variant);
                const { results, failed, late } = await run_suites(build, asked, options.jobs, seconds, { to_the_end: by_variant });
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
}
