#include "shard.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>
#include <thread>

namespace lanewise::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Accepted beyond the cap only to be told so: enough that a burst gets its 503, few enough to bound
// descriptors.
constexpr std::uint64_t turned_away_max = 64;

// What is left of a burst comes after the connections that are there had their turn.
constexpr std::uint64_t accepted_in_a_row_max = 64;

constexpr std::uint64_t drain_period_ms = 20;

// While draining, before the listening socket closes: handshakes that had begun have this long to
// end.
constexpr std::uint64_t drain_handshake_ms = 200;

bool out_of_resources(error_code error) {
    return error == asio::error::no_descriptors || error.value() == ENFILE ||
           error.value() == ENOBUFS || error.value() == ENOMEM;
}

// From now on no connection begins: the system drops the first segment of each (SYN), so that its
// client tries again, by then elsewhere. Without this, a connection between the last accept and the
// close would be reset with its request. Where the system has no such filter we take that risk.
void take_no_more_handshakes(int listening) {
    constexpr std::uint32_t flags_at = 13, syn = 0x02, drop = 0, keep = 0xffffffff;
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_at),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, syn, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, drop),
        BPF_STMT(BPF_RET | BPF_K, keep),
    };
    const sock_fprog filter{std::size(program), program};
    setsockopt(listening, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

std::atomic<std::uint64_t> last_number = 0;  // of a connection, for log lines

}  // namespace

shard::shard(app& all, std::span<const listening_place> places, connection_places& connections,
             thread_metrics& counted, exposure of_routes)
    : waiting_(places.size()), loop_(all, counted, of_routes, connections), timer_(loop_.io) {
    acceptors_.reserve(places.size());
    for (const auto& place : places) {
        acceptors_.emplace_back(loop_.io);
        acceptors_.back().assign(place.where.protocol(), open_listener(place, true));
        identities_.push_back(place.tls);
        if (place.tls != nullptr && !tls_) {
            const auto each = (all.settings.tls_handshakes_max - 1) / all.settings.threads + 1;
            tls_ = std::make_unique<tls_workspace>(loop_.pending.pool(), counted, each);
        }
    }
}

shard::~shard() {
    close_all();
}

void shard::run() {
    for (;;) {
        try {
            if (!sweep_scheduled_) schedule_sweep();
            accept();
            loop_.events.wait();
            loop_.io.run();
            return;
        } catch (const std::bad_alloc&) {
            // What ran out of memory took its own connection with it, or the next sweep does it
            // again; the others go on.
            loop_.gathered.clear();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
}

void shard::accept() {
    for (std::size_t i = 0; i < acceptors_.size(); ++i) accept(i);
}

void shard::accept(std::size_t place) {
    const auto most = loop_.places.most + turned_away_max;
    auto& here = waiting_[place];
    if (here.waits || !acceptors_[place].is_open() || loop_.places.open >= most) return;
    here.waits = true;
    // No memory is asked for: else nothing more would be heard of new connections.
    const at_place<char> memory(here.memory.data());
    acceptors_[place].async_wait(
        acceptor::wait_read, asio::bind_allocator(memory, [this, place, most](error_code error) {
            waiting_[place].waits = false;
            if (error) return;
            const auto room = most - std::min<std::uint64_t>(most, loop_.places.open);
            // Where descriptors or memory are used up the connection stays in the backlog, and
            // accept would fail at once again: no new try before the next sweep.
            if (take_backlog(place, std::min(room, accepted_in_a_row_max)) != backlog::stuck)
                accept(place);
        }));
}

shard::backlog shard::take_backlog(std::size_t place, std::uint64_t connections_most) {
    const int listening = acceptors_[place].native_handle();
    for (std::uint64_t i = 0; i < connections_most; ++i) {
        const int descriptor = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) {
            const error_code error(errno, boost::system::system_category());
            if (error == asio::error::would_block) return backlog::empty;
            if (out_of_resources(error)) {
                loop_.shared.log.error("accept", error.message() + "; resting");
                return backlog::stuck;
            }
            // The peer left between its SYN and now.
            if (error != asio::error::connection_aborted)
                loop_.shared.log.error("accept", error.message());
            continue;
        }
        peer_socket socket(descriptor);
        try {
            if (const auto* const identity = identities_[place]) {
                socket.speak_tls(peer_socket::tls_pointer(
                    new tls_channel(*identity->context(), descriptor, *tls_)));
            }
            admit(std::move(socket));
        } catch (const std::bad_alloc&) {
            loop_.shared.log.error("accept", "out of memory: one connection was dropped");
        }
    }
    return backlog::more;
}

void shard::admit(peer_socket socket) {
    const auto guest = std::make_shared<session>(loop_, std::move(socket), ++last_number);
    sessions_.push_back(*guest);
    if (loop_.places.open > loop_.places.most) {
        guest->turn_away();
    } else {
        guest->start();
    }
}

void shard::drain(std::chrono::milliseconds idle_time) {
    asio::post(loop_.io, [this, idle_time] {
        if (draining_) return;
        draining_ = true;
        for (auto& one : acceptors_) take_no_more_handshakes(one.native_handle());
        loop_.read_clocks();
        loop_.idle_ends_ms = loop_.now_ms() + static_cast<std::uint64_t>(idle_time.count());
        stops_listening_ms_ = loop_.now_ms() + drain_handshake_ms;
        loop_.period_ms = std::min(loop_.period_ms, drain_period_ms);
        timer_.cancel();
    });
}

void shard::cut_off() {
    drain({});
    asio::post(loop_.io, [this] {
        for (auto& one : acceptors_) close_listener(one);
        close_all();
    });
}

void shard::close_listener(acceptor& one) {
    error_code ignored;
    one.close(ignored);
}

bool shard::listens() const {
    return std::ranges::any_of(acceptors_, &acceptor::is_open);
}

void shard::close_all() {
    for (auto at = sessions_.begin(); at != sessions_.end();) (at++)->close();
}

void shard::schedule_sweep() {
    timer_.expires_after(std::chrono::milliseconds(loop_.period_ms));
    timer_.async_wait([this](error_code) { sweep(); });
    sweep_scheduled_ = true;
}

void shard::sweep() {
    sweep_scheduled_ = false;
    loop_.read_clocks();
    for (auto at = sessions_.begin(); at != sessions_.end();) {
        auto& one = *at++;  // which may leave the list
        one.sweep();
    }
    if (draining_ && loop_.now_ms() >= stops_listening_ms_) {
        for (std::size_t i = 0; i < acceptors_.size(); ++i) {
            if (acceptors_[i].is_open() && take_backlog(i, accepted_in_a_row_max) == backlog::empty)
                close_listener(acceptors_[i]);
        }
    }
    if (!listens() && sessions_.empty())
        return loop_.events.stop();  // nothing to wait for: run() ends
    schedule_sweep();
    accept();
}

}  // namespace lanewise::server
