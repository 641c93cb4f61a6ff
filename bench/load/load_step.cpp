#include "load_step.hpp"

namespace lanewise::bench {

void step_counts::add(const step_counts& other) {
    latency.add(other.latency);
    intended += other.intended;
    errors += other.errors;
    late += other.late;
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

step_verdict judge(const step_counts& counts, double p99_target_ms) noexcept {
    if (static_cast<double>(counts.late) > late_share_max * static_cast<double>(counts.intended)) {
        return step_verdict::generator;
    }
    if (counts.errors > 0 || counts.latency.count() == 0) return step_verdict::errors;
    return static_cast<double>(counts.latency.quantile(0.99)) <= p99_target_ms * 1e6
               ? step_verdict::held
               : step_verdict::too_slow;
}

}  // namespace lanewise::bench
