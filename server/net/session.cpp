#include "session.hpp"

#include <cassert>
#include <utility>

#include "server/endpoints/app.hpp"
#include "server/endpoints/problem_reply.hpp"
#include "server/http/refused_line.hpp"
#include "server/http/request_parser.hpp"

namespace lanewise::server {
namespace {

// Kernels that take less than this run where the request was read; a hop to another thread and back
// costs about as much.
constexpr double inline_nanoseconds_max = 20'000;

// One connection's reads in a row.
constexpr std::size_t reads_max = 16;

// Replies of pipelined requests are gathered up to this size, then written; a larger body goes by
// itself.
constexpr std::size_t gathered_bytes_max = 64 << 10;

}  // namespace

// ---- begin ----

session::session(event_loop& home, peer_socket socket, std::uint64_t number)
    : home_(home),
      shared_(home.shared),
      socket_(std::move(socket)),
      input_(home.received, home.pending.pool()),
      outbox_(home.gathered.bytes),
      number_(number) {
    ++home_.places.open;
    home_.metrics.connections_accepted.add(1);
    restart_clock();
}

session::~session() {
    --home_.places.open;
    home_.metrics.connections_closed.add(1);
}

// From here on it keeps itself, until it is closed.
bool session::join() {
    self_ = shared_from_this();
    if (socket_.watch(home_.events, *this)) return true;
    close();
    return false;
}

void session::start() {
    wants_input_ = join();
}

template <class Work>
void session::within_memory(Work work) noexcept {
    home_.pending.begin_work(*this);
    try {
        work();
        if (!input_.keep()) throw std::bad_alloc();
    } catch (const std::bad_alloc&) {
        home_.gathered.clear();
        drop("request");
    }
    home_.pending.end_work(*this, holds_pending());
}

void session::turn_away() {
    home_.metrics.connections_turned_away.add(1);
    if (!join()) return;
    within_memory([this] {
        route_ = route_names().size() - 1;
        log_line_.assign("-", "-", {});
        refuse({503, home_.places.none_left});
        take_requests();
    });
}

// ---- bytes have come, or there is room for more ----

void session::on_socket_event(std::uint32_t events) noexcept {
    const auto self = shared_from_this();
    socket_.note(events);
    if (!outbox_.waits()) return within_memory([this] { take_input(); });
    bool all_sent = false;
    within_memory([&] { all_sent = send_unsent(); });
    if (!all_sent) return;
    if (computed_) return on_computed(std::exchange(computed_, nullptr));
    proceed();
}

// Takes what is there already, and reads on.
void session::proceed() noexcept {
    within_memory([this] {
        take_requests();
        take_input();
    });
}

// Reads, and takes what that brought, until nothing is there or the connection waits for something
// else.
void session::take_input() {
    for (std::size_t reads = 1; receive(); ++reads) {
        take_requests();
        if (reads == reads_max) {
            // The other connections have their turn.
            home_.post([self = shared_from_this()] { self->proceed(); });
            return;
        }
    }
}

// Takes what can be taken off the input, and writes the replies.
void session::take_requests() {
    if (!socket_.is_open() || stage_ == stage::lingering) return;
    if (stage_ == stage::computing || outbox_.waits()) return;  // goes on when that is done
    std::uint64_t taken = 0;
    auto next = step::next;
    while (next == step::next && !hang_up_) {
        // A large body, which may have been computed, goes before the head of the next reply.
        if (outbox_.has_body() || home_.gathered.bytes.size() >= gathered_bytes_max) {
            if (!flush()) return;
        }
        next = stage_ == stage::head ? take_head() : take_body();
        if (++taken == shared_.settings.pipelined_max && next == step::next) {
            // The other connections have their turn before the rest of this one's requests.
            if (!flush()) return;
            home_.post([self = shared_from_this()] { self->proceed(); });
            return;
        }
    }
    if (!flush()) return;
    if (hang_up_) return linger();
    if (next != step::need_input) return;
    if (const auto kept = input_.keep(); !kept) return refuse_rest(kept.error());
    wants_input_ = true;
}

// ---- a request's head ----

session::step session::take_head() {
    if (intake_.expects_more()) {  // of a body that nobody wanted, whose request was answered
        if (const auto skipped = take_body(); skipped != step::next) return skipped;
    }
    if (input_.empty()) return step::need_input;
    if (answer_known()) return step::next;
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
    const auto bytes = input_.view().substr(0, *length);  // valid until the next read
    input_.consume(*length);
    begin_request(head, bytes);
    restart_clock();
    return stage_ == stage::computing ? step::waiting : step::next;
}

// Bytes that are known: their answer needs no parse.
bool session::answer_known() {
    const auto* const known = home_.known.find(input_.view());
    if (known == nullptr) return false;
    if (shared_.stopping || requests_ + 1 == shared_.settings.requests_per_connection_max)
        return false;
    ++requests_;
    route_ = known->route;
    must_linger_ = false;
    append_resource(home_.gathered.bytes, *known->fixed, false, {}, home_.date());
    count(200);
    scanner_ = {};
    input_.consume(known->head.size());
    restart_clock();
    return true;
}

// Decides all that the head alone decides, and answers unless a body has to come first: call_ takes
// it, and decided_ waits for it, since an ill-formed body has no known end.
void session::begin_request(const request& head, std::string_view bytes) {
    const auto& settings = shared_.settings;
    ++requests_;
    const bool last = requests_ == settings.requests_per_connection_max;
    delivery_ = {head.method == method::head, head.keep_alive && !last, head.http_1_1};
    must_linger_ = last;
    if (!head.traceparent.empty()) {
        write_trace_fields(trace_fields_, head.traceparent, head.tracestate.text());
        delivery_.fields = trace_fields_;
    }
    if (settings.access_log) {
        log_line_.assign(head.method_text, head.target, head.traceparent.text());
    }

    auto decided = decide(head, shared_, home_.shown);
    route_ = decided.route;
    if (decided.close) {
        delivery_.keep_alive = false;
        must_linger_ = true;
    }
    if (auto* const query = std::get_if<kernel_query>(&decided.what);
        query != nullptr && head.method == method::post) {
        call_ = std::move(*query);
        return expect_body(head);
    }
    expect_nothing(head);
    if (stage_ == stage::body) {
        decided_ = std::make_unique<decision>(std::move(decided));
        return;
    }
    const auto* const fixed = std::get_if<fixed_answer>(&decided.what);
    const bool plain = fixed != nullptr && decided.by_head_alone && !fixed->not_modified &&
                       delivery_.keep_alive && !delivery_.head_only && head.http_1_1 &&
                       head.body == framing::none && head.traceparent.empty();
    if (plain && !settings.access_log) home_.known.remember(bytes, *fixed->what, route_);
    answer(std::move(decided));
}

// ---- a request's body ----

void session::expect_body(const request& head) {
    if (const auto kept = intake_.keep(head, shared_.settings, shared_.bodies); !kept)
        return refuse(kept.error());
    stage_ = stage::body;
    if (head.expects_continue) home_.gathered.bytes += "HTTP/1.1 100 Continue\r\n\r\n";
}

void session::expect_nothing(const request& head) {
    if (head.body == framing::none) return;
    switch (intake_.skip(head, shared_.settings)) {
        case body_intake::unwanted::none:
            return;
        case body_intake::unwanted::before_reply:
            stage_ = stage::body;
            break;
        case body_intake::unwanted::after_reply:
            break;
        case body_intake::unwanted::never:
            delivery_.keep_alive = false;
            break;
    }
    must_linger_ = true;
}

session::step session::take_body() {
    const auto taken = intake_.take(input_.view(), shared_.bodies);
    if (!taken) {
        refuse(taken.error());
        return step::next;
    }
    input_.consume(*taken);
    window_.add(*taken);
    if (intake_.expects_more()) return step::need_input;
    restart_clock();
    if (stage_ == stage::head) return step::next;  // its request was answered
    if (intake_.gave_up()) delivery_.keep_alive = false;
    socket_.set_low_water(1);
    stage_ = stage::head;
    if (call_) {
        answer(std::move(*std::exchange(call_, std::nullopt)));
    } else {
        answer(std::move(*std::exchange(decided_, nullptr)));
    }
    return stage_ == stage::computing ? step::waiting : step::next;
}

// ---- its answer ----

void session::answer(decision decided) {
    if (auto* const query = std::get_if<kernel_query>(&decided.what))
        return answer(std::move(*query));
    if (auto* const made = std::get_if<reply>(&decided.what)) return send(std::move(*made));
    const auto& [what, held, not_modified] = std::get<fixed_answer>(decided.what);
    end_if_stopping();
    count(not_modified ? 304 : 200);
    append_resource(home_.gathered.bytes, *what, not_modified, delivery_, home_.date());
    delivery_.fields = {};
    forget_long(trace_fields_);
    hang_up_ = !delivery_.keep_alive;
}

void session::answer(kernel_query query) {
    auto body = intake_.take_kept();
    auto plan = plan_call(std::move(query), body.size(), shared_.runner);
    if (!plan) return send(plan.error());
    if (plan->nanoseconds() <= inline_nanoseconds_max) {
        return send(
            run_within_memory(std::move(*plan), body, shared_.runner, std::chrono::nanoseconds(0)));
    }
    stage_ = stage::computing;
    if (offloaded_call::start(std::move(*plan), std::move(body), shared_.runner, shared_.compute,
                              home_, {shared_from_this(), this}))
        return;
    stage_ = stage::head;
    home_.metrics.compute_refused.add(1);
    send(problem{503, "all compute threads are busy and the queue is full (--queue-depth-max)"});
}

void session::on_computed(std::shared_ptr<offloaded_call> done) noexcept {
    if (!socket_.is_open()) return;
    if (outbox_.waits()) {  // replies to earlier requests
        computed_ = std::move(done);
        return;
    }
    within_memory([&] {
        stage_ = stage::head;
        restart_clock();
        send(done->take_result());
    });
    proceed();
}

// While the server stops, each reply says that it is the last: the client's next request goes to
// another server. Only what has come already, pipelined, is answered here too.
void session::end_if_stopping() {
    if (!shared_.stopping || input_.view().size() + socket_.available() > intake_.rest()) return;
    delivery_.keep_alive = false;
    must_linger_ = true;
}

void session::send(outcome<reply> what) {
    send(what ? std::move(*what) : to_reply(what.error(), shared_.settings, route_));
}

void session::send(reply what) {
    assert(!outbox_.has_body());  // it follows the head of its own reply
    if (what.close) {
        delivery_.keep_alive = false;
        must_linger_ = true;
    }
    end_if_stopping();
    hang_up_ = !delivery_.keep_alive;
    count(what.status);
    if (what.cost) {
        auto& kernel = home_.metrics.kernels[what.cost->kernel];
        kernel.calls.add(1);
        kernel.nanoseconds.add(static_cast<std::uint64_t>(what.cost->time.count()));
        if (what.cost->queued.count() > 0) home_.metrics.compute_wait.observe(what.cost->queued);
    }
    append_head(home_.gathered.bytes, what, delivery_, home_.date());
    delivery_.fields = {};
    forget_long(trace_fields_);
    if (delivery_.head_only) return;
    if (what.bytes.size() > gathered_bytes_max) {
        outbox_.append(std::move(what.bytes));
    } else {
        home_.gathered.bytes += what.body();
    }
}

void session::count(int status) {
    home_.gathered.note(route_, status, home_.metrics);
    if (!delivery_.fields.empty()) {
        if (const auto trace = sampled_in(delivery_.fields))
            home_.gathered.note_trace(route_, *trace);
    }
    if (shared_.settings.access_log) {
        log_line_.status = status;
        home_.gathered.log_lines.add(log_line_);
    }
}

// The last reply of this connection: what follows on it can't be read, or is not wanted.
void session::refuse(problem why) {
    call_.reset();
    decided_.reset();
    intake_.clear();
    stage_ = stage::head;
    auto last = to_reply(std::move(why), shared_.settings, route_);
    last.close = true;
    send(std::move(last));
}

// The same of a request whose head can't be read. That it is a HEAD, whose reply has no body, is
// known from its first bytes.
void session::refuse_head(problem why) {
    note_refused_head();
    refuse(std::move(why));
}

void session::note_refused_head() {
    const bool head_only = input_.view().substr(scanner_.request_line()).starts_with("HEAD ");
    delivery_ = {.head_only = head_only, .keep_alive = false, .http_1_1 = true};
    route_ = route_names().size() - 1;
    if (shared_.settings.access_log) {
        const auto line = understood(input_.view().substr(scanner_.request_line()));
        log_line_.assign(line.method, line.target, {});
    }
}

// The same of a request that will not come whole.
void session::refuse_rest(problem why) {
    stage_ == stage::head ? refuse_head(std::move(why)) : refuse(std::move(why));
    if (flush()) linger();
}

// The memory for what is pending is used up, and this connection has held some of it longest.
// Another connection is at work, and its replies are being gathered: the reply here waits its turn.
bool session::give_way() noexcept try {
    if (outbox_.waits()) {
        home_.metrics.connections_gave_way.add(1);
        pending_memory::holder::unlink();
        input_.clear();
        close();
        return true;
    }
    if (stage_ != stage::head || !wants_input_ || input_.empty()) return false;
    home_.metrics.connections_gave_way.add(1);
    pending_memory::holder::unlink();
    wants_input_ = false;
    note_refused_head();
    input_.clear();
    scanner_ = {};
    home_.post([self = shared_from_this()] {
        self->within_memory([&] {
            if (!self->socket_.is_open()) return;
            self->refuse({408,
                          "the head of the request has waited for its rest longest, and other "
                          "connections need its memory (--pending-bytes-max)"});
            if (self->flush()) self->linger();
        });
    });
    return true;
} catch (const std::bad_alloc&) {
    // Without a reply: what was gathered meanwhile is another connection's.
    input_.clear();
    socket_.close();
    const auto last = std::move(self_);
    return true;
}

}  // namespace lanewise::server
