// describe.mjs PROGRAMS FOLDER DATE: makes man pages and completions for bash and zsh of what the programs in the folder
// PROGRAMS say under --help, and writes them below FOLDER as they are installed. DATE, such as 2026-11-29, is the pages'.
import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

// An option's names end in front of this column, or its text starts on the next line.
const textColumn = 30;

/** What one --help says: its summary, usage, options, commands, arguments, and the text after them, line by line. */
export function readHelp(text) {
  const found = { summary: "", usage: "", options: [], commands: [], arguments: [], more: [] };
  const lists = { "Options:": "options", "Commands:": "commands", "Subcommands:": "commands", "Arguments:": "arguments" };
  let list = null;
  let last = null;
  for (const line of text.split("\n")) {
    if (found.more.length === 0 && line.startsWith("Usage: ")) {
      found.usage = line.slice("Usage: ".length);
    } else if (found.usage === "") {
      found.summary = `${found.summary} ${line.trim()}`.trim();
    } else if (found.more.length === 0 && lists[line]) {
      list = lists[line];
      last = null;
    } else if (list && line.startsWith(" ".repeat(textColumn)) && last) {
      last.text = `${last.text} ${line.trim()}`.trim();
    } else if (list && /^ {2}\S/.test(line)) {
      const split = line.length > textColumn && line[textColumn - 1] === " ";
      const head = (split ? line.slice(0, textColumn) : line).trim();
      const [names, ...value] = head.split(" ");
      last = { names: names.split(","), value: value.join(" "), text: split ? line.slice(textColumn).trim() : "" };
      found[list].push(last);
    } else if (line !== "" || found.more.length > 0) {
      list = null;
      found.more.push(line);
    } else {
      list = null;
    }
  }
  while (found.more.at(-1) === "") found.more.pop();
  return found;
}

/** The help of a program and of each of its commands, however deep: a list with the words that lead to each. */
export function readProgram(program) {
  const found = [];
  const read = (words) => {
    const text = execFileSync(program, [...words, "--help"], { encoding: "utf8" });
    const help = readHelp(text);
    found.push({ words, help, text });
    for (const { names } of help.commands) read([...words, names[0]]);
  };
  read([]);
  return found;
}

