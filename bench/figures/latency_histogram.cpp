#include "latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace lanewise::bench {
namespace {

constexpr unsigned kept_bits =
    8;  // the leading bits of a value that its bucket keeps: 128 buckets an octave
constexpr std::uint64_t half = 1U << (kept_bits - 1);

std::size_t bucket_of(std::uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= kept_bits) return value;
    const unsigned shift = width - kept_bits;
    return (std::uint64_t{shift} << (kept_bits - 1)) + (value >> shift);
}

std::int64_t upper_edge(std::size_t bucket) {
    if (bucket < 2 * half) return static_cast<std::int64_t>(bucket);
    const auto shift = static_cast<unsigned>(bucket / half - 1);
    return static_cast<std::int64_t>(((bucket % half + half + 1) << shift) - 1);
}

}  // namespace

void latency_histogram::record(std::int64_t nanoseconds) {
    const auto value = std::max<std::int64_t>(0, nanoseconds);
    const auto bucket = bucket_of(static_cast<std::uint64_t>(value));
    if (bucket >= counts_.size()) counts_.resize(bucket + 1);
    ++counts_[bucket];
    ++count_;
    maximum_ = std::max(maximum_, value);
    sum_ += static_cast<double>(value);
}

void latency_histogram::add(const latency_histogram& other) {
    if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
    for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    maximum_ = std::max(maximum_, other.maximum_);
    sum_ += other.sum_;
}

double latency_histogram::mean() const noexcept {
    return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::int64_t latency_histogram::quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (counts_[bucket] > 0 && seen >= wanted) return std::min(upper_edge(bucket), maximum_);
    }
    return maximum_;
}

}  // namespace lanewise::bench
