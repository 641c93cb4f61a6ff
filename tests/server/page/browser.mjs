// Debian's Chromium, driven by playwright-core, which ./dev installs under build/npm/page.
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const modules = createRequire(fileURLToPath(new URL("../../../build/npm/page/", import.meta.url)));
const { chromium } = modules("playwright-core");

export const axePath = modules.resolve("axe-core/axe.min.js");

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"];

// A browser with a profile of its own, which is gone afterwards.
export async function withBrowser(options, use) {
    const profile = await mkdtemp(join(tmpdir(), "lanewise-page-"));
    const browser = await chromium.launchPersistentContext(profile, {
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: flags, ...options,
    });
    try {
        return await use(browser);
    } finally {
        await browser.close();
        await rm(profile, { recursive: true, force: true });
    }
}

// A page that remembers what went wrong in it: errors of scripts, words on the console, violations of the policy, and
// shifts of the layout that no hand caused.
export async function openPage(browser, address) {
    const page = await browser.newPage();
    const trouble = [];
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && trouble.push(message.text()));
    page.on("pageerror", (error) => trouble.push(String(error)));
    await page.addInitScript(() => {
        globalThis.seen = { violations: [], shifts: [] };
        document.addEventListener("securitypolicyviolation", (event) =>
            globalThis.seen.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
                if (entry.hadRecentInput) continue;
                const moved = entry.sources.map(({ node }) => node?.parentElement?.closest("[id]")?.id);
                globalThis.seen.shifts.push({ value: entry.value, moved: moved.join(" ") });
            }
        }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto(address);
    return { page, trouble, seen: () => page.evaluate(() => globalThis.seen) };
}

export const textOf = (page, id) => page.evaluate((name) => document.getElementById(name).textContent, id);

// Waits until an element's text matches.
export const waitForText = (page, id, pattern, timeout = 60_000) =>
    page.waitForFunction(([name, source]) => new RegExp(source).test(document.getElementById(name).textContent),
        [id, pattern.source], { timeout });
