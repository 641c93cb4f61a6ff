// A proxy that shows a server under a prefix, as `kubectl proxy` and an ingress do: the prefix is taken off on the way in,
// and whatever does not begin with it is not the server's.
import { createServer, request } from "node:http";

export async function startPrefix(prefix, serverPort) {
    const strangers = [];
    const proxy = createServer((from, to) => {
        if (from.url !== prefix && !from.url.startsWith(`${prefix}/`)) {
            strangers.push(from.url);
            to.writeHead(404).end();
            return;
        }
        const path = from.url.slice(prefix.length) || "/";
        const onward = request({ host: "127.0.0.1", port: serverPort, method: from.method, path, headers: from.headers, agent: false });
        onward.on("response", (reply) => {
            to.writeHead(reply.statusCode, reply.headers);
            reply.pipe(to);
        });
        onward.on("error", () => to.destroy());
        from.pipe(onward);
    });
    await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    return {
        address: `http://127.0.0.1:${proxy.address().port}${prefix}`,
        strangers,
        stop: () => new Promise((resolve) => {
            proxy.close(resolve);
            proxy.closeAllConnections();
        }),
    };
}
