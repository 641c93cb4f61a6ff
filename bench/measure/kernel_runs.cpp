#include "kernel_runs.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <new>
#include <sstream>
#include <stdexcept>

#include "bench/machine/pinning.hpp"
#include "bench/machine/progress.hpp"
#include "build_type.hpp"
#include "data_pool.hpp"
#include "kernels/catalogue.hpp"
#include "kernels/machine/affinity.hpp"
#include "time_budget.hpp"
#include "workload.hpp"

namespace lanewise::bench {
namespace {

struct row {
    const kernels::kernel* kernel;
    const kernels::variant* variant;
    std::string level;
    std::vector<std::uint64_t> parameters;

    [[nodiscard]] std::string name() const {
        return std::string{kernel->name} + "/" + std::string{variant->name} + "/" + level + "/" +
               size_of_call(*kernel, parameters).text;
    }
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
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    if (error) {
        throw std::runtime_error{"what Google Benchmark wrote is no JSON (" + error.message() +
                                 "); where memory is used up it cuts words off"};
    }
    return value;
}

}  // namespace

boost::json::value run_kernels(const machine::facts& facts, const kernel_run_options& options) {
    const auto before = machine::allowed_cpus();
    const int cpu = quiet_thread(facts);
    const bool pinned = pin_to(cpu);

    const auto rows = rows_of(facts, options);
    const auto repetitions = rows.size() * static_cast<std::size_t>(options.repetitions);
    const double seconds =
        options.seconds > 0 ? options.seconds : seconds_of_repetition(options.budget, repetitions);
    data_pool pool{levels_of(facts, options.quick).back().bytes};
    progress shown{"kernels", repetitions};

    benchmark::ClearRegisteredBenchmarks();
    std::map<std::pair<const kernels::kernel*, const kernels::variant*>, double> seconds_per_item;
    std::vector<std::unique_ptr<const workload>> works;
    std::string without_memory;
    for (const auto& entry : rows) {
        const auto name = entry.name();
        // A call that would take seconds, such as a product of matrices that fill DRAM by portable,
        // is left out: what it does an item is known from the smaller sizes.
        auto& per_item = seconds_per_item[{entry.kernel, entry.variant}];
        if (per_item * size_of_call(*entry.kernel, entry.parameters).items >
            seconds_of_call_max(options.budget, options.repetitions)) {
            shown.step(name, static_cast<std::size_t>(options.repetitions));
            continue;
        }
        try {
            works.push_back(std::make_unique<workload>(*entry.kernel, entry.parameters, pool));
        } catch (const std::bad_alloc&) {
            // The others still count: the document says which one is missing.
            without_memory += (without_memory.empty() ? "" : " ") + name;
            shown.step(name, static_cast<std::size_t>(options.repetitions));
            continue;
        }
        const auto& work = *works.back();
        const auto calls = interrupted() ? 1 : calls_for(work, *entry.variant, seconds);
        per_item = seconds / static_cast<double>(calls) / work.size().items;
        benchmark::RegisterBenchmark(
            name.c_str(),
            [&, name, calls](benchmark::State& state) {
                if (interrupted()) {
                    // Google Benchmark's statistics want every repetition whole: it counts to the
                    // end and does nothing, and without a rate it counts for nothing.
                    for (auto _ : state) benchmark::ClobberMemory();
                    state.SetLabel("interrupted");
                    return;
                }
                // Whatever ran before has left the caches to this one, which matters to many calls.
                if (calls > 1) work.run(*entry.variant);
                for (auto _ : state) work.run(*entry.variant);
                state.SetItemsProcessed(static_cast<std::int64_t>(work.size().items) *
                                        state.iterations());
                state.SetBytesProcessed(static_cast<std::int64_t>(work.size().bytes) *
                                        state.iterations());
                shown.step(name);
            })
            ->Iterations(calls)
            ->Repetitions(options.repetitions);
    }

    // Google Benchmark says nothing at all, not even what it is, where it has nothing to run.
    if (works.empty() && !without_memory.empty()) throw std::bad_alloc{};

    std::vector<std::string> words{"lanewise-bench", "--benchmark_enable_random_interleaving=true"};
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    std::ostringstream text;
    text.exceptions(std::ios::badbit);  // without memory it would be cut off, and say nothing
    benchmark::JSONReporter reporter;
    reporter.SetOutputStream(&text);
    std::ostringstream complaints;
    reporter.SetErrorStream(&complaints);
    benchmark::RunSpecifiedBenchmarks(&reporter, nullptr, "all");
    benchmark::ClearRegisteredBenchmarks();
    machine::confine_to(before);
    auto result = parse(text.str());
    // Its own way to add these keeps the first run's for the whole life of the program.
    auto& context = result.at("context").as_object();
    context["lanewise_pinned_cpu"] = pinned ? std::to_string(cpu) : "none";
    if (!without_memory.empty()) context["lanewise_without_memory"] = without_memory;
    // Google Benchmark's own library_build_type says how its library was compiled.
    context["lanewise_build_type"] = release_build ? "release" : "debug";
    return result;
}

}  // namespace lanewise::bench
