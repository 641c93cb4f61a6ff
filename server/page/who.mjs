// Who answers: asks on connections of their own, and draws which pool answered how often and how fast.
import { ask, json } from "./asking.mjs";
import { byId, column, html, milliseconds, percent, plural } from "./dom.mjs";
import { describeLane, describeShare, drawFailures, drawLane, drawShare, emptyShare, laneSlots, miniCores, prepareLane } from "./lanes.mjs";
import { architectures, pods } from "./pods.mjs";
import { quantile, shareInterval } from "./statistics.mjs";

const inFlightMax = 6; // what browsers open to one host
const listMax = 30;
const judgedFrom = 20;
const recoveredAfter = 10;

function podRow(record) {
    const name = html("td", {}, html("b", {}, record.architecture), ` ${record.variant}`);
    if (record.emulated) name.append(" ", html("span", { class: "mark" }, "emulated"));
    name.append(html("small", {}, `${record.node} / ${record.pod}`));
    const cores = html("td");
    if (record.cores) {
        const threads = record.cores.reduce((sum, core) => sum + core.length, 0);
        const even = record.cores.every((core) => core.length === record.cores[0].length);
        cores.append(miniCores(record.cores),
            even ? `${record.cores.length} \u00d7 ${record.cores[0].length}` : `${record.cores.length}, ${plural(threads, "thread")}`);
    } else {
        cores.append("not known");
    }
    return html("tr", { class: record.architecture }, name, cores, html("td", { class: "number" }), html("td", { class: "number" }));
}

class Inquiry {
    #form = byId("who-form");
    #timer = 0;
    #inFlight = 0;
    #sent = 0;
    #answered = 0;
    #failed = 0;
    #trouble = 0; // failures since answers stopped being all there was
    #goodInARow = 0;
    #running = false;
    #drawing = false;
    #shown = []; // the last requests, in the order of their answers
    #podRows = new Map();
    #generation = 0; // answers to what was asked before a clearing are not counted

