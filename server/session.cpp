#include "session.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "request_parser.hpp"
#include "shard.hpp"

namespace lanewise::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Kernels that take less than this run where the request was read; a hop to another thread and back
// costs about as much.
constexpr double inline_nanoseconds_max = 20'000;

// An unwanted body up to this size is read and forgotten, and the connection goes on; a larger one
// ends it.
constexpr std::uint64_t skipped_bytes_max = 64 << 10;

// Replies of pipelined requests are gathered up to this size, then written.
constexpr std::size_t gathered_bytes_max = 64 << 10;

// The kernel wakes us for a large body once this much has come: fewer wake-ups, and it fits the L2
// cache.
constexpr std::uint64_t low_water_max = 1 << 20;

// After a last reply: how long and how much is still read, so that the peer reads the reply and not
// a reset.
constexpr std::uint64_t linger_ms = 5'000;
constexpr std::uint64_t linger_bytes_max = 64 << 20;

// While draining: a connection that came last has this long to send the request that it came for.
constexpr std::uint64_t drain_first_request_ms = 1'000;

}  // namespace

struct session::computation {
    std::shared_ptr<session> asker;
    kernel_call call;
    body_buffer body;
    std::chrono::steady_clock::time_point asked = std::chrono::steady_clock::now();
    outcome<reply> result = reply{};

    void run(const app& shared) noexcept {
        try {
            result = run_call(
                call, body, shared.runner,
                asker ? std::chrono::steady_clock::now() - asked : std::chrono::nanoseconds(0));
        } catch (const std::bad_alloc&) {
            result = problem{503, {}};
        }
        body = {};
    }
};

session::session(shard& home, tcp_socket socket, std::uint64_t number)
    : home_(home), shared_(home.shared), socket_(std::move(socket)), number_(number) {
    ++home_.connections_;
    home_.metrics.connections_accepted.add(1);
    home_.sessions_.push_back(*this);
    restart_clock();
}

session::~session() {
    --home_.connections_;
    home_.metrics.connections_closed.add(1);
}

void session::start() {
    read();
}

// ---- requests ----

// Takes what can be taken off the input, writes the replies, and waits for whatever has to come
// next.
void session::proceed() noexcept {
    try {
        take_requests();
    } catch (const std::bad_alloc&) {
        shared_.log.error("request", "out of memory: the connection was dropped", number_);
        home_.out.clear();
        home_.answered.clear();
        home_.access_lines.clear();
        close();
    }
}

void session::take_requests() {
    if (stage_ == stage::computing || writing_) return;  // goes on when that is done
    std::uint64_t taken = 0;
    auto next = step::next;
    while (next == step::next && !hang_up_) {
        next = stage_ == stage::head ? take_head() : take_body();
        if (unsent_body_.size() > 0 || home_.out.size() >= gathered_bytes_max) {
            if (!flush()) return;
        }
        if (++taken == shared_.settings.pipelined_max && next == step::next) {
            // The other connections have their turn before the rest of this one's requests.
            if (!flush()) return;
            asio::post(home_.io, [self = shared_from_this()] { self->proceed(); });
            return;
        }
    }
    if (!flush()) return;
    if (hang_up_) return linger();
    if (next == step::need_input) read();
}

session::step session::take_head() {
    if (body_rest_ > 0 || chunks_) {  // of a body that nobody wanted
        if (const auto skipped = take_body(); skipped != step::next || hang_up_) return skipped;
    }
    if (input_.empty()) return step::need_input;
    const auto& settings = shared_.settings;
    const auto length =
        scanner_.advance(input_.view(), {settings.head_bytes_max, settings.fields_max});
    if (!length) {
        refuse_head(length.error());
        return step::next;
    }
    if (*length == 0) {
        if (scanner_.request_line() == input_.view().size()) {
            // Empty lines alone begin no request: the connection idles.
            input_.consume(input_.view().size());
            scanner_ = {};
        }
        return step::need_input;
    }

    request head;
    const auto begin = scanner_.request_line();
    const auto parsed = parse_head(input_.view().substr(begin, *length - begin), head);
    if (!parsed) {
        refuse_head(parsed.error());
        return step::next;
    }
    scanner_ = {};
    begin_request(head);
    input_.consume(*length);
    restart_clock();
    if (call_ && !keep_body_) answer(std::move(*std::exchange(call_, std::nullopt)));
    return stage_ == stage::computing ? step::waiting : step::next;
}

