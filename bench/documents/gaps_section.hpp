// A document's "gaps": what was to be measured and was not. A document without them was made before
// there were any, or is whole.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "typed.hpp"

namespace lanewise::bench {

struct measuring_gap {
    std::string what;  ///< "arm64, node arm-1"
    std::string why;   ///< "the image shop/cart:2 has no linux/arm64"
};
BOOST_DESCRIBE_STRUCT(measuring_gap, (), (what, why))

[[nodiscard]] inline std::vector<measuring_gap> gaps_of(const document& from) {
    const auto* gaps = from.content.if_contains("gaps");
    return gaps ? read_section<std::vector<measuring_gap>>(*gaps) : std::vector<measuring_gap>{};
}

inline void put_gaps(boost::json::object& document, const std::vector<measuring_gap>& gaps) {
    if (!gaps.empty()) document["gaps"] = write_section(gaps);
}

}  // namespace lanewise::bench
