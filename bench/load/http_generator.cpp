#include "http_generator.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "bench/machine/pinning.hpp"
#include "bench/machine/progress.hpp"
#include "http_connection.hpp"

namespace lanewise::bench {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr auto look_around_every = milliseconds{50};
// A SYN that is lost is sent again after one second, and again after two more.
constexpr auto connect_patience = std::chrono::seconds{3};
// The first connections are opened before the first request, for so long at most.
constexpr double open_seconds_max = 1;
// How long, and how many, connections that carried their last request may wait for the server.
constexpr auto ending_patience = std::chrono::seconds{1};
constexpr std::size_t ending_max = 1000;

/// A server may close a connection that rested while a request is already on its way to it. Clients
/// then ask again where that does no harm (RFC 9110, 9.2.2).
bool is_idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
           method == "DELETE" || method == "TRACE";
}

/// A request as it is sent, with what its reply is judged by.
struct ready_request {
    const prepared_request* prepared;
    std::string text, last_text;  ///< the latter for the last one of a connection
    bool to_head;
    bool may_repeat;
};

/// Which request comes next, by weight.
class chooser {
public:
    chooser(const request_mix& mix, std::uint64_t seed) : random_{seed} {
        double sum = 0;
        for (const auto& one : mix.requests) sums_.push_back(sum += one.weight);
    }
    std::size_t next() {
        if (sums_.size() == 1) return 0;
        const auto at = std::ranges::upper_bound(sums_, random_.uniform() * sums_.back());
        return std::min(static_cast<std::size_t>(at - sums_.begin()), sums_.size() - 1);
    }

private:
    std::vector<double> sums_;
    random_source random_;
};

/// One thread's share of a step.
class generator : connection_user {
public:
    generator(const load_destination& destination, const request_mix& mix,
              const load_options& options, int connections, double rate, std::uint64_t seed)
        : destination_{destination},
          options_{options},
          schedule_{rate, seed},
          chooser_{mix, ~seed},
          warm_ns_{static_cast<std::int64_t>(options.warm_seconds * 1e9)},
          end_ns_{static_cast<std::int64_t>((options.warm_seconds + options.seconds) * 1e9)},
          sessions_{2 * static_cast<std::size_t>(connections)},
          slots_(static_cast<std::size_t>(connections)) {
        const auto authority = destination.target.authority();
        for (const auto& one : mix.requests) {
            requests_.push_back({&one, wire_text(one, authority), wire_text(one, authority, true),
                                 one.method == "HEAD", is_idempotent(one.method)});
        }
        counts_.sent.resize(mix.requests.size());
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            slots_[i].address = i;
            closed_.push_back(&slots_[slots_.size() - 1 - i]);
        }
    }

    step_counts run() {
        // Where requests open their connections, opening is measured; else it came before.
        if (options_.requests_per_connection == 0) open_all();
        start_ = clock::now();
        next_ns_ = schedule_.next();
        look_around();
        wait_for_next();
        io_.run();
        count_what_is_left();
        return std::move(counts_);
    }

