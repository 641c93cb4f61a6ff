#include "offloaded_call.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <new>
#include <utility>

#include "event_loop.hpp"

namespace lanewise::server {

outcome<reply> run_within_memory(call_plan plan, const body_buffer& body,
                                 const kernel_runner& runner,
                                 std::chrono::nanoseconds queued) noexcept {
    try {
        return run_call(std::move(plan), body, runner, queued);
    } catch (const std::bad_alloc&) {
        return problem{503, {}};
    }
}

bool offloaded_call::start(call_plan plan, body_buffer body, const kernel_runner& runner,
                           compute_pool& pool, event_loop& back_to, std::shared_ptr<asker> asker) {
    auto work = std::make_shared<offloaded_call>();
    work->plan_ = std::move(plan);
    work->body_ = std::move(body);
    work->asker_ = std::move(asker);
    const bool queued = pool.submit([work, &runner, &back_to] {
        work->result_ = run_within_memory(std::move(work->plan_), work->body_, runner,
                                          std::chrono::steady_clock::now() - work->asked_);
        work->body_ = {};
        // The asker may end only on its own thread.
        back_to.post(boost::asio::bind_allocator(at_place<char>(work->way_back_.data()), [work] {
            std::exchange(work->asker_, nullptr)->on_computed(work);
        }));
    });
    if (!queued) work->asker_.reset();
    return queued;
}

}  // namespace lanewise::server
