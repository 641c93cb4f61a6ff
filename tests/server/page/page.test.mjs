// The page in a real browser, against an amd64 and an arm64 server behind a balancer. `./dev test --all` runs this.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startBalancer } from "./balancer.mjs";
import { axePath, openPage, textOf, waitForText, withBrowser } from "./browser.mjs";
import { startPrefix } from "./prefix.mjs";
import { startServer } from "./servers.mjs";

const pageBytesMax = 60 * 1024;
const wide = { width: 1440, height: 900 };
const narrow = { width: 360, height: 740 };

let servers;
let balancer;
let address;

before(async () => {
    servers = { amd64: await startServer("amd64"), arm64: await startServer("arm64") };
    balancer = await startBalancer(0, [servers.amd64.port, servers.arm64.port]);
    address = `http://127.0.0.1:${balancer.port}/`;
});

after(async () => {
    await balancer?.stop();
    await Promise.all(Object.values(servers ?? {}).map((server) => server.stop()));
});

async function askFifty(page) {
    await page.selectOption("#who-form [name=rate]", "20");
    await page.selectOption("#who-form [name=bound]", "50");
    await page.click("#who-start");
    await waitForText(page, "who-status", /^Done: 50 answers, 0 failures/);
}

async function compare(page) {
    await page.click("#bits-form button");
    await waitForText(page, "bits-finding", /^(Identical|Different|Only|No pod)/);
    return textOf(page, "bits-finding");
}

async function run(page) {
    await page.click("#try-form .primary");
    await waitForText(page, "try-status", /byte|^[45]\d\d /);
    return textOf(page, "try-status");
}

function assertClean({ trouble }, { violations, shifts }) {
    assert.deepEqual(trouble, []);
    assert.deepEqual(violations, []);
    assert.deepEqual(shifts, [], "nothing moves by itself");
}

for (const viewport of [wide, narrow]) {
    test(`at ${viewport.width} px both architectures answer, with the same bits, and nothing moves by itself`, async (t) => {
        await withBrowser({ viewport }, async (browser) => {
            const opened = await openPage(browser, address);
            const { page } = opened;
            await askFifty(page);
            for (const architecture of ["amd64", "arm64"]) {
                assert.match(await page.getAttribute(`#share-${architecture}`, "aria-label"), /(4\d|5\d) % of the answers, 50 % expected/);
                assert.match(await page.getAttribute(`#lane-${architecture}`, "aria-label"), /median .* ms/);
                assert.match(await textOf(page, "pods"), new RegExp(`${architecture}-node / lanewise-${architecture}-0`));
            }
            assert.match(await textOf(page, "share-verdict"), /^As expected/);
            assert.match(await textOf(page, "pods"), /emulated/);
            assert.equal(await page.locator("#last tbody tr").count(), 30);

            const kernels = await page.locator("#bits-form [name=kernel] option").allTextContents();
            assert.ok(kernels.length > 2);
            for (const kernel of kernels) {
                // By hand: what moves because a kernel has more fields than the last one is then expected.
                if (kernel !== kernels[0]) await page.press("#bits-form [name=kernel]", "ArrowDown");
                assert.equal(await page.inputValue("#bits-form [name=kernel]"), kernel);
                assert.equal(await compare(page), "Identical on 2 nodes of 2 architectures.", kernel);
                const hashes = await page.locator("#bits-cards .card dd:nth-of-type(3)").allTextContents();
                assert.equal(hashes.length, 2);
                assert.equal(hashes[0], hashes[1]);
            }
            t.diagnostic(`${kernels.length} kernels compared`);
            await run(page);
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert.equal(overflow, 0, "no sideways scrolling");
            assertClean(opened, await opened.seen());
        });
    });
}

