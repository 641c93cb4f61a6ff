// The fields of one kernel request, made from /v1/kernels: the kernel, its parameters, and a seed.
import { ask, json } from "./asking.mjs";
import { html } from "./dom.mjs";

const listTriesMax = 8;

// The list of kernels. A server that is starting or going away may not answer at once.
export async function loadKernels() {
    for (let tries = 1; ; ++tries) {
        const answer = await ask("v1/kernels");
        if (answer.ok) return json(answer).kernels;
        if (tries === listTriesMax) throw new Error(answer.why);
        await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** tries));
    }
}

export class KernelForm {
    #form;
    #holder;
    #kernels = [];
    #sizes;

    // `sizes`: of a kernel's only parameter, and of each where there are several and the work is their product.
    constructor(form, sizes) {
        this.#form = form;
        this.#holder = form.querySelector(".parameters");
        this.#sizes = sizes;
        form.elements.kernel.addEventListener("change", () => this.showParameters());
    }

    setKernels(kernels) {
        this.#kernels = kernels;
        const select = this.#form.elements.kernel;
        const chosen = select.value;
        select.replaceChildren(...kernels.map((kernel) => html("option", {}, kernel.name)));
        if (kernels.some((kernel) => kernel.name === chosen)) select.value = chosen;
        this.showParameters();
    }

    get name() {
        return this.#form.elements.kernel.value;
    }

    get kernel() {
        return this.#kernels.find((kernel) => kernel.name === this.name);
    }

    // Fields with the values that a kernel starts with.
    showParameters() {
        const kernel = this.kernel;
        if (!kernel) return;
        const open = kernel.parameters.filter((one) => one.default === null);
        const size = open.length > 1 ? this.#sizes.several : this.#sizes.single;
        const field = (name, value, minimum, maximum, title) =>
            html("label", {}, name, html("input", { type: "number", name, value, min: minimum, max: maximum, title, required: "" }));
        this.#holder.replaceChildren(
            ...kernel.parameters.map((one) => field(one.name, one.default ?? Math.max(one.minimum, Math.min(one.maximum, size)),
                one.minimum, one.maximum, one.summary)),
            field("seed", 1, 0, Number.MAX_SAFE_INTEGER, "the same seed makes the same input everywhere"));
        this.#form.dispatchEvent(new Event("kernelchange"));
    }

    get inputs() {
        return [...this.#holder.querySelectorAll("input")];
    }

    path(names = this.inputs.map((input) => input.name)) {
        const query = new URLSearchParams(this.inputs.filter((input) => names.includes(input.name))
            .map((input) => [input.name, input.value]));
        return `v1/kernels/${this.name}${query.size > 0 ? `?${query}` : ""}`;
    }
}
