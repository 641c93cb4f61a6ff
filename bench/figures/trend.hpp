// Whether values in the order of their coming rise or fall by more than chance lets them.
#pragma once

#include <optional>
#include <span>

namespace lanewise::bench {

/// The two-sided p-value of Mann and Kendall's test against a trend, by the normal approximation
/// with ties and continuity corrected; 1 for fewer than five values.
[[nodiscard]] double mann_kendall_p(std::span<const double> values);

/// By how much values above 0 change from the first to the last, as a straight line on their
/// logarithms has it: 0.21 is 21 % up. Nothing where no trend is beyond chance at 5 %: by Mann and
/// Kendall's test from five values on; of three or four, whose ranks can't tell, by a t test of the
/// line's slope.
[[nodiscard]] std::optional<double> trend_over(std::span<const double> values);

/// So many windows of warming up decide whether it is over.
inline constexpr std::size_t steady_windows = 8;

/// Whether the last eight of them show no trend at 5 %; false for fewer.
[[nodiscard]] bool is_steady(std::span<const double> values);

}  // namespace lanewise::bench
