#include "claims_kernels.hpp"

#include "bench/documents/environment_section.hpp"
#include "bench/documents/machine_section.hpp"
#include "bench/documents/typed.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace lanewise::bench {
namespace {

namespace json = boost::json;

std::string text_or(const json::object& object, std::string_view name,
                    const std::string& otherwise) {
    const auto* value = object.if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : otherwise;
}

/// "dot_f32/avx2/L1/n:4096" in its four parts.
std::optional<kernel_rate> parse_name(std::string_view name) {
    kernel_rate rate;
    for (std::string* part : {&rate.kernel, &rate.variant, &rate.level}) {
        const auto slash = name.find('/');
        if (slash == std::string_view::npos) return std::nullopt;
        *part = name.substr(0, slash);
        name.remove_prefix(slash + 1);
    }
    // Google Benchmark appends how it was asked to repeat.
    rate.parameters = name.substr(0, std::min(name.find("/iterations:"), name.find("/repeats:")));
    return rate;
}

}  // namespace

std::vector<std::string> reasons_not_to_rank(const document& from) {
    std::vector<std::string> reasons;
    if (const auto environment = section_of<environment_section>(from)) {
        for (const auto& one : environment->disturbances) {
            if (one.bars_ranking) reasons.push_back(one.text);
        }
    }
    const auto machine = machine_of(from);
    if (reasons.empty() && machine && machine->emulated == true) {
        reasons.emplace_back("The program ran under emulation: its times are the emulator's.");
    }
    return reasons;
}

std::string machine_name(const document& from) {
    const auto machine = machine_of(from);
    if (!machine) return from.file;
    auto name = machine->pool.value_or(machine->cpu_model.value_or(machine->architecture));
    if (machine->emulated == true) name += " (emulated)";
    return name;
}

std::string machine_and_node(const document& from) {
    const auto machine = machine_of(from);
    return machine_name(from) + (machine && machine->node ? " " + *machine->node : "");
}

std::vector<kernel_rate> kernel_rates(const document& from) {
    std::vector<std::string> order;
    std::map<std::string, std::pair<std::vector<double>, std::vector<double>>>
        found;  // items and bytes by name
    const auto* kernels = from.content.at("kernels").if_object();
    if (!kernels) return {};
    for (const auto& entry : kernels->at("benchmarks").as_array()) {
        const auto& run = entry.as_object();
        const auto* items = run.if_contains("items_per_second");
        if (text_or(run, "run_type", "") != "iteration" || !items || !items->is_number()) continue;
        const auto name = text_or(run, "run_name", "");
        auto [place, is_new] = found.try_emplace(name);
        if (is_new) order.push_back(name);
        place->second.first.push_back(items->to_number<double>());
        const auto* bytes = run.if_contains("bytes_per_second");
        if (bytes && bytes->is_number()) place->second.second.push_back(bytes->to_number<double>());
    }
    std::vector<kernel_rate> rates;
    for (const auto& name : order) {
        auto rate = parse_name(name);
        if (!rate) continue;
        const auto& [items, bytes] = found.at(name);
        rate->items_per_second = summarize(items);
        if (!bytes.empty()) rate->bytes_per_second = median(bytes);
        const double spread = rate->items_per_second.mad / rate->items_per_second.median;
        if (rate->variant == "portable") {
            rate->unranked = "portable keeps a node alive; a pool is not measured on it";
        } else if (items.size() < 9) {
            rate->unranked = "only " + std::to_string(items.size()) + " of nine repetitions";
        } else if (spread > spread_bound) {
            rate->unranked = "its repetitions spread too far";
        }
        rates.push_back(std::move(*rate));
    }
    // Google Benchmark reports in the order of its random interleaving.
    const auto place = [](const kernel_rate& rate) {
        return std::tuple{std::string_view{rate.kernel},
                          rate.level == "DRAM" ? std::string_view{"M"} : rate.level,
                          -rate.items_per_second.median};
    };
    std::ranges::stable_sort(rates, {}, place);
    return rates;
}

std::vector<kernel_winner> kernel_winners(std::span<const kernel_rate> rates) {
    std::vector<kernel_winner> winners;
    std::vector<std::pair<std::string, std::string>> done;
    for (const auto& rate : rates) {
        const std::pair key{rate.kernel, rate.level};
        if (std::ranges::find(done, key) != done.end()) continue;
        done.push_back(key);
        std::vector<const kernel_rate*> field;
        for (const auto& other : rates) {
            if (std::pair{other.kernel, other.level} == key && !other.unranked)
                field.push_back(&other);
        }
        if (field.empty()) continue;
        std::ranges::sort(field, std::greater{},
                          [](const auto* one) { return one->items_per_second.median; });
        kernel_winner winner{rate.kernel, rate.level, field[0]->variant, "", 1, true};
        if (field.size() > 1) {
            winner.runner_up = field[1]->variant;
            winner.lead = field[0]->items_per_second.median / field[1]->items_per_second.median;
            winner.decided =
                field[0]->items_per_second.ci95.low > field[1]->items_per_second.ci95.high;
        }
        winners.push_back(std::move(winner));
    }
    return winners;
}

}  // namespace lanewise::bench
