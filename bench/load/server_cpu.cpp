#include "server_cpu.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "http_target.hpp"
#include "kernels/machine/affinity.hpp"
#include "kernels/machine/machine.hpp"

namespace lanewise::bench {
namespace {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

constexpr std::size_t page_bytes_max = 16 << 20;  // cAdvisor's page of a full node has a few MiB
/// A page's samples may be taken so much of the window before or after it, and no more.
constexpr double window_slack = 0.2;

std::string text_of(const fs::path& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::optional<double> number_in(const std::string& word) {
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc{} && end == word.data() + word.size() ? std::optional{value}
                                                                    : std::nullopt;
}

double unix_now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// Of /proc/PID/stat: the fields behind the command's name, which may hold spaces and brackets.
struct process_facts {
    int parent = 0;
    std::string started;
    double own = 0, waited = 0;  ///< CPU seconds of itself, and of the children it has waited for
};

std::optional<process_facts> facts_of(const fs::path& process) {
    const auto text = text_of(process / "stat");
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream words{text.substr(name_end + 1)};
    std::vector<std::string> fields;
    for (std::string word; words >> word;) fields.push_back(word);
    if (fields.size() < 20) return std::nullopt;
    const auto at = [&](std::size_t index) { return number_in(fields[index]).value_or(0); };
    static const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    // Fields 4, 14 to 17 and 22 of proc_pid_stat(5), which counts from 1 and the number.
    return process_facts{static_cast<int>(at(1)), fields[19], (at(11) + at(12)) / ticks,
                         (at(13) + at(14)) / ticks};
}

/// By the kernel's own clock of the process, to the nanosecond, where it lets us; else in ticks.
double own_seconds(int pid, const process_facts& facts, bool of_this_system) {
    clockid_t clock = 0;
    timespec used{};
    if (of_this_system && clock_getcpuclockid(pid, &clock) == 0 &&
        clock_gettime(clock, &used) == 0) {
        return std::max(
            facts.own, static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9);
    }
    return facts.own;
}

/// "max 100000" is no bound.
std::optional<double> quota_in(const fs::path& cgroup) {
    std::istringstream words{text_of(cgroup / "cpu.max")};
    std::string quota, period;
    if (!(words >> quota >> period)) {
        std::istringstream old_quota{text_of(cgroup / "cpu.cfs_quota_us")};
        std::istringstream old_period{text_of(cgroup / "cpu.cfs_period_us")};
        old_quota >> quota, old_period >> period;
    }
    const double bound = number_in(quota).value_or(0), every = number_in(period).value_or(0);
    if (bound <= 0 || every <= 0) return std::nullopt;
    return bound / every;
}

/// The least quota from the folder up to the mount.
std::optional<double> quota_above(fs::path cgroup, const fs::path& mount) {
    std::optional<double> least;
    for (;; cgroup = cgroup.parent_path()) {
        if (const auto here = quota_in(cgroup)) least = std::min(*here, least.value_or(*here));
        if (cgroup == mount || !cgroup.has_relative_path()) return least;
    }
}

fs::path mount_of(const std::string& root) {
    return fs::path{root} / "sys/fs/cgroup";
}

/// As it was typed, or below the mount.
fs::path folder_of(const std::string& cgroup, const std::string& root) {
    const fs::path typed{cgroup};
    auto folder = typed.is_absolute() && fs::exists(typed / "cgroup.procs")
                      ? typed
                      : mount_of(root) / typed.relative_path();
    return folder.has_filename() ? folder : folder.parent_path();
}

std::optional<double> seconds_of_cgroup(const fs::path& folder) {
    std::istringstream lines{text_of(folder / "cpu.stat")};
    for (std::string name, value; lines >> name >> value;) {
        if (name != "usage_usec") continue;
        if (const auto used = number_in(value)) return *used * 1e-6;
    }
    std::istringstream old{text_of(folder / "cpuacct.usage")};
    std::string value;
    old >> value;
    const auto used = number_in(value);
    return used ? std::optional{*used * 1e-9} : std::nullopt;
}

std::string cgroup_of_process(int pid, const std::string& root) {
    std::istringstream lines{text_of(fs::path{root} / "proc" / std::to_string(pid) / "cgroup")};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("0::/")) return line.substr(4);
    }
    return {};
}

/// Of a cgroup's cpuset; every CPU of the machine where none is set.
std::vector<int> cpus_of_cgroup(const fs::path& folder, const std::string& root) {
    for (const auto* name : {"cpuset.cpus.effective", "cpuset.effective_cpus"}) {
        std::string list;
        std::istringstream{text_of(folder / name)} >> list;
        if (list.empty()) continue;
        if (auto cpus = machine::parse_cpu_list(list)) return *cpus;
    }
    std::string list;
    std::istringstream{text_of(fs::path{root} / "sys/devices/system/cpu/online")} >> list;
    return machine::parse_cpu_list(list).value_or(std::vector<int>{});
}

fs::path process_of(int pid, const std::string& root) {
    return fs::path{root} / "proc" / std::to_string(pid);
}

}  // namespace

