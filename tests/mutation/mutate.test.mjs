// The tool that changes the code: what it changes, and that it finds what a small project's tests miss.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { changed_text, places_in, sample } from "./changes.mjs";
import { run } from "./children.mjs";

const changes = (text, options) => places_in(text, options).map((place) => place.changed.trim());

test("a change is made to code, never to comments, strings, directives or assertions", () => {
    assert.deepEqual(changes("int f() { return 1; } // a < b"), []);
    assert.deepEqual(changes("#if A < B\n#endif"), []);
    assert.deepEqual(changes("/* a < b\n   c == d */"), []);
    assert.deepEqual(changes('print("a < b");'), []);
    assert.deepEqual(changes('auto x = R"(a < b\n c == d)";'), []);
    assert.deepEqual(changes("assert(a < b);"), []);
    assert.deepEqual(changes("template <class T, bool B = 1 < 2>"), []);
    assert.deepEqual(changes("std::vector<int> list;"), []);
    assert.deepEqual(changes("if (c == '<' || d) {"), ["if (c != '<' || d) {", "if (c == '<' && d) {"]);
    assert.deepEqual(changes("count = 1'000'000 + 1;"), ["count = 1'000'000;", "count = 1'000'000 - 1;"]);
});

test("each operator becomes the one that is mistaken for it", () => {
    assert.deepEqual(changes("if (!a && b <= c) return true;"),
        ["if (!a && b < c) return true;", "if (!a || b <= c) return true;", "if (!a && b <= c) return false;", "if (a && b <= c) return true;"]);
    assert.deepEqual(changes("sum += std::min(a * b, c);"), ["sum += std::min(a / b, c);", "sum -= std::min(a * b, c);", "sum += std::max(a * b, c);"]);
    assert.deepEqual(changes('return late ? "a : b" : "c";'), ['return late ? "c" : "a : b";']);
});

test("constants are changed in kernels alone", () => {
    assert.deepEqual(changes("x = 63;"), []);
    assert.deepEqual(changes("x = 63;", { with_constants: true }), ["x = 64;"]);
    assert.deepEqual(changes("x = 1.5f;", { with_constants: true }), ["x = (1.5 * 1.0001)f;"]);
});

test("a change is of its own line, and the same seed makes the same ones", () => {
    const text = "int a = b + c;\nint d = e < f;\n";
    const places = places_in(text);
    assert.deepEqual(places.map((place) => place.line), [1, 2]);
    assert.equal(changed_text(text, places[1]), "int a = b + c;\nint d = e <= f;\n");
    const many = Array.from({ length: 1000 }, (_, i) => i);
    assert.deepEqual(sample(many, 5, 7), sample(many, 5, 7));
    assert.notDeepEqual(sample(many, 5, 7), sample(many, 5, 8));
    assert.equal(new Set(sample(many, 1000, 3)).size, 1000);
    assert.equal(sample([1], 50, 1).length, 1);
});

test("a program that does not end is ended with all that it started", async () => {
    const ended = await run("sh", ["-c", "setsid sleep 1000 & echo $!; wait"], { seconds: 0.2 });
    assert.equal(ended.late, true);
    const left = Number(ended.text.trim());
    // It is dead, or nobody has waited for it yet.
    const state = () => { try { return readFileSync(`/proc/${left}/stat`, "utf8").split(") ")[1][0]; } catch { return "gone"; } };
    for (const deadline = Date.now() + 30_000; !["Z", "gone"].includes(state()) && Date.now() < deadline;) await new Promise((then) => { setTimeout(then, 5); });
    assert.match(state(), /^(Z|gone)$/);
});

