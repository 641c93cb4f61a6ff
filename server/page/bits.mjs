// Same bits: one kernel request to every pod, and whether the bytes are the same.
import { ask, kernelTime } from "./asking.mjs";
import { byId, html, milliseconds, plural, svg } from "./dom.mjs";
import { firstDifference, fnv1a64, hashBits, hashText, hexText } from "./hash.mjs";
import { KernelForm } from "./kernel_form.mjs";
import { pods } from "./pods.mjs";

const atOnce = 2;
const triesMin = 8; // enough to meet a second pool where none is known yet
const triesPerPod = 6;
const triesMax = 200;
const cardsMax = 16;

function hashDrawing(lanes) {
    const cells = hashBits(lanes).flatMap((bit, i) =>
        bit ? [svg("rect", { x: (i % 8) + 0.08, y: Math.floor(i / 8) + 0.08, width: 0.84, height: 0.84 })] : []);
    return svg("svg", { viewBox: "0 0 8 8", role: "img", "aria-label": `hash ${hashText(lanes)} as a pattern` }, ...cells);
}

function timeBar(words, time, longest) {
    if (time === undefined) return [`${words}: not said`];
    const bar = svg("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { width: Math.max(0.5, (100 * time) / longest), height: 8 }));
    return [`${words} ${milliseconds(time)}`, bar];
}

function heading(record) {
    const words = html("h3", {}, html("b", {}, record.architecture), ` ${record.variant}`);
    if (record.emulated) words.append(" ", html("span", { class: "mark" }, "emulated"));
    return words;
}

function pendingCard(record) {
    return html("article", { class: `card ${record.architecture}` }, heading(record),
        svg("svg", { viewBox: "0 0 8 8", "aria-hidden": "true" }), html("dl", {}, html("dt", {}, "Node"), html("dd", {}, record.node)));
}

// Of each pod's answers the quickest: the others waited for something.
function card(result, longest, other) {
    const { record } = result;
    const row = (name, value) => [html("dt", {}, name), html("dd", {}, value)];
    return html("article", { class: `card ${record.architecture}${other ? " other" : ""}` }, heading(record), hashDrawing(result.hash),
        html("dl", {}, ...row("Node", record.node), ...row("Pod", record.pod),
            ...row("Hash", html("code", {}, hashText(result.hash))),
            ...row(plural(result.bytes.length, "byte"), html("code", {}, hexText(result.bytes, 8) + (result.bytes.length > 8 ? " \u2026" : "")))),
        html("div", { class: "times" }, ...timeBar("Kernel", result.kernel, longest.kernel), ...timeBar("Whole request", result.time, longest.time)));
}

class Comparison {
    results = new Map();
    failures = [];
    answers = 0;

    take(answer) {
        if (!answer.ok) return this.failures.push(answer.why);
        ++this.answers;
        const record = pods.fromHeaders(answer.headers);
        const hash = fnv1a64(answer.bytes);
        const known = this.results.get(record.key);
        const fresh = { record, hash, bytes: answer.bytes, kernel: kernelTime(answer.headers), time: answer.time };
        if (!known) this.results.set(record.key, fresh);
        else if (firstDifference(known.bytes, answer.bytes) !== -1) this.unstable = record;
        else if (fresh.kernel < known.kernel) this.results.set(record.key, fresh);
    }

    get all() {
        return [...this.results.values()].sort((a, b) => a.record.key.localeCompare(b.record.key));
    }

    // {words, notes, good, bad}: what may be said after these answers.
    finding(missing) {
        const all = this.all;
        const count = (name) => new Set(all.map((result) => result.record[name])).size;
        if (all.length === 0) return { words: "No pod computed this.", notes: [`${this.failures.at(-1)}.`], bad: true };
        const notes = [`${plural(this.answers, "answer")} compared byte by byte.`];
        if (this.failures.length > 0) {
            notes.push(`${plural(this.failures.length, "request")} had no answer: ${this.failures.at(-1)}.`);
        }
        if (missing > 0) notes.push(`${plural(missing, "known pod")} did not take part.`);
        if (this.unstable) {
            notes.unshift(`${this.unstable.pod} gave two answers to one request.`);
            return { words: "Different: one pod disagrees with itself.", notes, bad: true };
        }
        const other = all.find((result) => firstDifference(all[0].bytes, result.bytes) !== -1);
        if (other) {
            const at = firstDifference(all[0].bytes, other.bytes);
            const has = (result) => `${result.record.pod} has ${hexText(result.bytes.subarray(at), 4) || "nothing"}`;
            notes.unshift(`There ${has(all[0])}, ${has(other)}.`);
            const who = [all[0], other].map((result) => result.record.architecture);
            return {
                words: `Different: ${who[0] === who[1] ? `two ${who[0]} pods` : who.join(" and ")} disagree from byte ${at} on.`,
                notes, bad: true,
            };
        }
        if (count("node") === 1) return { words: "Only one node answered: nothing to compare with.", notes };
        return { words: `Identical on ${plural(count("node"), "node")} of ${plural(count("architecture"), "architecture")}.`, notes, good: true };
    }
}

class SameBits {
    #form = byId("bits-form");
    #fields = new KernelForm(this.#form, { single: 100_000, several: 128 });
    #button = this.#form.querySelector("button");
    #busy = false;

    constructor(token) {
        this.token = token;
        this.#form.addEventListener("submit", (event) => {
            event.preventDefault();
            if (!this.#busy) this.#compare();
        });
    }

    setKernels(kernels) {
        this.#fields.setKernels(kernels);
    }

    async #compare() {
        this.#busy = true;
        this.#button.setAttribute("aria-disabled", "true");
        const path = this.#fields.path();
        const known = pods.all.filter((record) => record.pod !== "others");
        const wanted = new Set(known.map((record) => record.key));
        const tries = Math.min(triesMax, Math.max(triesMin, triesPerPod * known.length));
        this.#say({ words: "Asking\u2026", notes: [known.length > 1 ? `Until ${plural(known.length, "pod")} have answered.` : ""] });
        if (known.length > 0) {
            const cards = byId("bits-cards");
            // Pending cards are shorter than answers: what lies below them stays in its place.
            cards.style.minHeight = `${cards.offsetHeight}px`;
            cards.replaceChildren(...known.slice(0, cardsMax).map(pendingCard));
        }

        const comparison = new Comparison();
        let sent = 0;
        const askOn = async () => {
            while (sent < tries && (sent < triesMin || wanted.size > 0)) {
                ++sent;
                comparison.take(await ask(path, { fresh: true, accept: "application/octet-stream", token: this.token() }));
                for (const key of comparison.results.keys()) wanted.delete(key);
            }
        };
        await Promise.all(Array.from({ length: atOnce }, askOn));
        this.#show(comparison, wanted);
        this.#busy = false;
        this.#button.removeAttribute("aria-disabled");
    }

    #show(comparison, missing) {
        const all = comparison.all;
        const finding = comparison.finding(missing.size);
        this.#say(finding);
        const longest = {
            kernel: Math.max(...all.map((result) => result.kernel ?? 0), 1e-6),
            time: Math.max(...all.map((result) => result.time), 1e-6),
        };
        const cards = byId("bits-cards");
        cards.replaceChildren(...all.slice(0, cardsMax).map((result) =>
            card(result, longest, firstDifference(all[0].bytes, result.bytes) !== -1)));
        cards.style.minHeight = "";
        if (all.length > cardsMax) cards.append(html("p", {}, `${plural(all.length - cardsMax, "more pod")}, compared and not drawn.`));
    }

    #say({ words, notes = [], good = false, bad = false }) {
        const target = byId("bits-finding");
        target.textContent = words;
        target.classList.toggle("good", good);
        target.classList.toggle("bad", bad);
        byId("bits-notes").textContent = notes.join(" ");
    }
}

export const startSameBits = (token) => new SameBits(token);