// Decides all that the head alone decides. What is left to do is in call_, body_rest_, chunks_,
// keep_body_.
void session::begin_request(const request& head) {
    const auto& settings = shared_.settings;
    ++requests_;
    const bool last = home_.draining || requests_ == settings.requests_per_connection_max;
    delivery_ = {head.method == method::head, head.keep_alive && !last, head.http_1_1};
    must_linger_ = last;
    if (!head.traceparent.empty()) {
        trace_fields_ = "traceparent: " + std::string(head.traceparent) + "\r\n";
        delivery_.fields = trace_fields_;
    }
    if (settings.access_log) {
        log_line_ = {std::string(head.method_text), std::string(head.target),
                     std::string(head.traceparent), 0};
    }

    auto decided = decide(head, shared_, home_.shown);
    route_ = decided.route;
    if (decided.close) {
        delivery_.keep_alive = false;
        must_linger_ = true;
    }
    call_ = std::move(decided.call);
    if (call_ && head.method == method::post) return expect_body(head);
    expect_nothing(head);
    if (decided.ready) return send(std::move(*decided.ready));
    if (decided.fixed != nullptr) {
        append_resource(home_.out, *decided.fixed, decided.not_modified, delivery_, home_.date());
        hang_up_ = !delivery_.keep_alive;
        count(decided.not_modified ? 304 : 200);
    }
}

// A kernel's input: memory is reserved before a byte of it is read.
void session::expect_body(const request& head) {
    const auto& settings = shared_.settings;
    const auto too_large = [&settings] {
        return problem{413, "the body is larger than " + std::to_string(settings.body_bytes_max) +
                                " bytes (--body-bytes-max)"};
    };
    if (head.body == framing::length) {
        if (head.content_length > settings.body_bytes_max) return refuse(too_large());
        auto memory = shared_.bodies.take(head.content_length);
        if (!memory) return refuse(memory.error());
        body_ = std::move(*memory);
        body_.resize(0);
        body_rest_ = head.content_length;
    } else {
        chunks_.emplace(chunk_limits{settings.chunk_head_bytes_max, settings.trailer_bytes_max});
    }
    keep_body_ = true;
    stage_ = stage::body;
    if (head.expects_continue) home_.out += "HTTP/1.1 100 Continue\r\n\r\n";
}

// A body that came all the same is skipped after the reply if it is small, else the reply is the
// last.
void session::expect_nothing(const request& head) {
    if (head.body == framing::none || (head.body == framing::length && head.content_length == 0))
        return;
    must_linger_ = true;
    const bool small = head.body == framing::chunked || head.content_length <= skipped_bytes_max;
    if (!small || head.expects_continue) {
        delivery_.keep_alive = false;
        return;
    }
    body_rest_ = head.content_length;
    if (head.body == framing::chunked) {
        chunks_.emplace(chunk_limits{shared_.settings.chunk_head_bytes_max,
                                     shared_.settings.trailer_bytes_max});
        body_rest_ = skipped_bytes_max;
    }
}

session::step session::take_body() {
    if (chunks_) {
        if (const auto taken = take_chunks(); taken != step::next || hang_up_) return taken;
    } else {
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(body_rest_, input_.view().size()));
        if (keep_body_ && count > 0) {
            std::copy_n(input_.view().data(), count,
                        reinterpret_cast<char*>(body_.data()) + body_.size());
            body_.resize(body_.size() + count);
        }
        input_.consume(count);
        body_rest_ -= count;
        moved_bytes_ += count;
        if (body_rest_ > 0) return step::need_input;
    }
    restart_clock();
    if (!std::exchange(keep_body_, false)) return step::next;
    set_low_water(1);
    stage_ = stage::head;
    answer(std::move(*std::exchange(call_, std::nullopt)));
    return stage_ == stage::computing ? step::waiting : step::next;
}

