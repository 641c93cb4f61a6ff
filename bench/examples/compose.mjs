// Composes the synthetic documents, from the numbers below and a seed: the order of magnitude of published figures, so
// that a report with every kind of claim can be looked at. Nothing in them was measured, and each says so.
//
//   node bench/examples/compose.mjs bench/examples
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const pools = [{
    name: "amd64", nodes: 3, requests: 160_000,
    identity: { architecture: "amd64", machine: "x86_64", instance: "m7i.2xlarge" },
    cpu: { model: "Intel(R) Xeon(R) Platinum 8488C", vendor: "GenuineIntel", id: "6.143.8", cores: 4, threads: 8, threads_per_core: 2 },
    core_threads: [[0, 4], [1, 5], [2, 6], [3, 7]],
    variants: ["avx512vnni", "avx512", "avx2", "portable"],
    caches: [[1, 49_152, 2], [2, 2_097_152, 2], [3, 110_100_480, 8]], hypervisor: "KVM",
    // G a second: one thread, one per core, all; then beside the same and beside a memory reader.
    limits: { registers: [189, 746, 748], L1: [209, 826, 826], L2: [90, 354, 354], DRAM: [13, 40.2, 40.3] },
    kernels: { "dot_f32 L1": [24.1, 94.5, 98.0, 12.5, 17.4], "dot_f32 DRAM": [1.6, 4.97, 5.02, 0.81, 0.72],
        "sum_f32 L1": [46, 181.5, 186.5, 23.7, 33.1], "sum_f32 DRAM": [3.1, 9.64, 9.72, 1.57, 1.4],
        "exp_f32 L1": [5.2, 20.4, 24.9, 3.18, 3.74], "exp_f32 DRAM": [1.3, 4.03, 4.07, 0.66, 0.58] },
    clock: 3e9, ipc: { "dot_f32 L1": 3.1, "dot_f32 DRAM": 0.21, "sum_f32 L1": 3, "sum_f32 DRAM": 0.2, "exp_f32 L1": 1.9, "exp_f32 DRAM": 0.48 },
}, {
    name: "arm64", nodes: 3, requests: 164_000,
    identity: { architecture: "arm64", machine: "aarch64", instance: "m7g.2xlarge" },
    cpu: { model: "Neoverse-V1", vendor: "Arm", id: "0x411fd401", cores: 8, threads: 8, threads_per_core: 1 },
    core_threads: [[0], [1], [2], [3], [4], [5], [6], [7]],
    variants: ["sve256", "neon_dotprod", "neon", "portable"],
    caches: [[1, 65_536, 1], [2, 1_048_576, 1], [3, 33_554_432, 8]], hypervisor: "Nitro",
    limits: { registers: [81.5, 625, 625], L1: [159, 1220, 1220], L2: [69.8, 534, 534], DRAM: [18.9, 58.7, 58.7] },
    kernels: { "dot_f32 L1": [16.9, 129.5, 129.5], "dot_f32 DRAM": [2.08, 6.48, 6.48], "sum_f32 L1": [32.8, 251.5, 251.5],
        "sum_f32 DRAM": [4.17, 13, 13], "exp_f32 L1": [3.38, 25.9, 25.9], "exp_f32 DRAM": [1.89, 5.86, 5.86] },
    clock: 2.6e9, ipc: { "dot_f32 L1": 3.3, "dot_f32 DRAM": 0.41, "sum_f32 L1": 3.2, "sum_f32 DRAM": 0.41, "exp_f32 L1": 2.6, "exp_f32 DRAM": 1.45 },
}];
const work = { dot_f32: [2, 8], sum_f32: [1, 4], exp_f32: [20, 8] };  // operations and bytes an element

