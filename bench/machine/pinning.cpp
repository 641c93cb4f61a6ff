#include "pinning.hpp"

#include <span>

#include "kernels/machine/affinity.hpp"

namespace lanewise::bench {

int quiet_thread(const machine::facts& facts) {
    if (!facts.core_threads.empty()) return facts.core_threads.back().front();
    return facts.cpuset.empty() ? 0 : facts.cpuset.back();
}

bool pin_to(int cpu) {
    return !machine::confine_to(std::span{&cpu, 1});
}

}  // namespace lanewise::bench
