#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <cmath>
#include <limits>
#include <regex>

#include "json_entries.hpp"
#include "readers.hpp"

namespace lanewise::bench::price_lists {
namespace {

namespace json = boost::json;

/// Units plus nanos; NaN where it is no dollars, with the reason.
double money_of(const json::value* price, std::string& why) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (!price || !price->is_object()) {
        why = "unitPrice is missing";
        return none;
    }
    const auto currency = text_at(*price, "currencyCode");
    if (currency != "USD") {
        why = "its price is in " + (currency.empty() ? "no currency" : currency) +
              ", and only dollars are ranked";
        return none;
    }
    const auto part = [&](std::string_view name) {
        const auto* value = member(*price, name);
        return value ? number_of(value) : 0;
    };
    const double amount = part("units") + part("nanos") * 1e-9;
    if (!std::isfinite(amount) || amount < 0) why = "units and nanos are no price";
    return amount;
}

/// The newest pricing that holds already.
const json::value* pricing_of(const json::value& entry, const entry_context& at,
                              std::int64_t& since) {
    const auto* all = member(entry, "pricingInfo");
    if (!all || !all->is_array()) return nullptr;
    const json::value* newest = nullptr;
    for (const auto& one : all->get_array()) {
        const auto from = instant_of(text_at(one, "effectiveTime")).value_or(0);
        if (from > at.now || (newest && from < since)) continue;
        newest = &one, since = from;
    }
    return newest;
}

/// Dollars for one hour of one core or GiB: the first tier that costs something.
std::optional<double> hourly(const json::value& pricing, bool memory, std::string& why) {
    const auto* expression = member(pricing, "pricingExpression");
    const auto* tiers = expression ? member(*expression, "tieredRates") : nullptr;
    if (!tiers || !tiers->is_array()) {
        why = "pricingExpression.tieredRates is missing";
        return std::nullopt;
    }
    auto unit = text_at(*expression, "usageUnit");
    const auto whole_unit = unit;
    double size = 1;
    if (memory) {
        const auto dot = unit.find('.');
        const auto what = unit.substr(0, dot);
        if (dot == std::string::npos || (what != "GiBy" && what != "GBy")) {
            why = "its unit is \"" + whole_unit + "\", which is no GiB for a time";
            return std::nullopt;
        }
        if (what == "GBy") size = 1.073741824;  // of a GiB
        unit.erase(0, dot + 1);
    }
    why = "its price is 0";
    std::optional<std::pair<double, double>> first;
    for (const auto& tier : tiers->get_array()) {
        std::string problem;
        const double amount = money_of(member(tier, "unitPrice"), problem);
        if (!problem.empty()) {
            why = problem;
            return std::nullopt;
        }
        const double start = number_of(member(tier, "startUsageAmount"));
        if (amount > 0 && (!first || start < first->first)) first = {start, amount};
    }
    if (!first) return std::nullopt;
    const auto found = per_hour(first->second * size, unit);
    if (!found) why = "its unit is \"" + whole_unit + "\", which is no time";
    return found;
}

/// n4a-standard-8 of N4A.
std::string lower(std::string text) {
    for (char& letter : text)
        letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return text;
}

template <class Part>
const Part* newest_of(const std::vector<Part>& parts, const std::string& what,
                      gathered_offers& into) {
    if (parts.empty()) return nullptr;
    const auto* newest = &*std::ranges::max_element(parts, {}, &Part::instant);
    for (const auto& other : parts) {
        if (other.instant != newest->instant || other.usd_per_hour == newest->usd_per_hour)
            continue;
        into.leave_out("two prices that nothing tells apart: " + what,
                       newest->place + " and " + other.place);
        return nullptr;
    }
    return newest;
}

}  // namespace

void gcp_sku_reader::read(const json::value& entry, const entry_context& at,
                          gathered_offers& into) {
    // Sole tenancy, custom machines, reservations and commitments say so in their first words.
    static const std::regex plain{
        "(Spot Preemptible )?([A-Z][0-9]+[A-Z]?)( Predefined)?( AMD| Arm)? Instance (Core|Ram) "
        "running in .*"};
    const auto description = text_at(entry, "description");
    std::smatch parts;
    if (description.size() > 300 || !std::regex_match(description, parts, plain))
        return into.leave_out("it is no core or memory of a predefined machine", at.place);
    const auto usage = text_at(entry, "category", "usageType");
    const bool spot = parts[1].matched;
    if (usage != (spot ? "Preemptible" : "OnDemand"))
        return into.leave_out(
            "usageType is " + (usage.empty() ? "not said" : usage) + ", not OnDemand", at.place);
    const bool memory = parts[5] == "Ram";
    std::int64_t since = 0;
    const auto* pricing = pricing_of(entry, at, since);
    if (!pricing)
        return into.leave_out("it has no price, or one that holds only from a later day on",
                              at.place);
    std::string why;
    const auto amount = hourly(*pricing, memory, why);
    if (!amount) return into.leave_out(why, at.place);
    const auto* regions = member(entry, "serviceRegions");
    if (!regions || !regions->is_array() || regions->get_array().empty())
        return into.leave_out("serviceRegions is missing", at.place);
    for (const auto& region : regions->get_array()) {
        if (!region.is_string()) continue;
        auto& of = parts_[{lower(parts[2]), std::string{region.get_string()}, spot}];
        (memory ? of.memory : of.cores).push_back({*amount, at.place, at.day, since});
    }
}

void gcp_sku_reader::finish(const entry_context& at, gathered_offers& into) const {
    for (const auto& [what, found] : parts_) {
        const auto name = (what.spot ? "spot " : "") + what.family + " in " + what.region;
        const auto* core = newest_of(found.cores, "a core of " + name, into);
        const auto* memory = newest_of(found.memory, "memory of " + name, into);
        if (!core || !memory) {
            const auto& seen = found.cores.empty() ? found.memory : found.cores;
            if (found.cores.empty() || found.memory.empty())
                into.leave_out(found.cores.empty() ? "the price of its cores is missing"
                                                   : "the price of its memory is missing",
                               seen.front().place + " (" + name + ")");
            continue;
        }
        bool any = false;
        for (const auto& shape : at.known->rows()) {
            if (shape.provider != "gcp" || !shape.instance.starts_with(what.family + "-") ||
                shape.memory_gib <= 0)
                continue;
            any = true;
            offer made;
            made.provider = "gcp", made.region = what.region, made.instance = shape.instance;
            made.spot = what.spot;
            made.usd_per_hour =
                shape.vcpus * core->usd_per_hour + shape.memory_gib * memory->usd_per_hour;
            made.instant = core->instant, made.date = core->date;
            made.source = "Google Cloud's SKU list, cores and memory: " + at.file;
            made.place = core->place, made.shape = shape;
            into.offers.push_back(std::move(made));
        }
        if (!any)
            into.leave_out("no shape of its family is in the built-in table",
                           core->place + " (" + what.family + ")");
    }
}

}  // namespace lanewise::bench::price_lists