// A project whose only test looks at one side of a range.
let root;
before(() => {
    root = mkdtempSync(path.join(tmpdir(), "lanewise-mutate-"));
    const write = (name, text) => {
        mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
        writeFileSync(path.join(root, name), text);
    };
    write("CMakeLists.txt", `cmake_minimum_required(VERSION 3.25)
project(tiny CXX)
set(CMAKE_CXX_STANDARD 20)
enable_testing()
add_library(clamped clamp/clamp.cpp)
add_executable(clamp_test tests/clamp/clamp_test.cpp)
target_link_libraries(clamp_test clamped)
add_test(NAME clamp COMMAND clamp_test)
add_executable(other_test tests/other_test.cpp)
add_test(NAME other COMMAND other_test)
`);
    write("clamp/clamp.hpp", "int clamp(int value, int low, int high);\n");
    write("clamp/clamp.cpp", `#include "clamp.hpp"

int clamp(int value, int low, int high) {
    if (value > high) return high;
    while (value < low) value += 1;
    return value;
}
`);
    write("tests/clamp/clamp_test.cpp", '#include "../../clamp/clamp.hpp"\n\nint main() { return clamp(3, 5, 9) == 5 ? 0 : 1; }\n');
    write("tests/other_test.cpp", "int main() { return 0; }\n");
    write("unbuilt.cpp", "bool f(int a) { return a < 1 && a > 3; }\n");
    write(".gitignore", "/build/\n");
    const git = (...words) => execFileSync("git", ["-C", root, "-c", "user.name=a", "-c", "user.email=a@b", ...words]);
    git("init", "-q");
    git("add", ".");
    git("commit", "-qm", "all");
});
after(() => rmSync(root, { recursive: true, force: true }));

const mutate = (...words) => run(process.execPath, [fileURLToPath(new URL("mutate.mjs", import.meta.url)), "--root", root, ...words], { seconds: 300 });

test("survivors are listed with file, line, old and new; the tree is as it was", async () => {
    const before = readFileSync(path.join(root, "clamp/clamp.cpp"), "utf8");
    const ended = await mutate("--count", "50");
    assert.equal(ended.status, 0, ended.text);
    // Nobody asks what is above the range, nor of a value at either end.
    assert.match(ended.text, /clamp\/clamp\.cpp:4 survived\n {2}- if \(value > high\) return high;\n {2}\+ if \(value >= high\) return high;/);
    // One step too far; a loop that goes the wrong way until its time, or the numbers, are over.
    assert.match(ended.text, /noticed clamp\/clamp\.cpp:5 by clamp/);
    assert.match(ended.text, /score 0\.67: 2 noticed, 1 survived, 0 known as equivalent, 0 did not compile; seed 1, 3 places/);
    assert.equal(readFileSync(path.join(root, "clamp/clamp.cpp"), "utf8"), before);
    assert.equal(execFileSync("git", ["-C", root, "status", "--porcelain"], { encoding: "utf8" }), "");
});

test("a survivor that tests/README.md calls equivalent is no survivor", async () => {
    writeFileSync(path.join(root, "tests/README.md"), "| file | line | becomes | why nobody can see it |\n|---|---|---|---|\n" +
        "| `clamp/clamp.cpp` | `if (value > high) return high;` | `if (value >= high) return high;` | the value is high |\n");
    const ended = await mutate();
    assert.match(ended.text, /score 1\.00: 2 noticed, 0 survived, 1 known as equivalent/);
    rmSync(path.join(root, "tests/README.md"));
});

