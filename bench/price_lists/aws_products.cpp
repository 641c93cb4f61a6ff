#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "json_entries.hpp"
#include "readers.hpp"

namespace lanewise::bench::price_lists {
namespace {

namespace json = boost::json;

/// What an attribute must say for the price to be that of Linux on shared hardware, on demand.
struct wanted {
    std::string_view attribute, value;
    bool needed;
};
constexpr wanted likes[]{{"operatingSystem", "Linux", true},
                         {"tenancy", "Shared", true},
                         {"preInstalledSw", "NA", true},
                         {"capacitystatus", "Used", true},
                         {"licenseModel", "No License required", false},
                         {"marketoption", "OnDemand", false},
                         {"operation", "RunInstances", false}};

/// Why the product is another thing than is compared here; empty: it is that.
std::string unlike(const json::value& entry) {
    const auto family = text_at(entry, "product", "productFamily");
    if (!family.starts_with("Compute Instance"))
        return "it is no instance but \"" + (family.empty() ? "nothing said" : family) + "\"";
    for (const auto& [attribute, value, needed] : likes) {
        const auto said = text_at(entry, "product", "attributes", attribute);
        if (said == value || (said.empty() && !needed)) continue;
        return std::string{attribute} + " is " + (said.empty() ? "not said" : said) + ", not " +
               std::string{value};
    }
    return {};
}

std::string architecture_of(const json::value& entry) {
    const auto cpu = text_at(entry, "product", "attributes", "physicalProcessor");
    if (cpu.find("Graviton") != std::string::npos) return "arm64";
    if (cpu.find("Intel") != std::string::npos || cpu.find("AMD") != std::string::npos)
        return "amd64";
    return {};
}

double gibibytes(const std::string& text) {
    std::string plain;
    for (const char letter : text) {
        if (letter != ',') plain += letter;
    }
    const json::value number(plain.substr(0, plain.find(' ')));
    const double amount = number_of(&number);
    return std::isfinite(amount) && text.ends_with("GiB") ? amount : 0;
}

struct dimension {
    double begin;
    double usd_per_hour;
};

/// The price of the term: that of its first paid tier; else why it has none.
std::optional<double> price_of(const json::value& term, std::string& why) {
    const auto* dimensions = member(term, "priceDimensions");
    if (!dimensions || !dimensions->is_object()) {
        why = "its term has no priceDimensions";
        return std::nullopt;
    }
    std::vector<dimension> found;
    why = "its price is 0";
    for (const auto& [code, one] : dimensions->get_object()) {
        const auto* dollars = member(one, "pricePerUnit", "USD");
        if (!dollars) {
            const auto* prices = member(one, "pricePerUnit");
            const bool other = prices && prices->is_object() && !prices->get_object().empty();
            why = "its price is in " +
                  (other ? std::string{prices->get_object().begin()->key()} : "no currency") +
                  ", and only dollars are ranked";
            continue;
        }
        const double amount = number_of(dollars);
        if (!std::isfinite(amount) || amount < 0) {
            why = "pricePerUnit is no price";
            continue;
        }
        if (amount == 0) continue;
        const auto unit = text_at(one, "unit");
        const auto hourly = per_hour(amount, unit);
        if (!hourly) {
            why = "its unit is \"" + unit + "\", which is no time";
            continue;
        }
        const double begin = number_of(member(one, "beginRange"));
        found.push_back({std::isfinite(begin) ? begin : 0, *hourly});
    }
    if (found.empty()) return std::nullopt;
    return std::ranges::min_element(found, {}, &dimension::begin)->usd_per_hour;
}

}  // namespace

void read_aws_product(const json::value& entry, const entry_context& at, gathered_offers& into) {
    if (const auto reason = unlike(entry); !reason.empty()) return into.leave_out(reason, at.place);
    offer made;
    made.provider = "aws";
    made.instance = text_at(entry, "product", "attributes", "instanceType");
    made.region = text_at(entry, "product", "attributes", "regionCode");
    if (made.region.empty()) made.region = text_at(entry, "product", "attributes", "location");
    if (made.instance.empty() || made.region.empty())
        return into.leave_out("instanceType or regionCode is missing", at.place);

    const auto* terms = member(entry, "terms", "OnDemand");
    if (!terms || !terms->is_object() || terms->get_object().empty())
        return into.leave_out("it has no price on demand", at.place);
    std::string why;
    bool any = false;
    for (const auto& [code, term] : terms->get_object()) {
        const auto from = instant_of(text_at(term, "effectiveDate")).value_or(0);
        if (from > at.now) {
            if (!any) why = "its price holds only from a later day on";
            continue;
        }
        std::string problem;
        const auto amount = price_of(term, problem);
        if (!amount) {
            if (!any) why = problem;
            continue;
        }
        if (any && from <= made.instant) continue;
        any = true;
        made.usd_per_hour = *amount, made.instant = from;
    }
    if (!any) return into.leave_out(why, at.place);

    price shape;
    if (const auto known = shape_of(*at.known, made.instance)) {
        shape.architecture = known->architecture, shape.threads_per_core = known->threads_per_core;
    }
    if (const auto said = architecture_of(entry); !said.empty()) shape.architecture = said;
    const double vcpus = number_of(member(entry, "product", "attributes", "vcpu"));
    if (std::isfinite(vcpus) && vcpus >= 1 && vcpus <= 1e6) shape.vcpus = static_cast<int>(vcpus);
    shape.memory_gib = gibibytes(text_at(entry, "product", "attributes", "memory"));
    made.shape = shape;
    // When the list came out says how fresh a price is; a term can be effective for years.
    const auto published = instant_of(text_at(entry, "publicationDate"));
    made.date = published ? day_of(*published) : at.day;
    made.source = "aws pricing get-products: " + at.file;
    made.place = at.place;
    into.offers.push_back(std::move(made));
}

}  // namespace lanewise::bench::price_lists