cpu_use cpu_between(const cpu_reading& before, const cpu_reading& after) {
    cpu_use use;
    use.window_seconds = std::chrono::duration<double>(after.at - before.at).count();
    const auto unknown = [&](std::string why) {
        use.unknown = std::move(why);
        return use;
    };
    if (after.ticks > before.ticks) {
        const auto share = [&](double from, double to) {
            return std::clamp((to - from) / (after.ticks - before.ticks), 0.0, 1.0);
        };
        use.busy = share(before.busy_ticks, after.busy_ticks);
        use.interrupts = share(before.interrupt_ticks, after.interrupt_ticks);
    }
    if (after.seconds < before.seconds)
        return unknown("the counter went back: what it counts was started anew meanwhile");
    use.seconds = after.seconds - before.seconds;
    if (!before.sampled_at || !after.sampled_at) return use;
    // The page says when its samples were taken: it must be about the same time.
    const double between = *after.sampled_at - *before.sampled_at;
    const double age =
        std::max(before.read_at - *before.sampled_at, after.read_at - *after.sampled_at);
    const auto too_seldom = [&] {
        use.seconds.reset();
        return unknown("the page's samples are made too seldom for steps of " +
                       std::to_string(std::lround(use.window_seconds)) +
                       " s; longer ones, by --seconds, would tell");
    };
    if (between <= 0 || age > window_slack * use.window_seconds ||
        std::abs(between - use.window_seconds) > window_slack * use.window_seconds)
        return too_seldom();
    use.window_seconds = between;
    return use;
}

void check_source(const cpu_source& source, const std::string& root) {
    if (source.pid > 0 && !facts_of(process_of(source.pid, root))) {
        throw std::invalid_argument{"no process has the number " + std::to_string(source.pid) +
                                    " here"};
    }
    if (!source.cgroup.empty() && !seconds_of_cgroup(folder_of(source.cgroup, root))) {
        throw std::invalid_argument{"\"" + source.cgroup +
                                    "\" is no cgroup that counts CPU time; it is a folder below "
                                    "/sys/fs/cgroup with a cpu.stat, or a cpuacct.usage"};
    }
    if (!source.url.empty()) static_cast<void>(parse_url(source.url));
}

cpu_meter::cpu_meter(const cpu_source& source, const tls_options& tls, std::string root)
    : source_{source}, root_{std::move(root)}, cpus_{source.cpus} {
    const auto take = [&](std::optional<double> cpus) {
        if (!cpus_ && cpus && *cpus > 0) cpus_ = cpus;
    };
    const auto least = [](double cpus, std::optional<double> quota) {
        return std::min(cpus, quota.value_or(cpus));
    };
    if (source_.pid > 0) {
        name_ = "process " + std::to_string(source_.pid) + " and its children";
        if (const auto facts = facts_of(process_of(source_.pid, root_))) started_ = facts->started;
        const auto cgroup = cgroup_of_process(source_.pid, root_);
        runs_on_ = machine::allowed_cpus(source_.pid);
        take(least(static_cast<double>(runs_on_.size()),
                   quota_above(mount_of(root_) / cgroup, mount_of(root_))));
    } else if (!source_.cgroup.empty()) {
        name_ = "cgroup " + source_.cgroup;
        const auto folder = folder_of(source_.cgroup, root_);
        runs_on_ = cpus_of_cgroup(folder, root_);
        const auto cpus =
            runs_on_.empty() ? std::size_t{std::thread::hardware_concurrency()} : runs_on_.size();
        take(least(static_cast<double>(cpus), quota_above(folder, mount_of(root_))));
    } else {
        const auto target = parse_url(source_.url);
        page_ = find_destination(target, tls);
        question_.target = target.path;
        question_.fields.push_back({"Accept", "text/plain;version=0.0.4"});
    }
    const auto first = read();
    if (const auto* why = std::get_if<std::string>(&first))
        throw std::runtime_error{(name_.empty() ? source_.url : name_) + ": " + *why};
    if (!source_.url.empty()) name_ = read_page().series + " of " + source_.url;
}

