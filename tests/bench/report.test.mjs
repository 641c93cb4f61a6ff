// The HTML report in a real browser, as a file and as a server serves it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { axePath, openPage, withBrowser } from "../server/page/browser.mjs";
import { startServer } from "../server/page/servers.mjs";
import { bench, exampleFiles, examples, readJson, root, run, withFolder } from "./program.mjs";

const wide = { width: 1280, height: 900 };
const narrow = { width: 360, height: 740 };
let html;
let server;
let close;

before(async () => {
    await new Promise((ready, failed) => {
        const held = withFolder(async (folder) => {
            await bench(["report", ...(await exampleFiles("synthetic-")), "--date", "2026-11-24", "--output", join(folder, "report.html")], { cwd: examples });
            server = await startServer("amd64", 0, ["--report", join(folder, "report.html")]);
            html = pathToFileURL(join(folder, "report.html")).href;
            await new Promise((done) => {
                close = () => { done(); return held; };
                ready();
            });
            await server.stop();
        });
        held.catch(failed);
    });
});

after(() => close?.());

const served = () => `http://127.0.0.1:${server.port}/report`;
const pixels = (page) => page.evaluate(() => [...document.querySelectorAll("canvas")].map((canvas) => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let drawn = 0;
    for (let i = 3; i < data.length; i += 4) drawn += data[i] > 0 ? 1 : 0;
    return drawn;
}));

// What is folded is drawn once it is unfolded.
async function unfold(page) {
    await page.evaluate(() => { for (const one of document.querySelectorAll("details.nodes")) one.open = true; });
    await page.waitForFunction(() => [...document.querySelectorAll("canvas")].every((one) => globalThis.Chart.getChart(one)));
}

async function assertClean({ trouble, seen }) {
    assert.deepEqual(trouble, []);
    assert.deepEqual((await seen()).violations, []);
}

for (const [name, address] of [["served, under the server's policy", served], ["from a file", () => html]]) {
    test(`${name}: every chart is drawn and nothing is refused`, async () => {
        await withBrowser({ viewport: wide }, async (browser) => {
            const opened = await openPage(browser, address());
            await unfold(opened.page);
            const drawn = await pixels(opened.page);
            assert.ok(drawn.length >= 15);
            for (const count of drawn) assert.ok(count > 2000, `${count} pixels`);
            await assertClean(opened);
        });
    });
}

