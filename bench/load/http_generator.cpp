#include "http_generator.hpp"

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <thread>

#include "bench/machine/pinning.hpp"
#include "bench/machine/progress.hpp"
#include "http_reply_reader.hpp"

namespace lanewise::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using error_code = boost::system::error_code;
using clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr auto give_up_after = std::chrono::seconds{2};
// A connection that breaks so often without a reply between is not opened again in this step.
constexpr int failures_in_a_row_max = 1000;

/// One thread's share of a step.
class generator {
public:
    generator(const http_target& target, const tcp::resolver::results_type& addresses,
              const load_options& options, int connections, double rate, std::uint64_t seed)
        : request_{request_text(target, target.path)},
          addresses_{addresses},
          schedule_{rate, seed},
          warm_ns_{static_cast<std::int64_t>(options.warm_seconds * 1e9)},
          end_ns_{static_cast<std::int64_t>((options.warm_seconds + options.seconds) * 1e9)} {
        for (int i = 0; i < connections; ++i)
            connections_.push_back(std::make_unique<connection>(*this));
    }

    step_counts run() {
        for (auto& one : connections_) {
            if (!one->open()) ++counts_.errors;
        }
        start_ = clock::now();
        next_ns_ = schedule_.next();
        wait_for_next();
        io_.run();
        for (auto& one : connections_) one->abandon();
        // What never got a connection, or no reply in time, is an error that took at least this
        // long.
        for (const auto intended : waiting_) count_lost(intended);
        return counts_;
    }

private:
    struct connection {
        explicit connection(generator& owner) : owner_{owner}, socket_{owner.io_} {}

        bool open() {
            error_code error;
            asio::connect(socket_, owner_.addresses_, error);
            if (error) return false;
            socket_.set_option(tcp::no_delay{true}, error);
            socket_.non_blocking(true, error);
            reader_.reset();
            owner_.idle_.push_back(this);
            read();
            return true;
        }

        void send(std::int64_t intended) {
            intended_ = intended;
            busy_ = true;
            error_code error;
            // A request of a few hundred bytes fits an idle connection's buffer.
            const auto sent = socket_.write_some(asio::buffer(owner_.request_), error);
            if (error || sent != owner_.request_.size()) fail();
        }

        void read() {
            socket_.async_read_some(
                asio::buffer(buffer_), [this](error_code error, std::size_t count) {
                    if (error == asio::error::operation_aborted) return;
                    if (error) return fail();
                    if (!busy_) return fail();  // nobody asked
                    switch (reader_.take({buffer_.data(), count})) {
                        case http_reply_reader::state::incomplete:
                            return read();
                        case http_reply_reader::state::broken:
                            return fail();
                        case http_reply_reader::state::complete:
                            break;
                    }
                    const bool good = reader_.status() >= 200 && reader_.status() < 300;
                    const bool closes = reader_.closes();
                    reader_.reset();
                    busy_ = false;
                    failures_ = 0;
                    owner_.on_reply(intended_, good);
                    if (closes) return reopen();
                    read();
                    owner_.on_idle(this);
                });
        }

        void fail() {
            if (busy_)
                owner_.on_reply(intended_, false);
            else
                std::erase(owner_.idle_, this);
            busy_ = false;
            ++failures_;
            reopen();
        }

        void reopen() {
            error_code ignored;
            socket_.close(ignored);
            socket_ = tcp::socket{owner_.io_};
            // What is due but waits for a connection still needs one.
            if (owner_.over() && owner_.waiting_.empty()) return;
            if (failures_ > failures_in_a_row_max) return;
            if (open()) owner_.serve_waiting();
        }

        void abandon() {
            if (busy_) owner_.count_lost(intended_);
            error_code ignored;
            socket_.close(ignored);
        }

        generator& owner_;
        tcp::socket socket_;
        http_reply_reader reader_;
        std::array<char, 16 << 10> buffer_;
        std::int64_t intended_ = 0;
        int failures_ = 0;  // since its last reply
        bool busy_ = false;
    };

    [[nodiscard]] std::int64_t now_ns() const { return nanoseconds(clock::now() - start_).count(); }
    [[nodiscard]] bool over() const { return next_ns_ >= end_ns_; }
    [[nodiscard]] bool counts(std::int64_t intended) const {
        return intended >= warm_ns_ && intended < end_ns_;
    }

    /// Sleeps to the next intended time, or, when that is too near for a timer, looks again after
    /// what else is ready.
    void wait_for_next() {
        if (over()) {
            deadline_.expires_at(start_ + nanoseconds{end_ns_} + give_up_after);
            deadline_.async_wait([this](error_code error) {
                if (!error) io_.stop();
            });
            stop_if_done();
            return;
        }
        if (next_ns_ - now_ns() < 100'000) {
            asio::post(io_, [this] { on_time(); });
        } else {
            timer_.expires_at(start_ + nanoseconds{next_ns_ - 60'000});
            timer_.async_wait([this](error_code error) {
                if (!error) on_time();
            });
        }
    }

    void on_time() {
        if (interrupted()) return io_.stop();  // the step won't count
        const auto now = now_ns();
        while (next_ns_ <= now && !over()) {
            if (counts(next_ns_)) {
                ++counts_.intended;
                if (now - next_ns_ > late_bound_ns) ++counts_.late;
            }
            waiting_.push_back(next_ns_);
            next_ns_ = schedule_.next();
        }
        serve_waiting();
        wait_for_next();
    }

    void serve_waiting() {
        while (!waiting_.empty() && !idle_.empty()) {
            auto* free = idle_.back();
            idle_.pop_back();
            const auto intended = waiting_.front();
            waiting_.pop_front();
            ++in_flight_;
            free->send(intended);
        }
    }

    void on_idle(connection* free) {
        idle_.push_back(free);
        serve_waiting();
        stop_if_done();
    }

    void on_reply(std::int64_t intended, bool good) {
        --in_flight_;
        if (counts(intended)) {
            counts_.latency.record(now_ns() - intended);
            if (!good) ++counts_.errors;
        }
        stop_if_done();
    }

    void count_lost(std::int64_t intended) {
        if (!counts(intended)) return;
        counts_.latency.record(now_ns() - intended);
        ++counts_.errors;
    }

    void stop_if_done() {
        if (over() && in_flight_ == 0 && waiting_.empty()) io_.stop();
    }

    asio::io_context io_{1};
    std::string request_;
    tcp::resolver::results_type addresses_;
    arrivals schedule_;
    std::int64_t warm_ns_, end_ns_;
    std::int64_t next_ns_ = 0;
    clock::time_point start_;
    asio::steady_timer timer_{io_}, deadline_{io_};
    std::vector<std::unique_ptr<connection>> connections_;
    std::vector<connection*> idle_;
    std::deque<std::int64_t> waiting_;
    std::uint64_t in_flight_ = 0;
    step_counts counts_;
};

}  // namespace

step_counts generate_load(const http_target& target, const load_options& options) {
    const auto addresses = resolve(target);
    const auto threads = std::max<std::size_t>(1, options.cpus.size());
    const auto connections = std::max(1, options.connections / static_cast<int>(threads));
    std::vector<step_counts> parts(threads);
    {
        std::vector<std::jthread> running;
        running.reserve(threads);
        for (std::size_t i = 0; i < threads; ++i) {
            running.emplace_back([&, i] {
                if (!options.cpus.empty()) pin_to(options.cpus[i]);
                generator mine{target,
                               addresses,
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
