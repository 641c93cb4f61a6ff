#include "metrics.hpp"

#include <algorithm>

namespace lanewise::server {

void duration_histogram::observe(std::chrono::nanoseconds duration, std::uint64_t count) {
    const auto nanoseconds =
        static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
    const double seconds = static_cast<double>(nanoseconds) / 1e9;
    std::size_t index = 0;
    while (index < bounds_seconds.size() && seconds > bounds_seconds[index]) ++index;
    buckets_[index].add(count);
    sum_nanoseconds_.add(nanoseconds * count);
}

}  // namespace lanewise::server
