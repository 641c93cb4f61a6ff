// A stand-in for kubectl and the API server behind it: objects and faults in a file, by which the test tells what is in
// the cluster. It answers `get` as kubectl does: a list for kinds, an error for what is missing or refused. Where
// kinds are refused the list holds the others, and is printed all the same, be it empty.
import { appendFileSync, readFileSync } from "node:fs";

const state = JSON.parse(readFileSync(process.env.KUBECTL_STATE, "utf8"));
const argv = process.argv.slice(2);
appendFileSync(process.env.KUBECTL_STATE + ".calls", argv.join(" ") + "\n");

const words = [];
const options = {};
for (let i = 0; i < argv.length; ++i) {
  const long = /^--([\w-]+)(?:=(.*))?$/.exec(argv[i]);
  if (long) options[long[1]] = long[2] ?? true;
  else if (/^-[no]$/.test(argv[i])) options[argv[i][1]] = argv[++i];
  else words.push(argv[i]);
}
const [verb, kinds, name] = words;
const singular = (kind) => kind.replace(/s$/, "");
const fail = (text) => {
  process.stderr.write(text + "\n");
  process.exitCode = 1;
};
if (verb !== "get" || options.o !== "json") throw new Error(`the stand-in knows no ${argv.join(" ")}`);

const refused = (kind) =>
  `Error from server (Forbidden): ${kind} is forbidden: User "ann" cannot list resource "${kind}" in API group "" in the namespace "${options.n ?? "default"}"`;
const namespaced = (kind) => !["node", "namespace"].includes(kind);
const found = [];
for (const kind of kinds.split(",")) {
  const fault = state.faults?.[singular(kind)];
  if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, 600_000));
  if (fault === "forbidden") fail(refused(kind));
  else if (fault === "down") fail("The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?");
  else {
    for (const object of state.objects) {
      if (object.kind.toLowerCase() !== singular(kind)) continue;
      if (name && object.metadata.name !== name) continue;
      if (namespaced(singular(kind)) && !options["all-namespaces"] && object.metadata.namespace !== (options.n ?? "default")) continue;
      found.push(object);
    }
  }
}
if (name) {
  if (found.length) process.stdout.write(JSON.stringify(found[0]));
  else if (!process.exitCode) fail(`Error from server (NotFound): ${kinds} "${name}" not found`);
} else if (!Object.values(state.faults ?? {}).includes("down")) {
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items: found });
  process.stdout.write(state.faults?.cut ? text.slice(0, text.length / 2) : text);
}