test("all at once finds what one at a time does, and makes by itself what no switch can do", async () => {
    const file = path.join(root, "clamp/clamp.cpp"), text = readFileSync(file, "utf8");
    // A constant is computed before any switch is read; a field of bits can't be handed on; of texts one can't be taken from another; of
    // code that is not compiled here nothing is seen.
    writeFileSync(file, `${text.replace('#include "clamp.hpp"', '#include "clamp.hpp"\n#include <string>')}
struct parts { unsigned low : 3; };
constexpr int room = 3 + 4;
bool is_low(parts of) { return of.low < 3; }
std::string named(const std::string& name) { return name + "!"; }
#ifdef OF_ANOTHER_MACHINE
int there(int a) { return a / 2; }
#endif
`);
    const test_file = path.join(root, "tests/clamp/clamp_test.cpp"), test_text = readFileSync(test_file, "utf8");
    writeFileSync(test_file, `#include <string>
#include "../../clamp/clamp.hpp"
std::string named(const std::string&);
int main() { return clamp(3, 5, 9) == 5 && named("a") == "a!" ? 0 : 1; }
`);
    const ended = await mutate("--at-once", "--seed", "5");
    assert.equal(ended.status, 0, ended.text);
    assert.match(ended.text, /1 more lines do not compile with their switches/);
    assert.match(ended.text, /SURVIVED clamp\/clamp\.cpp:5 by being the same wherever a suite reaches it/);
    assert.match(ended.text, /noticed clamp\/clamp\.cpp:6 by clamp/);
    assert.match(ended.text, /does not compile clamp\/clamp\.cpp:13/);
    assert.match(ended.text, /built unchanged[^]*SURVIVED clamp\/clamp\.cpp:11[^]*score/);
    assert.match(ended.text, /built unchanged[^]*SURVIVED clamp\/clamp\.cpp:12[^]*score/);
    assert.match(ended.text, /equivalent clamp\/clamp\.cpp:15 by the same machine code/);
    assert.match(ended.text, /score 0\.40: 2 noticed, 3 survived, 1 known as equivalent, 1 did not compile; seed 5, 7 places/);
    assert.deepEqual((await mutate("--at-once", "--seed", "5")).text.match(/^score .*$/m)[0], ended.text.match(/^score .*$/m)[0]);
    // A test that is added is asked, and what it reaches seen anew.
    writeFileSync(test_file, test_text.replace("== 5 ?", "== 5 && clamp(9, 5, 9) == 9 && clamp(10, 5, 9) == 9 ?"));
    writeFileSync(file, text);
    assert.match((await mutate("--at-once", "--again", path.join(root, "build/mutate/results-5.jsonl"))).text, /survived/);
    writeFileSync(test_file, test_text);
});

test("what survived is tried again, wherever its line is now, until a test notices", async () => {
    await mutate("--count", "50", "--seed", "3");
    const results = path.join(root, "build/mutate/results-3.jsonl");
    const file = path.join(root, "clamp/clamp.cpp"), text = readFileSync(file, "utf8");
    writeFileSync(file, `\n${text}`);
    assert.match((await mutate("--again", results)).text, /SURVIVED clamp\/clamp\.cpp:5[^]*score 0\.00: 0 noticed, 1 survived/);
    writeFileSync(file, text.replace("value > high", "high < value"));
    assert.match((await mutate("--again", results)).text, /gone clamp\/clamp\.cpp:4[^]*score none/);
    writeFileSync(file, text);
});

test("changed-since looks at changed lines, files at those that fit", async () => {
    const none = await mutate("--changed-since", "HEAD");
    assert.match(none.text, /score none: .* 0 places/);
    const file = path.join(root, "clamp/clamp.cpp"), text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("if (value > high)", "if (value > high + 0)"));
    const some = await mutate("--changed-since", "HEAD");
    assert.match(some.text, /2 places/);
    // No suite can tell - 0 from + 0, for the compiler does not.
    assert.match(some.text, /equivalent clamp\/clamp\.cpp:4 by the same machine code/);
    writeFileSync(file, text);
    assert.match((await mutate("--files", "no/*.cpp")).text, / 0 places/);
});

test("near suites are those of the file's own folder, others are asked only without --near, by whatever link they see the file", async () => {
    mkdirSync(path.join(root, "far"));
    writeFileSync(path.join(root, "far/far.hpp"), "inline bool is_small(int value) { return value < 3; }\n");
    writeFileSync(path.join(root, "tests/other_test.cpp"), '#include "far.hpp"\nint main() { return is_small(3) ? 1 : 0; }\n');
    writeFileSync(path.join(root, "CMakeLists.txt"), `${readFileSync(path.join(root, "CMakeLists.txt"), "utf8")}
file(CREATE_LINK \${CMAKE_SOURCE_DIR}/far \${CMAKE_BINARY_DIR}/shown SYMBOLIC)
target_include_directories(other_test PRIVATE \${CMAKE_BINARY_DIR}/shown)
`);
    assert.match((await mutate("--files", "far/*", "--near")).text, /SURVIVED far\/far\.hpp:1 by near suites/);
    assert.match((await mutate("--files", "far/*")).text, /noticed far\/far\.hpp:1 by other/);
});

test("what can't be meant ends with 2 and says why", async () => {
    for (const words of [["--count", "many"], ["--such", "1"]]) {
        const ended = await mutate(...words);
        assert.equal(ended.status, 2);
        assert.match(ended.text, /^mutate: /);
    }
});
