// A registry on loopback: images in every type of manifest, behind every challenge, with the faults of real ones.
import { createHash } from "node:crypto";
import http from "node:http";
import https from "node:https";

export const digest = (text) => "sha256:" + createHash("sha256").update(text).digest("hex");

const types = {
  oci_index: "application/vnd.oci.image.index.v1+json",
  docker_index: "application/vnd.docker.distribution.manifest.list.v2+json",
  oci_image: "application/vnd.oci.image.manifest.v1+json",
  docker_image: "application/vnd.docker.distribution.manifest.v2+json",
  docker_first: "application/vnd.docker.distribution.manifest.v1+prettyjws",
};

export class Registry {
  contents = new Map(); // path -> { type, body }
  asked = []; // requests: method, url, headers, body
  rules = []; // (request) -> reply or undefined; the first that replies wins

  put(repository, reference, type, object, { mediaType = true } = {}) {
    const body = JSON.stringify(mediaType && types[type].includes("v1+json") ? { schemaVersion: 2, mediaType: types[type], ...object } : object);
    const one = { type: types[type], body };
    this.contents.set(`/v2/${repository}/manifests/${reference}`, one);
    this.contents.set(`/v2/${repository}/manifests/${digest(body)}`, one);
    return digest(body);
  }
  blob(repository, object) {
    const body = JSON.stringify(object);
    this.contents.set(`/v2/${repository}/blobs/${digest(body)}`, { type: "application/octet-stream", body });
    return digest(body);
  }
  index(repository, reference, platforms, type = "oci_index") {
    const manifests = platforms.map((platform) => {
      const [os, architecture, variant] = platform.split("/");
      return { mediaType: types.oci_image, digest: digest(platform), size: 1, platform: { os, architecture, variant } };
    });
    return this.put(repository, reference, type, { manifests });
  }
  image(repository, reference, platform, type = "oci_image") {
    const [os, architecture] = platform.split("/");
    const config = this.blob(repository, { os, architecture, rootfs: {} });
    return this.put(repository, reference, type, { config: { digest: config, size: 1 }, layers: [] });
  }

  async listen(tls) {
    const serve = async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const one = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() };
      this.asked.push(one);
      for (const rule of this.rules) {
        const reply = rule(one);
        if (reply === undefined) continue;
        if (reply === "hang") return;
        if (reply === "cut") {
          response.writeHead(200, { "Content-Length": 1000 });
          response.write("{");
          return response.destroy();
        }
        if (reply.endless) {
          response.writeHead(200, { "Content-Type": types.oci_index });
          const more = () => { while (!response.destroyed && response.write(Buffer.alloc(65536, " "))); };
          response.on("drain", more);
          return more();
        }
        response.writeHead(reply.status ?? 200, reply.headers);
        return response.end(reply.body ?? "");
      }
      const found = this.contents.get(request.url.split("?")[0]);
      if (!found) {
        response.writeHead(404, { "Content-Type": "application/json" });
        return response.end(JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] }));
      }
      response.writeHead(200, { "Content-Type": found.type, "Docker-Content-Digest": digest(found.body) });
      response.end(found.body);
    };
    this.server = tls ? https.createServer(tls, serve) : http.createServer(serve);
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    this.host = `127.0.0.1:${this.port}`;
    this.url = `${tls ? "https" : "http"}://${tls ? "localhost" : "127.0.0.1"}:${this.port}`;
    return this;
  }
  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
