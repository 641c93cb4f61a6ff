#include "session.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>

#include "at_place.hpp"
#include "server/http/request_parser.hpp"
#include "shard.hpp"

namespace lanewise::server {
namespace {

namespace asio = boost::asio;

// Kernels that take less than this run where the request was read; a hop to another thread and back
// costs about as much.
constexpr double inline_nanoseconds_max = 20'000;

// One connection's reads in a row.
constexpr std::size_t reads_max = 16;

outcome<reply> run_within_memory(const kernel_call& call, const body_buffer& body,
                                 const kernel_runner& runner,
                                 std::chrono::nanoseconds queued) noexcept {
    try {
        return run_call(call, body, runner, queued);
    } catch (const std::bad_alloc&) {
        return problem{503, {}};
    }
}

}  // namespace

struct session::computation {
    std::shared_ptr<session> asker;
    kernel_call call;
    body_buffer body;
    std::chrono::steady_clock::time_point asked = std::chrono::steady_clock::now();
    outcome<reply> result = reply{};
    // What the event loop notes on the way back to the session's thread: where memory is used up,
    // a result could not go back otherwise.
    alignas(std::max_align_t) std::array<std::byte, at_place<char>::bytes_max> way_back;
};

session::session(shard& home, peer_socket socket, std::uint64_t number)
    : home_(home),
      shared_(home.shared),
      socket_(std::move(socket)),
      input_(home.received, home.shared.bodies),
      number_(number) {
    ++home_.connections_.open;
    home_.metrics.connections_accepted.add(1);
    home_.sessions_.push_back(*this);
    restart_clock();
}

session::~session() {
    --home_.connections_.open;
    home_.metrics.connections_closed.add(1);
}

// From here on it keeps itself, until it is closed.
bool session::join() {
    self_ = shared_from_this();
    if (home_.ready.watch(socket_.descriptor(), *this)) return true;
    close();
    return false;
}

void session::start() {
    wants_input_ = join();
}

void session::turn_away() {
    home_.metrics.connections_turned_away.add(1);
    if (!join()) return;
    within_memory([this] {
        route_ = route_names().size() - 1;
        log_line_.assign("-", "-", {});
        refuse({503, home_.connections_.none_left});
        take_requests();
    });
}

void session::on_ready(std::uint32_t events) noexcept {
    const auto self = shared_from_this();
    if ((events & ~(EPOLLIN | EPOLLOUT)) != 0) reads_until_empty_ = true;
    if ((events & ~EPOLLOUT) != 0) readable_ = true;
    if (!writing_) return within_memory([this] { take_input(); });
    send_rest();
    if (writing_) return;
    if (computed_) return on_computed(std::move(*std::exchange(computed_, std::nullopt)));
    proceed();
}

// ---- requests ----

// Takes what is there already, and reads on.
void session::proceed() noexcept {
    within_memory([this] {
        take_requests();
        take_input();
    });
}

template <class Work>
void session::within_memory(Work work) noexcept {
    try {
        work();
        if (!input_.keep()) throw std::bad_alloc();
    } catch (const std::bad_alloc&) {
        shared_.log.error("request", "out of memory: the connection was dropped", number_);
        home_.out.clear();
        home_.answered.clear();
        home_.access_lines.clear();
        close();
    }
}

// Reads, and takes what that brought, until nothing is there or the connection waits for something
// else.
void session::take_input() {
    for (std::size_t reads = 1; receive(); ++reads) {
        take_requests();
        if (reads == reads_max) {
            // The other connections have their turn.
            asio::post(home_.io, [self = shared_from_this()] { self->proceed(); });
            return;
        }
    }
}

// Takes what can be taken off the input, and writes the replies.
void session::take_requests() {
    if (!socket_.is_open() || stage_ == stage::lingering) return;
    if (stage_ == stage::computing || writing_) return;  // goes on when that is done
    std::uint64_t taken = 0;
    auto next = step::next;
    while (next == step::next && !hang_up_) {
        // A large body, which may have been computed, goes before the head of the next reply.
        if (unsent_body_.size() > 0 || home_.out.size() >= gathered_bytes_max) {
            if (!flush()) return;
        }
        next = stage_ == stage::head ? take_head() : take_body();
        if (++taken == shared_.settings.pipelined_max && next == step::next) {
            // The other connections have their turn before the rest of this one's requests.
            if (!flush()) return;
            asio::post(home_.io, [self = shared_from_this()] { self->proceed(); });
            return;
        }
    }
    if (!flush()) return;
    if (hang_up_) return linger();
    if (next != step::need_input) return;
    if (const auto kept = input_.keep(); !kept) return refuse_rest(kept.error());
    wants_input_ = true;
}

session::step session::take_head() {
    if (body_rest_ > 0) {  // of a body that nobody wanted
        if (const auto skipped = take_body(); skipped != step::next || hang_up_) return skipped;
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
    begin_request(head, input_.view().substr(0, *length));
    input_.consume(*length);
    restart_clock();
    return stage_ == stage::computing ? step::waiting : step::next;
}

// Decides all that the head alone decides, and answers unless a body has to come first: for call_,
// which takes it, or before decided_, for there is no telling where an ill-formed one ends.
void session::begin_request(const request& head, std::string_view bytes) {
    const auto& settings = shared_.settings;
    ++requests_;
    const bool last = home_.draining || requests_ == settings.requests_per_connection_max;
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
    if (decided.call && head.method == method::post) {
        call_ = std::move(decided.call);
        return expect_body(head);
    }
    expect_nothing(head);
    if (stage_ == stage::body) {
        decided_ = std::make_unique<decision>(std::move(decided));
        return;
    }
    const bool plain = decided.fixed != nullptr && decided.by_head_alone && !decided.not_modified &&
                       delivery_.keep_alive && !delivery_.head_only && head.http_1_1 &&
                       head.body == framing::none && head.traceparent.empty();
    if (plain && !settings.access_log) home_.known.remember(bytes, *decided.fixed, route_);
    answer(std::move(decided));
}

void session::answer(decision decided) {
    if (decided.call) return answer(std::move(*decided.call));
    if (decided.ready) return send(std::move(*decided.ready));
    append_resource(home_.out, *decided.fixed, decided.not_modified, delivery_, home_.date());
    delivery_.fields = {};
    forget_long(trace_fields_);
    hang_up_ = !delivery_.keep_alive;
    count(decided.not_modified ? 304 : 200);
}

// Bytes that are known: their answer needs no parse.
bool session::answer_known() {
    const auto* const known = home_.known.find(input_.view());
    if (known == nullptr) return false;
    if (home_.draining || requests_ + 1 == shared_.settings.requests_per_connection_max)
        return false;
    ++requests_;
    route_ = known->route;
    must_linger_ = false;
    append_resource(home_.out, *known->fixed, false, {}, home_.date());
    count(200);
    scanner_ = {};
    input_.consume(known->head.size());
    restart_clock();
    return true;
}

void session::answer(kernel_call call) {
    if (estimated_nanoseconds(call, body_.size(), shared_.runner) <= inline_nanoseconds_max) {
        auto result = run_within_memory(call, body_, shared_.runner, std::chrono::nanoseconds(0));
        body_ = {};
        return send(std::move(result));
    }
    auto work = std::make_shared<computation>();
    work->call = std::move(call);
    work->body = std::move(body_);
    work->asker = shared_from_this();
    stage_ = stage::computing;
    const bool queued = shared_.compute.submit([work, &shared = shared_] {
        work->result = run_within_memory(work->call, work->body, shared.runner,
                                         std::chrono::steady_clock::now() - work->asked);
        work->body = {};
        // The session goes back to its own thread with its result, and may end only there.
        auto& io = work->asker->home_.io;
        asio::post(io, asio::bind_allocator(at_place<char>(work->way_back.data()), [work] {
                       std::exchange(work->asker, nullptr)->on_computed(std::move(work->result));
                   }));
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

}  // namespace lanewise::server
