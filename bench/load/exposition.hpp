// Prometheus' text exposition format, version 0.0.4, as far as counters need it. Pure functions of
// a page's text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lanewise::bench {

struct metric_label {
    std::string name, value;
};

/// Which series of a page: `name` and every label that is given. An empty label value asks for a
/// series without that label, as in PromQL.
struct series_selector {
    std::string name;
    std::vector<metric_label> labels;
};

struct metric_sample {
    std::string name;
    std::vector<metric_label> labels;
    double value = 0;                        ///< may be NaN or infinite
    std::optional<std::int64_t> sampled_ms;  ///< since 1970, where the page says it
};

/// What a page says, or in `problem` why it says nothing of what was asked.
struct page_reading {
    double value = 0;                        ///< the sum of the series
    std::optional<std::int64_t> sampled_ms;  ///< of the oldest of them
    std::string series;                      ///< in words
    std::string problem;                     ///< empty: there is a value
};

/// "name{label="value",...}" as PromQL and the format write it; throws std::invalid_argument that
/// says what would be right.
[[nodiscard]] series_selector parse_selector(std::string_view text);

/// The samples of the metrics that are named. A line of theirs that is malformed throws
/// std::invalid_argument with its number; lines of other metrics are not looked at.
[[nodiscard]] std::vector<metric_sample> samples_of(std::string_view page,
                                                    const std::vector<std::string>& names);

/// The CPU seconds of one process, process_cpu_seconds_total, or of what the selector names;
/// several series that it fits are added up.
[[nodiscard]] page_reading cpu_seconds_of(std::string_view page,
                                          const std::optional<series_selector>& selector);

/// The CPU seconds of a pod, "namespace/pod" or "pod", from a page of the kubelet's or of cAdvisor:
/// pod_cpu_usage_seconds_total where there is one, else the containers'
/// container_cpu_usage_seconds_total.
[[nodiscard]] page_reading cpu_seconds_of_pod(std::string_view page, std::string_view pod);

}  // namespace lanewise::bench