private:
    struct due {
        std::int64_t intended;
        std::size_t request;
        bool repeated = false;
    };

    /// The place of one connection after the other.
    struct slot {
        boost::intrusive_ptr<http_connection> connection;
        std::size_t address = 0;     ///< the next to connect to, of the destination's
        std::size_t tried = 0;       ///< addresses in a row that failed
        std::optional<due> asked;    ///< waits for this connection to open, or for its reply
        std::size_t sent_bytes = 0;  ///< of that request
    };

    [[nodiscard]] std::int64_t now_ns() const { return nanoseconds(clock::now() - start_).count(); }
    [[nodiscard]] bool over() const { return next_ns_ >= end_ns_; }
    [[nodiscard]] bool counts(std::int64_t at) const { return at >= warm_ns_ && at < end_ns_; }
    slot& slot_of(const http_connection& one) { return slots_[one.number()]; }

    void open_all() {
        const auto start = clock::now();
        const double patience =
            std::min(open_seconds_max, options_.seconds + options_.warm_seconds);
        while (!closed_.empty()) {
            open(*closed_.back());
            closed_.pop_back();
        }
        while (opening_ > 0 && !interrupted() &&
               std::chrono::duration<double>(clock::now() - start).count() < patience) {
            io_.run_one_for(look_around_every);
        }
        io_.restart();
    }

    void open(slot& where) {
        ++opening_;
        where.connection = new http_connection{io_, *this, destination_.tls.get(), &sessions_,
                                               static_cast<std::size_t>(&where - slots_.data())};
        where.connection->open(
            destination_.endpoints[where.address % destination_.endpoints.size()]);
    }

    void send(slot& where) {
        const auto& request = requests_[where.asked->request];
        const bool last = options_.requests_per_connection > 0 &&
                          where.connection->replies() + 1 >=
                              static_cast<std::uint64_t>(options_.requests_per_connection);
        const auto& text = last ? request.last_text : request.text;
        where.sent_bytes = text.size();
        where.connection->send(text, request.to_head);
    }

    void on_open(http_connection& which) override {
        auto& where = slot_of(which);
        --opening_;
        ever_open_ = true;
        where.tried = 0;
        if (counts(now_ns())) {
            ++counts_.opened;
            if (which.resumed()) ++counts_.resumed;
            counts_.opening.record(nanoseconds(clock::now() - which.since()).count());
        }
        if (where.asked) return send(where);
        idle_.push_back(&where);
        serve_waiting();
    }

    void on_reply(http_connection& which) override {
        auto& where = slot_of(which);
        const auto asked = *std::exchange(where.asked, std::nullopt);
        --in_flight_;
        if (counts(asked.intended)) {
            counts_.latency.record(now_ns() - asked.intended);
            counts_.bytes_sent += where.sent_bytes;
            counts_.bytes_received += which.reply_bytes();
            const int status = which.reader().status();
            if (!requests_[asked.request].prepared->succeeds(status)) {
                ++counts_.errors;
                counts_.failed("status " + std::to_string(status));
            }
        }
        const bool used_up =
            options_.requests_per_connection > 0 &&
            which.replies() >= static_cast<std::uint64_t>(options_.requests_per_connection);
        if (which.reusable() && !used_up) {
            idle_.push_back(&where);
        } else {
            leave(where);
        }
        serve_waiting();
        stop_if_done();
    }

    void on_broken(http_connection& which, const load_failure& why) override {
        auto& where = slot_of(which);
        if (why.own_lack && counts(now_ns())) ++counts_.late;
        if (!which.was_open()) {
            --opening_;
            ++where.address;
            if (where.asked && ++where.tried < destination_.endpoints.size()) return open(where);
            where.tried = 0;
        }
        // One that rested was closed by the server, as it may. A request that was on its way then
        // goes once more, on a connection that is new.
        if (where.asked && is_to_be_repeated(which, *where.asked)) {
            where.asked->repeated = true;
            if (counts(where.asked->intended)) ++counts_.repeated;
            return open(where);
        }
        if (where.asked) {
            --in_flight_;
            count_lost(*std::exchange(where.asked, std::nullopt), why.what);
        } else {
            std::erase(idle_, &where);
        }
        closed_.push_back(&where);
        serve_waiting();
        stop_if_done();
    }

    [[nodiscard]] bool is_to_be_repeated(http_connection& which, const due& asked) const {
        return which.replies() > 0 && !which.reader().begun() && !asked.repeated &&
               requests_[asked.request].may_repeat;
    }

    /// The connection has carried its last request; the slot may open another.
    void leave(slot& where) {
        if (ending_.size() >= ending_max) {
            ending_.front()->abort();
            ending_.pop_front();
        }
        where.connection->finish();
        ending_.push_back(std::move(where.connection));
        closed_.push_back(&where);
    }

    /// Sleeps to the next intended time, or, when that is too near for a timer or no sleep is
    /// wanted, looks again after what else is ready.
    void wait_for_next() {
        if (over()) {
            deadline_.expires_at(start_ + nanoseconds{end_ns_} +
                                 std::chrono::duration_cast<nanoseconds>(
                                     std::chrono::duration<double>(options_.give_up_seconds)));
            deadline_.async_wait([this](boost::system::error_code error) {
                if (!error) io_.stop();
            });
            stop_if_done();
            return;
        }
        if (!options_.sleeps || next_ns_ - now_ns() < 100'000) {
            asio::post(io_, [this] { on_time(); });
        } else {
            timer_.expires_at(start_ + nanoseconds{std::min(next_ns_, end_ns_) - 60'000});
            timer_.async_wait([this](boost::system::error_code error) {
                if (!error) on_time();
            });
        }
    }

    void on_time() {
        const auto now = now_ns();
        while (next_ns_ <= now && !over()) {
            due one{next_ns_, chooser_.next()};
            if (counts(next_ns_)) {
                ++counts_.intended;
                ++counts_.sent[one.request];
                if (now - next_ns_ > options_.late_bound_ns) ++counts_.late;
            } else {
                ++counts_.warming;
            }
            waiting_.push_back(one);
            next_ns_ = schedule_.next();
        }
        serve_waiting();
        wait_for_next();
    }

    /// What no event says: Ctrl-C, and that time has passed without one.
    void look_around() {
        if (interrupted()) return io_.stop();
        const auto now = clock::now();
        if (opening_ > 0) {
            for (auto& where : slots_) {
                auto* const one = where.connection.get();
                if (!one || one->where() != http_connection::state::opening) continue;
                if (now - one->since() < connect_patience) continue;
                one->abort();
                on_broken(*one, {no_connection(connect_patience)});
            }
        }
        while (!ending_.empty() && (ending_.front()->where() == http_connection::state::over ||
                                    now - ending_.front()->since() > ending_patience)) {
            ending_.front()->abort();
            ending_.pop_front();
        }
        stop_if_done();
        watch_.expires_at(now + look_around_every);
        watch_.async_wait([this](boost::system::error_code error) {
            if (!error) look_around();
        });
    }

    void serve_waiting() {
        while (!waiting_.empty() && !(idle_.empty() && closed_.empty())) {
            auto& from = idle_.empty() ? closed_ : idle_;
            auto& free = *from.back();
            from.pop_back();
            free.asked = waiting_.front();
            waiting_.pop_front();
            ++in_flight_;
            if (&from == &idle_) {
                send(free);
            } else {
                open(free);
            }
        }
    }

    void count_lost(const due& asked, const std::string& what) {
        if (!counts(asked.intended)) return;
        counts_.latency.record(now_ns() - asked.intended);
        ++counts_.errors;
        counts_.failed(what);
    }

    [[nodiscard]] std::string no_connection(clock::duration waited) const {
        return (destination_.tls ? "no TLS connection within " : "no connection within ") +
               in_seconds(waited);
    }

    /// What never got a connection, or no reply in time, is an error that took at least this long.
    void count_what_is_left() {
        const auto now = clock::now();
        clock::duration opening{}, waiting = now - start_ - nanoseconds{end_ns_};
        for (auto& where : slots_) {
            if (where.connection && !where.connection->was_open())
                opening = std::max(opening, now - where.connection->since());
        }
        const auto no_reply = "no reply within " + in_seconds(waiting);
        for (auto& where : slots_) {
            if (!where.asked) continue;
            count_lost(*where.asked,
                       where.connection->was_open() ? no_reply : no_connection(opening));
        }
        const auto not_sent = ever_open_ ? "no free connection within " + in_seconds(waiting)
                                         : no_connection(opening);
        for (const auto& one : waiting_) count_lost(one, not_sent);
        for (auto& where : slots_) {
            if (where.connection) where.connection->abort();
        }
    }

    void stop_if_done() {
        if (!over()) return;
        const bool hopeless =
            !ever_open_ &&
            (opening_ == 0 ||
             now_ns() > end_ns_ + static_cast<std::int64_t>(options_.first_open_seconds * 1e9));
        if (hopeless || (in_flight_ == 0 && waiting_.empty())) io_.stop();
    }

    const load_destination& destination_;
    const load_options& options_;
    asio::io_context io_{1};
    std::vector<ready_request> requests_;
    arrivals schedule_;
    chooser chooser_;
    std::int64_t warm_ns_, end_ns_;
    std::int64_t next_ns_ = 0;
    clock::time_point start_;
    asio::steady_timer timer_{io_}, deadline_{io_}, watch_{io_};
    tls_sessions sessions_;
    std::vector<slot> slots_;
    std::vector<slot*> idle_, closed_;  ///< free for a request: with a connection, without one
    std::deque<boost::intrusive_ptr<http_connection>> ending_;
    std::deque<due> waiting_;
    std::size_t in_flight_ = 0, opening_ = 0;
    bool ever_open_ = false;
    step_counts counts_;
};

}  // namespace

step_counts generate_load(const load_destination& destination, const request_mix& mix,
                          const load_options& options) {
    const auto threads = std::max<std::size_t>(1, options.cpus.size());
    const auto connections = std::max(1, options.connections / static_cast<int>(threads));
    std::vector<step_counts> parts(threads);
    {
        std::vector<std::jthread> running;
        running.reserve(threads);
        for (std::size_t i = 0; i < threads; ++i) {
            running.emplace_back([&, i] {
                if (!options.cpus.empty()) pin_to(options.cpus[i]);
                generator mine{destination,
                               mix,
                               options,
                               connections,
                               options.rate / static_cast<double>(threads),
                               options.seed * 1000 + i};
                parts[i] = mine.run();
            });
        }
    }
    step_counts all;
    for (const auto& part : parts) all.add(part);
    return all;
}

}  // namespace lanewise::bench
