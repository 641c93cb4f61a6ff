// A file with every change in it, each behind a switch that is read when the program starts: what switches.hpp defines.

const operators = { "<": "less", ">": "greater", "<=": "at_most", ">=": "at_least", "==": "equal", "!=": "unequal",
    "+": "plus", "-": "minus", "*": "times", "/": "by", "+=": "plus_assign", "-=": "minus_assign" };

// What stands in a line's place from..to, and where something is put in, `from` and `to` being the same.
function edits_of(place, line, number) {
    const { from, to } = place, text = line.slice(from, to), word = text.trim();
    if (place.parts) {  // of a choice: either part becomes a choice of its own
        const [first, second] = place.parts.map(([begin, end]) => ({ begin, end, text: line.slice(begin, end) }));
        const instead = ({ begin, end }, other) => [{ from: begin, to: begin, text: `(::mutation::is_on(${number}) ? ${other} : ` }, { from: end, to: end, text: ")" }];
        return [...instead(first, second.text), ...instead(second, first.text)];
    }
    if (operators[word]) return [{ from, to, text: ` ${word} ::mutation::${operators[word]}{${number}} ${word} ` }];
    switch (word) {
        case "&&": return [{ from, to, text: ` && ::mutation::and_left<${number}>() || ::mutation::and_right<${number}>() && ` }];
        case "||": return [{ from, to, text: ` && ::mutation::or_left<${number}>() || ::mutation::or_right<${number}>() && ` }];
        case "+ 1": case "- 1": return [{ from: to - 1, to, text: `::mutation::one(${number})` }];
        case "!": return [{ from, to: from, text: `::mutation::is_on(${number}) != ` }];
        case "return true;": return [{ from, to, text: `return !::mutation::is_on(${number});` }];
        case "return false;": return [{ from, to, text: `return ::mutation::is_on(${number});` }];
        case "std::min": case "std::max": return [{ from, to, text: `::mutation::extreme<${number}, ${word === "std::min"}>::of` }];
        default: throw new Error(`no switch for "${text}"`);
    }
}

// The text with a switch at each place of places_in; the numbers belong to the places in their order.
export function switched_text(text, places, numbers) {
    const lines = text.split("\n"), edits = lines.map(() => []);
    places.forEach((place, index) => edits[place.line - 1].push(...edits_of(place, lines[place.line - 1], numbers[index])));
    return lines.map((line, index) => {
        // Of those that begin at one place the ones that put something in come first, and of these the outer one, a choice.
        const is_choice = (edit) => edit.text.startsWith("(");
        const sorted = edits[index].sort((a, b) => a.from - b.from || a.to - b.to || is_choice(b) - is_choice(a));
        let done = 0, changed = "";
        for (const edit of sorted) {
            changed += line.slice(done, edit.from) + edit.text;
            done = edit.to;
        }
        return changed + line.slice(done);
    }).join("\n");
}
