// The page's arithmetic, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";

import { firstDifference, fnv1a64, hashBits, hashText, hexText } from "../../../server/page/hash.mjs";
import { quantile, shareInterval } from "../../../server/page/statistics.mjs";
import { quoted, sampleInput } from "../../../server/page/try.mjs";

const bytes = (text) => new TextEncoder().encode(text);

test("fnv1a64 gives the published hashes, and what BigInt gives", () => {
    assert.equal(hashText(fnv1a64(bytes(""))), "cbf29ce484222325");
    assert.equal(hashText(fnv1a64(bytes("a"))), "af63dc4c8601ec8c");
    assert.equal(hashText(fnv1a64(bytes("foobar"))), "85944171f73967e8");
    const many = Uint8Array.from({ length: 5_000 }, (_, i) => (i * 37 + (i >> 5)) & 255);
    const wide = many.reduce((hash, byte) => ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn, 0xcbf29ce484222325n);
    assert.equal(hashText(fnv1a64(many)), wide.toString(16).padStart(16, "0"));
});

test("the pattern of a hash has its 64 bits, the highest first", () => {
    const bits = hashBits([0x80000001, 0x00000003]);
    assert.equal(bits.length, 64);
    assert.deepEqual(bits.flatMap((bit, i) => (bit ? [i] : [])), [0, 31, 62, 63]);
});

test("the first difference is that of a byte, or where the shorter one ends", () => {
    assert.equal(firstDifference(bytes("same"), bytes("same")), -1);
    assert.equal(firstDifference(bytes("same"), bytes("sane")), 2);
    assert.equal(firstDifference(bytes("sam"), bytes("same")), 3);
    assert.equal(hexText(bytes("\u00ffa"), 3), "c3 bf 61");
});

test("a share's interval is Wilson's", () => {
    const [from, to] = shareInterval(10, 20);
    assert.ok(Math.abs(from - 0.2993) < 1e-3 && Math.abs(to - 0.7007) < 1e-3);
    assert.equal(shareInterval(0, 10)[0], 0);
    assert.ok(shareInterval(0, 10)[1] > 0.25);
    assert.deepEqual(shareInterval(0, 0), [0, 1]);
});

test("a quantile is a value that was seen, and none of nothing", () => {
    assert.equal(quantile([3, 1, 2], 0.5), 2);
    assert.equal(quantile([3, 1, 2], 1), 3);
    assert.equal(quantile([], 0.5), undefined);
});

test("a word for the shell stays one word", () => {
    assert.equal(quoted("a'b"), "'a'\\''b'");
});

test("sample input has the declared shapes", () => {
    const kernel = { inputs: [{ name: "a", shape: ["m", "k"] }, { name: "b", shape: [4] }, { name: "c", shape: [] }] };
    assert.deepEqual(sampleInput(kernel, { m: 2, k: 3 }), { a: [1, 2, 3, 4, 5, 6], b: [1, 2, 3, 4], c: [1] });
});