// Mulberry32: small, and the same numbers everywhere.
let state = 20_260_201;
function uniform() {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
const noisy = (value, spread) => value * Math.exp(spread * normal());
const rounded = (value, digits = 6) => Number(value.toPrecision(digits));

const environment = (() => {
    const moment = (seconds, switches) => ({ seconds, steal_seconds: 0, throttled_periods: null, throttled_seconds: null,
        cpu_pressure_seconds: seconds / 1000, memory_pressure_seconds: 0, io_pressure_seconds: 0, switches_involuntary: switches,
        switches_voluntary: 0, clock_ghz: 2.6, load_average: 0.1, governor: null });
    return { before: moment(0, 0), after: moment(60, 40), disturbances: [] };
})();

function sweeps(pool, speed) {
    const cases = [];
    const filled = [0, 1].flatMap((sibling) => pool.core_threads.map((threads) => threads[sibling])).filter((cpu) => cpu !== undefined);
    // What the CPU counted: an item takes the same instructions wherever it runs, so IPC falls as a thread gets slower.
    const counted = (name, level, bytes, cpus, rate) => {
        const [one] = pool.kernels[`${name} ${level}`], per_item = pool.ipc[`${name} ${level}`] * pool.clock / (one * 1e9 * speed);
        const items = rate * 1e9 * speed * 9 * 0.02 / cpus.length, instructions = items * per_item;
        return cpus.map((cpu) => ({ cpu, items: rounded(items), cycles: rounded(pool.clock * 9 * 0.02), instructions: rounded(instructions),
            branch_misses: rounded(instructions / 20_000), last_level_misses: rounded(level === "DRAM" ? items * bytes / 64 : instructions / 1e6) }));
    };
    const add = (kind, name, level, [operations, bytes], placement, cpus, rate) => {
        const threads = placement.startsWith("neighbour") ? 1 : cpus.length;
        const rounds = Array.from({ length: 9 }, () => {
            const now = noisy(rate * 1e9 * speed, 0.005);
            return { rate: rounded(now), slowest_thread: rounded(0.985 * now / threads), fastest_thread: rounded(now / threads),
                joules_per_item: null, disturbed: null };
        });
        cases.push({ kind, name, level, parameters: "", operations_per_item: operations, bytes_per_item: bytes, placement, threads, cpus,
            clean_rounds: 9, rounds, counts: kind === "kernel" ? counted(name, level, bytes, cpus.slice(0, threads), rate) : null });
    };
    const all = (kind, name, level, of, [one, perCore, both, beside, beside_memory]) => {
        const { cores, threads } = pool.cpu;
        for (let count = 1; count <= cores; count *= 2)
            add(kind, name, level, of, count === 1 ? "one" : count === cores ? "one_per_core" : "scaling", filled.slice(0, count),
                Math.min(one * count, perCore));
        if (threads > cores) add(kind, name, level, of, "all", filled, both);
        if (beside) add(kind, name, level, of, "neighbour_same", pool.core_threads[0], beside);
        if (beside_memory) add(kind, name, level, of, "neighbour_memory", pool.core_threads[0], beside_memory);
    };
    for (const [level, rates] of Object.entries(pool.limits)) {
        const peak = level === "registers";
        all(peak ? "multiply_add" : "read", peak ? "multiply_add" : "read", level, peak ? [1, 0] : [0, 1], rates);
    }
    for (const [place, rates] of Object.entries(pool.kernels)) {
        const [name, level] = place.split(" ");
        all("kernel", name, level, work[name], rates);
    }
    return { variant: pool.variants[0], seconds: 0.02, energy_readable: false, cases };
}

// Use of all CPUs at a share of the most that the server can answer. A whole core does at half its use half of the work.
// Two threads a core do more: at a low load each has a core to itself, and the second threads add less.
const busy = (pool, load) => pool.cpu.threads_per_core === 1 ? 0.95 * load
    : (1.35 - Math.sqrt(1.35 ** 2 - 1.4 * load)) / 0.7;

// A server whose p99 grows as 0.35 ms ÷ (1 − load), where load is the share of 1.077 times what it holds at 5 ms.
function http(pool, node, speed) {
    const step = (rate, most) => {
        const load = Math.min(rate / most, 0.99), p99 = 0.35 / (1 - load);
        const answered = Math.min(rate, most), used = busy(pool, Math.min(rate / most, 1)), { threads } = pool.cpu;
        return { rate: rounded(rate), achieved: rounded(answered), seconds: 2, requests: Math.round(2 * rate), errors: 0, late: 0,
            mean_ms: rounded(0.35 * p99, 4), p50_ms: rounded(0.3 * p99, 4), p90_ms: rounded(0.6 * p99, 4), p99_ms: rounded(p99, 4),
            p999_ms: rounded(1.6 * p99, 4), max_ms: rounded(3 * p99, 4), joules_per_request: null, cpu_seconds: rounded(2 * used * threads),
            cpu_window_seconds: 2, cpu_ms_per_request: rounded(1000 * used * threads / answered), cpu_utilisation: rounded(used), verdict: p99 <= 5 ? "held" : "too slow" };
    };
    const most = 1.077 * pool.requests * speed;
    const rounds = [1, 2, 3].map((round) => {
        const held = noisy(pool.requests * speed, 0.005);
        return { round, rate_at_target: rounded(held), bound_by_generator: false, confirmed: step(held, held * 1.077),
            steps: [held / 2, held * 1.1, held * 0.8].map((rate) => step(rate, held * 1.077)) };
    });
    return [{ url: `http://lanewise-${pool.name}:8080/v1/identity`, closed_loop: false, target_p99_ms: 5,
        server: { ...pool.identity, node, pod: `lanewise-${node}`, emulated: false, cpu: { ...pool.cpu, quota: null } },
        generator: { connections: 64, cpus: [], local: false, shared: false, pinning: "on another machine" },
        cpu: { source: "composed", cpus: pool.cpu.threads, unknown: null },
        rounds, curve: [0.1, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 1.02].map((share) => step(share * most, most)) }];
}

for (const pool of pools) {
    for (let number = 1; number <= pool.nodes; ++number) {
        const node = `${pool.name}-${number}`, speed = noisy(1, 0.01);
        const { model, vendor, id, ...counts } = pool.cpu;
        const document = {
            schema: "lanewise.result/1", synthetic: true,
            made: { time: "2026-02-01T12:00:00Z", version: "0.1.0", commit: "synthetic",
                command: ["node", "bench/examples/compose.mjs", "bench/examples"], digest: "0".repeat(64) },
            machine: { architecture: pool.identity.architecture, machine: pool.identity.machine, cpu_model: model, cpu_vendor: vendor,
                cpu_id: id, features: null, variants: pool.variants.map((name) => ({ name, runnable: true, lacks: null })),
                active_variant: pool.variants[0], packages: 1, ...counts, numa_nodes: 1,
                caches: pool.caches.map(([level, size_bytes, threads_sharing]) => ({ level, size_bytes, threads_sharing })), cpuset: "0-7",
                core_threads: pool.core_threads, quota_cpus: null, usable_threads: 8, emulated: false, hypervisor: pool.hypervisor,
                provider: "aws", instance: pool.identity.instance, node, pod: null, pool: pool.identity.instance, kernel_release: "6.1.0",
                memory_bytes: 33_178_800_128, contradictions: [] },
            environment, kernels: null, sweeps: sweeps(pool, speed), http: http(pool, node, speed), energy: null,
            notes: [{ field: "", text: "synthetic: composed to show the report, after the order of magnitude of published figures; nothing here was measured" },
                ...["/machine/features", "/machine/quota_cpus", "/machine/pod", "/environment/after/throttled_periods",
                    "/environment/after/throttled_seconds", "/environment/after/governor", "/kernels", "/energy"]
                    .map((field) => ({ field, text: "synthetic: left out" }))],
        };
        // The digest is over the text without white space between tokens, with zeros in its own place.
        const bare = JSON.stringify(document);
        document.made.digest = createHash("sha256").update(bare).digest("hex");
        writeFileSync(join(process.argv[2], `synthetic-${node}.json`), `${JSON.stringify(document, null, 1)}\n`);
    }
}
