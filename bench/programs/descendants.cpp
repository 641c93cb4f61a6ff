#include "descendants.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace lanewise::bench {
namespace {

using namespace std::chrono_literals;

struct process {
    pid_t id, parent;
    bool running;
};

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// The name in /proc/N/stat may hold anything, blanks and brackets too: what follows it starts
/// behind the last bracket.
bool read_process(pid_t id, process& found) {
    const auto path = "/proc/" + std::to_string(id) + "/stat";
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    std::array<char, 512> text{};
    const auto count = ::read(file, text.data(), text.size());
    ::close(file);
    if (count <= 0) return false;
    const std::string_view line{text.data(), static_cast<std::size_t>(count)};
    const auto name_end = line.rfind(')');
    if (name_end == std::string_view::npos || name_end + 4 >= line.size()) return false;
    const char state = line[name_end + 2];
    found.id = id;
    found.running = state != 'Z' && state != 'X';
    const auto* parent = line.data() + name_end + 4;
    return std::from_chars(parent, line.data() + line.size(), found.parent).ec == std::errc{};
}

std::vector<process> all_processes() {
    std::vector<process> all;
    DIR* folder = ::opendir("/proc");
    if (!folder) return all;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string_view name = entry->d_name;
        process one{};
        if (std::from_chars(name.data(), name.data() + name.size(), one.id).ec != std::errc{})
            continue;
        if (read_process(one.id, one)) all.push_back(one);
    }
    ::closedir(folder);
    return all;
}

std::atomic<int> starting = 0;
std::atomic<bool> forbidden = false;

}  // namespace

start_permit::start_permit() noexcept {
    ++starting;
}
start_permit::~start_permit() {
    --starting;
}
bool start_permit::granted() const noexcept {
    return !forbidden;
}

void forbid_starts() noexcept {
    forbidden = true;
    while (starting > 0) std::this_thread::yield();
}

void adopt_orphans() noexcept {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

std::vector<pid_t> running_descendants() {
    const auto all = all_processes();
    std::vector<pid_t> family{::getpid()}, running;
    // Each round finds the children of those that the last one found.
    for (std::size_t i = 0; i < family.size(); ++i) {
        for (const auto& one : all) {
            if (one.parent != family[i] || std::ranges::find(family, one.id) != family.end())
                continue;
            family.push_back(one.id);
            if (one.running) running.push_back(one.id);
        }
    }
    return running;
}

bool end_descendants() {
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    // One look may miss a child whose parent ended before the look came to it: the next one finds
    // it among the orphans.
    for (int quiet_looks = 0; quiet_looks < 2;) {
        const auto running = running_descendants();
        for (const auto id : running) ::kill(id, SIGKILL);
        quiet_looks = running.empty() ? quiet_looks + 1 : 0;
        if (std::chrono::steady_clock::now() > deadline) return false;
        if (!running.empty()) std::this_thread::sleep_for(1ms);
    }
    return true;
}

orphans reap_orphans() noexcept {
    orphans found;
    int status = 0;
    rusage usage{};
    // Without __WNOTHREAD this would take away what other threads wait for.
    while (::wait4(-1, &status, WNOHANG | __WNOTHREAD, &usage) > 0) {
        ++found.count;
        found.cpu_seconds += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    }
    return found;
}

}  // namespace lanewise::bench
