// A program with all its changes behind switches does with each what it does when that change alone is made.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { lines_of_errors } from "./at_once.mjs";
import { changed_text, places_in } from "./changes.mjs";
import { run, run_well } from "./children.mjs";
import { switched_text } from "./switches.mjs";

const program = `#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

constexpr int twice(int a) { return a + a; }
static_assert(twice(2) == 4);
int calls = 0;
bool told(bool value) { ++calls; return value; }
int ends(int a, int b) { return a < b ? a * 10 : b; }
bool within(int a, int low, int high) { return a >= low && a <= high || a == 99 && high != 3; }
bool either(bool a, bool b, bool c) { return told(a) || told(b) && !told(c); }
bool nested(int depth) { return depth == 0 || depth > 0 && nested(depth - 1) && told(true); }
bool certainly() { return true; }
bool never() { return false; }
unsigned size_of(const std::string& text) { return unsigned(text.size()) + 1; }

int main() {
    int array[4] = {4, 7, 1, 3};
    for (int i = 0; i < 3; ++i) array[i] += array[i + 1] - i;
    for (int a = -1; a <= 4; ++a) std::printf("%d %d %d ", ends(a, 2), within(a, 0, 3), within(99, a, 3));
    for (int bits = 0; bits < 8; ++bits) std::printf("%d", either((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0));
    std::string text = "x";
    text += text + "y";
    array[0] -= twice(array[1]) / 2;
    const std::optional<int> none;
    std::printf(" %d %d %d %d %u %s %d %d %d", nested(3), certainly(), never(), !none && !text.empty(), size_of(text), text.c_str(), calls,
        std::min(array[0], array[1]), std::max<long>(array[2], 5));
    const char* const said = array[3] > 2 ? "many: some" : "few";
    std::printf(" %d %d %s %d\\n", array[0] - array[1], std::min({array[1], array[2], 3}), said, certainly() ? array[0] : array[1]);
}
`;

const folder = mkdtempSync(path.join(tmpdir(), "lanewise-switches-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const header = fileURLToPath(new URL("switches.hpp", import.meta.url));

async function built(name, text, ...words) {
    const source = path.join(folder, `${name}.cpp`), made = path.join(folder, name);
    writeFileSync(source, text);
    const { status, text: said } = await run("c++", ["-std=c++20", "-w", ...words, source, "-o", made], { seconds: 300 });
    return { status, said, made };
}
const what_it_does = async (made, environment = {}) => {
    const { status, text } = await run("prlimit", ["--as=2000000000", "--cpu=1", made], { seconds: 60, env: { ...process.env, ...environment } });
    return `${text} ${status}`;
};

test("each switch makes its change, and is noted where it makes a difference", async () => {
    const places = places_in(program), numbers = places.map((_, index) => index + 1);
    const all = await built("all", switched_text(program, places, numbers), "-include", header);
    assert.equal(all.status, 0, all.said);
    const unchanged = await built("unchanged", program);
    const map = path.join(folder, "seen");
    writeFileSync(map, Buffer.alloc(65536));
    const does = await what_it_does(unchanged.made);
    assert.equal(await what_it_does(all.made), does);
    assert.equal(await what_it_does(all.made, { MUTATION_SWITCHED_SEEN: map }), does);
    const seen = readFileSync(map);
    let compared = 0;
    const compare = async (place, number, name) => {
        const alone = await built(name, changed_text(program, place));
        if (alone.status !== 0) {
            // A change of text that a template refuses, or of a constant.
            assert.ok(seen[number] & 4 || /constexpr|static_assert/.test(place.old), `${place.changed}: ${seen[number]}`);
            return;
        }
        ++compared;
        const changed = await what_it_does(alone.made);
        assert.equal(await what_it_does(all.made, { MUTATION_SWITCHED: String(number) }), changed, place.changed);
        if (changed !== does) assert.ok(seen[number] & 2, place.changed);
    };
    const left = places.map((place, index) => [place, numbers[index]]);
    await Promise.all(["first", "second"].map(async (name) => { while (left.length > 0) await compare(...left.pop(), name); }));
    assert.ok(compared > 40, `${compared} of ${places.length}`);
});

test("a line that has no place is as it was", () => {
    const text = "int a;\n// a < b\n";
    assert.equal(switched_text(text, places_in(text), []), text);
});

test("of a compiler's errors those lines are told that it names, or those around it", () => {
    const name_of = (file) => (file.startsWith("/tree/") ? file.slice(6) : undefined);
    const told = (text) => [...lines_of_errors(text, name_of)];
    assert.deepEqual(told("[1/2] Building\n/tree/a.cpp:3:10: error: no match\n    3 | a + b\n"), ["a.cpp:3"]);
    assert.deepEqual(told("/tree/a.cpp:3:10: note: here\n"), []);
    // The error is the header's; who asked for it stands before.
    assert.deepEqual(told("FAILED: x\nswitches.hpp: In instantiation of\n/tree/a.cpp:5:7:   required from here\nswitches.hpp:50:9: error: deleted\n"), ["a.cpp:5"]);
    // Or behind, where a constant is computed.
    assert.deepEqual(told("/other/t.cpp:1:2: error: not a constant\n/tree/b.hpp:9:3:   in 'constexpr' expansion of 'f()'\n[2/2] Linking\n/tree/c.cpp:1:1: note: x\n"), ["b.hpp:9"]);
});

test("a program that was not told where to note what it reaches notes nothing", async () => {
    const text = "bool f(int a) { return a < 3; }\nint main() { return f(2) ? 0 : 1; }\n";
    const { made } = await built("quiet", switched_text(text, places_in(text), [1, 2, 3]), "-include", header);
    await run_well(made, [], { env: { MUTATION_SWITCHED_SEEN: path.join(folder, "is/not/there") } });
});