test("the verdict comes first, and every kind of claim is there", async () => {
    await withBrowser({ viewport: wide }, async (browser) => {
        const { page } = await openPage(browser, served());
        assert.match(await page.textContent("main > .verdict"), /^For GET \/v1\/identity with p99 within 5\.0 ms, m7g\.2xlarge costs \d+\.\d % less than m7i\.2xlarge \(95 % interval /);
        const titles = await page.$$eval("h2", (all) => all.map((one) => one.textContent.replace(/^synthetic /, "")));
        for (const title of ["Cost against the p99 target", "Latency over load", "Cost over utilisation", "SMT on m7i.2xlarge amd64-1",
            "Scaling on m7i.2xlarge amd64-1", "Scaling on m7g.2xlarge arm64-1", "Roofline of m7i.2xlarge amd64-1", "Roofline of m7g.2xlarge arm64-1",
            "Kernels on all threads", "Kernels on all threads: pools compared", "Machines", "Threads on m7i.2xlarge amd64-1", "What the runs met",
            "Disturbances", "Prices", "Made from"]) assert.ok(titles.includes(title), title);
        assert.ok(!titles.includes("SMT on m7g.2xlarge arm64-1"), "n/a is no bar");

        // Title of a table -> its cells by the names of its columns.
        const table = (title) => page.evaluate((wanted) => {
            const heading = [...document.querySelectorAll("section h2")].find((one) => one.textContent.replace(/^synthetic /, "") === wanted);
            const found = heading.closest("section").querySelector("table");
            const names = [...found.tHead.rows[0].cells].map((cell) => cell.textContent);
            return [...found.tBodies[0].rows].map((row) => Object.fromEntries([...row.cells].map((cell, i) => [names[i], cell.textContent])));
        }, title);
        for (const row of await table("Prices")) {
            assert.match(row.source, /\w/);
            assert.match(row.date, /^2026-\d\d-\d\d$/);
            assert.equal(row.age, "127 days");
        }
        for (const row of await table("Threads on m7i.2xlarge amd64-1")) {
            assert.match(row["SMT yield"], /^-?[\d.]+ % \(/);
            assert.match(row["neighbour penalty"], /^-?[\d.]+ % \(/);
            assert.match(row["memory neighbour"], /^-?[\d.]+ % \(/);
        }
        for (const row of await table("Threads on m7g.2xlarge arm64-1")) assert.equal(row["SMT yield"], "n/a: one thread a core");
        for (const row of await table("Kernels on all threads: pools compared")) {
            assert.match(row["break-even price"], /at \$[\d.]+ an hour$/);
            assert.match(row["break-even SMT yield"], /^m7i\.2xlarge at -?[\d.]+ %$/);
            assert.match(row["95 % interval"], /^[\d.]+ to [\d.]+$/);
            assert.match(row.verdict, /^(cheaper|tie|not decided)/);
        }
        assert.equal(await page.locator(".synthetic").count(), titles.length, "marked at the top and at each part but the last");
        const sources = await page.textContent("main > section:last-of-type");
        assert.match(sources, /Made again by lanewise-bench report .*--date 2026-11-24/);
        assert.equal(sources.match(/sha256 [0-9a-f]{64}/g).length, 6);
    });
});

for (const colorScheme of ["light", "dark"]) {
    for (const viewport of [wide, narrow]) {
        test(`${colorScheme}, ${viewport.width} px: axe finds nothing, and the page does not scroll sideways`, async () => {
            await withBrowser({ viewport, colorScheme, bypassCSP: true }, async (browser) => {
                const { page } = await openPage(browser, html);
                await page.addScriptTag({ path: axePath });
                const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
                assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
                assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
            });
        });
    }
}

test("by keyboard: links, points and wide tables are reached in the order of the page, and shown", async () => {
    await withBrowser({ viewport: wide }, async (browser) => {
        const { page } = await openPage(browser, served());
        const [links, details, regions] = await page.evaluate(() => ["a", "summary", "section .scroll"]
            .map((one) => [...document.querySelectorAll(one)].filter((each) => each.checkVisibility()).length));
        const reached = { A: 0, SUMMARY: 0, DIV: 0 };
        let top = -1;
        for (let i = 0; i < links + details + regions; ++i) {
            await page.keyboard.press("Tab");
            const { tag, at, outline } = await page.evaluate(() => {
                const one = document.activeElement;
                return { tag: one.tagName, at: one.compareDocumentPosition(document.querySelector("main")), outline: getComputedStyle(one).outlineStyle };
            });
            assert.notEqual(outline, "none", `${tag} shows that it has the focus`);
            ++reached[tag];
            top = Math.max(top, at);
        }
        assert.deepEqual(reached, { A: links, SUMMARY: details, DIV: regions });
        await page.focus("figure summary");
        await page.keyboard.press("Enter");
        assert.ok(await page.locator("#chart-0-points").isVisible());
    });
});

// The composed documents again under new names, so that each pool has so many nodes; one of them is slower by a fifth.
async function manyNodes(folder, count) {
    const files = [];
    for (const architecture of ["amd64", "arm64"]) {
        for (let i = 0; i < count; ++i) {
            const document = await readJson(join(examples, `synthetic-${architecture}-${(i % 3) + 1}.json`));
            const node = `${architecture}-${i + 1}`;
            document.machine.node = node;
            document.http[0].server.node = node;
            if (node === "amd64-4") for (const round of document.http[0].rounds) round.rate_at_target *= 0.8;
            document.made.digest = "0".repeat(64);
            document.made.digest = createHash("sha256").update(JSON.stringify(document)).digest("hex");
            files.push(`${node}.json`);
            await writeFile(join(folder, files.at(-1)), JSON.stringify(document));
        }
    }
    return files;
}

for (const [count, bytesMax] of [[3, 800_000], [50, 600_000]]) {
    test(`${count} nodes a pool: short, grouped, and clean, light and wide as dark and narrow`, async () => {
        await withFolder(async (folder) => {
            const files = await manyNodes(folder, count);
            await bench(["report", ...files, "--date", "2026-11-24", "-o", "report.html"], { cwd: folder });
            const { size } = await stat(join(folder, "report.html"));
            assert.ok(size < bytesMax, `${size} bytes`);
            const page_of = pathToFileURL(join(folder, "report.html")).href;
            for (const [colorScheme, viewport] of [["light", wide], ["dark", narrow]]) {
                await withBrowser({ viewport, colorScheme, bypassCSP: true }, async (browser) => {
                    const opened = await openPage(browser, page_of);
                    const { page } = opened;
                    const links = await page.evaluate(() => [...document.querySelectorAll("nav a")].filter((one) => one.checkVisibility()).length);
                    assert.ok(links <= 36, `${links} links`);
                    assert.equal(await page.locator("nav details").count(), count <= 5 ? 2 : 0);
                    assert.equal(await page.locator("details.nodes").count(), count <= 5 ? 2 : 0);
                    if (count > 5) assert.match(await page.textContent("main"), /Nodes of m7i\.2xlarge that stand out.*amd64-4/s);
                    // Three nodes of the load, two of a list, and the one that stands out; the documents are listed apart.
                    const named = await page.evaluate(() => [...document.querySelectorAll("tbody th, tbody td")].flatMap((one) => one.textContent.match(/amd64-\d+/g) ?? []));
                    if (count > 5) assert.ok(new Set(named).size <= 6, [...new Set(named)].join(" "));
                    await unfold(page);
                    await page.addScriptTag({ path: axePath });
                    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
                    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
                    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
                    assert.deepEqual(opened.trouble, []);
                    if (process.env.LANEWISE_PICTURES) await page.screenshot({ path: join(process.env.LANEWISE_PICTURES, `nodes-${count}-${colorScheme}-${viewport.width}.png`), fullPage: true });
                });
            }
        });
    });
}

test("a link to a node's chart unfolds it", async () => {
    await withBrowser({ viewport: wide }, async (browser) => {
        const { page } = await openPage(browser, served());
        const id = await page.evaluate(() => document.querySelector("details.nodes figure h2").id);
        assert.equal(await page.locator(`#${id}`).isVisible(), false);
        await page.evaluate((wanted) => { location.hash = wanted; }, id);
        await page.waitForFunction((wanted) => document.getElementById(wanted).checkVisibility(), id);
        await page.waitForFunction((wanted) => globalThis.Chart.getChart(wanted.replace("-title", "")) !== undefined, id);
    });
});

test("a dark report has light ink in its charts, and changes when the system does", async () => {
    await withBrowser({ viewport: wide, colorScheme: "dark" }, async (browser) => {
        const opened = await openPage(browser, served());
        const inks = () => opened.page.evaluate(() => globalThis.Chart.getChart("chart-0").options.scales.x.ticks.color);
        assert.equal(await inks(), "#e6edf3");
        await opened.page.emulateMedia({ colorScheme: "light" });
        await opened.page.waitForFunction(() => globalThis.Chart.getChart("chart-0").options.scales.x.ticks.color === "#1b1f24");
        await assertClean(opened);
    });
});

test("on paper the points stand beside their charts, on white, and nothing is cut off", async () => {
    // As wide as A4 on its side, without its margins.
    await withBrowser({ viewport: { width: 1046, height: 718 }, colorScheme: "dark" }, async (browser) => {
        const { page } = await openPage(browser, html);
        await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
        await page.emulateMedia({ media: "print" });
        assert.equal(await page.evaluate(() => globalThis.Chart.getChart("chart-0").options.scales.x.ticks.color), "#1b1f24");
        assert.equal(await page.evaluate(() => [...document.querySelectorAll("details")].every((one) => one.open)), true);
        assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
        assert.equal(await page.locator("nav").isVisible(), false);
        const cut = await page.evaluate(() => [...document.querySelectorAll("table, canvas")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 80)));
        assert.deepEqual(cut, []);
        assert.ok((await page.pdf({ format: "A4" })).length > 50_000);
        await page.evaluate(() => dispatchEvent(new Event("afterprint")));
        assert.equal(await page.evaluate(() => [...document.querySelectorAll("details")].some((one) => one.open)), false);
    });
});

test("the checked-in text report is what its documents say today", async () => {
    await withFolder(async (folder) => {
        const files = await exampleFiles("synthetic-");
        for (const file of files) await copyFile(join(examples, file), join(folder, file));
        await bench(["report", ...files, "--date", "2026-11-24", "-o", "report.txt"], { cwd: folder });
        assert.equal(await readFile(join(folder, "report.txt"), "utf8"), await readFile(join(examples, "report.txt"), "utf8"), "bench/examples/README.md says how to make it again");
    });
});

test("the synthetic documents are what they are composed from, and the README quotes their verdict", async () => {
    await withFolder(async (folder) => {
        await run(process.execPath, [join(examples, "compose.mjs"), folder]);
        for (const file of await exampleFiles("synthetic-"))
            assert.equal(await readFile(join(folder, file), "utf8"), await readFile(join(examples, file), "utf8"), file);
    });
    const verdict = (await readFile(join(examples, "report.txt"), "utf8")).split("\n")[0];
    const quoted = (await readFile(join(root, "README.md"), "utf8")).replace(/\n> /g, " ");
    assert.ok(quoted.includes(verdict), verdict);
});

test("an emulated document is shown and refused a rank", async () => {
    const report = await bench(["report", "epyc-guest.json", "emulated-arm64.json"], { cwd: examples });
    assert.match(report, /Nothing measured on \S.* \(emulated\) may be ranked\./);
    assert.match(report, /\(emulated\) is not ranked\. The program ran under emulation: its times are the emulator's\./);
    assert.doesNotMatch(report, /\(emulated\).* costs /);
});