const roff = (text) => text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^(?=[.'])/gm, "\\&");

/** The man page of one program or command. */
export function manPage(name, { words, help }, all, version, date) {
  const title = [name, ...words];
  const out = [
    `.TH "${title.join("-").toUpperCase()}" 1 "${date}" "Lanewise ${version}" "Lanewise"`,
    ".SH NAME",
    `${roff(title.join("-"))} \\- ${roff(help.summary.replace(/^[\w-]+: /, "").replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    `.B ${roff(help.usage)}`,
  ];
  const items = (heading, list) => {
    if (list.length === 0) return;
    out.push(`.SH ${heading}`);
    for (const { names, value, text } of list) {
      const shown = names.map((one) => `\\fB${roff(one)}\\fR`).join(", ");
      out.push(".TP", shown + (value ? ` \\fI${roff(value)}\\fR` : ""), roff(text) || "\\&");
    }
  };
  items("ARGUMENTS", help.arguments);
  items("OPTIONS", help.options);
  items("COMMANDS", help.commands);
  // Paragraphs as they stand: they hold tables of examples.
  const headings = /^(?:[A-Z][A-Z ]+|Examples:)$/;
  let open = false;
  const close = () => { if (open) out.push(".fi"); open = false; };
  for (const line of help.more) {
    if (headings.test(line)) {
      close();
      out.push(`.SH ${line.replace(":", "").toUpperCase()}`);
      continue;
    }
    if (!open && line === "") continue;
    if (!open) {
      if (!out.some((one) => /^\.SH (EXAMPLES|NOTES|EXIT|ENVIRONMENT)/.test(one))) out.push(".SH NOTES");
      out.push(".nf");
      open = true;
    }
    if (line.length <= 100) { out.push(roff(line)); continue; }
    out.push(".fi", roff(line), ".nf");  // a paragraph on one line is filled
  }
  close();
  const others = all.filter((one) => one.words.length > 0 && one.words.join() !== words.join());
  const related = [...(words.length > 0 ? [name] : []), ...others.map((one) => [name, ...one.words].join("-"))];
  if (related.length > 0) out.push(".SH SEE ALSO", related.map((one) => `.BR ${roff(one)} (1)`).join(",\n"));
  return `${out.join("\n")}\n`;
}

const names = (list) => list.flatMap((one) => one.names);
const functionOf = (name) => `_${name.replaceAll("-", "_")}`;
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

// Both shells find the command that is being completed in the same way: the longest run of known words.
const commandSearch = (all) =>
  all.filter(({ words }) => words.length > 0)
    .map(({ words }) => `            ${quoted([...words.slice(0, -1), words.at(-1)].join(" "))}) path=$next ;;`);

/** A completion for bash; `prefix` are words that the name stands for: kubectl-lanewise is lanewise-bench cluster. */
export function bashCompletion(name, all, prefix = []) {
  const start = prefix.join(" ");
  return `# Completion of ${name} for bash, made of its --help.
${functionOf(name)}() {
    local path=${quoted(start)} next word list=()
    for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        next="\${path:+$path }$word"
        case $next in
${commandSearch(all).join("\n") || "            '') ;;"}
        esac
    done
    case $path in
${all.map(({ words, help }) => `        ${quoted(words.join(" "))}) list=(${[...names(help.commands), ...names(help.options)].join(" ")}) ;;`).join("\n")}
    esac
    mapfile -t COMPREPLY < <(compgen -W "\${list[*]}" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o bashdefault -o default -F ${functionOf(name)} ${name}
`;
}

/** The same for zsh, with the texts. */
export function zshCompletion(name, all, prefix = []) {
  const entry = ({ names: own, text }) => own.map((one) => quoted(`${one.replaceAll(":", "\\:")}:${text}`)).join(" ");
  return `#compdef ${name}
# Completion of ${name} for zsh, made of its --help.
local place=${quoted(prefix.join(" "))} next word
local -a commands options
for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${place:+$place }$word"
    case $next in
${commandSearch(all).map((line) => line.replace("path=", "place=")).join("\n") || "            '') ;;"}
    esac
done
case $place in
${all.map(({ words, help }) => `    ${quoted(words.join(" "))})
        commands=(${help.commands.map(entry).join(" ")})
        options=(${help.options.map(entry).join(" ")})
        ;;`).join("\n")}
esac
if [[ $PREFIX == -* ]]; then
    _describe -o option options
elif (( \${#commands} )); then
    _describe command commands
else
    _files
fi
`;
}

function write(file, content) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

export function describe(programs, folder, date) {
  for (const name of ["lanewise-server", "lanewise-bench"]) {
    const program = path.join(programs, name);
    const all = readProgram(program);
    const version = execFileSync(program, ["--version"], { encoding: "utf8" }).split(" ")[1];
    const page = (file, text) => write(path.join(folder, "share/man/man1", `${file}.1.gz`), gzipSync(text, { level: 9 }));
    for (const one of all) page([name, ...one.words].join("-"), manPage(name, one, all, version, date));
    const complete = (as, prefix) => {
      write(path.join(folder, "share/bash-completion/completions", as), bashCompletion(as, all, prefix));
      write(path.join(folder, "share/zsh/vendor-completions", `_${as}`), zshCompletion(as, all, prefix));
    };
    complete(name, []);
    if (name !== "lanewise-bench") continue;
    complete("kubectl-lanewise", ["cluster"]);
    page("kubectl-lanewise", ".so man1/lanewise-bench-cluster.1\n");
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.length !== 5) {
    process.stderr.write("usage: describe.mjs PROGRAMS FOLDER DATE\n");
    process.exit(2);
  }
  describe(...process.argv.slice(2));
}
