// A port of loopback that nobody listens on.
import net from "node:net";

export async function freePort() {
    const listening = net.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => listening.once("listening", resolve));
    const { port } = listening.address();
    await new Promise((resolve) => listening.close(resolve));
    return port;
}
