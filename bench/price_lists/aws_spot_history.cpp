#include <boost/json.hpp>
#include <cmath>

#include "json_entries.hpp"
#include "readers.hpp"

namespace lanewise::bench::price_lists {
namespace {

/// us-east-1 of us-east-1a; us-west-2-lax-1 of us-west-2-lax-1a, a zone of its own.
std::string region_of(const std::string& zone) {
    const auto last = zone.find_last_not_of("abcdefghijklmnopqrstuvwxyz");
    return last == std::string::npos ? zone : zone.substr(0, last + 1);
}

}  // namespace

void read_aws_spot(const boost::json::value& entry, const entry_context& at,
                   gathered_offers& into) {
    const auto product = text_at(entry, "ProductDescription");
    if (product != "Linux/UNIX" && product != "Linux/UNIX (Amazon VPC)")
        return into.leave_out("ProductDescription is " + (product.empty() ? "not said" : product) +
                                  ", not Linux/UNIX",
                              at.place);
    offer made;
    made.provider = "aws", made.spot = true;
    made.instance = text_at(entry, "InstanceType");
    made.zone = text_at(entry, "AvailabilityZone");
    if (made.instance.empty() || made.zone.empty())
        return into.leave_out("InstanceType or AvailabilityZone is missing", at.place);
    made.region = region_of(made.zone);
    made.product = product;
    made.usd_per_hour = number_of(member(entry, "SpotPrice"));
    if (!std::isfinite(made.usd_per_hour) || made.usd_per_hour <= 0)
        return into.leave_out("SpotPrice must be a number above 0", at.place);
    // AWS CLI 1 prints seconds, with fractions, where it is told to.
    const double seconds = number_of(member(entry, "Timestamp"));
    const auto instant = std::isfinite(seconds) && seconds > 0 && seconds < 1e11
                             ? std::optional{static_cast<std::int64_t>(seconds)}
                             : instant_of(text_at(entry, "Timestamp"));
    if (!instant)
        return into.leave_out("Timestamp must be a time such as 2026-07-20T10:00:00+00:00",
                              at.place);
    if (*instant > at.now)
        return into.leave_out("its price holds only from a later day on", at.place);
    made.instant = *instant;
    made.date = day_of(*instant);
    made.source = "aws ec2 describe-spot-price-history: " + at.file;
    made.place = at.place;
    made.shape = shape_of(*at.known, made.instance);
    into.offers.push_back(std::move(made));
}

}  // namespace lanewise::bench::price_lists
