#include "load_step.hpp"

#include <algorithm>
#include <cmath>

namespace lanewise::bench {
namespace {

/// Servers say what they like: beyond so many kinds of failures the rest is one kind.
constexpr std::size_t failures_max = 32;
constexpr auto of_other_kinds = "other";

}  // namespace

void step_counts::failed(const std::string& what, std::uint64_t times) {
    const bool full = failures.size() - failures.count(of_other_kinds) >= failures_max;
    failures[full && !failures.contains(what) ? of_other_kinds : what] += times;
}

void step_counts::add(const step_counts& other) {
    latency.add(other.latency);
    intended += other.intended;
    warming += other.warming;
    errors += other.errors;
    late += other.late;
    for (const auto& [what, times] : other.failures) failed(what, times);
    sent.resize(std::max(sent.size(), other.sent.size()));
    for (std::size_t i = 0; i < other.sent.size(); ++i) sent[i] += other.sent[i];
    repeated += other.repeated;
    bytes_sent += other.bytes_sent;
    bytes_received += other.bytes_received;
    opened += other.opened;
    resumed += other.resumed;
    opening.add(other.opening);
}

const char* name_of(step_verdict verdict) noexcept {
    switch (verdict) {
        case step_verdict::held:
            return "held";
        case step_verdict::too_slow:
            return "too slow";
        case step_verdict::errors:
            return "errors";
        case step_verdict::generator:
            return "generator";
    }
    return "";
}

std::int64_t late_bound_ns(double p99_target_ms) noexcept {
    return std::max<std::int64_t>(1'000'000, std::llround(p99_target_ms * 1e6 / 20));
}

step_verdict judge(const step_counts& counts, double p99_target_ms) noexcept {
    const bool answered = counts.errors == 0 && counts.latency.count() > 0;
    if (answered && static_cast<double>(counts.latency.quantile(0.99)) <= p99_target_ms * 1e6)
        return step_verdict::held;
    if (static_cast<double>(counts.late) > late_share_max * static_cast<double>(counts.intended))
        return step_verdict::generator;
    return answered ? step_verdict::too_slow : step_verdict::errors;
}

}  // namespace lanewise::bench
