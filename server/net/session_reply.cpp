// The rest of session.hpp: replies, counted and gathered, and the last one of a connection.
#include <cassert>

#include "session.hpp"
#include "shard.hpp"

namespace lanewise::server {

void session::send(outcome<reply> what) {
    send(what ? std::move(*what) : to_reply(what.error(), shared_, route_));
}

void session::send(reply what) {
    assert(unsent_body_.size() == 0);  // it follows the head of its own reply
    if (what.close || home_.draining) {
        delivery_.keep_alive = false;
        must_linger_ = true;
    }
    hang_up_ = !delivery_.keep_alive;
    count(what.status);
    if (what.cost) {
        auto& kernel = home_.metrics.kernels[what.cost->kernel];
        kernel.calls.add(1);
        kernel.nanoseconds.add(static_cast<std::uint64_t>(what.cost->time.count()));
        if (what.cost->queued.count() > 0) home_.metrics.compute_wait.observe(what.cost->queued);
    }
    append_head(home_.out, what, delivery_, home_.date());
    delivery_.fields = {};
    forget_long(trace_fields_);
    if (delivery_.head_only) return;
    if (what.bytes.size() > gathered_bytes_max) {
        unsent_body_ = std::move(what.bytes);
        unsent_body_at_ = 0;
    } else {
        home_.out += what.body();
    }
}

// The reply's duration is known when it is written.
void session::count(int status) {
    home_.metrics.routes[route_].by_class[static_cast<std::size_t>(status / 100 - 1)].add(1);
    home_.answered.push_back(route_);
    if (shared_.settings.access_log) {
        log_line_.status = status;
        home_.access_lines.add(log_line_);
    }
}

void session::note_durations() {
    const auto duration = std::chrono::steady_clock::now() - arrived_;
    for (const auto route : home_.answered) home_.metrics.routes[route].duration.observe(duration);
    home_.answered.clear();
    shared_.log.access(home_.access_lines, duration, number_);
}

// The last reply of this connection: what follows on it can't be read, or is not wanted.
void session::refuse(problem why) {
    call_.reset();
    decided_.reset();
    chunks_.reset();
    body_rest_ = 0;
    body_ = {};
    stage_ = stage::head;
    auto last = to_reply(std::move(why), shared_, route_);
    last.close = true;
    send(std::move(last));
}

// The same of a request whose head can't be read. That it is a HEAD, whose reply has no body, is
// known from its first bytes.
void session::refuse_head(problem why) {
    const bool head_only = input_.view().substr(scanner_.request_line()).starts_with("HEAD ");
    delivery_ = {.head_only = head_only, .keep_alive = false, .http_1_1 = true};
    route_ = route_names().size() - 1;
    log_line_.assign("-", "-", {});
    refuse(std::move(why));
}

}  // namespace lanewise::server
