// What the server counts. Each I/O thread writes numbers of its own, without locks and without
// sharing a cache line; whoever scrapes adds them up.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "exemplars.hpp"

namespace lanewise::server {

/// Written by one thread, read by any: an addition is a plain load and store.
class counter {
public:
    void add(std::uint64_t count) {
        value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_ = 0;
};

/// Durations in buckets, from a reply out of the cache to one that a client would give up on.
class duration_histogram {
public:
    static constexpr std::array<double, 16> bounds_seconds{
        50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3,
        25e-3, 50e-3,  100e-3, 250e-3, 0.5,  1.0,    2.5,  10.0};

    /// The first bucket whose bound the duration does not pass.
    [[nodiscard]] static std::size_t bucket_of(std::chrono::nanoseconds duration);

    void observe(std::chrono::nanoseconds duration);

    [[nodiscard]] std::uint64_t in_bucket(std::size_t index) const {
        return buckets_[index].value();
    }
    [[nodiscard]] double sum_seconds() const {
        return static_cast<double>(sum_nanoseconds_.value()) / 1e9;
    }

private:
    std::array<counter, bounds_seconds.size() + 1> buckets_;  // the last has no bound
    counter sum_nanoseconds_;
};

struct alignas(64) thread_metrics {
    thread_metrics(std::size_t route_count, std::size_t kernel_count)
        : routes(route_count), exemplars(route_count), kernels(kernel_count) {}

    struct route {
        std::array<counter, 5> by_class;  // 1xx … 5xx
        duration_histogram duration;
    };
    struct kernel {
        counter calls, nanoseconds;
    };
    /// One a bucket; apart from the counts, whose lines each request touches.
    using bucket_exemplars =
        std::array<exemplar_slot, duration_histogram::bounds_seconds.size() + 1>;
    std::vector<route> routes;                // as route_names() has them
    std::vector<bucket_exemplars> exemplars;  // of their durations
    std::vector<kernel> kernels;              // as the catalogue has them
    duration_histogram compute_wait;
    counter connections_accepted, connections_closed, connections_turned_away, connections_gave_way;
    counter received_bytes, sent_bytes;
    counter compute_refused;
    counter tls_handshakes_full, tls_handshakes_resumed, tls_handshakes_failed;
};

}  // namespace lanewise::server
