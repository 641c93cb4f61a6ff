// One step of an open-loop load: requests at intended times that do not wait for replies, and what
// became of them. Nothing here knows a clock or a socket: the generator and the simulations of the
// tests feed the same code.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/figures/latency_histogram.hpp"
#include "bench/figures/statistics.hpp"

namespace lanewise::bench {

/// Intended send times of a Poisson process, in nanoseconds from the start of the step. The same
/// seed, the same times.
class arrivals {
public:
    arrivals(double per_second, std::uint64_t seed) : gap_ns_{1e9 / per_second}, random_{seed} {}
    [[nodiscard]] std::int64_t next() {
        at_ns_ += gap_ns_ * random_.exponential();
        return static_cast<std::int64_t>(at_ns_);
    }

private:
    double gap_ns_;
    double at_ns_ = 0;
    random_source random_;
};

/// What happened in the counted part of a step. Latencies count from the intended time.
struct step_counts {
    latency_histogram latency;
    std::uint64_t intended = 0;  ///< requests that the schedule holds
    std::uint64_t warming = 0;   ///< requests of the warming up, which count for nothing else
    std::uint64_t errors = 0;    ///< a status that is no success, a broken connection, no reply in
                                 ///< time
    std::uint64_t late = 0;      ///< the generator itself came later than its bound allows

    std::map<std::string, std::uint64_t> failures;  ///< what came in place of a success, how often
    std::vector<std::uint64_t> sent;                ///< of each request of the mix
    std::uint64_t repeated = 0;  ///< sent again, for the server had closed a connection at rest
    std::uint64_t bytes_sent = 0, bytes_received = 0;  ///< of HTTP, without TLS's own
    std::uint64_t opened = 0;                          ///< connections
    std::uint64_t resumed = 0;  ///< of those, by an earlier one's TLS session
    latency_histogram opening;  ///< how long that took, TLS handshake included

    void failed(const std::string& what, std::uint64_t times = 1);
    void add(const step_counts& other);
};

/// A generator that sends more than late_share_max of the requests later than this measures itself:
/// a twentieth of the p99 target, and a millisecond at least, which a system's timers need.
[[nodiscard]] std::int64_t late_bound_ns(double p99_target_ms) noexcept;
inline constexpr double late_share_max = 0.01;

enum class step_verdict : std::uint8_t {
    held,      ///< p99 within the target, no errors
    too_slow,  ///< p99 beyond the target
    errors,
    generator,  ///< neither, and the generator did not hold its own rate: the step says nothing
                ///< about the server
};

[[nodiscard]] const char* name_of(step_verdict verdict) noexcept;

/// Latencies count from the intended time: a request that is sent late is only slower for it, and
/// what held in spite of that held.
[[nodiscard]] step_verdict judge(const step_counts& counts, double p99_target_ms) noexcept;

}  // namespace lanewise::bench
