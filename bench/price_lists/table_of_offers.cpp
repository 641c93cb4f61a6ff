#include <algorithm>
#include <tuple>

#include "bench/figures/format.hpp"
#include "bench/figures/statistics.hpp"
#include "read_price_lists.hpp"

namespace lanewise::bench::price_lists {
namespace {

/// The newest of these; where two of them are equally new and cost differently, none.
const offer* newest_of(const std::vector<const offer*>& all, const std::string& what,
                       gathered_offers& from) {
    const auto age = [](const offer* one) { return std::tie(one->date, one->instant); };
    const offer* newest = *std::ranges::max_element(
        all, [&](const offer* a, const offer* b) { return age(a) < age(b); });
    for (const auto* other : all) {
        if (age(other) != age(newest) || other->usd_per_hour == newest->usd_per_hour) continue;
        from.leave_out("two prices that nothing tells apart: " + what,
                       newest->place + " ($" + digits(newest->usd_per_hour, 6) + ") and " +
                           other->place + " ($" + digits(other->usd_per_hour, 6) + ")");
        return nullptr;
    }
    return newest;
}

/// Computed prices, and those for 100 hours, have digits that are only rounding.
double tidy(double dollars) {
    return std::stod(digits(dollars, 10));
}

std::optional<price::spot_price> spot_of(const std::vector<const offer*>& all,
                                         const std::string& what, gathered_offers& from) {
    std::map<std::pair<std::string, std::string>, std::vector<const offer*>> zones;
    for (const auto* one : all) zones[{one->zone, one->product}].push_back(one);
    std::vector<double> dollars;
    price::spot_price found;
    for (const auto& [zone, offers] : zones) {
        const auto* newest = newest_of(
            offers, "spot of " + what + (zone.first.empty() ? "" : " in " + zone.first), from);
        if (!newest) continue;
        dollars.push_back(newest->usd_per_hour);
        // The oldest says how far the row may be trusted.
        if (found.date.empty() || newest->date < found.date) found.date = newest->date;
    }
    if (dollars.empty()) return std::nullopt;
    found.usd_per_hour = tidy(median(dollars));
    if (dollars.size() > 1) {
        found.low = tidy(std::ranges::min(dollars));
        found.high = tidy(std::ranges::max(dollars));
    }
    return found;
}

}  // namespace

std::vector<price> table_of_offers(gathered_offers& from) {
    struct of_instance {
        std::vector<const offer*> on_demand, spot;
    };
    std::map<std::tuple<std::string, std::string, std::string>, of_instance> all;
    for (const auto& one : from.offers) {
        auto& place = all[{one.provider, one.region, one.instance}];
        (one.spot ? place.spot : place.on_demand).push_back(&one);
    }
    std::vector<price> rows;
    for (const auto& [name, offers] : all) {
        const auto& [provider, region, instance] = name;
        const auto what = instance + (region.empty() ? "" : " in " + region);
        price row;
        const auto take_shape = [&](const offer& one) {
            if (!one.shape) return;
            row.architecture = one.shape->architecture, row.vcpus = one.shape->vcpus;
            row.threads_per_core = one.shape->threads_per_core;
            row.memory_gib = one.shape->memory_gib;
        };
        row.provider = provider, row.region = region, row.instance = instance;
        if (!offers.spot.empty()) {
            row.spot = spot_of(offers.spot, what, from);
            take_shape(*offers.spot.front());
            row.source = offers.spot.front()->source;
        }
        const auto* listed =
            offers.on_demand.empty() ? nullptr : newest_of(offers.on_demand, what, from);
        if (listed) {
            take_shape(*listed);
            row.usd_per_hour = tidy(listed->usd_per_hour);
            row.date = listed->date;
            const bool also_spot = row.spot && row.source != listed->source;
            row.source = listed->source + (also_spot ? "; " + row.source : "");
        }
        if (listed || row.spot) rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace lanewise::bench::price_lists
