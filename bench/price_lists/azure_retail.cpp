#include <boost/json.hpp>
#include <cmath>

#include "json_entries.hpp"
#include "readers.hpp"

namespace lanewise::bench::price_lists {
namespace {

namespace json = boost::json;

/// Why the item is another thing than is compared here; empty: it is that.
std::string unlike(const json::value& entry, const entry_context& at) {
    const auto service = text_at(entry, "serviceName");
    const auto product = text_at(entry, "productName");
    const auto name = text_at(entry, "skuName"), meter = text_at(entry, "meterName");
    const auto type = text_at(entry, "type");
    const auto has = [](const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    };
    if (service != "Virtual Machines")
        return "it is no virtual machine but \"" + (service.empty() ? "nothing said" : service) +
               "\"";
    if (type != "Consumption")
        return "type is " + (type.empty() ? "not said" : type) + ", not Consumption";
    if (has(product, "Windows")) return "it is for Windows, not Linux";
    if (has(product, "Dedicated Host") || has(product, "Cloud Services"))
        return "productName is " + product + ", which is no shared virtual machine";
    if (has(name, "Low Priority") || has(meter, "Low Priority"))
        return "it is of low priority, which is neither on demand nor spot";
    if (const auto currency = text_at(entry, "currencyCode"); currency != "USD")
        return "its price is in " + (currency.empty() ? "no currency" : currency) +
               ", and only dollars are ranked";
    if (const auto end = instant_of(text_at(entry, "effectiveEndDate")); end && *end < at.now)
        return "its price has ended";
    const auto start = instant_of(text_at(entry, "effectiveStartDate"));
    if (start && *start > at.now) return "its price holds only from a later day on";
    return {};
}

}  // namespace

void read_azure_item(const json::value& entry, const entry_context& at, gathered_offers& into) {
    if (const auto reason = unlike(entry, at); !reason.empty())
        return into.leave_out(reason, at.place);
    offer made;
    made.provider = "azure";
    made.instance = text_at(entry, "armSkuName");
    made.region = text_at(entry, "armRegionName");
    if (made.instance.empty() || made.region.empty())
        return into.leave_out("armSkuName or armRegionName is missing", at.place);
    const double amount = number_of(member(entry, "retailPrice"));
    if (!std::isfinite(amount) || amount < 0)
        return into.leave_out("retailPrice must be a number above 0", at.place);
    // A free tier and a paid one are items of their own: the paid one counts.
    if (amount == 0) return into.leave_out("its price is 0", at.place);
    const auto unit = text_at(entry, "unitOfMeasure");
    const auto hourly = per_hour(amount, unit);
    if (!hourly) return into.leave_out("its unit is \"" + unit + "\", which is no time", at.place);
    made.usd_per_hour = *hourly;
    made.spot = text_at(entry, "skuName").ends_with(" Spot") ||
                text_at(entry, "meterName").ends_with(" Spot");
    made.instant = instant_of(text_at(entry, "effectiveStartDate")).value_or(0);
    made.date = at.day;  // the API says since when a price holds, which may be years
    made.source = "Azure retail price API: " + at.file;
    made.place = at.place;
    made.shape = shape_of(*at.known, made.instance);
    into.offers.push_back(std::move(made));
}

}  // namespace lanewise::bench::price_lists
