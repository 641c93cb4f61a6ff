#include "sweeps.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "crew.hpp"
#include "energy.hpp"
#include "environment.hpp"
#include "kernels/catalogue.hpp"
#include "kernels/kernels.hpp"
#include "limits.hpp"
#include "progress.hpp"
#include "statistics.hpp"
#include "workload.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

/// A thread that had less than this of its core was interrupted by somebody.
constexpr double cpu_share_min = 0.97;
constexpr int attempts_max = 3;

class kernel_task : public task {
public:
    kernel_task(const kernels::kernel& kernel, const std::vector<std::uint64_t>& parameters,
                const kernels::variant& on)
        : work_{kernel, parameters, 1}, on_{&on} {}
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) work_.run(*on_);
        return work_.items() * static_cast<double>(times);
    }

private:
    workload work_;
    const kernels::variant* on_;
};

class multiply_add_task : public task {
public:
    explicit multiply_add_task(const limit_loops& loops) : loops_{&loops} {}
    double call(std::int64_t times) override { return loops_->multiply_add(times * 64); }

private:
    const limit_loops* loops_;
};

class read_task : public task {
public:
    read_task(const limit_loops& loops, std::size_t bytes)
        : loops_{&loops},
          bytes_{(bytes + 4095) / 4096 * 4096},
          data_{std::aligned_alloc(4096, bytes_), &std::free} {
        if (!data_) throw std::bad_alloc{};
        std::memset(data_.get(), 0, bytes_);
    }
    double call(std::int64_t times) override {
        double read = 0;
        for (std::int64_t i = 0; i < times; ++i) read += loops_->read(data_.get(), bytes_);
        return read;
    }

private:
    const limit_loops* loops_;
    std::size_t bytes_;
    std::unique_ptr<void, decltype(&std::free)> data_;
};

/// What is measured, wherever it is placed.
struct subject {
    std::string kind;  ///< kernel, multiply_add, read
    std::string name;
    std::string level;
    std::string parameters;
    double operations_per_item;
    double bytes_per_item;
    task_maker make;
};

struct sweep_case {
    const subject* what;
    const placement* where;
    std::vector<crew_member> members;
    json::array rounds;
    int clean = 0;
};

/// Bytes of one thread's data at a level: threads that share a cache share its half, and all of
/// them share DRAM's.
std::size_t bytes_per_thread(const machine::facts& facts, const level& at, std::size_t threads) {
    std::size_t sharing = 1;
    if (at.name == "DRAM") sharing = threads;
    for (const auto& cache : facts.caches) {
        if (at.name == "L" + std::to_string(cache.level)) {
            sharing =
                std::min(threads, static_cast<std::size_t>(std::max(1, cache.threads_sharing)));
        }
    }
    return std::max<std::size_t>(at.bytes / std::max<std::size_t>(1, sharing), 4096);
}

/// What a sweep has time for: limits where kernels are measured and in DRAM; kernels near the core,
/// beyond it, and far from it. L3 is shared in ways that a guest can't see.
bool measured_in(const level& at, bool quick, bool kernel) {
    if (quick && kernel) return at.name == "L1";
    return at.name == "L1" || at.name == "DRAM" || (!quick && at.name == "L2");
}

/// The points between one and all are for the curve, which data in L1 shows at its purest.
bool placed(const subject& what, const placement& where) {
    if (where.neighbour) return what.kind == "kernel";
    return where.name != "scaling" || (what.kind == "kernel" && what.level == "L1");
}

std::vector<subject> subjects_of(const machine::facts& facts, const sweep_options& options,
                                 const kernels::variant& variant, std::size_t threads) {
    const auto& loops = loops_for(variant.name);
    std::vector<subject> found{{"multiply_add", "multiply_add", "registers", "", 1, 0,
                                [&loops] { return std::make_unique<multiply_add_task>(loops); }}};
    for (const auto& at : levels_of(facts, options.quick)) {
        if (!measured_in(at, options.quick, false)) continue;
        const auto bytes = bytes_per_thread(facts, at, threads);
        found.push_back({"read", "read", at.name, "", 0, 1,
                         [&loops, bytes] { return std::make_unique<read_task>(loops, bytes); }});
    }
    for (const auto& kernel : kernels::catalogue()) {
        if (!options.kernels.empty() &&
            std::ranges::find(options.kernels, kernel.name) == options.kernels.end())
            continue;
        for (const auto& at : levels_of(facts, options.quick)) {
            if (!measured_in(at, options.quick, true)) continue;
            const auto parameters = parameters_for(kernel, bytes_per_thread(facts, at, threads));
            if (!parameters) continue;
            const workload sample{kernel, *parameters, 1};
            found.push_back({"kernel", std::string{kernel.name}, at.name, sample.parameter_text(),
                             kernel.operations_per_item, sample.bytes() / sample.items(),
                             [&kernel, parameters = *parameters, &variant] {
                                 return std::make_unique<kernel_task>(kernel, parameters, variant);
                             }});
        }
    }
    return found;
}

/// The busiest neighbour for memory: reads far beyond every cache.
task_maker memory_hog(const machine::facts& facts, const kernels::variant& variant) {
    const auto bytes = levels_of(facts, true).back().bytes;
    const auto& loops = loops_for(variant.name);
    return [&loops, bytes] { return std::make_unique<read_task>(loops, bytes); };
}

