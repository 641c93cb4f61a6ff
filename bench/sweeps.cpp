#include "sweeps.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "crew.hpp"
#include "data_pool.hpp"
#include "energy.hpp"
#include "environment.hpp"
#include "kernels/catalogue.hpp"
#include "kernels/kernels.hpp"
#include "limits.hpp"
#include "progress.hpp"
#include "statistics.hpp"
#include "time_budget.hpp"
#include "workload.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

/// A thread that had less than this of its core was interrupted by somebody.
constexpr double cpu_share_min = 0.97;

class kernel_task : public task {
public:
    kernel_task(const kernels::kernel& kernel, const std::vector<std::uint64_t>& parameters,
                const kernels::variant& on, data_pool& memory)
        : work_{kernel, parameters, memory}, on_{&on} {}
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) work_.run(*on_);
        return work_.size().items * static_cast<double>(times);
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
    read_task(const limit_loops& loops, std::size_t bytes, data_pool& memory)
        : loops_{&loops}, bytes_{bytes}, data_{memory.inputs(kernels::element_type::f32, bytes)} {}
    double call(std::int64_t times) override {
        double read = 0;
        for (std::int64_t i = 0; i < times; ++i) read += loops_->read(data_, bytes_);
        return read;
    }

private:
    const limit_loops* loops_;
    std::size_t bytes_;
    const void* data_;
};

/// Makes a task with its data in the memory of the thread that runs it.
using placed_maker = std::function<std::unique_ptr<task>(data_pool& memory)>;

/// The data of each hardware thread, which stay from one repetition to the next.
using memories = std::map<int, std::unique_ptr<data_pool>>;

/// What is measured, wherever it is placed.
struct subject {
    std::string kind;  ///< kernel, multiply_add, read
    std::string name;
    std::string level;
    std::string parameters;
    double operations_per_item;
    double bytes_per_item;
    placed_maker make;
};

struct sweep_case {
    const subject* what;
    const placement* where;
    std::vector<crew_member> members;
    json::array rounds;
    int clean = 0;
};

/// Bytes of one thread's data at a level: threads that share a cache share its half. In DRAM one
/// thread alone has to leave the caches too, as far as all of them have the memory.
std::size_t bytes_per_thread(const machine::facts& facts, const level& at, std::size_t threads) {
    std::size_t bytes = at.bytes;
    if (at.name == "DRAM") {
        const auto memory = facts.memory_bytes.value_or(at.bytes * 4) / 4;
        bytes = std::min<std::size_t>(at.bytes, std::max(memory, at.bytes) / threads);
    }
    for (const auto& cache : facts.caches) {
        if (at.name == "L" + std::to_string(cache.level)) {
            bytes /=
                std::min(threads, static_cast<std::size_t>(std::max(1, cache.threads_sharing)));
        }
    }
    return std::max<std::size_t>(bytes, 4096);
}

/// A quick run has time for the limits and for kernels where memory does not bind them.
bool measured_in(const level& at, bool quick, bool kernel) {
    if (!quick || at.name == "L1") return true;
    return !kernel && at.name == "DRAM";
}

/// Arithmetic of one call at most: a few tenths of a second on one core. What is beyond, such as a
/// product of matrices that fill DRAM, says no more than the smaller sizes.
constexpr double operations_max = 1.6e10;

/// The points between one and all are for the curve, which data in L1 shows at its purest.
bool placed(const subject& what, const placement& where) {
    if (where.neighbour) return what.kind == "kernel";
    return where.name != "scaling" || (what.kind == "kernel" && what.level == "L1");
}

std::vector<subject> subjects_of(const machine::facts& facts, const sweep_options& options,
                                 const kernels::variant& variant, std::size_t threads) {
    const auto& loops = loops_for(variant.name);
    std::vector<subject> found{
        {"multiply_add", "multiply_add", "registers", "", 1, 0,
         [&loops](data_pool&) { return std::make_unique<multiply_add_task>(loops); }}};
    for (const auto& at : levels_of(facts, options.quick)) {
        if (!measured_in(at, options.quick, false)) continue;
        const auto bytes = bytes_per_thread(facts, at, threads);
        found.push_back({"read", "read", at.name, "", 0, 1, [&loops, bytes](data_pool& memory) {
                             return std::make_unique<read_task>(loops, bytes, memory);
                         }});
    }
    for (const auto& kernel : kernels::catalogue()) {
        if (!options.kernels.empty() &&
            std::ranges::find(options.kernels, kernel.name) == options.kernels.end())
            continue;
        for (const auto& at : levels_of(facts, options.quick)) {
            if (!measured_in(at, options.quick, true)) continue;
            const auto parameters = parameters_for(kernel, bytes_per_thread(facts, at, threads));
            if (!parameters) continue;
            const auto size = size_of_call(kernel, *parameters);
            if (size.items * kernel.operations_per_item > operations_max) continue;
            found.push_back({"kernel", std::string{kernel.name}, at.name, size.text,
                             kernel.operations_per_item, size.bytes / size.items,
                             [&kernel, parameters = *parameters, &variant](data_pool& memory) {
                                 return std::make_unique<kernel_task>(kernel, parameters, variant,
                                                                      memory);
                             }});
        }
    }
    return found;
}

