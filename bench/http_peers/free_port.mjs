// Ports of loopback that nobody listens on, below those that the system gives to outgoing connections (from 32768 on): of
// those, a connection might take one between the look and its use.
import net from "node:net";

const isFree = (port) =>
    new Promise((resolve) => {
        const probe = net.createServer().once("error", () => resolve(false));
        probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });

/** The first of so many free ports in a row. */
export async function freePort(count = 1) {
    for (let attempt = 0; attempt < 100; ++attempt) {
        const first = 15_000 + Math.floor(Math.random() * 17_000);
        let free = 0;
        while (free < count && (await isFree(first + free))) ++free;
        if (free === count) return first;
    }
    throw new Error(`no ${count} free ports in a row were found`);
}
