// Takes the pictures of the README from a running demo:
//   ./dev serve --demo &
//   node tests/server/page/screenshots.mjs http://127.0.0.1:8080/ server/page/screenshots
import { join } from "node:path";

import { openPage, waitForText, withBrowser } from "./browser.mjs";

const [address, folder] = process.argv.slice(2);

await withBrowser({ viewport: { width: 1180, height: 900 } }, async (browser) => {
    const { page } = await openPage(browser, address);
    await page.selectOption("#who-form [name=rate]", "10");
    await page.selectOption("#who-form [name=bound]", "200");
    await page.click("#who-start");
    await waitForText(page, "who-status", /^Done/);
    await page.mouse.move(0, 0);
    await page.evaluate(() => document.activeElement.blur());
    const top = await page.evaluate(() => document.getElementById("pods-title").getBoundingClientRect().top + scrollY);
    await page.screenshot({ path: join(folder, "who-answers.png"), fullPage: true, clip: { x: 0, y: 0, width: 1180, height: top - 20 } });

    await page.emulateMedia({ colorScheme: "dark" });
    await page.click("#bits-form button");
    await waitForText(page, "bits-finding", /^Identical/);
    await page.mouse.move(0, 0);
    await page.evaluate(() => document.activeElement.blur());
    const { y, height } = await page.evaluate(() => {
        const box = document.getElementById("bits").getBoundingClientRect();
        return { y: box.top + scrollY, height: box.height };
    });
    await page.screenshot({ path: join(folder, "same-bits.png"), fullPage: true, clip: { x: 0, y: y + 1, width: 1180, height: height - 1 } });
});