    constructor() {
        this.#form.addEventListener("submit", (event) => {
            event.preventDefault();
            if (this.#running) this.#stop(`Stopped after ${plural(this.#sent, "request")}.`);
            else this.#start();
        });
        this.#form.elements.rate.addEventListener("change", () => this.#running && this.#beat());
        this.#form.addEventListener("input", () => this.#draw());
        byId("who-clear").addEventListener("click", () => this.#clear());
        document.addEventListener("visibilitychange", () => {
            if (!this.#running) return;
            clearInterval(this.#timer);
            if (document.hidden) this.#say("Paused while this tab is hidden.");
            else this.#beat();
        });
        for (const architecture of architectures) prepareLane(byId(`lane-${architecture}`));
    }

    get #bound() {
        return Number(this.#form.elements.bound.value);
    }

    #say(text, bad = false) {
        const status = byId("who-status");
        if (status.textContent !== text) status.textContent = text;
        status.classList.toggle("bad", bad);
    }

    #start() {
        if (this.#sent >= this.#bound) this.#clear();
        this.#running = true;
        byId("who-start").textContent = "Stop";
        this.#beat();
    }

    #beat() {
        const rate = Number(this.#form.elements.rate.value);
        clearInterval(this.#timer);
        this.#timer = setInterval(() => this.#tick(), 1000 / rate);
        this.#say(`Asking ${rate === 1 ? "once" : `${rate} times`} a second.`);
    }

    #tick() {
        if (this.#sent >= this.#bound) {
            if (this.#inFlight > 0) return;
            return this.#stop(`Done: ${plural(this.#answered, "answer")}, ${plural(this.#failed, "failure")}.`);
        }
        // Where answers take longer than the beat, the beat waits: this shows who answers, it is no load test.
        if (this.#inFlight < inFlightMax) this.#askOnce();
    }

    #stop(words) {
        clearInterval(this.#timer);
        this.#running = false;
        byId("who-start").textContent = "Start";
        this.#say(words);
    }

    #clear() {
        ++this.#generation;
        this.#sent = this.#answered = this.#failed = this.#trouble = 0;
        this.#shown = [];
        pods.clear();
        if (!this.#running) this.#say("Nothing asked yet.");
        this.#podRows.clear();
        byId("pods").tBodies[0].replaceChildren(html("tr", { class: "none" }, html("td", { colspan: 4 }, "None yet.")));
        this.#draw();
    }

    async #askOnce() {
        const generation = this.#generation;
        const number = ++this.#sent;
        ++this.#inFlight;
        const answer = await ask("v1/identity", { fresh: true });
        --this.#inFlight;
        if (generation !== this.#generation) return;
        if (answer.ok) this.#take(number, answer);
        else this.#miss(number, answer);
        this.#draw();
    }

    #take(number, answer) {
        let record;
        try {
            record = pods.fromIdentity(json(answer));
        } catch {
            return this.#miss(number, { ...answer, why: "an answer that is not Lanewise's" });
        }
        pods.count(record, answer.time);
        ++this.#answered;
        // Where one of several pods is gone, failures and answers take turns: that is said once, and its end once.
        if (this.#trouble > 0 && ++this.#goodInARow === recoveredAfter) {
            if (this.#running) this.#say(`Answers again, after ${plural(this.#trouble, "failure")}.`);
            this.#trouble = 0;
        }
        this.#note({ number, kind: record.architecture, architecture: record.architecture, time: answer.time,
            words: `${record.node} / ${record.pod}` });
    }

    #miss(number, answer) {
        ++this.#failed;
        this.#goodInARow = 0;
        if (++this.#trouble === 1 && this.#running) this.#say(`No answer: ${answer.why.split(":")[0]}. Asking on.`, true);
        this.#note({ number, kind: "failed", time: answer.time, words: answer.why });
    }

    #note(entry) {
        this.#shown.push(entry);
        if (this.#shown.length > laneSlots) this.#shown.shift();
    }

    #draw() {
        if (this.#drawing) return;
        this.#drawing = true;
        requestAnimationFrame(() => {
            this.#drawing = false;
            byId("who-progress").textContent = this.#sent === 0 ? "" : `${column(String(this.#sent), 4)} of ${this.#bound}`;
            this.#drawShares();
            this.#drawLanes();
            this.#drawPods();
            this.#drawList();
        });
    }

    // What share of the answers each pool should give; undefined where the numbers make no ratio.
    #expected() {
        const replicas = architectures.map((name) => Number(this.#form.elements[`expected-${name}`].value));
        const sum = replicas.reduce((a, b) => a + b, 0);
        return sum > 0 && replicas.every((count) => count >= 0) ? replicas.map((count) => count / sum) : undefined;
    }

    #drawShares() {
        const expected = this.#expected();
        const surprises = [];
        architectures.forEach((name, i) => {
            const counts = pods.of(name).map((record) => record.count);
            const count = counts.reduce((a, b) => a + b, 0);
            const drawing = byId(`share-${name}`);
            const words = byId(`share-text-${name}`);
            if (this.#answered === 0) {
                emptyShare(drawing);
                drawing.setAttribute("aria-label", `${name}: no answers yet`);
                words.textContent = "\u2013";
                return;
            }
            const share = count / this.#answered;
            const interval = shareInterval(count, this.#answered);
            drawShare(drawing, counts, this.#answered, expected?.[i], interval);
            drawing.setAttribute("aria-label", describeShare(name, share, expected?.[i]));
            words.replaceChildren(html("span", {}, `${percent(share)} (${count})`),
                html("span", {}, expected ? `expected ${percent(expected[i])}` : ""));
            if (expected && (expected[i] < interval[0] || expected[i] > interval[1])) {
                surprises.push({ name, share, interval, expected: expected[i] });
            }
        });
        byId("share-verdict").textContent = this.#verdict(expected, surprises[0]);
    }

    #verdict(expected, surprise) {
        if (this.#answered === 0) return "Start to see which pool answers how often.";
        if (!expected) return "Say how many replicas each pool has, and the shares are judged.";
        if (this.#answered < judgedFrom) return `${plural(this.#answered, "answer")}: too few to judge.`;
        if (!surprise) return `As expected, as far as ${plural(this.#answered, "answer")} can tell.`;
        const [from, to] = surprise.interval.map(percent);
        return `Not as expected: ${surprise.name} gave ${percent(surprise.share)} of the answers (${from} to ${to}), ` +
            `where ${percent(surprise.expected)} was expected.`;
    }

    #drawLanes() {
        const first = laneSlots - this.#shown.length;
        const slots = this.#shown.map((entry, i) => ({ ...entry, slot: first + i }));
        for (const name of architectures) {
            const records = pods.of(name);
            const times = records.flatMap((record) => record.times);
            const drawing = byId(`lane-${name}`);
            const words = byId(`lane-text-${name}`);
            const median = quantile(times, 0.5);
            drawLane(drawing, slots.filter((entry) => entry.architecture === name), median);
            if (median === undefined) {
                drawing.setAttribute("aria-label", `${name}: no answers yet`);
                words.textContent = "\u2013";
                continue;
            }
            const tail = quantile(times, 0.95);
            drawing.setAttribute("aria-label", describeLane(name, median, tail));
            words.replaceChildren(html("span", {}, `median ${milliseconds(median)}`), html("span", {}, `p95 ${milliseconds(tail)}`));
            if (records.some((record) => record.emulated)) words.append(html("span", {}, "emulated"));
        }
        drawFailures(byId("lane-failed"), slots.filter((entry) => !entry.architecture).map((entry) => entry.slot));
        byId("lane-failed").setAttribute("aria-label", this.#failed === 0 ? "no failures" : plural(this.#failed, "failure"));
        byId("lane-text-failed").textContent = this.#failed.toLocaleString("en");
    }

    // In the order in which they first answered, in rows that stay where they are.
    #drawPods() {
        const body = byId("pods").tBodies[0];
        for (const record of pods.all.filter((known) => known.count > 0)) {
            let row = this.#podRows.get(record.key);
            if (!row) {
                if (this.#podRows.size === 0) body.replaceChildren();
                row = body.appendChild(podRow(record));
                this.#podRows.set(record.key, row);
            }
            row.cells[2].textContent = column(String(record.count), 5);
            row.cells[3].textContent = column(milliseconds(quantile(record.times, 0.5)), 8);
        }
    }

    // The newest first, in rows that stay where they are.
    #drawList() {
        const body = byId("last").tBodies[0];
        const newest = this.#shown.slice(-listMax).reverse();
        if (newest.length === 0 || body.querySelector(".none")) body.replaceChildren();
        if (newest.length === 0) body.append(html("tr", { class: "none" }, html("td", { colspan: 3 }, "None yet.")));
        newest.forEach((entry, i) => {
            const row = body.rows[i] ??
                body.appendChild(html("tr", {}, html("td", { class: "number" }), html("td", { class: "number" }), html("td")));
            row.className = entry.kind;
            row.cells[0].textContent = column(String(entry.number), 4);
            row.cells[1].textContent = column(milliseconds(entry.time), 8);
            row.cells[2].replaceChildren(html("b", {}, entry.architecture ?? "no answer"), ` ${entry.words}`);
        });
    }
}

export const startInquiry = () => new Inquiry();
