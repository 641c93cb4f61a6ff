#include "placement.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>

namespace lanewise::bench {

std::vector<int> filling_order(const machine::facts& facts) {
    if (facts.core_threads.empty()) return facts.cpuset;
    // Where only some cores have siblings, those are the large ones and come first: the thread that
    // runs alone is then the one whose sibling is busy later.
    auto cores = facts.core_threads;
    std::ranges::stable_sort(cores, std::greater{}, &std::vector<int>::size);
    std::vector<int> order;
    for (std::size_t sibling = 0;; ++sibling) {
        const auto before = order.size();
        for (const auto& threads : cores) {
            if (sibling < threads.size()) order.push_back(threads[sibling]);
        }
        if (order.size() == before) return order;
    }
}

std::vector<placement> placements_of(const machine::facts& facts) {
    const auto order = filling_order(facts);
    const auto most =
        std::min(order.size(), static_cast<std::size_t>(machine::usable_threads(facts)));
    const auto cores = facts.core_threads.size();
    std::vector<placement> found;
    const auto place = [&](std::string name, std::size_t threads) {
        if (threads == 0 || threads > most) return;
        for (const auto& other : found) {
            if (other.cpus.size() == threads) return;
        }
        found.push_back({std::move(name),
                         {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(threads)}});
    };
    place("one", 1);
    place("one_per_core", cores);
    place("all", order.size());
    for (std::size_t threads = 2; threads < most; threads *= 2) place("scaling", threads);
    place("scaling", most);
    std::ranges::stable_sort(found, {}, [](const placement& one) { return one.cpus.size(); });

    const auto with_sibling = std::ranges::find_if(
        facts.core_threads, [](const auto& threads) { return threads.size() > 1; });
    if (with_sibling != facts.core_threads.end() && most >= 2) {
        const std::vector pair{(*with_sibling)[0], (*with_sibling)[1]};
        found.push_back({"neighbour_same", pair, true});
        found.push_back({"neighbour_memory", pair, true});
    }
    return found;
}

std::vector<int> cpus_apart_from(const std::vector<int>& others, const machine::facts& facts) {
    const auto is_taken = [&](int cpu) { return std::ranges::find(others, cpu) != others.end(); };
    std::vector<int> free;
    for (const int cpu : facts.cpuset) {
        // Where cores are not known, each thread stands for one.
        const auto core = std::ranges::find_if(facts.core_threads, [&](const auto& threads) {
            return std::ranges::find(threads, cpu) != threads.end();
        });
        const bool core_taken =
            core != facts.core_threads.end() && std::ranges::any_of(*core, is_taken);
        if (!is_taken(cpu) && !core_taken) free.push_back(cpu);
    }
    return free;
}

}  // namespace lanewise::bench