/// The busiest neighbour for memory: reads far beyond every cache.
placed_maker memory_hog(const limit_loops& loops, std::size_t bytes) {
    return [&loops, bytes](data_pool& memory) {
        return std::make_unique<read_task>(loops, bytes, memory);
    };
}

std::vector<crew_member> members_of(const subject& what, const placement& where,
                                    const placed_maker& hog, const memories& memory) {
    std::vector<crew_member> members;
    for (std::size_t i = 0; i < where.cpus.size(); ++i) {
        const bool hungry = i > 0 && where.name == "neighbour_memory";
        auto& mine = *memory.at(where.cpus[i]);
        const auto& make = hungry ? hog : what.make;
        members.push_back({where.cpus[i], [&mine, &make] { return make(mine); }});
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

/// Runs repetitions of cases, which keep what they find.
class sweep {
public:
    sweep(const machine::facts& facts, double seconds) : facts_{facts}, seconds_{seconds} {}

    [[nodiscard]] bool energy_readable() const { return meter_.readable(); }
    [[nodiscard]] double elapsed() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

    void repeat(sweep_case& measured) {
        const auto before = observe(facts_, "/", false);
        const auto energy_before = meter_.read();
        const auto results = run_together(measured.members, seconds_);
        const auto joules = meter_.joules(energy_before, meter_.read());
        const auto disturbed = disturbance_of(results, facts_, before, observe(facts_, "/", false));
        for (std::size_t i = 0; i < results.size(); ++i)
            measured.members[i].batch = results[i].batch;
        measured.rounds.push_back(round_of(measured, results, joules, disturbed));
        if (disturbed.empty()) ++measured.clean;
    }

private:
    const machine::facts& facts_;
    double seconds_;
    energy_meter meter_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Every case once a round, in an order of its own every second round, and backwards in the round
/// after it (ABBA), so that a drift over the pair falls on all cases alike.
void run_rounds(sweep& all, std::vector<sweep_case>& cases, const sweep_options& options) {
    progress shown{"threads", cases.size() * static_cast<std::size_t>(options.repetitions)};
    random_source random{42};
    std::vector<std::size_t> order(cases.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (int round = 0; round < options.repetitions; ++round) {
        if (round % 2 == 0) {
            for (std::size_t i = order.size(); i > 1; --i)
                std::swap(order[i - 1], order[random.below(i)]);
        } else {
            std::ranges::reverse(order);
        }
        for (const auto index : order) {
            if (interrupted()) return;
            all.repeat(cases[index]);
            shown.step(cases[index].what->name + " " + cases[index].where->name);
        }
        // On a machine far slower than its size lets expect, fewer rounds have to do.
        if (options.seconds <= 0 && all.elapsed() > options.budget) return;
    }
}

/// What was disturbed is run again, the cases with the fewest clean rounds first, until all have
/// what they need or the time is used up: a machine that is never quiet shows as disturbed.
void run_again(sweep& all, std::vector<sweep_case>& cases, const sweep_options& options) {
    const auto attempts_max = static_cast<std::size_t>(6 * options.repetitions);
    progress shown{"disturbed, again", 1};
    std::size_t done = 0;
    while (!interrupted() && all.elapsed() < options.budget) {
        sweep_case* next = nullptr;
        std::size_t missing = 0;
        for (auto& one : cases) {
            const bool wanting =
                one.clean < options.repetitions && one.rounds.size() < attempts_max;
            const auto tried = [](const sweep_case& of) {
                return std::pair{of.clean, of.rounds.size()};
            };
            if (!wanting) continue;
            missing += static_cast<std::size_t>(options.repetitions - one.clean);
            if (!next || tried(one) < tried(*next)) next = &one;
        }
        if (!next) return;
        all.repeat(*next);
        shown.expect(++done + missing);
        shown.step(next->what->name + " " + next->where->name);
    }
}

}  // namespace

json::value run_sweeps(const machine::facts& facts, const sweep_options& options) {
    const auto variants = kernels::variants();
    const auto variant = std::ranges::find(variants, options.variant, &kernels::variant::name);
    const auto placements = placements_of(facts);
    const auto cpus = filling_order(facts);
    const auto subjects = subjects_of(facts, options, *variant, cpus.size());

    const auto hog_bytes = levels_of(facts, true).back().bytes;
    const auto hog = memory_hog(loops_for(variant->name), hog_bytes);
    memories memory;
    for (const int cpu : cpus) {
        memory[cpu] = std::make_unique<data_pool>(
            std::max(hog_bytes, levels_of(facts, options.quick).back().bytes));
    }

    std::vector<sweep_case> cases;
    for (const auto& what : subjects) {
        for (const auto& where : placements) {
            if (!placed(what, where)) continue;
            cases.push_back({&what, &where, members_of(what, where, hog, memory), {}, 0});
        }
    }
    const double seconds =
        options.seconds > 0
            ? options.seconds
            : seconds_of_repetition(options.budget,
                                    cases.size() * static_cast<std::size_t>(options.repetitions));
    sweep all{facts, seconds};
    run_rounds(all, cases, options);
    run_again(all, cases, options);

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
            {"seconds", seconds},
            {"energy_readable", all.energy_readable()},
            {"cases", std::move(list)}};
}

}  // namespace lanewise::bench
