// A kernel call on its way: from a connection to a compute thread, and back to the connection's own
// thread with its result.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>

#include "at_place.hpp"
#include "server/calls/compute.hpp"
#include "server/calls/kernel_run.hpp"

namespace lanewise::server {

/// run_call; 503 where memory is used up.
[[nodiscard]] outcome<reply> run_within_memory(call_plan plan, const body_buffer& body,
                                               const kernel_runner& runner,
                                               std::chrono::nanoseconds queued) noexcept;

class event_loop;

class offloaded_call {
public:
    /// Who waits for the result; kept alive by the call until then.
    class asker {
    public:
        /// On the thread of the asker's loop.
        virtual void on_computed(std::shared_ptr<offloaded_call> done) noexcept = 0;

    protected:
        ~asker() = default;
    };

    /// Runs it on a thread of the pool; false if its queue is full.
    [[nodiscard]] static bool start(call_plan plan, body_buffer body, const kernel_runner& runner,
                                    compute_pool& pool, event_loop& back_to,
                                    std::shared_ptr<asker> asker);

    [[nodiscard]] outcome<reply> take_result() { return std::move(result_); }

private:
    std::shared_ptr<asker> asker_;
    call_plan plan_;
    body_buffer body_;
    std::chrono::steady_clock::time_point asked_ = std::chrono::steady_clock::now();
    outcome<reply> result_ = reply{};
    // What the event loop notes on the way back: where memory is used up, a result could not go
    // back otherwise.
    alignas(std::max_align_t) std::array<std::byte, at_place<char>::bytes_max> way_back_;
};

}  // namespace lanewise::server
