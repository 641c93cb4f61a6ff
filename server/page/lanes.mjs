// The drawings of "Who answers". They stretch with the page, so their strokes don't scale and their words stand beside
// them.
import { milliseconds, percent, svg } from "./dom.mjs";

export const laneSlots = 120;

// Time on a logarithmic scale of four decades, as the height in per cent from the top.
const slowest = 3_000;
const decades = 4;
const heightOf = (time) => Math.min(97, Math.max(3, (Math.log10(slowest / Math.max(time, 1e-3)) / decades) * 100));

// One pool's share: a segment for each pod, the interval, and what was expected.
export function drawShare(target, counts, total, expected, [from, to]) {
    const parts = [];
    let at = 0;
    for (const count of counts) {
        const width = (100 * count) / total;
        parts.push(svg("rect", { x: at, y: 1.5, width, height: 7 }));
        at += width;
    }
    const band = `M${100 * from} 5H${100 * to}`;
    parts.push(svg("path", { class: "halo", d: band }), svg("path", { class: "band", d: band }));
    if (expected !== undefined) {
        const tick = `M${100 * expected} 0V10`;
        parts.push(svg("path", { class: "halo", d: tick }), svg("path", { class: "tick", d: tick }));
    }
    target.replaceChildren(...parts);
}

export const emptyShare = (target) => target.replaceChildren();

// The scale of a lane, once: lines in the drawing, words beside it.
export function prepareLane(target) {
    for (const [time, words] of [[1, "1 ms"], [10, "10 ms"], [100, "100 ms"], [1_000, "1 s"]]) {
        const label = document.createElement("span");
        label.textContent = words;
        label.setAttribute("aria-hidden", "true");
        label.style.top = `${heightOf(time)}%`;
        target.parentElement.append(label);
    }
    drawLane(target, [], undefined);
}

const grid = () =>
    [1, 10, 100, 1_000].map((time) => svg("path", { class: "grid", d: `M0 ${heightOf(time)}H${laneSlots}` }));

// Points are {slot, time}: the slot counts from the oldest request shown, of all pools.
export function drawLane(target, points, median) {
    const dots = points.map(({ slot, time }) => `M${slot + 0.5} ${heightOf(time).toFixed(1)}h0`).join("");
    const parts = grid();
    if (median !== undefined) {
        parts.push(svg("path", { class: "median", d: `M0 ${heightOf(median)}H${laneSlots}` }));
    }
    target.replaceChildren(...parts, svg("path", { class: "dots", d: dots }));
}

export function drawFailures(target, slots) {
    const crosses = slots.map((slot) => `M${slot + 0.1} 30L${slot + 0.9} 70M${slot + 0.1} 70L${slot + 0.9} 30`).join("");
    target.replaceChildren(svg("path", { class: "crosses", d: crosses }));
}

// Cores as bars with one cell for each hardware thread, as far as there is room.
export function miniCores(cores) {
    const shown = cores.slice(0, 12);
    const parts = [];
    let at = 0;
    for (const threads of shown) {
        for (let i = 0; i < threads.length; ++i, at += 5) parts.push(svg("rect", { x: at, width: 4, height: 8 }));
        at += 4;
    }
    return svg("svg", { class: "minicores", viewBox: `0 0 ${Math.max(at, 8)} 8`, width: Math.max(at, 8), "aria-hidden": "true" },
        ...parts);
}

export const describeShare = (architecture, share, expected) =>
    `${architecture}: ${percent(share)} of the answers, ${expected === undefined ? "nothing" : percent(expected)} expected`;

export const describeLane = (architecture, median, tail) =>
    `${architecture}: median ${milliseconds(median)}, 95 % within ${milliseconds(tail)}`;
