// Changes of one operator each, as a slip of the hand would make them, in the code of a C++ file: never in comments,
// strings, directives or assertions.

const operators = [
    [/ < /g, " <= "], [/ > /g, " >= "], [/ <= /g, " < "], [/ >= /g, " > "], [/ == /g, " != "], [/ != /g, " == "],
    [/ && /g, " || "], [/ \|\| /g, " && "], [/ \+ 1\b(?![.'])/g, ""], [/ - 1\b(?![.'])/g, ""], [/ \+ /g, " - "], [/ - /g, " + "],
    [/ \* (?=[\w(])/g, " / "], [/ \/ /g, " * "], [/ \+= /g, " -= "], [/ -= /g, " += "], [/ \? ([^:?]+) : ([^:?;,()]+)(?=[;,)])/dg, " ? $2 : $1"],
    [/\breturn true;/g, "return false;"], [/\breturn false;/g, "return true;"], [/(?<=[( ])!(?=[\w(:])/g, ""],
    [/\bstd::min\b/g, "std::max"], [/\bstd::max\b/g, "std::min"],
];

// Numbers matter in a kernel's body: each constant is one more.
export const is_kernel = (file) => /^kernels\/(bodies|registers)\//.test(file);

const constants = [
    [/(?<![\w.'])\d+(?![\w.'])/g, (number) => String(Number(number) + 1)],
    [/(?<![\w.'])\d+\.\d+(?:e[-+]?\d+)?(?=f?\b)/g, (number) => `(${number} * 1.0001)`],
];

// The text with a blank in place of each character that is no code: what stands at a place stays there.
function code_of(text) {
    const no_code = /\/\/[^\n]*|\/\*[^]*?\*\/|R"([^(\s]*)\([^]*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:\\\n|[^\n])*|^[^\n]*\b(?:static_assert|assert|template|operator)\b[^\n]*/gm;
    return text.replace(no_code, (found) => found.replace(/[^\n]/g, " "));
}

// Every place where a change can be made: its line from 1, the changed text of the whole line, from where to where of the line
// the change is, and where the two parts of a choice are.
export function places_in(text, { with_constants = false } = {}) {
    const found = [], seen = new Set();
    const lines = text.split("\n"), code = code_of(text).split("\n");
    lines.forEach((line, index) => {
        for (const [rule, by] of with_constants ? [...operators, ...constants] : operators) {
            for (const match of code[index].matchAll(rule)) {
                const end = match.index + match[0].length;
                const old = line.slice(match.index, end);
                // A part in brackets is taken from the text, where its strings are.
                const fresh = typeof by === "function" ? by(old) : by.replace(/\$(\d)/g, (_, part) => line.slice(...match.indices[part]));
                const changed = line.slice(0, match.index) + fresh + line.slice(end);
                const key = `${index} ${changed}`;
                if (changed === line || seen.has(key)) continue;
                seen.add(key);
                const parts = match.indices && [match.indices[1], match.indices[2]];
                found.push({ line: index + 1, old: line, changed, from: match.index, to: end, parts });
            }
        }
    });
    return found;
}

export function changed_text(text, place) {
    const lines = text.split("\n");
    lines[place.line - 1] = place.changed;
    return lines.join("\n");
}

// So many of a list, the same ones for the same seed.
export function sample(list, count, seed) {
    let state = seed | 0;
    const uniform = () => {  // Mulberry32
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const left = [...list];
    for (let i = 0; i < Math.min(count, left.length); ++i) {
        const other = i + Math.floor(uniform() * (left.length - i));
        [left[i], left[other]] = [left[other], left[i]];
    }
    return left.slice(0, count);
}
