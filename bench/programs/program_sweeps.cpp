#include "program_sweeps.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <utility>

#include "bench/figures/format.hpp"
#include "bench/machine/energy.hpp"
#include "bench/machine/environment.hpp"
#include "bench/machine/idle_time.hpp"
#include "bench/machine/placement.hpp"
#include "bench/machine/progress.hpp"
#include "bench/measure/rounds.hpp"
#include "bench/measure/workload.hpp"
#include "memory_neighbour.hpp"
#include "program/printable.hpp"
#include "program_runs.hpp"

namespace lanewise::bench {
namespace {

/// Of the time of the hardware threads, what neither the runs nor the bench took. The system counts
/// idle time in steps of 10 ms.
constexpr double others_share_max = 0.05;
constexpr double others_seconds_max = 0.02;

constexpr double seconds_shortest = 0.25;
constexpr double seconds_longest = 5;
constexpr double share_measured = 0.5;

struct surroundings {
    const machine::facts& facts;
    const program_plan& plan;
    const energy_meter& meter;
    double seconds;
    std::size_t neighbour_bytes;
};

/// A moment before or after a repetition.
struct moment {
    snapshot seen;
    energy_meter::reading energy;
    std::optional<double> idle;
};

moment look(const surroundings& around, const std::vector<int>& cpus) {
    return {observe(around.facts, "/", false), around.meter.read(), idle_seconds(cpus)};
}

double busy_with_us(const copies_result& result) {
    double seconds = result.cpu_seconds_left_behind;
    for (const auto& one : result.copies) {
        if (one.counts) seconds += one.cpu_seconds + one.cpu_seconds_other + one.bench_cpu_seconds;
    }
    return seconds;
}

std::string disturbance_of(const copies_result& result, const surroundings& around,
                           const moment& before, const moment& after, std::size_t cpus) {
    for (const auto& one : result.copies) {
        if (!one.pinned) return "a copy could not be pinned";
    }
    if (after.seen.throttled_periods.value_or(0) > before.seen.throttled_periods.value_or(0))
        return "throttled by the CPU quota";
    if (after.seen.steal_seconds.value_or(0) > before.seen.steal_seconds.value_or(0))
        return "CPU time stolen by the hypervisor";
    if (around.facts.emulated == true || !before.idle || !after.idle) return "";
    const double elapsed = after.seen.seconds - before.seen.seconds;
    const double others =
        elapsed * static_cast<double>(cpus) - (*after.idle - *before.idle) - busy_with_us(result);
    if (others > others_share_max * elapsed * static_cast<double>(cpus) +
                     others_seconds_max * static_cast<double>(cpus))
        return "another task ran on the core";
    return "";
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from, std::size_t most) {
    const auto count = std::min(from.size(), most - std::min(most, to.size()));
    to.insert(to.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(count));
}

exec_round round_of(const copies_result& result, std::optional<double> joules) {
    constexpr std::size_t runs_kept_max = 1000;
    exec_round round;
    std::size_t counting = 0;
    for (const auto& one : result.copies) counting += one.counts ? 1 : 0;
    bool first = true;
    for (const auto& one : result.copies) {
        round.bench_cpu_seconds += one.counts ? one.bench_cpu_seconds : 0;
        if (!one.counts) continue;
        const double mine = one.units / one.seconds;
        round.rate += mine;
        round.slowest_copy = first ? mine : std::min(round.slowest_copy, mine);
        round.fastest_copy = std::max(round.fastest_copy, mine);
        round.runs += one.runs;
        round.units += one.units;
        round.cpu_seconds += one.cpu_seconds;
        round.memory_bytes_max = std::max(round.memory_bytes_max, one.memory_bytes_max);
        // Of each copy its share, so that all are seen.
        const auto most =
            round.run_seconds.size() + std::max<std::size_t>(1, runs_kept_max / counting);
        append(round.run_seconds, one.run_seconds, most);
        append(round.run_cpu_seconds, one.run_cpu_seconds, most);
        append(round.run_memory_bytes, one.run_memory_bytes, most);
        first = false;
    }
    if (joules && round.units > 0) round.joules_per_unit = *joules / round.units;
    round.left_behind = result.left_behind;
    return round;
}

class program_case : public repeated_case {
public:
    program_case(const placement& where, const surroundings& around)
        : where_{where}, around_{around}, counting_{where.neighbour ? 1 : where.cpus.size()} {
        // A neighbour that reads memory is no copy.
        const bool with_reader = where.name == "neighbour_memory";
        const auto copies = with_reader ? std::size_t{1} : where.cpus.size();
        for (std::size_t i = 0; i < copies; ++i) {
            copies_.push_back(std::make_unique<program_copy>(
                around.plan, static_cast<int>(i), static_cast<int>(copies), where.cpus[i]));
        }
        for (std::size_t i = 0; i < counting_; ++i)
            counts_.push_back(thread_counts::none_yet(where.cpus[i]));
    }

