// Finds the highest rate that a server holds: doubling until it breaks, then halving the bracket.
// Knows no clock.
#pragma once

#include <optional>

namespace lanewise::bench {

struct search_options {
    double rate_first = 1000;
    double rate_min = 1;
    double rate_max = 10e6;
    double precision = 0.03;  ///< the bracket is narrow enough when its ends differ by less
};

/// One success counts; a failure counts when it came twice in a row, because a hiccup of a shared
/// machine fails a step and never makes one succeed.
class load_search {
public:
    explicit load_search(const search_options& options)
        : options_{options}, rate_{options.rate_first} {}

    /// The rate to try next, or nothing when the search is over.
    [[nodiscard]] std::optional<double> next() const;

    /// What became of the rate that next() named.
    void report(bool held);

    /// The highest rate that held; nothing if none did.
    [[nodiscard]] std::optional<double> held() const noexcept { return low_; }
    /// The lowest rate that failed; nothing if rate_max held.
    [[nodiscard]] std::optional<double> failed() const noexcept { return high_; }

private:
    void choose();

    search_options options_;
    double rate_;
    std::optional<double> low_, high_;
    bool failed_once_ = false;
    bool over_ = false;
};

}  // namespace lanewise::bench
