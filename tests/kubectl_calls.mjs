// The kubectl that tests put on a PATH: some lines of bash that hand each call to the test's own process, where the cluster
// lives. A script calls kubectl many times, and bash starts in a tenth of Node's time.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";

// A call is its fields, each ended by a null byte: how many arguments, the arguments, the standard input, the directory.
const program = (port) => `#!/usr/bin/env bash
input=
for argument; do if [[ $argument == - ]]; then input=$(cat); fi; done
exec 3<>/dev/tcp/127.0.0.1/${port} || exit 1
printf '%s\\0' "$#" "$@" "$input" "$PWD" >&3
IFS= read -r -d '' status <&3 || exit 1
IFS= read -r -d '' output <&3
IFS= read -r -d '' error <&3
printf '%s' "$error" >&2
printf '%s' "$output"
exit "$status"
`;

/**
 * Puts kubectl into FOLDER and resolves to the server behind it. `answer` gets each call as { argv, input, directory, gone },
 * where gone() tells whether the caller has ended, and returns { status, output, error }, or undefined: then the call hangs.
 */
export async function serveKubectl(folder, answer) {
  const server = net.createServer((socket) => {
    let received = "";
    socket.setEncoding("utf8");
    socket.on("error", () => {});
    socket.on("data", async (data) => {
      received += data;
      const fields = received.split("\0");
      const count = Number(fields[0]);
      if (fields.length < count + 4) return;
      const gone = () => socket.destroyed || socket.readableEnded;
      const answered = await answer({ argv: fields.slice(1, count + 1), input: fields[count + 1], directory: fields[count + 2], gone });
      if (answered) socket.end(`${answered.status}\0${answered.output}\0${answered.error}\0`);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "kubectl"), program(server.address().port));
  chmodSync(path.join(folder, "kubectl"), 0o755);
  return server;
}
