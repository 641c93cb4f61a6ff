#include "pinning.hpp"

#include <sched.h>

namespace lanewise::bench {

int quiet_thread(const machine::facts& facts) {
    if (!facts.core_threads.empty()) return facts.core_threads.back().front();
    return facts.cpuset.empty() ? 0 : facts.cpuset.back();
}

bool pin_to(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu < 0 || cpu >= CPU_SETSIZE) return false;
    CPU_SET(static_cast<std::size_t>(cpu), &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace lanewise::bench
