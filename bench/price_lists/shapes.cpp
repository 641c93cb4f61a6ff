#include <algorithm>

#include "offers.hpp"

namespace lanewise::bench::price_lists {
namespace {

/// m7g of m7g.xlarge: all sizes of it share how many threads a core has.
std::string_view family_of(std::string_view instance) {
    return instance.substr(0, instance.find('.'));
}

}  // namespace

std::optional<price> shape_of(const price_table& known, std::string_view instance) {
    const auto& rows = known.rows();
    const auto same = std::ranges::find(rows, instance, &price::instance);
    if (same != rows.end()) return *same;
    if (instance.find('.') == std::string_view::npos) return std::nullopt;
    const auto kin = std::ranges::find_if(rows, [&](const price& one) {
        return one.instance.find('.') != std::string::npos &&
               family_of(one.instance) == family_of(instance);
    });
    if (kin == rows.end()) return std::nullopt;
    price shape;
    shape.architecture = kin->architecture, shape.threads_per_core = kin->threads_per_core;
    return shape;
}

}  // namespace lanewise::bench::price_lists
