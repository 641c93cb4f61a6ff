#include "contest.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <random>

namespace lanewise::peers {
namespace {

double nanoseconds(const std::function<void()>& call, std::size_t repeats) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < repeats; ++i) call();
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / static_cast<double>(repeats);
}

double quantile(std::vector<double> values, double fraction) {
    std::sort(values.begin(), values.end());
    const double place = fraction * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace

void measure(const contest& of, const options& chosen) {
    if (!chosen.size.empty() && chosen.size != of.size) return;
    std::vector<std::function<void()>> calls{of.ours};
    calls.reserve(1 + of.theirs.size());
    for (const peer& each : of.theirs) calls.push_back(each.call);

    // A sample takes at least 0.2 ms; rounds go on for the time that was asked for, and number at
    // least nine.
    std::vector<std::size_t> repeats;
    double round = 0;
    for (const auto& call : calls) {
        nanoseconds(call, 1);
        const double once =
            nanoseconds(call, 1 + static_cast<std::size_t>(1e4 / (1 + nanoseconds(call, 3))));
        repeats.push_back(static_cast<std::size_t>(std::max(1.0, 2e5 / std::max(once, 1.0))));
        round += once * static_cast<double>(repeats.back());
    }
    const auto rounds =
        static_cast<std::size_t>(std::clamp(chosen.seconds * 1e9 / round, 9.0, 301.0));

    std::mt19937 random(1);
    std::vector<std::size_t> order(calls.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::vector<std::vector<double>> times(calls.size());
    for (std::size_t r = 0; r < rounds; ++r) {
        std::shuffle(order.begin(), order.end(), random);
        for (const std::size_t i : order) times[i].push_back(nanoseconds(calls[i], repeats[i]));
    }
    const double ours = of.work / quantile(times[0], 0.5);
    for (std::size_t p = 0; p < of.theirs.size(); ++p) {
        std::vector<double> ratios;
        ratios.reserve(rounds);
        for (std::size_t r = 0; r < rounds; ++r) ratios.push_back(times[p + 1][r] / times[0][r]);
        const double ratio = quantile(ratios, 0.5);
        const double goal = of.theirs[p].goal;
        std::printf("| %-17s | %-16s | %-6s | %8.3f %-8s | %-14s | %8.3f | %5.2f (%.2f to %.2f) |",
                    of.kernel.c_str(), of.size.c_str(), chosen.isa.c_str(), ours, of.unit,
                    of.theirs[p].name.c_str(), of.work / quantile(times[p + 1], 0.5), ratio,
                    quantile(ratios, 0.25), quantile(ratios, 0.75));
        if (goal > 0) {
            std::printf(" %4.2f %s |\n", goal, ratio >= goal ? "met" : "MISSED");
        } else {
            std::printf("      |\n");
        }
        std::fflush(stdout);
    }
}

}  // namespace lanewise::peers