std::vector<crew_member> members_of(const subject& what, const placement& where,
                                    const task_maker& hog) {
    std::vector<crew_member> members;
    for (std::size_t i = 0; i < where.cpus.size(); ++i) {
        const bool hungry = i > 0 && where.name == "neighbour_memory";
        members.push_back({where.cpus[i], hungry ? hog : what.make});
    }
    return members;
}

/// Why a repetition does not count, or nothing.
std::string disturbance_of(const std::vector<member_result>& results, const machine::facts& facts,
                           const snapshot& before, const snapshot& after) {
    for (const auto& result : results) {
        if (!result.pinned) return "a thread could not be pinned";
    }
    if (after.throttled_periods.value_or(0) > before.throttled_periods.value_or(0))
        return "throttled by the CPU quota";
    if (after.steal_seconds.value_or(0) > before.steal_seconds.value_or(0))
        return "CPU time stolen by the hypervisor";
    if (facts.emulated == true)
        return "";  // an emulator's threads and the guest's are not the same
    for (const auto& result : results) {
        if (result.cpu_seconds < cpu_share_min * result.seconds)
            return "another task ran on the core";
    }
    return "";
}

json::object round_of(const sweep_case& measured, const std::vector<member_result>& results,
                      std::optional<double> joules, const std::string& disturbed) {
    const std::size_t counting = measured.where->neighbour ? 1 : results.size();
    double rate = 0, items = 0, slowest = 0, fastest = 0;
    for (std::size_t i = 0; i < counting; ++i) {
        const double mine = results[i].items / results[i].seconds;
        rate += mine;
        items += results[i].items;
        slowest = i == 0 ? mine : std::min(slowest, mine);
        fastest = std::max(fastest, mine);
    }
    return {{"rate", rate},
            {"slowest_thread", slowest},
            {"fastest_thread", fastest},
            {"joules_per_item",
             joules && items > 0 ? json::value(*joules / items) : json::value(nullptr)},
            {"disturbed", disturbed.empty() ? json::value(nullptr) : json::value(disturbed)}};
}

void measure(sweep_case& measured, const machine::facts& facts, const energy_meter& meter,
             double seconds, int attempts) {
    for (int attempt = 0; attempt < attempts && !interrupted(); ++attempt) {
        const auto before = observe(facts, "/", false);
        const auto energy_before = meter.read();
        const auto results = run_together(measured.members, seconds);
        const auto joules = meter.joules(energy_before, meter.read());
        const auto disturbed = disturbance_of(results, facts, before, observe(facts, "/", false));
        measured.rounds.push_back(round_of(measured, results, joules, disturbed));
        if (disturbed.empty()) {
            ++measured.clean;
            return;
        }
    }
}

}  // namespace

json::value run_sweeps(const machine::facts& facts, const sweep_options& options) {
    const auto variants = kernels::variants();
    const auto variant = std::ranges::find(variants, options.variant, &kernels::variant::name);
    const auto placements = placements_of(facts);
    const auto threads = filling_order(facts).size();
    const auto subjects = subjects_of(facts, options, *variant, threads);
    const auto hog = memory_hog(facts, *variant);

    std::vector<sweep_case> cases;
    for (const auto& what : subjects) {
        for (const auto& where : placements) {
            if (!placed(what, where)) continue;
            cases.push_back({&what, &where, members_of(what, where, hog), {}, 0});
        }
    }

    const auto start = std::chrono::steady_clock::now();
    const energy_meter meter;
    progress shown{"threads", cases.size() * static_cast<std::size_t>(options.repetitions)};
    random_source random{42};
    std::vector<std::size_t> order(cases.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (int round = 0; round < options.repetitions; ++round) {
        // ABBA: an even round has an order of its own, the odd one after it runs it backwards, so
        // that a drift over the pair falls on all cases alike.
        if (round % 2 == 0) {
            for (std::size_t i = order.size(); i > 1; --i)
                std::swap(order[i - 1], order[random.below(i)]);
        } else {
            std::ranges::reverse(order);
        }
        for (const auto index : order) {
            if (interrupted()) break;
            // A machine that is never quiet must not take three times as long: what is left then
            // shows as disturbed.
            const auto spent =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            measure(cases[index], facts, meter, options.seconds,
                    spent < options.retry_seconds ? attempts_max : 1);
            shown.step(cases[index].what->name + " " + cases[index].where->name);
        }
    }

    json::array list;
    for (auto& one : cases) {
        list.push_back({{"kind", one.what->kind},
                        {"name", one.what->name},
                        {"level", one.what->level},
                        {"parameters", one.what->parameters},
                        {"operations_per_item", one.what->operations_per_item},
                        {"bytes_per_item", one.what->bytes_per_item},
                        {"placement", one.where->name},
                        {"threads", one.where->neighbour ? 1 : one.where->cpus.size()},
                        {"cpus", json::value_from(one.where->cpus)},
                        {"clean_rounds", one.clean},
                        {"rounds", std::move(one.rounds)}});
    }
    return {{"variant", variant->name},
            {"seconds", options.seconds},
            {"energy_readable", meter.readable()},
            {"cases", std::move(list)}};
}

}  // namespace lanewise::bench
