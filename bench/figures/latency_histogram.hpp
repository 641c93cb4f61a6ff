// Latencies in buckets whose width grows with the value: any number of them in a few kilobytes, at
// a known error.
#pragma once

#include <cstdint>
#include <vector>

namespace lanewise::bench {

/// Each value is kept to within 1/128 of itself (0.8 %); what it returns is a bucket's upper edge,
/// so that it never flatters.
class latency_histogram {
public:
    void record(std::int64_t nanoseconds);
    void add(const latency_histogram& other);

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::int64_t maximum() const noexcept { return maximum_; }  ///< exact
    [[nodiscard]] double mean() const noexcept;                               ///< exact; 0 of none

    /// The smallest bucket edge that at least this share of the values does not exceed; 0 of none.
    [[nodiscard]] std::int64_t quantile(double share) const;

private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::int64_t maximum_ = 0;
    double sum_ = 0;
};

}  // namespace lanewise::bench
