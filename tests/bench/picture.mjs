// Takes the picture of the report that the README shows:
//   node tests/bench/picture.mjs REPORT.html bench/examples/report.png
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { openPage, withBrowser } from "../server/page/browser.mjs";

const [report, picture] = process.argv.slice(2);

await withBrowser({ viewport: { width: 1280, height: 1500 }, colorScheme: "light" }, async (browser) => {
    const { page } = await openPage(browser, pathToFileURL(resolve(report)).href);
    await page.screenshot({ path: picture });
});