std::variant<cpu_reading, std::string> cpu_meter::read() const {
    cpu_reading reading;
    const auto start = steady::now();
    try {
        if (source_.pid > 0) {
            reading.seconds = process_seconds();
        } else if (!source_.cgroup.empty()) {
            reading.seconds = cgroup_seconds();
        } else {
            const auto page = read_page();
            if (!page.problem.empty()) return page.problem;
            reading.seconds = page.value;
            if (page.sampled_ms) reading.sampled_at = static_cast<double>(*page.sampled_ms) * 1e-3;
        }
    } catch (const std::exception& error) {
        return std::string{error.what()};
    }
    count_ticks(reading);
    reading.at = start + (steady::now() - start) / 2;
    reading.read_at = unix_now();
    return reading;
}

double cpu_meter::process_seconds() const {
    const auto top = facts_of(process_of(source_.pid, root_));
    if (!top || top->started != started_)
        throw std::runtime_error{"process " + std::to_string(source_.pid) + " is gone"};
    std::map<int, process_facts> all;
    std::error_code error;
    for (fs::directory_iterator entry{fs::path{root_} / "proc", error}, end; !error && entry != end;
         entry.increment(error)) {
        const auto number = number_in(entry->path().filename().string());
        if (!number) continue;
        if (const auto facts = facts_of(entry->path()))
            all.emplace(static_cast<int>(*number), *facts);
    }
    const auto descends = [&](int pid) {
        // Bounded: parents may change while the list is made.
        for (std::size_t steps = 0; steps <= all.size(); ++steps) {
            if (pid == source_.pid) return true;
            const auto found = all.find(pid);
            if (found == all.end()) return false;
            pid = found->second.parent;
        }
        return false;
    };
    double seconds = 0;
    for (const auto& [pid, facts] : all) {
        if (descends(pid)) seconds += own_seconds(pid, facts, root_ == "/") + facts.waited;
    }
    return seconds;
}

double cpu_meter::cgroup_seconds() const {
    const auto seconds = seconds_of_cgroup(folder_of(source_.cgroup, root_));
    if (!seconds) throw std::runtime_error{"the cgroup is gone"};
    return *seconds;
}

void cpu_meter::count_ticks(cpu_reading& to) const {
    if (runs_on_.empty()) return;
    std::istringstream lines{text_of(fs::path{root_} / "proc/stat")};
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
        std::istringstream words{line.substr(3)};
        int cpu = -1;
        // As proc_stat(5) has them; time of a guest is part of user and nice.
        std::array<double, 8> spent{};  // user, nice, system, idle, iowait, irq, softirq, steal
        words >> cpu;
        for (auto& one : spent) words >> one;
        if (!words || std::ranges::find(runs_on_, cpu) == runs_on_.end()) continue;
        const double all = std::accumulate(spent.begin(), spent.end(), 0.0);
        to.ticks += all;
        to.busy_ticks += all - spent[3] - spent[4];
        to.interrupt_ticks += spent[5] + spent[6];
    }
}

page_reading cpu_meter::read_page() const {
    const auto came = fetch(page_, question_, std::chrono::seconds{5}, page_bytes_max);
    page_reading failed;
    if (!came.reply) {
        failed.problem = came.failure;
    } else if (came.reply->status != 200) {
        failed.problem = "replies with status " + std::to_string(came.reply->status);
    } else if (came.reply->body.size() >= page_bytes_max) {
        failed.problem = "is larger than 16 MiB, which no page of metrics is";
    } else {
        return source_.pod.empty() ? cpu_seconds_of(came.reply->body, source_.series)
                                   : cpu_seconds_of_pod(came.reply->body, source_.pod);
    }
    return failed;
}

}  // namespace lanewise::bench
