#include "sweeps.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <utility>

#include "bench/figures/statistics.hpp"
#include "bench/machine/energy.hpp"
#include "bench/machine/environment.hpp"
#include "bench/machine/progress.hpp"
#include "crew.hpp"
#include "data_pool.hpp"
#include "kernels/kernels.hpp"
#include "sweep_subjects.hpp"
#include "time_budget.hpp"
#include "workload.hpp"

namespace lanewise::bench {
namespace {

/// A thread that had less than this of its core was interrupted by somebody.
constexpr double cpu_share_min = 0.97;

/// The data of each hardware thread, which stay from one repetition to the next.
using memories = std::map<int, std::unique_ptr<data_pool>>;

struct running_case {
    const subject* what;
    const placement* where;
    std::vector<crew_member> members;
    std::vector<sweep_round> rounds;
    int clean = 0;
    bool without_memory = false;  ///< not tried again; what it found until then stays
};

/// The points between one and all are for the curve, which data in L1 shows at its purest. A
/// neighbour that is to fill the memory needs data beyond the caches.
bool placed(const subject& what, const placement& where, bool memory_filled) {
    if (where.name == "neighbour_memory" && !memory_filled) return false;
    if (where.neighbour) return what.kind == "kernel";
    return where.name != "scaling" || (what.kind == "kernel" && what.level == "L1");
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

sweep_round round_of(const running_case& measured, const std::vector<member_result>& results,
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
    return {.rate = rate,
            .slowest_thread = slowest,
            .fastest_thread = fastest,
            .joules_per_item = joules && items > 0 ? std::optional{*joules / items} : std::nullopt,
            .disturbed = disturbed.empty() ? std::nullopt : std::optional{disturbed}};
}

/// Runs repetitions of cases, which keep what they find.
class sweep {
public:
    sweep(const machine::facts& facts, double seconds) : facts_{facts}, seconds_{seconds} {}

    [[nodiscard]] bool energy_readable() const { return meter_.readable(); }
    [[nodiscard]] double elapsed() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

    void repeat(running_case& measured) {
        if (measured.without_memory) return;
        const auto before = observe(facts_, "/", false);
        const auto energy_before = meter_.read();
        std::vector<member_result> results;
        try {
            results = run_together(measured.members, seconds_);
        } catch (const std::bad_alloc&) {
            measured.without_memory = true;
            return;
        }
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
void run_rounds(sweep& all, std::vector<running_case>& cases, const sweep_options& options) {
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
void run_again(sweep& all, std::vector<running_case>& cases, const sweep_options& options) {
    const auto attempts_max = std::size_t{6} * static_cast<std::size_t>(options.repetitions);
    progress shown{"disturbed, again", 1};
    std::size_t done = 0;
    while (!interrupted() && all.elapsed() < options.budget) {
        running_case* next = nullptr;
        std::size_t missing = 0;
        for (auto& one : cases) {
            const bool wanting = one.clean < options.repetitions &&
                                 one.rounds.size() < attempts_max && !one.without_memory;
            const auto tried = [](const running_case& of) {
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

sweeps_section run_sweeps(const machine::facts& facts, const sweep_options& options) {
    const auto variants = kernels::variants();
    const auto variant = std::ranges::find(variants, options.variant, &kernels::variant::name);
    const auto placements = placements_of(facts);
    const auto cpus = filling_order(facts);
    const auto subjects = subjects_of(facts, options, *variant, cpus.size());

    const auto outermost = levels_of(facts, true).back();
    const auto hog_bytes =
        std::min(outermost.bytes, bytes_of_call_max(facts, cpus.size()).value_or(outermost.bytes));
    // Less than all of a level that leaves the caches would stay in them.
    const bool memory_filled = outermost.name == "DRAM" && hog_bytes == outermost.bytes;
    const auto hog = memory_hog(*variant, hog_bytes);
    memories memory;
    for (const int cpu : cpus) {
        memory[cpu] = std::make_unique<data_pool>(
            std::max(hog_bytes, levels_of(facts, options.quick).back().bytes));
    }

    std::vector<running_case> cases;
    for (const auto& what : subjects) {
        for (const auto& where : placements) {
            if (!placed(what, where, memory_filled)) continue;
            cases.push_back({&what, &where, members_of(what, where, hog, memory), {}, 0});
        }
    }
    const double seconds =
        options.seconds > 0
            ? options.seconds
            : seconds_of_repetition(options.budget,
                                    cases.size() * static_cast<std::size_t>(options.repetitions));
    sweep all{facts, seconds};
    try {
        run_rounds(all, cases, options);
        run_again(all, cases, options);
    } catch (const std::bad_alloc&) {
        // What was found until then stays, and says what it lacks.
        for (auto& one : cases)
            one.without_memory = one.without_memory || one.clean < options.repetitions;
    }

    sweeps_section found{.variant = std::string{variant->name},
                         .seconds = seconds,
                         .energy_readable = all.energy_readable(),
                         .cases = {},
                         .without_memory = {}};
    for (auto& one : cases) {
        if (one.without_memory) {
            found.without_memory.push_back(one.what->name + "/" + one.what->level + "/" +
                                           one.where->name);
        }
        const int counting = one.where->neighbour ? 1 : static_cast<int>(one.where->cpus.size());
        found.cases.push_back({.kind = one.what->kind,
                               .name = one.what->name,
                               .level = one.what->level,
                               .parameters = one.what->parameters,
                               .operations_per_item = one.what->operations_per_item,
                               .bytes_per_item = one.what->bytes_per_item,
                               .placement = one.where->name,
                               .threads = counting,
                               .cpus = one.where->cpus,
                               .clean_rounds = one.clean,
                               .rounds = std::move(one.rounds)});
    }
    return found;
}

}  // namespace lanewise::bench
