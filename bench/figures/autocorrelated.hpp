// The uncertainty of a mean of values in the order of time, of which neighbours are alike. Pure
// functions.
#pragma once

#include <span>

namespace lanewise::bench {

/// Half the width of the 95 % interval of a mean, from the values' deviations from it (their sum is
/// about 0), in the order of time; 0 for fewer than two. Long-run variance with Bartlett's weights
/// over three tenths of the values, and the quantile that belongs to so many (Kiefer and
/// Vogelsang's fixed-b asymptotics): the normal quantile would promise too much.
[[nodiscard]] double mean_half_width(std::span<const double> deviations);

/// The correlation of each value with the next; 0 for fewer than three, or where none differs.
[[nodiscard]] double lag_correlation(std::span<const double> deviations);

}  // namespace lanewise::bench
