// A stand-in for kubectl and the cluster behind it, for the scripts that deploy and promote. It knows the verbs that this
// repository's scripts and documents use, and fails on any other.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { serveKubectl } from "../../kubectl_calls.mjs";
import { parseAll, require } from "../tools.mjs";
import { all, applied, apply, Conflict, find, put, remove, step, undo } from "./objects.mjs";
import { jsonpath } from "./jsonpath.mjs";

const fail = (text) => Object.assign(new Error(text), { expected: true });

const kinds = {
  deployment: "Deployment",
  service: "Service",
  hpa: "HorizontalPodAutoscaler",
  lease: "Lease",
  endpointslices: "EndpointSlice",
};
const kindOf = (word) => kinds[word] ?? kinds[word.replace(/s$/, "")] ?? (() => { throw fail(`the server doesn't have a resource type "${word}"`); })();

// Options and words; `-l x` and `--l=x` alike.
function parse(argv) {
  const words = [];
  const options = {};
  for (let i = 0; i < argv.length; ++i) {
    const long = /^--?([\w-]+)(?:=([\s\S]*))?$/.exec(argv[i]);
    if (!long || argv[i] === "-") words.push(argv[i]);
    else if (long[2] !== undefined) options[long[1]] = long[2];
    else if (["n", "o", "l", "f", "k", "p"].includes(long[1])) options[long[1]] = argv[++i];
    else options[long[1]] = "true";
  }
  return { words, options };
}

const selects = (selector, labels = {}) =>
  selector.split(",").every((term) => {
    if (term.startsWith("!")) return labels[term.slice(1)] === undefined;
    const [name, value] = term.split("=");
    return labels[name] === value;
  });

const kustomize = (target) => {
  const [renderer, ...renderArguments] = (process.env.KUSTOMIZE ?? "kubectl kustomize").split(" ");
  return execFileSync(renderer, [...renderArguments, target], { encoding: "utf8" });
};
const documents = (options) => {
  const text = options.k ? kustomize(options.k) : options.f === "-" ? options.input : readFileSync(options.f, "utf8");
  return parseAll(text).filter((object) => !options.l || selects(options.l, object.metadata.labels));
};

function named(cluster, word) {
  const [kind, name] = word.split("/");
  const object = find(cluster, kindOf(kind), name);
  if (!object) throw fail(`Error from server (NotFound): ${kind} "${name}" not found`);
  return object;
}
const printed = (object, options) => (options.o?.startsWith("jsonpath=") ? jsonpath(object, options.o.slice(9)) : "");

const verbs = {
  get(cluster, [word, ...names], options) {
    const kind = kindOf(word);
    if (names.length) {
      const found = names.map((name) => find(cluster, kind, name)).filter(Boolean);
      if (found.length < names.length && !options["ignore-not-found"]) throw fail(`Error from server (NotFound): ${word} not found`);
      if (!found.length) return "";
      return printed(names.length > 1 ? { items: found } : found[0], options);
    }
    return printed({ items: all(cluster, kind).filter((object) => !options.l || selects(options.l, object.metadata.labels)) }, options);
  },
  create(cluster, words, options) {
    const [object] = documents(options);
    if (find(cluster, object.kind, object.metadata.name)) throw fail(`Error from server (AlreadyExists): "${object.metadata.name}" already exists`);
    return printed(put(cluster, object), options);
  },
  replace(cluster, words, options) {
    const [object] = documents(options);
    if (!find(cluster, object.kind, object.metadata.name)) throw fail("Error from server (NotFound)");
    return printed(put(cluster, object), options);
  },
  apply(cluster, words, options) {
    if (words[0] === "view-last-applied") {
      const before = applied(named(cluster, words[1]));
      if (!before) throw fail("error: no last-applied-configuration annotation found on resource");
      return require("yaml").stringify(before, { sortMapEntries: true, indentSeq: false });
    }
    return documents(options).map((object) => {
      const before = JSON.stringify(find(cluster, object.kind, object.metadata.name)?.spec);
      const after = JSON.stringify(apply(cluster, object).spec);
      return `${object.kind.toLowerCase()}/${object.metadata.name} ${before === undefined ? "created" : before === after ? "unchanged" : "configured"}\n`;
    }).join("");
  },
  patch(cluster, [kind, name], options) {
    const object = named(cluster, `${kind}/${name}`);
    const change = JSON.parse(options.p);
    const patched = structuredClone(object);
    const into = (target, values) => {
      for (const [key, value] of Object.entries(values)) {
        if (value === null) delete target[key];
        else if (typeof value === "object" && !Array.isArray(value)) into((target[key] ??= {}), value);
        else target[key] = value;
      }
    };
    into(patched, change);
    delete patched.metadata.resourceVersion;
    put(cluster, patched);
    return "";
  },
  scale(cluster, [word], options) {
    const object = named(cluster, word);
    const expected = options["current-replicas"];
    if (expected !== undefined && Number(expected) !== object.spec.replicas) {
      throw fail(`error: Expected replicas to be ${expected}, was ${object.spec.replicas}`);
    }
    put(cluster, { ...object, metadata: { ...object.metadata, resourceVersion: undefined }, spec: { ...object.spec, replicas: Number(options.replicas) } });
    return "";
  },
  delete(cluster, [word, ...names]) {
    for (const name of names) if (!remove(cluster, kindOf(word), name)) throw fail(`Error from server (NotFound): ${word} "${name}" not found`);
    return "";
  },
  kustomize: (cluster, [target]) => kustomize(target),
  rollout(cluster, [verb, word], options) {
    if (verb !== "undo") throw fail(`the stand-in knows no rollout ${verb}`);
    if (!undo(cluster, named(cluster, word), Number(options["to-revision"]))) throw fail("error: unable to find specified revision");
    return "";
  },
};

// One call: what kubectl would print, and its status.
function run(cluster, argv, input) {
  const { words: [verb, ...words], options } = parse(argv);
  cluster.calls.push(argv.join(" "));
  try {
    if (!verbs[verb]) throw fail(`the stand-in knows no ${verb}`);
    return { status: 0, output: verbs[verb](cluster, words, { ...options, input }), error: "" };
  } catch (error) {
    if (!error.expected && !(error instanceof Conflict)) throw error;
    return { status: 1, output: "", error: error instanceof Conflict ? `Error from server (Conflict): ${error.message}\n` : `${error.message}\n` };
  } finally {
    step(cluster);
  }
}

// Serves `scene.cluster` to the kubectl in FOLDER/bin. `scene.hold`, a promise, keeps the calls that fit `scene.holds`
// waiting, which `scene.held` hears of; `scene.carriesOut` lets such a call happen though its caller is gone; `scene.refuses` makes those that fit it fail as where no server is reached.
export const serve = (scene, folder) =>
  serveKubectl(path.join(folder, "bin"), async ({ argv, input, directory, gone }) => {
    const resolved = argv.map((argument, index) => (argv[index - 1] === "-k" || argv[0] === "kustomize" && index === 1 ? path.resolve(directory, argument) : argument));
    const line = argv.join(" ");
    if (scene.holds?.test(line)) {
      scene.held(line);
      await scene.hold;
      if (gone() && !scene.carriesOut) return undefined;
    }
    if (scene.refuses?.test(line)) return { status: 1, output: "", error: "The connection to the server was refused\n" };
    return run(scene.cluster, resolved, input);
  });
