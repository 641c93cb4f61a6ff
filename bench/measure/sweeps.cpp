#include "sweeps.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "bench/machine/energy.hpp"
#include "bench/machine/environment.hpp"
#include "crew.hpp"
#include "data_pool.hpp"
#include "kernels/kernels.hpp"
#include "rounds.hpp"
#include "sweep_subjects.hpp"
#include "time_budget.hpp"
#include "workload.hpp"

namespace lanewise::bench {
namespace {

/// A thread that had less than this of its core was interrupted by somebody.
constexpr double cpu_share_min = 0.97;

/// The data of each hardware thread, which stay from one repetition to the next.
using memories = std::map<int, std::unique_ptr<data_pool>>;

/// The points between one and all are for the curve, which data in L1 shows at its purest. A
/// neighbour that is to fill the memory needs data beyond the caches.
bool placed(const subject& what, const placement& where, bool memory_filled) {
    if (where.name == "neighbour_memory" && !memory_filled) return false;
    if (where.neighbour) return what.kind == "kernel" || what.kind == "service";
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
        if (result.cpu_seconds < cpu_share_min * result.elapsed)
            return "another task ran on the core";
    }
    return "";
}

sweep_round round_of(const std::vector<member_result>& results, std::size_t counting,
                     std::optional<double> joules, const std::string& disturbed) {
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

/// What all cases share.
struct surroundings {
    const machine::facts& facts;
    double seconds;  ///< of one repetition
    const energy_meter& meter;
    const event_source* events;
};

/// One subject in one placement. Where its memory is used up it gives up, and what it found until
/// then stays.
class running_case : public repeated_case {
public:
    running_case(const subject& what, const placement& where, std::vector<crew_member> members,
                 const surroundings& around)
        : what_{what}, where_{where}, members_{std::move(members)}, around_{around} {
        for (std::size_t i = 0; i < counting(); ++i)
            counts_.push_back(thread_counts::none_yet(where.cpus[i]));
    }

    void repeat() override {
        const auto before = observe(around_.facts, "/", false);
        const auto energy_before = around_.meter.read();
        std::vector<member_result> results;
        try {
            results = run_together(members_, around_.seconds, around_.events);
        } catch (const std::bad_alloc&) {
            give_up();
            return;
        }
        const auto joules = around_.meter.joules(energy_before, around_.meter.read());
        const auto disturbed =
            disturbance_of(results, around_.facts, before, observe(around_.facts, "/", false));
        for (std::size_t i = 0; i < results.size(); ++i) members_[i].batch = results[i].batch;
        rounds_.push_back(round_of(results, counting(), joules, disturbed));
        for (std::size_t i = 0; disturbed.empty() && i < counting(); ++i)
            counts_[i].add(results[i].items, results[i].events);
        repeated(!disturbed.empty());
    }

    [[nodiscard]] std::string label() const override { return what_.name + " " + where_.name; }
    [[nodiscard]] std::string name() const {
        return what_.name + "/" + what_.level + "/" + where_.name;
    }

    [[nodiscard]] sweep_case found() const {
        return {.kind = what_.kind,
                .name = what_.name,
                .level = what_.level,
                .parameters = what_.parameters,
                .group = what_.group,
                .unit = what_.unit,
                .operations_per_item = what_.operations_per_item,
                .bytes_per_item = what_.bytes_per_item,
                .placement = where_.name,
                .threads = static_cast<int>(counting()),
                .cpus = where_.cpus,
                .clean_rounds = clean(),
                .rounds = rounds_,
                .counts = where_counted(counts_)};
    }

private:
    [[nodiscard]] std::size_t counting() const { return where_.neighbour ? 1 : where_.cpus.size(); }

    const subject& what_;
    const placement& where_;
    std::vector<crew_member> members_;
    const surroundings& around_;
    std::vector<sweep_round> rounds_;
    std::vector<thread_counts> counts_;
};

}  // namespace

sweeps_section run_sweeps(const machine::facts& facts, const sweep_options& options,
                          std::vector<subject> services) {
    const auto variants = kernels::variants();
    const auto variant = std::ranges::find(variants, options.variant, &kernels::variant::name);
    const auto placements = placements_of(facts);
    const auto cpus = filling_order(facts);
    auto subjects = options.with_kernels ? subjects_of(facts, options, *variant, cpus.size())
                                         : std::vector<subject>{};
    std::ranges::move(services, std::back_inserter(subjects));

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

    std::vector<std::pair<const subject*, const placement*>> placed_subjects;
    for (const auto& what : subjects) {
        for (const auto& where : placements) {
            if (placed(what, where, memory_filled)) placed_subjects.emplace_back(&what, &where);
        }
    }
    const double seconds =
        options.seconds > 0
            ? options.seconds
            : seconds_of_repetition(
                  options.budget,
                  placed_subjects.size() * static_cast<std::size_t>(options.repetitions));
    const energy_meter meter{options.root};
    const surroundings around{facts, seconds, meter, options.events};
    std::vector<std::unique_ptr<running_case>> cases;
    std::vector<repeated_case*> repeated;
    for (const auto& [what, where] : placed_subjects) {
        cases.push_back(std::make_unique<running_case>(
            *what, *where, members_of(*what, *where, hog, memory), around));
        repeated.push_back(cases.back().get());
    }
    try {
        run_rounds(repeated, {.repetitions = options.repetitions,
                              .budget = options.budget,
                              .may_end_early = options.seconds <= 0,
                              .what = "threads"});
    } catch (const std::bad_alloc&) {
        // What was found until then stays, and says what it lacks.
        for (auto& one : cases) {
            if (one->clean() < options.repetitions) one->give_up();
        }
    }

    sweeps_section found{.variant = std::string{variant->name},
                         .seconds = seconds,
                         .energy_readable = meter.readable(),
                         .cases = {},
                         .without_memory = {}};
    for (const auto& one : cases) {
        if (one->given_up()) found.without_memory.push_back(one->name());
        found.cases.push_back(one->found());
    }
    return found;
}

}  // namespace lanewise::bench
