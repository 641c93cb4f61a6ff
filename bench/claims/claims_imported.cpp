#include "claims_imported.hpp"

#include <utility>

#include "bench/documents/imported_section.hpp"
#include "bench/documents/typed.hpp"
#include "claims_kernels.hpp"

namespace lanewise::bench {
namespace {

constexpr std::size_t repetitions_min = 3;  // that an interval can be made of

std::optional<std::string> reason_not_to_rank(const imported_rate& one) {
    const auto count = one.rates.size();
    const std::string remedy = ": run it with --benchmark_repetitions=9";
    if (count == 0 && one.aggregate) {
        return "the file has aggregates alone, and no repetitions: run it without "
               "--benchmark_report_aggregates_only";
    }
    if (count == 0) return "no repetition gave a figure";
    if (count == 1) return "one run gives no interval" + remedy;
    if (count < repetitions_min) return "two repetitions give no interval" + remedy;
    if (one.per_second->mad / one.per_second->median > spread_bound)
        return "its repetitions spread too far";
    return std::nullopt;
}

}  // namespace

std::vector<imported_rate> imported_rates(const document& from) {
    std::vector<imported_rate> found;
    const auto section = section_of<imported_section>(from);
    if (!section) return found;
    for (const auto& one : section->cases) {
        imported_rate rate{one.name, one.unit, one.rates, {}, one.aggregate, {}};
        if (!one.rates.empty()) rate.per_second = summarize(one.rates);
        rate.unranked = reason_not_to_rank(rate);
        found.push_back(std::move(rate));
    }
    return found;
}

machine_identity importing_machine(const document& from) {
    if (const auto machine = machine_of(from)) return identity_of_machine(*machine);
    machine_identity who;
    const auto section = section_of<imported_section>(from);
    if (!section) return who;
    who.node = section->host.value_or("");
    who.instance = section->instance.value_or("");
    who.threads = section->cpus;
    who.pool = section->pool.value_or(!who.instance.empty() ? who.instance
                                      : !who.node.empty()   ? who.node
                                                            : from.file);
    return who;
}

}  // namespace lanewise::bench