session::step session::take_chunks() {
    while (!chunks_->done()) {
        if (input_.empty()) return step::need_input;
        const auto decoded = chunks_->next(input_.view());
        if (!decoded) {
            if (keep_body_) {
                refuse(decoded.error());
            } else {
                // Its request has had a reply: a second one would pass for that of the next
                // request.
                hang_up_ = must_linger_ = true;
            }
            return step::next;
        }
        const auto& data = decoded->data;
        if (keep_body_ && body_.size() + data.size() > shared_.settings.body_bytes_max) {
            refuse({413, "the body is larger than " +
                             std::to_string(shared_.settings.body_bytes_max) +
                             " bytes (--body-bytes-max)"});
            return step::next;
        }
        if (keep_body_) {
            if (const auto grown = shared_.bodies.grow(body_, body_.size() + data.size()); !grown) {
                refuse(grown.error());
                return step::next;
            }
            std::copy_n(data.data(), data.size(),
                        reinterpret_cast<char*>(body_.data()) + body_.size());
            body_.resize(body_.size() + data.size());
        } else if (data.size() > body_rest_) {
            // The reply is on its way already; what follows is too much to read for nothing.
            hang_up_ = must_linger_ = true;
            return step::next;
        } else {
            body_rest_ -= data.size();
        }
        moved_bytes_ += decoded->consumed;
        input_.consume(decoded->consumed);
    }
    chunks_.reset();
    body_rest_ = 0;
    return step::next;
}

void session::answer(kernel_call call) {
    const double cost = estimated_nanoseconds(call, body_.size(), shared_.runner);
    auto work = std::make_shared<computation>();
    work->call = std::move(call);
    work->body = std::move(body_);
    if (cost <= inline_nanoseconds_max) {
        work->run(shared_);
        return send(std::move(work->result));
    }
    work->asker = shared_from_this();
    stage_ = stage::computing;
    const bool queued = shared_.compute.submit([work, &shared = shared_] {
        work->run(shared);
        // The session goes back to its own thread with its result, and may end only there.
        auto& io = work->asker->home_.io;
        for (;;) {
            try {
                asio::post(io, [work] {
                    std::exchange(work->asker, nullptr)->on_computed(std::move(work->result));
                });
                return;
            } catch (const std::bad_alloc&) {
                // It has to go: memory comes back when other requests end.
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        }
    });
    if (!queued) {
        work->asker.reset();
        stage_ = stage::head;
        home_.metrics.compute_refused.add(1);
        send(
            problem{503, "all compute threads are busy and the queue is full (--queue-depth-max)"});
    }
}

void session::on_computed(outcome<reply> result) noexcept {
    if (!socket_.is_open()) return;
    if (writing_) {  // replies to earlier requests
        computed_ = std::move(result);
        return;
    }
    stage_ = stage::head;
    restart_clock();
    try {
        send(std::move(result));
    } catch (const std::bad_alloc&) {
        return close();
    }
    proceed();
}

// ---- replies ----

void session::send(outcome<reply> what) {
    send(what ? std::move(*what) : to_reply(what.error(), shared_));
}

void session::send(reply what) {
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
        home_.access_lines.push_back(log_line_);
    }
}

void session::note_durations() {
    const auto duration = std::chrono::steady_clock::now() - arrived_;
    for (const auto route : home_.answered) home_.metrics.routes[route].duration.observe(duration);
    home_.answered.clear();
    for (const auto& line : home_.access_lines) shared_.log.access(line, duration, number_);
    home_.access_lines.clear();
}

// The last reply of this connection: what follows on it can't be read, or is not wanted.
void session::refuse(problem why) {
    call_.reset();
    chunks_.reset();
    keep_body_ = false;
    body_rest_ = 0;
    stage_ = stage::head;
    auto last = to_reply(std::move(why), shared_);
    last.close = true;
    send(std::move(last));
}

