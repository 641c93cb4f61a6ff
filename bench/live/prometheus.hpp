// Questions to a Prometheus by its HTTP API, and what it answers. Every reply is taken as a
// stranger's: bounded, checked, and what does not fit is said.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load/tls_client.hpp"

namespace lanewise::bench::live {

/// It gave no answer that can be used; the message says which question and why.
struct prometheus_failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct time_series {
    std::map<std::string, std::string> labels;
    std::vector<std::pair<double, double>> values;  ///< time in seconds since 1970, value
};

struct range_answer {
    std::vector<time_series> series;
    std::vector<std::string> warnings;
    std::uint64_t not_finite = 0;         ///< values that were NaN or infinite, left out
    std::uint64_t native_histograms = 0;  ///< series of native histograms, left out
    std::uint64_t duplicates = 0;         ///< series that came twice, left out
};

/// What /api/v1/query_range answers; throws prometheus_failure.
[[nodiscard]] range_answer read_range_answer(std::string_view body);

/// Steps from `start` to `end`, both included.
struct time_range {
    double start = 0, end = 0, step = 60;
};

struct prometheus_options {
    std::string url;  ///< of its root, where /api/v1/ lies below
    std::string authorization;
    tls_options tls;
    std::chrono::duration<double> patience{60};  ///< for all questions of one run together
};

class prometheus {
public:
    explicit prometheus(prometheus_options options);

    /// The values of an expression over time; throws prometheus_failure.
    [[nodiscard]] range_answer range(const std::string& promql, const time_range& over);

    /// Its URL without a query, for documents.
    [[nodiscard]] const std::string& name() const noexcept { return base_; }

private:
    prometheus_options options_;
    std::string base_;
    std::chrono::steady_clock::time_point deadline_;
};

/// A query's parameter as RFC 3986 writes it.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace lanewise::bench::live
