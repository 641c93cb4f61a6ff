#include "metrics.hpp"

#include <algorithm>

namespace lanewise::server {

std::size_t duration_histogram::bucket_of(std::chrono::nanoseconds duration) {
    const double seconds = static_cast<double>(duration.count()) / 1e9;
    std::size_t index = 0;
    while (index < bounds_seconds.size() && seconds > bounds_seconds[index]) ++index;
    return index;
}

void duration_histogram::observe(std::chrono::nanoseconds duration) {
    const auto nanoseconds =
        static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
    buckets_[bucket_of(duration)].add(1);
    sum_nanoseconds_.add(nanoseconds);
}

}  // namespace lanewise::server