test("axe-core finds nothing in light and dark, at both widths", async (t) => {
    const axe = await readFile(axePath, "utf8");
    await withBrowser({ viewport: wide }, async (browser) => {
        const { page } = await openPage(browser, address);
        const check = async (state) => {
            for (const viewport of [wide, narrow]) {
                for (const colorScheme of ["light", "dark"]) {
                    await page.setViewportSize(viewport);
                    await page.emulateMedia({ colorScheme });
                    const found = await page.evaluate("axe.run()");
                    assert.deepEqual(found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`), []);
                    t.diagnostic(`${state}, ${viewport.width} px, ${colorScheme}: ${found.passes.length} rules passed`);
                }
            }
        };
        await page.evaluate(axe);
        await check("as it loads");
        await askFifty(page);
        await compare(page);
        await page.selectOption("#try-form [name=source]", "json");
        await run(page);
        await check("with answers");
    });
});

test("the page is one document of under 60 KiB, and asks no other host", async (t) => {
    await withBrowser({ viewport: wide }, async (browser) => {
        const page = await browser.newPage();
        const network = await browser.newCDPSession(page);
        await network.send("Network.enable");
        let bytes = 0;
        const asked = [];
        network.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
        network.on("Network.requestWillBeSent", (event) => asked.push(event.request.url));
        await page.goto(address);
        await page.waitForLoadState("networkidle");
        t.diagnostic(`${bytes} bytes on the wire, ${asked.length} requests`);
        assert.ok(bytes > 0 && bytes < pageBytesMax, `${bytes} bytes`);
        assert.deepEqual(asked.filter((url) => !url.startsWith("data:")), [address, `${address}v1/kernels`]);
    });
});

test("without JavaScript the page says its facts, and how to do the rest from a shell", async () => {
    await withBrowser({ viewport: narrow, javaScriptEnabled: false }, async (browser) => {
        const page = await browser.newPage();
        await page.goto(address);
        const words = await page.locator("body").innerText();
        for (const fact of [/Answered by linux\/(amd64|arm64)/, /node (amd64|arm64)-node/, /chosen/, /CPU quota/, /dot_f32: dot product/, /curl -w/]) {
            assert.match(words, fact);
        }
        assert.equal(await page.locator(".scripted:visible").count(), 0);
        assert.equal(await page.locator("button:visible").count(), 0);
    });
});

test("everything can be reached and used by keyboard", async () => {
    await withBrowser({ viewport: wide }, async (browser) => {
        const opened = await openPage(browser, address);
        const { page } = opened;
        await waitForText(page, "try-summary", /\w/);
        const all = await page.evaluate(() => [...document.querySelectorAll("a[href], button, input, select, textarea, [tabindex]")]
            .filter((element) => element.checkVisibility()).length);
        const reached = [];
        for (let i = 0; i < all; ++i) {
            await page.keyboard.press("Tab");
            reached.push(await page.evaluate(() => {
                const element = document.activeElement;
                const outline = getComputedStyle(element);
                return { what: element.id || element.name || element.textContent, seen: outline.outlineStyle === "solid" && outline.outlineWidth !== "0px" };
            }));
        }
        assert.equal(reached[0].what, "Skip to the first section");
        assert.equal(new Set(reached.map((one) => one.what)).size >= all - 3, true, "kernel, n and seed are there twice");
        assert.deepEqual(reached.filter((one) => !one.seen), [], "the focus is always seen");

        await page.focus("#who-start");
        await page.keyboard.press("Enter");
        await waitForText(page, "who-status", /^Asking 5 times a second/);
        await page.keyboard.press("Space");
        await waitForText(page, "who-status", /^Stopped/);
        await page.focus("#bits-form [name=seed]");
        await page.keyboard.press("Enter");
        await waitForText(page, "bits-finding", /^Identical/);
        assertClean(opened, { ...(await opened.seen()), shifts: [] });
    });
});

test("the command that the form shows does what the form does", async () => {
    const shell = promisify(execFile);
    await withBrowser({ viewport: wide }, async (browser) => {
        const opened = await openPage(browser, address);
        const { page } = opened;
        await waitForText(page, "try-summary", /\w/);
        for (const source of ["seed", "json"]) {
            await page.selectOption("#try-form [name=source]", source);
            for (const kernel of await page.locator("#try-form [name=kernel] option").allTextContents()) {
                await page.selectOption("#try-form [name=kernel]", kernel);
                await page.evaluate(() => (document.getElementById("try-status").textContent = ""));
                assert.match(await run(page), /^(amd64|arm64) \(\w+\) on .*kernel .* ms/, `${kernel} by ${source}`);
                const shown = await textOf(page, "try-answer");
                const { stdout } = await shell("sh", ["-c", `${await textOf(page, "try-curl")} -s`], { encoding: "buffer" });
                const text = stdout.toString("latin1").trimEnd();
                if (text.startsWith("{")) assert.equal(shown.slice(0, 4_000).replace(/ \u2026$/, ""), text.slice(0, 4_000), `${kernel} by ${source}`);
                else assert.ok(shown.startsWith(stdout.subarray(0, 8).toString("hex").replace(/(..)(?!$)/g, "$1 ")), `${kernel} by ${source}`);
            }
        }
        await page.click("#try-copy");
        await waitForText(page, "try-status", /^(Copied|Selected)/);
        assertClean(opened, { ...(await opened.seen()), shifts: [] });
    });
});

test("a pod that answers otherwise is shown, with the place and both bytes", async () => {
    await withBrowser({ viewport: wide }, async (browser) => {
        const { page } = await openPage(browser, address);
        await page.route("**/v1/kernels/**", async (route) => {
            const response = await route.fetch();
            const body = await response.body();
            if (response.headers()["lanewise-arch"] === "arm64") body[2] ^= 1;
            await route.fulfill({ response, body });
        });
        assert.equal(await compare(page), "Different: amd64 and arm64 disagree from byte 2 on.");
        assert.match(await textOf(page, "bits-notes"), /^There lanewise-amd64-0 has .. .., lanewise-arm64-0 has .. ..\./);
        assert.equal(await page.locator("#bits-cards .card.other").count(), 1);
    });
});

test("a node that goes away is shown as it is, said once, and recovered from", async () => {
    await withBrowser({ viewport: wide }, async (browser) => {
        const opened = await openPage(browser, address);
        const { page } = opened;
        await page.evaluate(() => {
            globalThis.said = [];
            const status = document.getElementById("who-status");
            new MutationObserver(() => globalThis.said.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });
        });
        await page.selectOption("#who-form [name=rate]", "10");
        await page.selectOption("#who-form [name=bound]", "1000");
        await page.click("#who-start");
        await waitForText(page, "pods", /arm64-node/);
        const port = servers.arm64.port;
        await servers.arm64.stop("SIGKILL");
        await waitForText(page, "who-status", /^No answer: the connection failed/);
        await waitForText(page, "last", /no answer the connection failed/);
        await page.waitForFunction(() => Number(document.getElementById("lane-text-failed").textContent) >= 5);
        assert.equal(await compare(page), "Only one node answered: nothing to compare with.");
        assert.match(await textOf(page, "bits-notes"), /had no answer: the connection failed\. 1 known pod did not take part/);
        servers.arm64 = await startServer("arm64", port);
        await waitForText(page, "who-status", /^Answers again, after \d+ failures/);
        assert.equal(await compare(page), "Identical on 2 nodes of 2 architectures.");
        await page.click("#who-start");
        assert.equal((await page.evaluate(() => globalThis.said)).length, 4, "asking, no answer, again, stopped");
        const { violations, shifts } = await opened.seen();
        assert.deepEqual(violations, []);
        assert.deepEqual(shifts, []);
    });
});

test("a 503 is shown in the server's own words", async () => {
    await withBrowser({ viewport: wide }, async (browser) => {
        const { page } = await openPage(browser, address);
        const body = JSON.stringify({ type: "about:blank", title: "Service Unavailable", status: 503, detail: "this server is stopping" });
        await page.route("**/v1/**", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body }));
        await page.click("#who-start");
        await waitForText(page, "last", /503 Service Unavailable: this server is stopping/);
        assert.equal(await compare(page), "No pod computed this.");
        assert.match(await textOf(page, "bits-notes"), /^503 Service Unavailable: this server is stopping/);
        assert.match(await run(page), /^503 Service Unavailable: this server is stopping/);
    });
});

test("a hidden tab asks nothing", async () => {
    await withBrowser({ viewport: wide }, async (browser) => {
        const { page } = await openPage(browser, address);
        let asked = 0;
        page.on("request", (request) => (asked += request.url().includes("/v1/identity") ? 1 : 0));
        const hide = (hidden) => page.evaluate((value) => {
            Object.defineProperty(document, "hidden", { value, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }, hidden);
        await page.selectOption("#who-form [name=rate]", "20");
        await page.click("#who-start");
        await waitForText(page, "pods", /node/);
        await hide(true);
        await waitForText(page, "who-status", /^Paused/);
        const before = asked;
        await page.waitForTimeout(500);
        assert.equal(asked, before);
        await hide(false);
        await waitForText(page, "who-status", /^Asking/);
        await page.waitForRequest("**/v1/identity?close=1");
    });
});

test("who asks for less motion gets none", async () => {
    await withBrowser({ viewport: wide, reducedMotion: "reduce" }, async (browser) => {
        const { page } = await openPage(browser, address);
        await askFifty(page);
        const durations = await page.evaluate(() => [...document.querySelectorAll("*")]
            .map((element) => getComputedStyle(element)).filter((style) => style.transitionDuration !== "0s" || style.animationName !== "none").length);
        assert.equal(durations, 0);
    });
});

test("kernels that ask for a token get one, and the command names no secret", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lanewise-token-"));
    await writeFile(join(folder, "token"), "open-sesame\n");
    const server = await startServer("amd64", 0, ["--token-file", join(folder, "token")]);
    try {
        await withBrowser({ viewport: wide }, async (browser) => {
            const { page } = await openPage(browser, `http://127.0.0.1:${server.port}/`);
            await waitForText(page, "try-summary", /\w/);
            assert.match(await run(page), /^401 Unauthorized: kernels ask for a bearer token/);
            await page.fill("#try-form [name=token]", "open-sesame");
            await page.click("#try-form .primary");
            await waitForText(page, "try-status", /byte/);
            assert.match(await textOf(page, "try-curl"), /\$TOKEN/);
            assert.doesNotMatch(await textOf(page, "try-curl"), /sesame/);
            assert.match(await compare(page), /^Only one node answered/);
        });
    } finally {
        await server.stop();
        await rm(folder, { recursive: true });
    }
});

for (const end of ["/", ""]) {
    test(`under the prefix of a proxy the page works as without one, ${end ? "with" : "without"} a slash at its end`, async () => {
        const server = await startServer("amd64");
        const proxy = await startPrefix("/api/v1/namespaces/lanewise/services/lanewise/proxy", server.port);
        try {
            await withBrowser({ viewport: wide }, async (browser) => {
                const opened = await openPage(browser, proxy.address + end);
                const { page } = opened;
                await askFifty(page);
                assert.doesNotMatch(await compare(page), /No pod/);
                assert.match(await run(page), /byte/);
                assert.ok((await textOf(page, "try-curl")).includes(`${proxy.address}/v1/kernels/`));
                const links = await page.$$eval("a[href]:not([href^='#'])", (all) => all.map((link) => link.href));
                assert.ok(links.length >= 2);
                for (const link of links) assert.equal((await fetch(link)).status, 200, link);
                assertClean(opened, { ...(await opened.seen()), shifts: [] });
            });
            const description = `${proxy.address}/openapi.json`;
            const base = new URL((await (await fetch(description)).json()).servers[0].url, description);
            assert.equal((await fetch(new URL("v1/identity", base))).status, 200);
            assert.deepEqual(proxy.strangers.filter((path) => path !== "/favicon.ico"), []);
        } finally {
            await proxy.stop();
            await server.stop();
        }
    });
}

test("a report is linked, and its scripts and styles work under its policy", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lanewise-report-"));
    await writeFile(join(folder, "report.html"), "<!doctype html><html lang=en><title>Report</title><style>p{margin:7px}</style>" +
        "<p id=a style=\"padding:3px\">no script</p><script>document.getElementById('a').textContent = 'drawn'</script></html>");
    const server = await startServer("amd64", 0, ["--report", join(folder, "report.html")]);
    try {
        await withBrowser({ viewport: wide }, async (browser) => {
            const opened = await openPage(browser, `http://127.0.0.1:${server.port}/`);
            const { page } = opened;
            await page.click("nav a[href='report']");
            assert.equal(await page.title(), "Report");
            assert.equal(await textOf(page, "a"), "drawn");
            assert.deepEqual(await page.evaluate(() => [getComputedStyle(document.getElementById("a")).margin, getComputedStyle(document.getElementById("a")).padding]), ["7px", "3px"]);
            assertClean(opened, { ...(await opened.seen()), shifts: [] });
        });
    } finally {
        await server.stop();
        await rm(folder, { recursive: true });
    }
});

test("the demo serves both architectures, and ends whole", async () => {
    const demo = spawn(process.execPath, [fileURLToPath(new URL("demo.mjs", import.meta.url)), "--port", "0", "--threads", "1"],
        { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(demo, "exit");
    const [line] = await once(demo.stdout.setEncoding("utf8"), "data");
    const [url] = /http:\/\/[0-9.]+:\d+\//.exec(line);
    const seen = new Set();
    for (let i = 0; i < 4; ++i) seen.add((await (await fetch(`${url}v1/identity?close=1`)).json()).architecture);
    assert.deepEqual([...seen].sort(), ["amd64", "arm64"]);
    demo.kill("SIGINT");
    assert.deepEqual(await ended, [0, null]);
    await assert.rejects(fetch(url));
});
