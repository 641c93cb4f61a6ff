// Which CPUs a thread may run on, asked and set.
#include "kernels/machine/affinity.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include <fstream>
#include <limits>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "kernels/machine/host_name.hpp"
#include "kernels/machine/machine.hpp"

using lanewise::machine::allowed_cpus;
using lanewise::machine::confine_to;
using lanewise::machine::cpus_max;
using cpus = std::vector<int>;

namespace {

/// What a thread of its own may run on after it was confined so, and what that call said.
struct confined {
    std::error_code error;
    cpus before, after;
};

confined after_confining_to(const cpus& wanted) {
    confined found;
    std::jthread([&] {
        found.before = allowed_cpus();
        found.error = confine_to(wanted);
        found.after = allowed_cpus();
    }).join();
    return found;
}

/// Whether the system itself takes these, all of them below 1,024.
bool changes_when_asked_plainly(const cpus& wanted) {
    if (wanted.back() >= CPU_SETSIZE) return false;
    bool taken = false;
    std::jthread([&] {
        cpu_set_t set;
        CPU_ZERO(&set);
        for (const int cpu : wanted) CPU_SET(static_cast<std::size_t>(cpu), &set);
        taken = sched_setaffinity(0, sizeof set, &set) == 0 && allowed_cpus() == wanted;
    }).join();
    return taken;
}

}  // namespace

TEST_CASE("a thread's CPUs are those that the kernel lists for it") {
    std::ifstream lines{"/proc/thread-self/status"};
    std::string listed;
    for (std::string line; std::getline(lines, line);) {
        constexpr std::string_view field = "Cpus_allowed_list:\t";
        if (line.starts_with(field)) listed = line.substr(field.size());
    }
    REQUIRE_FALSE(listed.empty());
    CHECK(lanewise::machine::parse_cpu_list(listed) == allowed_cpus());
}

TEST_CASE("a thread that was confined runs on those CPUs, its creator where it did") {
    const auto all = allowed_cpus();
    REQUIRE_FALSE(all.empty());
    for (const auto& some : {cpus{all.front()}, cpus{all.back()}, all}) {
        const auto found = after_confining_to(some);
        CHECK(found.before == all);
        CHECK((found.after == some) == !found.error);  // some sandboxes refuse, and say nothing
        if (changes_when_asked_plainly(some)) CHECK_FALSE(found.error);
        CHECK(allowed_cpus() == all);
    }
}

TEST_CASE("CPUs that can't be are refused, and change nothing") {
    const auto all = allowed_cpus();
    for (const auto& wrong : {cpus{}, cpus{-1}, cpus{all.front(), -1}, cpus{cpus_max},
                              cpus{all.front(), std::numeric_limits<int>::max()}}) {
        const auto found = after_confining_to(wrong);
        CHECK(found.error == std::errc::invalid_argument);
        CHECK(found.after == all);
    }
    // There is no such CPU, as far as anybody builds them.
    const auto found = after_confining_to({cpus_max - 1});
    CHECK(found.error == std::errc::invalid_argument);
    CHECK(found.after == all);
}

TEST_CASE("of a thread that is not there nothing is told") {
    CHECK(allowed_cpus(std::numeric_limits<pid_t>::max()).empty());
}

TEST_CASE("the host's name is the kernel's") {
    std::ifstream file{"/proc/sys/kernel/hostname"};
    std::string name;
    REQUIRE(std::getline(file, name));
    CHECK(lanewise::machine::host_name() == name);
}
