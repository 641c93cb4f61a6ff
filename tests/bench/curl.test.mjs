// curl and `lanewise-bench workload --from-curl` make the same requests of the same command lines: curl runs each of them
// against a server that writes down what comes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { execFile } from "node:child_process";

const program = fileURLToPath(new URL("../../build/release/bin/lanewise-bench", import.meta.url));
const run = promisify(execFile);
let server, folder, came = [];

/** The first request of a connection, as bytes; its reply ends the connection. */
function take(socket) {
    let bytes = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (data) => {
        bytes = Buffer.concat([bytes, data]);
        const end = bytes.indexOf("\r\n\r\n");
        if (end < 0) return;
        const [line, ...fields] = bytes.subarray(0, end).toString("latin1").split("\r\n");
        const headers = fields.map((field) => {
            const colon = field.indexOf(":");
            return [field.slice(0, colon).toLowerCase(), Buffer.from(field.slice(colon + 1).trim(), "latin1").toString("utf8")];
        });
        const length = Number(headers.find(([name]) => name === "content-length")?.[1] ?? 0);
        if (bytes.length < end + 4 + length) {
            if (headers.some(([name]) => name === "expect")) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
            return;
        }
        const [method, path] = line.split(" ");
        came.push({ method, path, headers, body: bytes.subarray(end + 4, end + 4 + length) });
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
}

before(async () => {
    folder = mkdtempSync(join(tmpdir(), "lanewise-curl-"));
    writeFileSync(join(folder, "body.txt"), Buffer.from("a\r\nb\0c &=\n"));
    writeFileSync(join(folder, "picture.png"), Buffer.from([0, 255, 13, 10]));
    writeFileSync(join(folder, "headers"), "X-One: 1\r\nX-Two: 2\n");
    server = createServer(take);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(() => {
    server.close();
    rmSync(folder, { recursive: true });
});

const ofConnection = new Set(["host", "content-length", "connection", "expect", "user-agent", "transfer-encoding"]);

/** Without what differs from run to run: the boundary of a form. */
function comparable({ method, path, headers, body }) {
    const sent = headers.filter(([name]) => !ofConnection.has(name)).map(([name, value]) => `${name}: ${value}`).sort();
    const boundary = /boundary=([^\n]+)/.exec(sent.join("\n"))?.[1];
    const plain = (text) => (boundary ? text.replaceAll(boundary, "BOUNDARY") : text);
    return { method, path, headers: sent.map(plain), body: plain(body.toString("latin1")) };
}

function fromWorkload({ method, path, headers = {}, body = "" }) {
    const bytes = typeof body === "string" ? Buffer.from(body) : Buffer.from(body.base64, "base64");
    const fields = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => [name.toLowerCase(), value]));
    return comparable({ method, path, headers: fields, body: bytes });
}

const lines = String.raw`
curl URL/
curl 'URL/a/../b/./c//d/..?x=/../y#part'
curl --path-as-is URL/a/../b
curl URL
curl 'URL?a=b'
curl 'URL/%41%zz+?a=b+c%20d'
curl URL/ -d a=1 -d 'b=2 3' --data-ascii c
curl URL/ -d ''
curl URL/ -d @headers
curl URL/ --data-binary @body.txt
curl URL/ --data-raw @body.txt
curl URL/ --data-urlencode @body.txt --data-urlencode n@body.txt
curl URL/ --data-urlencode 'a b&c' --data-urlencode '=d=e' --data-urlencode 'f=g~h*(i)' --data-urlencode 'x@=y'
curl URL/ --json '{"a":' --json 1 -d b
curl URL/ -d b --json '{"a":1}'
curl URL/ --json 1 -H 'Accept: text/plain' -H 'content-type: x/y'
curl -G URL/x -d a=1 --data-urlencode 'b=c d'
curl -G 'URL/x?y=z' -d a=1
curl -G 'URL/x?' -d a=1
curl -I URL/x
curl -IG URL/x -d a=1
curl URL/x --url-query 'a=b c' --url-query +d=e
curl -X DELETE URL/x
curl -XPATCH URL/x -d a
curl URL/ -H 'X-Empty;' -H 'Accept:' -H 'X-T: 1' -H 'X-T: 2' -HX-G:3 -H 'X-Blank:   a b  '
curl URL/ -H @headers
curl URL/ -A agent -e http://r.example/ -r 0-9
curl URL/ -e 'http://r.example/;auto'
curl URL/ -b a=1 -b 'b=2; c=3'
curl URL/ -u user:pass
curl http://u%40:p%3A@HOST/
curl -u a:b http://u:p@HOST/
curl URL/ -u user:pass -H 'Authorization: mine'
curl URL/ --oauth2-bearer token
curl URL/ --oauth2-bearer token -u a:b
curl URL/up -T body.txt
curl URL/up/ -T body.txt
curl 'URL/up/?x' -T picture.png
curl URL/ -F a=1 -F 'b=x y'
curl URL/ -F 'a=<body.txt' -F 'b=@picture.png' -F 'c=@body.txt;filename=other;type=text/x'
curl URL/ -F 'a=x;type=text/plain; charset=utf-8'
curl URL/ -F 'a="x;y"' -F 'b=x;y' -F 'c=x,y'
curl URL/ -F 'a=@body.txt;filename="q\"r"' --form-string 'b=@x;type=y'
curl URL/ -F 'a=x;headers="X-A: b"'
curl URL/ -F 'a=hello;encoder=base64'
curl 'URL/{a,b}/[1-2]'
curl 'URL/[08-10:2][a-c:2]'
curl -g 'URL/{a}[b]'
curl 'URL/a[]=1'
curl URL/1 URL/2 -d x
curl URL/1 -d x --next URL/2 --next -I URL/3
curl -sSLXPUT --no-progress-meter --max-time 5 URL/ -d$'a\tb\u00e4\x41'
curl URL/ -d 'it'\''s "quoted"' -d "a\"b\\c"
curl URL/ --data 'a
b'
curl URL/ --request-target /other
curl URL/ -H 'Host: other.example'
curl URL/x -d a=1 -X GET
curl URL/ -H 'X: ä'
`.trim().split(/\n(?=curl )/);

for (const line of lines) {
    test(line.replaceAll("\n", "\\n"), async () => {
        const host = `127.0.0.1:${server.address().port}`;
        const command = line.replaceAll("URL", `http://${host}`).replaceAll("HOST", host);
        came = [];
        await run("bash", ["-c", command.replaceAll(/(^|\n)curl /g, "$1curl -q -s --http1.1 --noproxy '*' ")], { cwd: folder });
        const sent = came.map(comparable);
        const file = join(folder, "workload.json");
        const made = spawnSync(program, ["workload", "--keep-secrets", "--from-curl", command, "-o", file], { cwd: folder, encoding: "utf8" });
        assert.equal(made.status, 0, made.stderr);
        const held = JSON.parse(readFileSync(file, "utf8")).requests.map(fromWorkload);
        const byPath = (a, b) => (a.path < b.path ? -1 : 1);
        assert.deepEqual(held.sort(byPath), sent.sort(byPath));
    });
}
