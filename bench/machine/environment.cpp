#include "environment.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <boost/json/value.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "bench/documents/document.hpp"
#include "bench/documents/typed.hpp"
#include "cpu_times.hpp"
#include "kernels/machine/machine_json.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

// A guest that loses more than this share of its CPU time to others measures its neighbours too.
constexpr double steal_bound = 0.005;
constexpr double frequency_bound = 0.03;
constexpr double pressure_bound = 0.20;

std::optional<std::string> read_text(const std::string& path) {
    std::ifstream file{path};
    if (!file) return std::nullopt;
    return std::string{std::istreambuf_iterator<char>{file}, {}};
}

/// The number that follows a word, as in "nr_throttled 17" or "total=123".
std::optional<double> number_after(const std::string& text, std::string_view word) {
    const auto at = text.find(word);
    if (at == std::string::npos) return std::nullopt;
    double value = 0;
    const auto* start =
        text.data() + std::min(text.size(), text.find_first_not_of(' ', at + word.size()));
    if (std::from_chars(start, text.data() + text.size(), value).ec != std::errc{})
        return std::nullopt;
    return value;
}

std::optional<double> steal_of(const std::string& root, const std::vector<int>& cpuset) {
    const auto counted = cpu_times_of(cpuset, root);
    if (!counted) return std::nullopt;
    return counted->steal_seconds;
}

std::optional<double> pressure(const std::string& root, const char* resource) {
    const auto text = read_text(root + "proc/pressure/" + resource);
    const auto total =
        text ? number_after(*text, "total=") : std::nullopt;  // "some" is the first line
    return total ? std::optional{*total * 1e-6} : std::nullopt;
}

void read_throttling(const std::string& root, snapshot& now) {
    for (const auto& folder : machine::cpu_cgroups(root)) {
        const auto text = read_text(folder + "/cpu.stat");
        const auto periods = text ? number_after(*text, "nr_throttled ") : std::nullopt;
        if (!periods) continue;
        now.throttled_periods = now.throttled_periods.value_or(0) + *periods;
        const auto v2_us = number_after(*text, "throttled_usec ");
        const auto v1_ns = number_after(*text, "throttled_time ");
        if (v2_us) now.throttled_seconds = now.throttled_seconds.value_or(0) + *v2_us * 1e-6;
        if (v1_ns) now.throttled_seconds = now.throttled_seconds.value_or(0) + *v1_ns * 1e-9;
    }
}

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// One addition a cycle, each waiting for the last, whatever the core: the best of a few short runs
/// is its clock.
double measure_clock_ghz() {
    constexpr std::uint64_t rounds = 40'000;
    constexpr std::uint64_t additions = 50;
    double best = 0;
    for (int attempt = 0; attempt < 8; ++attempt) {
        const double start = seconds_now();
        std::uint64_t sum = 1, step = 3;
        for (std::uint64_t round = 0; round < rounds; ++round) {
#if defined(__x86_64__)
            asm volatile(".rept 50\n\tadd %1, %0\n\t.endr" : "+r"(sum) : "r"(step) : "cc");
#else
            asm volatile(".rept 50\n\tadd %0, %0, %1\n\t.endr" : "+r"(sum) : "r"(step));
#endif
        }
        best = std::max(best,
                        static_cast<double>(rounds * additions) / (seconds_now() - start) * 1e-9);
    }
    return best;
}

std::string percent(double share) {
    std::ostringstream text;
    text.precision(share < 0.1 ? 2 : 3);
    text << share * 100 << " %";
    return text.str();
}

std::optional<double> growth(const std::optional<double>& before,
                             const std::optional<double>& after) {
    if (!before || !after) return std::nullopt;
    return *after - *before;
}

std::string_view reason_for(std::string_view field) {
    if (field == "governor") return "no frequency driver is visible, as in most guests";
    if (field == "clock_ghz") return "not measured under emulation";
    if (field.starts_with("throttled"))
        return "no cgroup with CPU bandwidth control bounds this process";
    if (field.find("pressure") != std::string_view::npos)
        return "the kernel has no pressure stall information";
    return "could not be read";
}

}  // namespace

