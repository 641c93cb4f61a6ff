#include "event_loop.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "server/endpoints/app.hpp"

namespace lanewise::server {
namespace {

// The shortest deadline is seen at most a quarter of it late.
std::uint64_t sweep_period(const config& settings) {
    const auto shortest =
        std::min({settings.header_timeout_ms, settings.idle_timeout_ms, settings.write_timeout_ms});
    return std::clamp<std::uint64_t>(shortest / 4, 5, 1'000);
}

// The threads and the port of the metrics have a part each; a head of the largest size, which grows
// by doubling, fits into any.
std::uint64_t pending_share(const config& settings) {
    constexpr std::uint64_t least = 256 << 10;
    return std::max(
        {settings.pending_bytes_max / (settings.threads + 1), 4 * settings.head_bytes_max, least});
}

constexpr int posted_in_a_row_max = 64;

std::uint64_t steady_ms() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                          std::chrono::steady_clock::now().time_since_epoch())
                                          .count());
}

}  // namespace

event_loop::event_loop(app& of_all, thread_metrics& counted, exposure of_routes,
                       connection_places& at)
    : shared(of_all),
      metrics(counted),
      shown(of_routes),
      places(at),
      pending(pending_share(of_all.settings)),
      period_ms(sweep_period(of_all.settings)) {
    gathered.routes.reserve(shared.settings.pipelined_max + 1);
    gathered.bytes.reserve(128 << 10);
    read_clocks();
}

void event_loop::turn(std::chrono::milliseconds longest) {
    events.wait(any_posted_ ? std::chrono::milliseconds{} : longest);
    if (!any_posted_.exchange(false)) return;
    posted_.restart();
    // What was posted may post again: the events have their turn in between. Nor is anything lost
    // where one of them runs out of memory.
    const auto called = [this] { return posted_.poll_one() != 0; };
    try {
        int left = posted_in_a_row_max;
        while (left > 0 && called()) --left;
        if (left == 0) any_posted_ = true;
    } catch (const std::bad_alloc&) {
        any_posted_ = true;
        throw;
    }
}

void event_loop::read_clocks() {
    now_ms_ = steady_ms();
    const auto refusals = shared.bodies.refusals();
    bodies_short = std::exchange(refusals_, refusals) != refusals;
    const auto now = std::chrono::system_clock::now();
    const auto second = static_cast<std::uint64_t>(std::chrono::system_clock::to_time_t(now));
    if (second != date_second_) {
        date_second_ = second;
        print_date(now, date_.data());
    }
}

}  // namespace lanewise::server
