// Try a kernel: one request as the form says it, its command for a shell, and its answer.
import { ask, kernelTime } from "./asking.mjs";
import { byId, html, milliseconds, plural } from "./dom.mjs";
import { hexText } from "./hash.mjs";
import { KernelForm } from "./kernel_form.mjs";

const shownCharacters = 4_000;
const shownBytes = 256;
const sampleSize = 3;

// A word of a POSIX shell.
export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// Small arrays of the declared shapes: 1, 2, 3 and so on.
export function sampleInput(kernel, sizes) {
    const extent = (shape) => shape.reduce((product, factor) => product * (typeof factor === "number" ? factor : sizes[factor]), 1);
    return Object.fromEntries(kernel.inputs.map((input) =>
        [input.name, Array.from({ length: extent(input.shape) }, (_, i) => (i % 100) + 1)]));
}

class Trial {
    #form = byId("try-form");
    #fields = new KernelForm(this.#form, { single: 1_000, several: 16 });

    constructor() {
        this.#form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.#run();
        });
        this.#form.addEventListener("kernelchange", () => this.#prepare());
        this.#form.elements.source.addEventListener("change", () => this.#fields.showParameters());
        this.#form.addEventListener("input", () => this.#showCommand());
        byId("try-copy").addEventListener("click", () => this.#copy());
        this.#showCommand();
    }

    setKernels(kernels) {
        this.#fields.setKernels(kernels);
    }

    get token() {
        return this.#form.elements.token.value;
    }

    get #fromJson() {
        return this.#form.elements.source.value === "json";
    }

    // A kernel that asks for a token gets a field for it, here and for the comparison.
    askForToken() {
        this.#form.querySelector(".token").hidden = false;
    }

    #showSource() {
        const kernel = this.#fields.kernel;
        this.#form.querySelector(".json").hidden = !this.#fromJson;
        for (const input of this.#fields.inputs) {
            // Where one number is the length of the arrays, the arrays say it.
            input.disabled = this.#fromJson && (input.name === "seed" || kernel?.parameters.length === 1);
            const parameter = kernel?.parameters.find((one) => one.name === input.name);
            if (this.#fromJson && parameter) input.value = Math.max(parameter.minimum, Math.min(parameter.default ?? sampleSize, sampleSize));
        }
        if (this.#fromJson && kernel) {
            const sizes = Object.fromEntries(this.#fields.inputs.map((input) => [input.name, Number(input.value)]));
            this.#form.elements.json.value = JSON.stringify(sampleInput(kernel, sizes));
        }
        this.#showCommand();
    }

    #prepare() {
        byId("try-summary").textContent = this.#fields.kernel?.summary ?? "";
        this.#showSource();
    }

    get #path() {
        return this.#fields.path(this.#fields.inputs.filter((input) => !input.disabled).map((input) => input.name));
    }

    #showCommand() {
        const words = ["curl"];
        if (this.token) words.push('-H "Authorization: Bearer $TOKEN"');
        if (this.#fromJson) words.push("-H 'Content-Type: application/json'", `-d ${quoted(this.#form.elements.json.value)}`);
        words.push(quoted(new URL(this.#path, document.baseURI).href));
        byId("try-curl").textContent = words.join(" ");
    }

    // navigator.clipboard is missing on plain HTTP; selecting is the least that works everywhere.
    async #copy() {
        getSelection().selectAllChildren(byId("try-curl"));
        const copied = navigator.clipboard
            ? await navigator.clipboard.writeText(byId("try-curl").textContent).then(() => true, () => false)
            : document.execCommand("copy");
        this.#say(copied ? "Copied." : "Selected: copy it with the keyboard.");
    }

    async #run() {
        this.#say("Running\u2026");
        const post = this.#fromJson && {
            method: "POST", headers: { "content-type": "application/json" }, body: this.#form.elements.json.value,
        };
        const answer = await ask(this.#path, { fresh: !post, accept: "*/*", token: this.token, ...post });
        if (!answer.ok) {
            if (answer.status === 401) this.askForToken();
            byId("try-answer").textContent = "";
            return this.#say(`${answer.why}.`, true);
        }
        const field = (name) => answer.headers.get(`lanewise-${name}`);
        const kernel = kernelTime(answer.headers);
        this.#say(`${field("arch")} (${field("isa")}) on ${field("node")}: ` +
            `${kernel === undefined ? "" : `kernel ${milliseconds(kernel)}, `}whole request ${milliseconds(answer.time)}, ` +
            `${plural(answer.bytes.length, "byte")}.`);
        this.#show(answer);
    }

    #show(answer) {
        const text = answer.type.startsWith("application/json")
            ? new TextDecoder().decode(answer.bytes.subarray(0, shownCharacters)).trimEnd()
            : hexText(answer.bytes, shownBytes);
        const whole = answer.bytes.length <= (answer.type.startsWith("application/json") ? shownCharacters : shownBytes);
        byId("try-answer").replaceChildren(text, whole ? "" : html("span", { class: "quiet" }, " \u2026"));
    }

    #say(text, bad = false) {
        const status = byId("try-status");
        status.textContent = text;
        status.classList.toggle("bad", bad);
    }
}

export const startTrial = () => new Trial();