snapshot observe(const machine::facts& facts, const std::string& root, bool measure_clock) {
    snapshot now;
    now.steal_seconds = steal_of(root, facts.cpuset);
    read_throttling(root, now);
    now.cpu_pressure_seconds = pressure(root, "cpu");
    now.memory_pressure_seconds = pressure(root, "memory");
    now.io_pressure_seconds = pressure(root, "io");
    if (const auto load = read_text(root + "proc/loadavg"))
        now.load_average = number_after(*load, "");
    if (!facts.cpuset.empty()) {
        const auto cpu = "sys/devices/system/cpu/cpu" + std::to_string(facts.cpuset.front());
        std::string governor;
        std::istringstream{read_text(root + cpu + "/cpufreq/scaling_governor").value_or("")} >>
            governor;
        if (!governor.empty()) now.governor = governor;
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    now.switches_involuntary = static_cast<double>(usage.ru_nivcsw);
    now.switches_voluntary = static_cast<double>(usage.ru_nvcsw);
    if (measure_clock && facts.emulated != true) now.clock_ghz = measure_clock_ghz();
    now.seconds = seconds_now();
    return now;
}

std::vector<disturbance> disturbances(const machine::facts& facts, const snapshot& before,
                                      const snapshot& after) {
    std::vector<disturbance> found;
    if (facts.emulated.value_or(false)) {
        found.push_back({"emulation", 1, 0, true,
                         "The program ran under emulation: its times are the emulator's."});
    }
    const auto throttled = growth(before.throttled_periods, after.throttled_periods);
    if (throttled.value_or(0) > 0) {
        found.push_back({"throttling", *throttled, 0, true,
                         "The cgroup's CPU quota stopped the process in " +
                             std::to_string(static_cast<long>(*throttled)) + " periods."});
    }
    const double elapsed = after.seconds - before.seconds;
    if (elapsed <= 0) return found;
    const auto cpu_seconds =
        elapsed * static_cast<double>(std::max<std::size_t>(1, facts.cpuset.size()));
    const double stolen =
        growth(before.steal_seconds, after.steal_seconds).value_or(0) / cpu_seconds;
    if (stolen > steal_bound) {
        found.push_back({"steal", stolen, steal_bound, true,
                         "The hypervisor gave " + percent(stolen) +
                             " of the CPU time to others (bound " + percent(steal_bound) + ")."});
    }
    if (before.clock_ghz && after.clock_ghz) {
        const double drift = std::abs(*after.clock_ghz / *before.clock_ghz - 1);
        if (drift > frequency_bound) {
            found.push_back({"frequency", drift, frequency_bound, true,
                             "The clock moved by " + percent(drift) +
                                 " between start and end (bound " + percent(frequency_bound) +
                                 ")."});
        }
    }
    // Our own threads never outnumber the CPUs in a run: whoever waits for a CPU is, or waits for,
    // someone else.
    const double waiting =
        growth(before.cpu_pressure_seconds, after.cpu_pressure_seconds).value_or(0) / elapsed;
    if (waiting > pressure_bound) {
        found.push_back({"pressure", waiting, pressure_bound, false,
                         "Tasks waited for a CPU in " + percent(waiting) +
                             " of the time: the machine was not quiet."});
    }
    return found;
}

void put_environment(json::object& document, const machine::facts& facts, const snapshot& before,
                     const snapshot& after) {
    auto section =
        write_section(environment_section{before, after, disturbances(facts, before, after)});
    for (const auto& [field, value] : section.at("after").as_object()) {
        if (value.is_null())
            add_note(document, "/environment/after/" + std::string{field}, reason_for(field));
    }
    document[environment_section::key] = std::move(section);
}

}  // namespace lanewise::bench