// The same of a request whose head can't be read. That it is a HEAD, whose reply has no body, is
// known from its first bytes.
void session::refuse_head(problem why) {
    const bool head_only = input_.view().substr(scanner_.request_line()).starts_with("HEAD ");
    delivery_ = {.head_only = head_only, .keep_alive = false, .http_1_1 = true};
    route_ = route_names().size() - 1;
    log_line_ = {"-", "-", {}, 0};
    refuse(std::move(why));
}

void session::turn_away() {
    home_.metrics.connections_turned_away.add(1);
    route_ = route_names().size() - 1;
    log_line_ = {"-", "-", {}, 0};
    refuse({503, "there are as many connections as there may be (--connections-max)"});
    proceed();
}

// ---- bytes ----

void session::read() {
    if (reading_) return;
    if (peer_done_) {
        // A whole request has had its answer; the beginning of one is told why it has none.
        const bool answered = stage_ == stage::head && (chunks_ || body_rest_ > 0);
        if (answered || (stage_ == stage::head && input_.empty())) return close();
        problem cut_off{400, "the connection ended in the middle of a request"};
        stage_ == stage::head ? refuse_head(std::move(cut_off)) : refuse(std::move(cut_off));
        if (flush()) linger();
        return;
    }
    reading_ = true;
    into_body_ = keep_body_ && !chunks_ && input_.empty();
    asio::mutable_buffer room;
    if (into_body_) {
        if (body_rest_ > skipped_bytes_max) set_low_water(std::min(body_rest_, low_water_max));
        room = asio::buffer(body_.data() + body_.size(), body_rest_);
    } else {
        const auto [data, size] = input_.room();
        room = asio::buffer(data, size);
    }
    socket_.async_read_some(room, [self = shared_from_this()](error_code error, std::size_t count) {
        self->on_read(error, count);
    });
}

void session::on_read(error_code error, std::size_t count) {
    reading_ = false;
    if (!socket_.is_open()) return;
    if (error == asio::error::eof) {
        peer_done_ = true;
        if (stage_ == stage::lingering) return close();
        return read();
    }
    if (error) return close();  // the peer left
    home_.metrics.received_bytes.add(count);
    arrived_ = std::chrono::steady_clock::now();
    if (stage_ == stage::lingering) {
        moved_bytes_ += count;
        if (moved_bytes_ > linger_bytes_max) return close();
        return read();
    }
    if (into_body_) {
        body_.resize(body_.size() + count);
        body_rest_ -= count;
        moved_bytes_ += count;
        if (body_rest_ > 0) {
            if (low_water_ > body_rest_) set_low_water(body_rest_);
            return read();
        }
    } else {
        // The time for a head runs from its first byte.
        if (stage_ == stage::head && input_.empty()) restart_clock();
        input_.commit(count);
    }
    proceed();
}

// Writes what was gathered; false if the socket would not take all, or is gone: then the rest goes
// on by itself.
bool session::flush() {
    if (writing_) return false;
    auto& out = home_.out;
    if (out.empty() && unsent_body_.size() == 0) return socket_.is_open();
    note_durations();
    const std::array<asio::const_buffer, 2> buffers{
        asio::buffer(out), asio::buffer(unsent_body_.data(), unsent_body_.size())};
    error_code error;
    auto count = unsent_body_.size() > 0 ? socket_.write_some(buffers, error)
                                         : socket_.write_some(buffers[0], error);
    if (error && error != asio::error::would_block) {
        out.clear();
        close();
        return false;
    }
    home_.metrics.sent_bytes.add(count);
    if (count == out.size() + unsent_body_.size()) {
        out.clear();
        unsent_body_ = {};
        return true;
    }
    unsent_.assign(out, std::min(count, out.size()));
    unsent_at_ = 0;
    unsent_body_at_ = count > out.size() ? count - out.size() : 0;
    out.clear();
    restart_clock();
    write();
    return false;
}

