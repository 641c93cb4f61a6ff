// The CPU seconds that a server has used: of a local process with its children, of a cgroup, or of
// what a page of Prometheus' text format says.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "destination.hpp"
#include "exposition.hpp"

namespace lanewise::bench {

/// Where to read; at most one of pid, cgroup and url is given.
struct cpu_source {
    int pid = 0;                            ///< 0: none
    std::string cgroup;                     ///< its folder below /sys/fs/cgroup
    std::string url;                        ///< of a page
    std::string pod;                        ///< of that page: "namespace/pod" or "pod"
    std::optional<series_selector> series;  ///< of that page, instead of a pod
    std::optional<double> cpus;             ///< that the server may use, as the user says

    [[nodiscard]] bool given() const { return pid > 0 || !cgroup.empty() || !url.empty(); }
};

/// One look at a counter that only grows.
struct cpu_reading {
    double seconds = 0;
    std::chrono::steady_clock::time_point at;
    std::optional<double> sampled_at;  ///< by the page's own clock, in seconds since 1970
    double read_at = 0;                ///< by ours
    /// Clock ticks of the CPUs that the server may run on: all; those in which somebody ran, or the
    /// hypervisor was elsewhere; of those, interrupts. Zero: not to be seen from here.
    double ticks = 0, busy_ticks = 0, interrupt_ticks = 0;
};

struct cpu_use {
    std::optional<double> seconds;     ///< of CPU; none: see `unknown`
    double window_seconds = 0;         ///< over which they were counted
    std::optional<double> busy;        ///< share of its CPUs' time that anybody used, or was stolen
    std::optional<double> interrupts;  ///< of that: whoever they served
    std::string unknown;               ///< why, in a sentence's words
};

/// What was used between two looks. A page that has not been made anew in between, or whose samples
/// are too old to be of this time, tells nothing; neither does a counter that went back.
[[nodiscard]] cpu_use cpu_between(const cpu_reading& before, const cpu_reading& after);

class cpu_meter {
public:
    /// Throws std::runtime_error that says what came where the first look shows nothing.
    cpu_meter(const cpu_source& source, const tls_options& tls, std::string root = "/");

    /// A reading, or why there is none.
    [[nodiscard]] std::variant<cpu_reading, std::string> read() const;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// CPUs that the source may use, as far as it says itself.
    [[nodiscard]] std::optional<double> cpus() const noexcept { return cpus_; }

private:
    [[nodiscard]] double process_seconds() const;
    [[nodiscard]] double cgroup_seconds() const;
    [[nodiscard]] page_reading read_page() const;
    void count_ticks(cpu_reading& to) const;

    cpu_source source_;
    std::string root_;
    std::string name_;
    std::optional<double> cpus_;
    std::string started_;       ///< when the process did: another one may get its number
    std::vector<int> runs_on_;  ///< CPUs of this machine; empty: not known
    load_destination page_;
    prepared_request question_;
};

/// Throws std::invalid_argument where no such process or cgroup is here.
void check_source(const cpu_source& source, const std::string& root = "/");

}  // namespace lanewise::bench
