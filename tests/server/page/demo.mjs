// An amd64 and an arm64 server behind a balancer, until Ctrl-C: what `./dev serve --demo` runs.
//
//   node demo.mjs [--port N] [flags of both servers]
import { parseArgs } from "node:util";

import { startBalancer } from "./balancer.mjs";
import { startServer } from "./servers.mjs";

const { values, tokens } = parseArgs({ options: { port: { type: "string", default: "8080" } }, strict: false, tokens: true });
const flags = process.argv.slice(2).filter((word, i) => !tokens.some((token) =>
    token.name === "port" && (i === token.index || (!token.inlineValue && i === token.index + 1))));

const servers = [];
let balancer;
let ending = false;
async function end(code) {
    if (ending) return;
    ending = true;
    await balancer?.stop();
    await Promise.all(servers.map((server) => server.stop()));
    process.exit(code);
}
process.on("SIGINT", () => end(0));
process.on("SIGTERM", () => end(0));

try {
    for (const architecture of ["amd64", "arm64"]) servers.push(await startServer(architecture, 0, flags));
    balancer = await startBalancer(Number(values.port), servers.map((server) => server.port));
    console.log(`An amd64 and an arm64 server (emulated) take turns at http://127.0.0.1:${balancer.port}/ until Ctrl-C.`);
} catch (error) {
    console.error(error.message);
    await end(1);
}
