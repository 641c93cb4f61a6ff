// The pods that have answered, whichever section asked.

const podsMax = 64;
const timesMax = 2_000;

export const architectures = ["amd64", "arm64"];

class Pods {
    #known = new Map();

    // The record of a pod; the 65th and later ones share one, so that a churning cluster can't fill the page.
    #record(architecture, variant, node, pod) {
        const key = [architecture, variant, node, pod].join(" ");
        const known = this.#known.get(key);
        if (known) return known;
        if (this.#known.size >= podsMax && pod !== "others") {
            return this.#record(architecture, "", "", "others");
        }
        const record = { key, architecture, variant, node, pod, count: 0, times: [], cores: null, emulated: null };
        this.#known.set(key, record);
        return record;
    }

    fromIdentity(identity) {
        const record = this.#record(identity.architecture, identity.isa.active, identity.node, identity.pod);
        record.cores = identity.cpu.core_threads;
        record.emulated = identity.emulated;
        return record;
    }

    fromHeaders(headers) {
        const field = (name) => headers.get(`lanewise-${name}`) ?? "";
        return this.#record(field("arch"), field("isa"), field("node"), field("pod"));
    }

    count(record, time) {
        ++record.count;
        record.times.push(time);
        if (record.times.length > timesMax) record.times.shift();
    }

    // By architecture, then by name.
    get all() {
        return [...this.#known.values()].sort((a, b) => a.key.localeCompare(b.key));
    }

    of(architecture) {
        return this.all.filter((record) => record.architecture === architecture);
    }

    clear() {
        this.#known.clear();
    }
}

export const pods = new Pods();
