// A load balancer for one machine: hands each connection to the next of its servers in turn, as a Service does. It
// knows nothing of health: a connection to a server that is gone is reset, and the client sees it.
//
//   node balancer.mjs PORT SERVER_PORT...
import { connect, createServer } from "node:net";
import { pathToFileURL } from "node:url";

// Listens on this port of the address (0: a free one) and balances over these ports of the loopback.
export async function startBalancer(port, serverPorts, address = "127.0.0.1") {
    let next = 0;
    const open = new Set();
    const balancer = createServer({ allowHalfOpen: true }, (client) => {
        const server = connect({ host: "127.0.0.1", port: serverPorts[next++ % serverPorts.length], allowHalfOpen: true });
        for (const [one, other] of [[client, server], [server, client]]) {
            one.setNoDelay(true);
            one.on("error", () => other.resetAndDestroy());
            one.on("close", () => open.delete(one));
            one.pipe(other);
            open.add(one);
        }
    });
    await new Promise((resolve, reject) => balancer.once("error", reject).listen(port, address, resolve));
    return {
        port: balancer.address().port,
        stop: () => new Promise((resolve) => {
            balancer.close(resolve);
            for (const socket of open) socket.destroy();
        }),
    };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    const [port, ...serverPorts] = process.argv.slice(2).map(Number);
    await startBalancer(port, serverPorts, "0.0.0.0");
    console.log(`balancing port ${port} over ${serverPorts.join(" and ")}`);
}
