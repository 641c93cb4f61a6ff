#include "affinity.hpp"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace lanewise::machine {
namespace {

/// A set of CPUs that is as wide as it has to be.
class cpu_mask {
public:
    explicit cpu_mask(int cpus)
        : bytes_{CPU_ALLOC_SIZE(cpus)},
          set_{CPU_ALLOC(cpus), [](cpu_set_t* allocated) { CPU_FREE(allocated); }} {
        if (set_) CPU_ZERO_S(bytes_, set_.get());
    }

    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] cpu_set_t* get() const { return set_.get(); }
    void add(int cpu) { CPU_SET_S(static_cast<std::size_t>(cpu), bytes_, set_.get()); }
    [[nodiscard]] bool has(int cpu) const {
        return CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes_, set_.get()) != 0;
    }

private:
    std::size_t bytes_;
    std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set_;
};

}  // namespace

std::vector<int> allowed_cpus(pid_t thread) {
    // The call fails with EINVAL until the set is as wide as the kernel's own.
    for (int cpus = 1024; cpus <= cpus_max; cpus *= 2) {
        const cpu_mask mask{cpus};
        if (!mask.get()) break;
        if (sched_getaffinity(thread, mask.bytes(), mask.get()) != 0) {
            if (errno != EINVAL) break;
            continue;
        }
        std::vector<int> found;
        for (int cpu = 0; cpu < cpus; ++cpu) {
            if (mask.has(cpu)) found.push_back(cpu);
        }
        return found;
    }
    return {};
}

std::error_code confine_to(std::span<const int> cpus) {
    if (cpus.empty()) return std::make_error_code(std::errc::invalid_argument);
    const auto [least, most] = std::ranges::minmax(cpus);
    if (least < 0 || most >= cpus_max) return std::make_error_code(std::errc::invalid_argument);
    cpu_mask mask{most + 1};
    if (!mask.get()) return std::make_error_code(std::errc::not_enough_memory);
    for (const int cpu : cpus) mask.add(cpu);
    if (sched_setaffinity(0, mask.bytes(), mask.get()) != 0)
        return {errno, std::generic_category()};
    const auto allowed = allowed_cpus();
    const bool confined = !allowed.empty() && std::ranges::all_of(allowed, [&](int cpu) {
        return std::ranges::find(cpus, cpu) != cpus.end();
    });
    return confined ? std::error_code{} : std::make_error_code(std::errc::operation_not_supported);
}

}  // namespace lanewise::machine
