#include "claims_sweeps.hpp"
#include "bench/documents/machine_section.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "bench/documents/exec_section.hpp"
#include "bench/documents/sweeps_section.hpp"
#include "bench/documents/typed.hpp"

namespace lanewise::bench {
namespace {

using rates = std::vector<double>;

/// The values of a field over the rounds that nothing disturbed.
rates clean(const sweep_case& one, double sweep_round::* field) {
    rates values;
    for (const auto& round : one.rounds) {
        if (!round.disturbed) values.push_back(round.*field);
    }
    return values;
}

std::optional<double> joules_per_item(const sweep_case& one) {
    rates values;
    for (const auto& round : one.rounds) {
        if (!round.disturbed && round.joules_per_item) values.push_back(*round.joules_per_item);
    }
    return values.empty() ? std::nullopt : std::optional{median(values)};
}

std::optional<double> median_of(const rates& values) {
    return values.empty() ? std::nullopt : std::optional{median(values)};
}

/// top ÷ bottom, put through shape (which is monotonous), with the interval that resampling the
/// rounds of both gives.
std::optional<ratio> ratio_of(const rates& top, const rates& bottom, double (*shape)(double)) {
    if (top.empty() || bottom.empty()) return std::nullopt;
    constexpr int resamples = 1000;
    random_source random{1};
    const auto draw = [&](const rates& from) {
        rates drawn(from.size());
        for (auto& value : drawn) value = from[random.below(from.size())];
        return median(drawn);
    };
    rates found;
    for (int i = 0; i < resamples; ++i) {
        const double above = draw(top);
        found.push_back(shape(above / draw(bottom)));
    }
    return ratio{shape(median(top) / median(bottom)),
                 {quantile(found, 0.025), quantile(found, 0.975)}};
}

/// Copies of a program are placed as threads are: their cases read like a kernel's.
void add_program(const exec_section& program, std::vector<sweep_case>& cases) {
    for (const auto& from : program.cases) {
        sweep_case one;
        one.kind = "program", one.name = program.name;
        one.group = "program", one.unit = program.unit;
        one.placement = from.placement, one.threads = from.threads, one.cpus = from.cpus;
        one.clean_rounds = from.clean_rounds;
        for (const auto& round : from.rounds) {
            one.rounds.push_back({.rate = round.rate,
                                  .slowest_thread = round.slowest_copy,
                                  .fastest_thread = round.fastest_copy,
                                  .joules_per_item = round.joules_per_unit,
                                  .disturbed = round.disturbed});
        }
        one.counts = from.counts;
        cases.push_back(std::move(one));
    }
}

std::vector<sweep_case> cases_over_threads(const document& from) {
    std::vector<sweep_case> cases;
    if (auto sweeps = section_of<sweeps_section>(from)) cases = std::move(sweeps->cases);
    if (const auto program = section_of<exec_section>(from)) add_program(*program, cases);
    return cases;
}

bool is_work(const sweep_case& one) {
    return one.kind == "kernel" || one.kind == "service" || one.kind == "program";
}

struct by_placement {
    rates one, one_per_core, all, same, memory;
};

void take(const sweep_case& one, by_placement& found, std::size_t cores, thread_claims& claims) {
    const auto values = clean(one, &sweep_round::rate);
    const auto threads = one.threads;
    claims.disturbed_rounds += static_cast<int>(one.rounds.size() - values.size());
    if (one.placement == "neighbour_same") {
        found.same = values;
    } else if (one.placement == "neighbour_memory") {
        found.memory = values;
    } else {
        if (threads == 1) found.one = values;
        if (cores > 0 && static_cast<std::size_t>(threads) == cores) found.one_per_core = values;
        if (const auto rate = median_of(values)) claims.scaling.push_back({threads, *rate, 0});
    }
}

}  // namespace

machine_limits limits_of(const document& from) {
    machine_limits limits;
    const auto sweeps = section_of<sweeps_section>(from);
    if (!sweeps) return limits;
    for (const auto& one : sweeps->cases) {
        if (one.threads != 1) continue;
        const auto rate = median_of(clean(one, &sweep_round::rate));
        if (!rate) continue;
        if (one.kind == "multiply_add") limits.operations_per_second = rate;
        if (one.kind == "read") limits.bytes_per_second.emplace_back(one.level, *rate);
    }
    return limits;
}

std::vector<thread_claims> claims_about_threads(const document& from) {
    std::vector<thread_claims> list;
    const auto cases = cases_over_threads(from);
    const auto machine = machine_of(from);
    if (cases.empty() || !machine) return list;
    const auto core_count = machine->core_threads ? machine->core_threads->size() : 0;
    const auto thread_count = machine->threads.value_or(0);
    const auto limits = limits_of(from);

    std::vector<std::tuple<std::string, std::string, std::string>> keys;
    for (const auto& one : cases) {
        std::tuple key{one.kind, one.name, one.level};
        if (is_work(one) && std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    }
    for (const auto& [kind, name, level] : keys) {
        thread_claims claims;
        claims.kind = kind, claims.kernel = name, claims.level = level;
        by_placement found;
        double operations = 0, bytes = 0;
        for (const auto& one : cases) {
            if (one.kind != kind || one.name != name || one.level != level) continue;
            claims.group = one.group, claims.unit = one.unit;
            take(one, found, core_count, claims);
            operations = one.operations_per_item;
            bytes = one.bytes_per_item;
            if (one.threads == 1 && !one.beside_neighbour())
                claims.counters_one = claims_about_counters(one.counts);
            if (one.threads == thread_count && !one.beside_neighbour()) {
                claims.all_placed = true;
                found.all = clean(one, &sweep_round::rate);
                const auto slowest = median_of(clean(one, &sweep_round::slowest_thread));
                const auto fastest = median_of(clean(one, &sweep_round::fastest_thread));
                if (slowest && fastest && thread_count > 1)
                    claims.spread_across_threads = 1 - *slowest / *fastest;
                claims.joules_per_item = joules_per_item(one);
                claims.counters_all = claims_about_counters(one.counts);
            }
        }
        claims.one = median_of(found.one);
        claims.one_per_core = median_of(found.one_per_core);
        claims.all = median_of(found.all);
        claims.all_rounds = found.all;
        std::ranges::sort(claims.scaling, {}, &scaling_point::threads);
        for (auto& point : claims.scaling) {
            if (claims.one) point.efficiency = point.rate / (point.threads * *claims.one);
        }
        if (!machine->threads_per_core) {
            claims.missing = "unknown: the threads of a core are not known";
        } else if (*machine->threads_per_core == 1) {
            claims.missing = "n/a: one thread a core";
        } else {
            const auto yield = [](double quotient) { return quotient - 1; };
            const auto penalty = [](double quotient) { return 1 - quotient; };
            claims.smt_yield = ratio_of(found.all, found.one_per_core, yield);
            claims.neighbour_penalty = ratio_of(found.same, found.one, penalty);
            claims.memory_neighbour_penalty = ratio_of(found.memory, found.one, penalty);
            if (!claims.smt_yield) {
                claims.missing = claims.all_placed ? "not measured: no undisturbed round"
                                                   : "not measured: the quota bounds the threads";
            }
        }
        if (claims.one && limits.operations_per_second && kind == "kernel") {
            claims.of_arithmetic = *claims.one * operations / *limits.operations_per_second;
        }
        for (const auto& [where, rate] : limits.bytes_per_second) {
            if (claims.one && where == level && kind == "kernel")
                claims.of_read = *claims.one * bytes / rate;
        }
        if (bytes > 0) claims.operations_per_byte = operations / bytes;
        list.push_back(std::move(claims));
    }
    return list;
}

}  // namespace lanewise::bench
