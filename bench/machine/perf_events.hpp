// Linux's perf events: cycles, instructions and misses of user mode alone, for which the kernel's
// default setting asks for no right.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "event_counters.hpp"

namespace lanewise::bench {

/// One event, as perf_event_open(2) names it.
struct perf_event {
    std::string_view name;  ///< in a sentence: "cycles"
    std::uint32_t type;
    std::uint64_t config;
};

/// In the order of event_counts.
using perf_event_set = std::array<perf_event, 4>;

[[nodiscard]] perf_event_set cpu_events();

class perf_events : public event_source {
public:
    explicit perf_events(perf_event_set events = cpu_events()) : events_{events} {}

    [[nodiscard]] std::unique_ptr<event_counters> of_this_thread() const override;
    [[nodiscard]] std::unique_ptr<event_counters> of_programs() const override;
    [[nodiscard]] std::vector<std::string> not_counted() const override;

private:
    perf_event_set events_;
};

/// In a clause, what forbids to count where perf_event_open failed by this number. The setting that
/// may be the reason is read below root.
[[nodiscard]] std::string why_not_counted(int error, const std::string& root = "/");

}  // namespace lanewise::bench
