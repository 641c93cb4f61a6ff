// The copy of a tree that changes are made in, as it stands, with what is not committed.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { run_well } from "./children.mjs";

export const hash_of = (content) => createHash("sha256").update(content).digest("hex");

export const read_json = (file, otherwise) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : otherwise);

export const git = (root, ...words) => execFileSync("git", ["-C", root, ...words], { encoding: "utf8", maxBuffer: 64 << 20 });

// The files of a tree, those that git ignores left out.
export function files_of(root, patterns = []) {
    const listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...patterns.map((one) => `:(glob)${one}`));
    return listed.split("\0").filter((name) => name !== "" && existsSync(path.join(root, name)));
}

// Whether changes are made in a file: in code of the product, not in its tests.
export const is_source = (file) => /\.[ch]pp$/.test(file) && !file.startsWith("tests/");

// Brings the copy to what the tree is; `changed` gives what stands there instead of a file's content. A file that is the same
// keeps its time, so that only changes are compiled.
export function copy_tree(root, source, changed = (name, content) => content) {
    const wanted = new Set(files_of(root));
    const listing = path.join(path.dirname(source), "copied.json");
    const before = read_json(listing, []);
    for (const name of before) if (!wanted.has(name)) rmSync(path.join(source, name), { force: true });
    for (const name of wanted) {
        const from = path.join(root, name), to = path.join(source, name);
        const content = changed(name, readFileSync(from));
        if (existsSync(to) && readFileSync(to).equals(content)) continue;
        mkdirSync(path.dirname(to), { recursive: true });
        writeFileSync(to, content);
        chmodSync(to, statSync(from).mode & 0o777);
    }
    writeFileSync(listing, JSON.stringify([...wanted]));
}

// Configures the copy, with the packages that the tree has.
export async function configure(root, source, preset, ...words) {
    const build = path.join(source, "build", preset);
    mkdirSync(path.dirname(build), { recursive: true });
    for (const name of ["deps", "npm"]) {
        const from = path.join(root, "build", name), linked = path.join(source, "build", name);
        if (existsSync(from) && !existsSync(linked)) symlinkSync(from, linked);
    }
    const how = existsSync(path.join(source, "CMakePresets.json")) ? ["--preset", preset] : ["-G", "Ninja", "-B", build];
    await run_well("cmake", [...how, ...words], { cwd: source });
    return build;
}
