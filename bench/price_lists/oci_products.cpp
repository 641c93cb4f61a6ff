#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <regex>

#include "json_entries.hpp"
#include "readers.hpp"

namespace lanewise::bench::price_lists {
namespace {

namespace json = boost::json;

/// OCPUs and gigabytes of "VM.Standard.E4.Flex/4ocpu-32gb".
struct flexible_shape {
    std::string family;
    double ocpus, gigabytes;
};

std::optional<flexible_shape> flexible_of(const std::string& instance) {
    static const std::regex name{R"(VM\.Standard\.([A-Z][0-9]+)\.Flex/([0-9]+)ocpu-([0-9]+)gb)"};
    std::smatch parts;
    if (!std::regex_match(instance, parts, name)) return std::nullopt;
    return flexible_shape{parts[1], std::stod(parts[2]), std::stod(parts[3])};
}

/// Pay as you go, in dollars: the first tier that costs something.
std::optional<double> price_of(const json::value& entry, std::string& why) {
    const auto* currencies = member(entry, "currencyCodeLocalizations");
    if (!currencies || !currencies->is_array()) {
        why = "currencyCodeLocalizations is missing";
        return std::nullopt;
    }
    why = "its price is in no currency that is ranked: only dollars are";
    std::optional<std::pair<double, double>> first;
    for (const auto& one : currencies->get_array()) {
        const auto* prices = member(one, "prices");
        if (text_at(one, "currencyCode") != "USD" || !prices || !prices->is_array()) continue;
        why = "its price is 0, or none to pay as you go";
        for (const auto& tier : prices->get_array()) {
            if (text_at(tier, "model") != "PAY_AS_YOU_GO") continue;
            const double amount = number_of(member(tier, "value"));
            const double begin = number_of(member(tier, "rangeMin"));
            const double from = std::isfinite(begin) ? begin : 0;
            if (!std::isfinite(amount) || amount <= 0) continue;
            if (!first || from < first->first) first = {from, amount};
        }
    }
    return first ? std::optional{first->second} : std::nullopt;
}

template <class Part>
const Part* only_of(const std::vector<Part>& parts, const std::string& what,
                    gathered_offers& into) {
    if (parts.empty()) return nullptr;
    for (const auto& other : parts) {
        if (other.usd_per_hour == parts.front().usd_per_hour) continue;
        into.leave_out("two prices that nothing tells apart: " + what,
                       parts.front().place + " and " + other.place);
        return nullptr;
    }
    return &parts.front();
}

}  // namespace

void oci_product_reader::read(const json::value& entry, const entry_context& at,
                              gathered_offers& into) {
    // "Compute - Standard - E4 - OCPU", "OCI - Compute - Ampere A1 - Memory"; with GPUs, of Windows
    // or reserved they have other words.
    static const std::regex plain{
        R"((?:O[A-Za-z ]+ - )?Compute - (?:Standard - |Ampere - |Ampere )([A-Z][0-9]+) - (OCPU|ECPU|Memory))"};
    const auto name = text_at(entry, "displayName");
    std::smatch parts;
    if (name.size() > 300 || !std::regex_match(name, parts, plain))
        return into.leave_out("it is no OCPU or memory of a standard shape", at.place);
    const bool memory = parts[2] == "Memory";
    const auto metric = text_at(entry, "metricName");
    static const std::regex of_core{"OCPUs? (Per )?Hours?"},
        of_memory{"Giga[Bb]ytes? (Per )?Hours?"};
    if (!std::regex_match(metric.substr(0, 100), memory ? of_memory : of_core))
        return into.leave_out("its unit is \"" + metric + "\", not " +
                                  (memory ? "Gigabyte Per Hour" : "OCPU Per Hour"),
                              at.place);
    std::string why;
    const auto amount = price_of(entry, why);
    if (!amount) return into.leave_out(why, at.place);
    auto& of = parts_[parts[1]];
    (memory ? of.memory : of.cores).push_back({*amount, at.place});
}

void oci_product_reader::finish(const entry_context& at, gathered_offers& into) const {
    for (const auto& [family, found] : parts_) {
        const auto* core = only_of(found.cores, "an OCPU of " + family, into);
        const auto* memory = only_of(found.memory, "memory of " + family, into);
        if (!core || !memory) {
            const auto& seen = found.cores.empty() ? found.memory : found.cores;
            if (found.cores.empty() || found.memory.empty())
                into.leave_out(found.cores.empty() ? "the price of its OCPUs is missing"
                                                   : "the price of its memory is missing",
                               seen.front().place + " (" + family + ")");
            continue;
        }
        bool any = false;
        for (const auto& shape : at.known->rows()) {
            const auto flexible = flexible_of(shape.instance);
            if (!flexible || flexible->family != family) continue;
            any = true;
            offer made;
            made.provider = "oci", made.region = "all", made.instance = shape.instance;
            // What an OCPU is, two threads or one core or two, is in the shape's row.
            made.usd_per_hour =
                flexible->ocpus * core->usd_per_hour + flexible->gigabytes * memory->usd_per_hour;
            made.date = at.day;
            made.source = "Oracle Cloud's price list, OCPUs and memory: " + at.file;
            made.place = core->place, made.shape = shape;
            into.offers.push_back(std::move(made));
        }
        if (!any)
            into.leave_out("no shape of its family is in the built-in table",
                           core->place + " (" + family + ")");
    }
}

}  // namespace lanewise::bench::price_lists