    void repeat() override {
        std::unique_ptr<memory_neighbour> reader;
        if (where_.name == "neighbour_memory")
            reader = std::make_unique<memory_neighbour>(where_.cpus[1], around_.neighbour_bytes);
        const std::vector counted(where_.cpus.begin(),
                                  where_.cpus.begin() + static_cast<std::ptrdiff_t>(counting_));
        const auto before = look(around_, counted);
        const auto result = run_copies(around_.plan, copies_, counting_, around_.seconds);
        const auto after = look(around_, counted);
        if (result.interrupted) return;
        for (const auto& one : result.copies) {
            if (!one.failure) continue;
            failure_ = one.failure;
            give_up();
            return;
        }
        auto round = round_of(result, around_.meter.joules(before.energy, after.energy));
        const auto disturbed = disturbance_of(result, around_, before, after, counted.size());
        if (!disturbed.empty()) round.disturbed = disturbed;
        for (std::size_t i = 0; disturbed.empty() && i < counting_; ++i)
            counts_[i].add(result.copies[i].units, result.copies[i].events);
        rounds_.push_back(std::move(round));
        repeated(!disturbed.empty());
    }

    [[nodiscard]] std::string label() const override { return where_.name; }

    [[nodiscard]] exec_case found() const {
        return {.placement = where_.name,
                .threads = static_cast<int>(counting_),
                .cpus = where_.cpus,
                .clean_rounds = clean(),
                .failure = failure_,
                .rounds = rounds_,
                .counts = where_counted(counts_)};
    }

private:
    const placement& where_;
    const surroundings& around_;
    std::size_t counting_;
    std::vector<std::unique_ptr<program_copy>> copies_;
    std::optional<exec_failure> failure_;
    std::vector<exec_round> rounds_;
    std::vector<thread_counts> counts_;
};

/// A document is UTF-8, whatever a command line holds.
std::vector<std::string> shown(std::vector<std::string> words) {
    for (auto& word : words) word = program::printable(word);
    return words;
}

std::string in_a_row(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

template <class T>
std::optional<T> unless_empty(const T& text) {
    return text.empty() ? std::nullopt : std::optional{text};
}

/// How much memory a reader needs to leave every cache; 0: there is no room for it.
std::size_t bytes_of_neighbour(const machine::facts& facts) {
    const auto outermost = levels_of(facts, true).back();
    return outermost.name == "DRAM" ? outermost.bytes : 0;
}

}  // namespace

void check_program(const program_options& options) {
    if (options.command.empty() || options.command.front().empty()) {
        throw std::invalid_argument{
            "exec needs a command to run: lanewise-bench exec -- COMMAND ARGUMENT..."};
    }
    if (options.work && !options.work_from.empty()) {
        throw std::invalid_argument{
            "--work and --work-from both say how many units a run is: give one of them"};
    }
    if (!options.work_from.empty()) work_reader{options.work_from};
    std::error_code error;
    if (!options.directory.empty() && !std::filesystem::is_directory(options.directory, error)) {
        throw std::invalid_argument{"--directory \"" + options.directory +
                                    "\" is no directory that can be entered"};
    }
    if (!find_program(options.command.front(), options.directory)) {
        throw std::invalid_argument{"there is no program \"" + options.command.front() +
                                    "\" that can be run: " +
                                    (options.command.front().find('/') == std::string::npos
                                         ? "none of PATH's directories has it"
                                         : "the file is missing, or may not be executed")};
    }
}

exec_section run_program_sweeps(const machine::facts& facts, const program_options& options) {
    check_program(options);
    std::optional<work_reader> reader;
    if (!options.work_from.empty()) reader.emplace(options.work_from);
    const program_plan plan{
        .words = options.command,
        .path = find_program(options.command.front(), options.directory).value(),
        .directory = options.directory,
        .patience_seconds = options.timeout_seconds,
        .work = options.work.value_or(1),
        .work_from = reader ? &*reader : nullptr,
        .events = options.events};
    const auto neighbour_bytes = bytes_of_neighbour(facts);
    auto placements = placements_of(facts);
    std::erase_if(placements, [&](const placement& one) {
        return one.name == "neighbour_memory" && neighbour_bytes == 0;
    });
    const auto repetitions = placements.size() * static_cast<std::size_t>(options.repetitions);
    const double seconds =
        options.seconds > 0
            ? options.seconds
            : std::clamp(options.budget * share_measured / static_cast<double>(repetitions),
                         seconds_shortest, seconds_longest);
    if (!options.setup.empty()) {
        std::size_t most = 1;
        for (const auto& one : placements) most = std::max(most, one.cpus.size());
        run_setup(plan, options.setup, static_cast<int>(most));
    }

    const energy_meter meter{options.root};
    const surroundings around{facts, plan, meter, seconds, neighbour_bytes};
    std::vector<std::unique_ptr<program_case>> cases;
    std::vector<repeated_case*> repeated;
    for (const auto& where : placements) {
        cases.push_back(std::make_unique<program_case>(where, around));
        repeated.push_back(cases.back().get());
    }
    run_rounds(repeated, {.repetitions = options.repetitions,
                          .budget = options.budget,
                          .may_end_early = true,
                          .what = "program"});

    exec_section found{
        .name = program::printable(options.name.empty() ? in_a_row(options.command) : options.name),
        .command = shown(options.command),
        .directory = unless_empty(program::printable(options.directory)),
        .setup = unless_empty(program::printable(options.setup)),
        .work = options.work,
        .work_from = unless_empty(program::printable(options.work_from)),
        .unit = options.work || reader ? "units" : "runs",
        .timeout_seconds = options.timeout_seconds,
        .seconds = seconds,
        .energy_readable = meter.readable(),
        .cases = {}};
    for (const auto& one : cases) found.cases.push_back(one->found());
    return found;
}

}  // namespace lanewise::bench