void session::write() {
    writing_ = true;
    const std::array<asio::const_buffer, 2> buffers{
        asio::buffer(unsent_) + unsent_at_,
        asio::buffer(unsent_body_.data(), unsent_body_.size()) + unsent_body_at_};
    socket_.async_write_some(buffers,
                             [self = shared_from_this()](error_code error, std::size_t count) {
                                 self->on_written(error, count);
                             });
}

void session::on_written(error_code error, std::size_t count) {
    writing_ = false;
    if (error) return close();
    moved_bytes_ += count;
    home_.metrics.sent_bytes.add(count);
    const auto of_text = std::min(count, unsent_.size() - unsent_at_);
    unsent_at_ += of_text;
    unsent_body_at_ += count - of_text;
    if (unsent_at_ < unsent_.size() || unsent_body_at_ < unsent_body_.size()) return write();
    unsent_ = {};
    unsent_body_ = {};
    restart_clock();
    if (computed_) return on_computed(std::move(*std::exchange(computed_, std::nullopt)));
    proceed();
}

// Closing with unread bytes makes the system send a reset, which can overtake the reply: say that
// we are done, and read on, within bounds, until the peer is done too.
void session::linger() {
    if (peer_done_ || (!must_linger_ && input_.empty())) return close();
    error_code ignored;
    socket_.shutdown(tcp_socket::shutdown_send, ignored);
    stage_ = stage::lingering;
    if (!reading_) {  // into one of these
        input_ = {};
        body_ = {};
    }
    set_low_water(1);
    restart_clock();
    read();
}

void session::close() {
    error_code ignored;
    socket_.close(ignored);
}

// The least that has to have come before the system wakes us.
void session::set_low_water(std::size_t bytes) {
    if (bytes == low_water_) return;
    low_water_ = bytes;
    error_code ignored;
    socket_.set_option(asio::socket_base::receive_low_watermark(static_cast<int>(bytes)), ignored);
}

// ---- deadlines ----

void session::restart_clock() {
    // The clock is as old as one period at most: adding that, no deadline comes early.
    since_ms_ = home_.now_ms + home_.period_ms;
    moved_bytes_ = 0;
}

bool session::overdue(std::uint64_t limit_ms) const {
    return home_.now_ms > since_ms_ + limit_ms;
}

// At the end of each window: whether less moved in it than the lowest rate that is put up with.
bool session::too_slow(std::uint64_t window_ms, std::uint64_t moved_bytes) {
    if (!overdue(window_ms)) return false;
    if (moved_bytes * 1'000 < shared_.settings.body_rate_min * window_ms) return true;
    restart_clock();
    return false;
}

void session::sweep() {
    const auto& settings = shared_.settings;
    if (!socket_.is_open()) return;
    if (writing_) {
        if (too_slow(settings.write_timeout_ms, moved_bytes_)) close();
        return;
    }
    switch (stage_) {
        case stage::computing:
            return;
        case stage::lingering:
            if (overdue(linger_ms)) close();
            return;
        case stage::body:
            break;
        case stage::head:
            if (chunks_ || body_rest_ > 0) break;
            if (!input_.empty()) {
                if (!overdue(settings.header_timeout_ms)) return;
                refuse_head({408, "the head of the request did not come within " +
                                      std::to_string(settings.header_timeout_ms) +
                                      " ms (--header-timeout-ms)"});
                proceed();
                return;
            }
            if (overdue(!home_.draining ? settings.idle_timeout_ms
                        : requests_ > 0 ? 0
                                        : drain_first_request_ms)) {
                error_code ignored;
                if (socket_.available(ignored) == 0) close();
            }
            return;
    }
    // The low-water mark keeps a slow body's bytes in the system: they have come all the same.
    error_code ignored;
    if (!too_slow(settings.header_timeout_ms, moved_bytes_ + socket_.available(ignored))) return;
    if (!keep_body_) return close();
    refuse({408, "the body comes at less than " + std::to_string(settings.body_rate_min) +
                     " bytes per second (--body-rate-min)"});
    proceed();
}

}  // namespace lanewise::server
