#include "kernel_runs.hpp"

#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <memory>
#include <sstream>

#include "kernels/catalogue.hpp"
#include "progress.hpp"
#include "workload.hpp"

namespace lanewise::bench {
namespace {

constexpr double seconds_a_call_max = 0.5;

/// Workloads by kernel and level, shared by the variants; the largest go first when memory is
/// short.
class workloads {
public:
    explicit workloads(double bytes_max) : bytes_max_{bytes_max} {}

    std::shared_ptr<const workload> get(const kernels::kernel& kernel,
                                        const std::vector<std::uint64_t>& parameters) {
        const auto key = std::pair{&kernel, parameters};
        const auto known = held_.find(key);
        if (known != held_.end()) return known->second;
        auto made = std::make_shared<const workload>(kernel, parameters, 1);
        while (!held_.empty() && total() + made->bytes() > bytes_max_) {
            held_.erase(std::ranges::max_element(
                held_, {}, [](const auto& entry) { return entry.second->bytes(); }));
        }
        return held_.emplace(key, std::move(made)).first->second;
    }

private:
    [[nodiscard]] double total() const {
        double bytes = 0;
        for (const auto& [key, work] : held_) bytes += work->bytes();
        return bytes;
    }

    double bytes_max_;
    std::map<std::pair<const kernels::kernel*, std::vector<std::uint64_t>>,
             std::shared_ptr<const workload>>
        held_;
};

struct row {
    const kernels::kernel* kernel;
    const kernels::variant* variant;
    std::string level;
    std::vector<std::uint64_t> parameters;
};

bool chosen(const std::vector<std::string>& wanted, std::string_view name) {
    return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
}

std::vector<row> rows_of(const machine::facts& facts, const kernel_run_options& options) {
    std::vector<row> rows;
    for (const auto& kernel : kernels::catalogue()) {
        if (!chosen(options.kernels, kernel.name)) continue;
        for (const auto& level : levels_of(facts, options.quick)) {
            const auto parameters = parameters_for(kernel, level.bytes);
            if (!parameters) continue;
            for (const auto& variant : kernels::variants()) {
                if (!variant.runnable) continue;
                if (!options.variant.empty() && variant.name != options.variant) continue;
                // portable is bound by its arithmetic: beyond L1 it shows nothing new, and would
                // take most of the time.
                if (options.quick && variant.name == "portable" && level.name != "L1") continue;
                rows.push_back({&kernel, &variant, level.name, *parameters});
            }
        }
    }
    return rows;
}

/// What google benchmark wrote, except that its bare NaN and Infinity, which are no JSON, become
/// null.
boost::json::value parse(std::string text) {
    for (const std::string_view word : {": NaN", ": Infinity", ": -Infinity"}) {
        for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos;)
            text.replace(at, word.size(), ": null");
    }
    return boost::json::parse(text);
}

}  // namespace

int quiet_thread(const machine::facts& facts) {
    if (!facts.core_threads.empty()) return facts.core_threads.back().front();
    return facts.cpuset.empty() ? 0 : facts.cpuset.back();
}

bool pin_to(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu < 0 || cpu >= CPU_SETSIZE) return false;
    CPU_SET(static_cast<std::size_t>(cpu), &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

boost::json::value run_kernels(const machine::facts& facts, const kernel_run_options& options) {
    cpu_set_t before;
    CPU_ZERO(&before);
    const bool restorable = sched_getaffinity(0, sizeof before, &before) == 0;
    const int cpu = quiet_thread(facts);
    const bool pinned = pin_to(cpu);

    const auto rows = rows_of(facts, options);
    const double memory = facts.memory_bytes ? static_cast<double>(*facts.memory_bytes) : 8e9;
    workloads cache{std::min(2e9, memory / 4)};
    progress shown{"kernels", rows.size() * static_cast<std::size_t>(options.repetitions)};

    benchmark::ClearRegisteredBenchmarks();
    std::map<std::pair<const kernels::kernel*, const kernels::variant*>, double> seconds_per_item;
    for (const auto& entry : rows) {
        const auto work = cache.get(*entry.kernel, entry.parameters);
        const auto name = std::string{entry.kernel->name} + "/" + std::string{entry.variant->name} +
                          "/" + entry.level + "/" + work->parameter_text();
        // A call that would take seconds, such as a product of matrices that fill DRAM by portable,
        // is left out: what it does an item is known from the smaller sizes.
        auto& per_item = seconds_per_item[{entry.kernel, entry.variant}];
        if (per_item * work->items() > seconds_a_call_max) continue;
        const auto calls = interrupted() ? 1 : calls_for(*work, *entry.variant, options.seconds);
        per_item = options.seconds / static_cast<double>(calls) / work->items();
        benchmark::RegisterBenchmark(
            name.c_str(),
            [&, name](benchmark::State& state) {
                if (interrupted()) {
                    // Google Benchmark's statistics want every repetition whole: it counts to the
                    // end and does nothing,
                    // and without a rate it counts for nothing.
                    for (auto _ : state) benchmark::ClobberMemory();
                    state.SetLabel("interrupted");
                    return;
                }
                const auto mine = cache.get(*entry.kernel, entry.parameters);
                mine->run(*entry.variant);  // whatever ran before has left the caches to this one
                for (auto _ : state) mine->run(*entry.variant);
                state.SetItemsProcessed(static_cast<std::int64_t>(mine->items()) *
                                        state.iterations());
                state.SetBytesProcessed(static_cast<std::int64_t>(mine->bytes()) *
                                        state.iterations());
                shown.step(name);
            })
            ->Iterations(calls)
            ->Repetitions(options.repetitions);
    }

    std::vector<std::string> words{"lanewise-bench", "--benchmark_enable_random_interleaving=true"};
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    benchmark::AddCustomContext("lanewise_pinned_cpu", pinned ? std::to_string(cpu) : "none");

    std::ostringstream text;
    benchmark::JSONReporter reporter;
    reporter.SetOutputStream(&text);
    std::ostringstream complaints;
    reporter.SetErrorStream(&complaints);
    benchmark::RunSpecifiedBenchmarks(&reporter, nullptr, "all");
    benchmark::ClearRegisteredBenchmarks();
    if (restorable) sched_setaffinity(0, sizeof before, &before);
    return parse(text.str());
}

}  // namespace lanewise::bench
