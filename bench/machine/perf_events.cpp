#include "perf_events.hpp"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

namespace lanewise::bench {
namespace {

constexpr std::size_t event_count = std::tuple_size_v<perf_event_set>;

enum class whose : std::uint8_t { thread, programs };

/// A counter so far, and how long it was wanted and how long it had a place in the CPU.
struct reading {
    std::uint64_t value, enabled, running;
};

/// Returns the descriptor, or −1 with errno.
int open_event(const perf_event& event, whose of, int leader) {
    perf_event_attr wanted{};
    wanted.size = sizeof wanted;
    wanted.type = event.type;
    wanted.config = event.config;
    wanted.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    if (leader < 0) wanted.disabled = 1;  // the others count while the first does
    wanted.exclude_kernel = 1;
    wanted.exclude_hv = 1;
    if (of == whose::programs) {
        // The first counts from a child's execve on: never in the thread that opened it.
        wanted.inherit = 1;
        if (leader < 0) wanted.enable_on_exec = 1;
    } else {
        // One read for all; the kernel has none for counters that children inherit.
        wanted.read_format |= PERF_FORMAT_GROUP;
    }
    return static_cast<int>(
        ::syscall(SYS_perf_event_open, &wanted, 0, -1, leader, PERF_FLAG_FD_CLOEXEC));
}

/// The counters of one group: all have a place in the CPU at the same times.
class perf_counters : public event_counters {
public:
    perf_counters(const perf_event_set& events, whose of) : of_{of} {
        files_.fill(-1);
        for (std::size_t i = 0; i < event_count; ++i) {
            files_[i] = open_event(events[i], of, leader_);
            if (files_[i] < 0)
                errors_[i] = errno;
            else if (leader_ < 0)
                leader_ = files_[i];
        }
    }
    ~perf_counters() override {
        for (const int file : files_) {
            if (file >= 0) ::close(file);
        }
    }
    perf_counters(const perf_counters&) = delete;
    perf_counters& operator=(const perf_counters&) = delete;

    void start() override {
        if (leader_ < 0) return;
        // The first one alone, which the others follow: once they were stopped one by one, they
        // begin again with the next switch of tasks, and not before.
        if (of_ == whose::thread) ::ioctl(leader_, PERF_EVENT_IOC_ENABLE, 0);
        before_ = read_all();
    }

    event_counts stop() override {
        if (leader_ < 0) return {};
        const auto after = read_all();
        if (of_ == whose::thread) ::ioctl(leader_, PERF_EVENT_IOC_DISABLE, 0);
        std::array<std::optional<double>, event_count> found;
        for (std::size_t i = 0; i < event_count; ++i) found[i] = growth(before_[i], after[i]);
        return {found[0], found[1], found[2], found[3]};
    }

    /// Why each could not be opened; 0: it could.
    [[nodiscard]] const std::array<int, event_count>& errors() const noexcept { return errors_; }

private:
    using readings = std::array<std::optional<reading>, event_count>;

    [[nodiscard]] readings read_all() const {
        return of_ == whose::thread ? read_group() : read_each();
    }

    [[nodiscard]] readings read_group() const {
        struct {
            std::uint64_t count, enabled, running, values[event_count];
        } group{};
        readings found;
        if (::read(leader_, &group, sizeof group) < 0) return found;
        std::size_t next = 0;
        for (std::size_t i = 0; i < event_count; ++i) {
            if (files_[i] >= 0 && next < group.count)
                found[i] = reading{group.values[next++], group.enabled, group.running};
        }
        return found;
    }

    [[nodiscard]] readings read_each() const {
        readings found;
        for (std::size_t i = 0; i < event_count; ++i) {
            reading one{};
            if (files_[i] >= 0 &&
                ::read(files_[i], &one, sizeof one) == static_cast<ssize_t>(sizeof one))
                found[i] = one;
        }
        return found;
    }

    /// Where counters took turns in the CPU: as many as their share of the time lets expect.
    static std::optional<double> growth(const std::optional<reading>& before,
                                        const std::optional<reading>& after) {
        if (!before || !after || after->running <= before->running) return std::nullopt;
        const auto between = [&](std::uint64_t reading::* field) {
            return static_cast<double>((*after).*field - (*before).*field);
        };
        return between(&reading::value) * between(&reading::enabled) / between(&reading::running);
    }

    whose of_;
    int leader_ = -1;
    std::array<int, event_count> files_;
    std::array<int, event_count> errors_{};
    readings before_;
};

std::optional<int> paranoid_level(const std::string& root) {
    std::ifstream setting{root + "proc/sys/kernel/perf_event_paranoid"};
    int level = 0;
    return setting >> level ? std::optional{level} : std::nullopt;
}

}  // namespace

perf_event_set cpu_events() {
    return {{{"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
             {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
             {"branch misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
             {"last-level misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES}}};
}

std::unique_ptr<event_counters> perf_events::of_this_thread() const {
    return std::make_unique<perf_counters>(events_, whose::thread);
}

std::unique_ptr<event_counters> perf_events::of_programs() const {
    return std::make_unique<perf_counters>(events_, whose::programs);
}

std::vector<std::string> perf_events::not_counted() const {
    const perf_counters tried{events_, whose::thread};
    std::vector<std::pair<int, std::string>> names_by_error;
    for (std::size_t i = 0; i < event_count; ++i) {
        const int error = tried.errors()[i];
        if (error == 0) continue;
        const auto known =
            std::ranges::find(names_by_error, error, &std::pair<int, std::string>::first);
        if (known == names_by_error.end())
            names_by_error.emplace_back(error, events_[i].name);
        else
            known->second += ", " + std::string{events_[i].name};
    }
    std::vector<std::string> clauses;
    for (const auto& [error, names] : names_by_error)
        clauses.push_back(names + ": " + why_not_counted(error));
    return clauses;
}

std::string why_not_counted(int error, const std::string& root) {
    const auto paranoid = paranoid_level(root);
    const bool setting_forbids = paranoid.value_or(0) > 2;
    const auto setting = "kernel.perf_event_paranoid is " + std::to_string(paranoid.value_or(0)) +
                         ", 2 would allow it";
    switch (error) {
        case ENOENT:
        case ENODEV:
        case EOPNOTSUPP:
            return "the machine shows no such counter, as most virtual machines do not "
                   "(perf_event_open: " +
                   std::string{::strerrorname_np(error)} + ")";
        case ENOSYS:
            return "the kernel, or an emulator, has no perf_event_open (ENOSYS)";
        case EACCES:
            return setting_forbids ? setting + " (EACCES)"
                                   : "a security module forbids perf_event_open (EACCES)";
        case EPERM:
            // The default profiles of Docker and containerd answer so, whatever the setting.
            return "a seccomp profile, or a security module, forbids perf_event_open (EPERM)" +
                   (setting_forbids ? "; and " + setting : "");
        default:
            return std::string{"perf_event_open failed: "} + std::strerror(error);
    }
}

}  // namespace lanewise::bench
