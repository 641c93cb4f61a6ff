// Elements by name, and numbers as people read them.

export const byId = (id) => document.getElementById(id);

function build(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value !== undefined && value !== false) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
}

export const html = (name, attributes = {}, ...children) => build(document.createElement(name), attributes, children);

export const svg = (name, attributes = {}, ...children) =>
    build(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

export function plural(count, noun) {
    return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

export function milliseconds(time) {
    if (time >= 1000) return `${(time / 1000).toFixed(2)} s`;
    return `${time.toFixed(time >= 100 ? 0 : time >= 10 ? 1 : time >= 0.1 ? 2 : 3)} ms`;
}

export const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

// A number for a column in a monospaced face: always as wide, so that nothing in the table moves.
export const column = (text, width) => text.padStart(width, "\u00a0");
