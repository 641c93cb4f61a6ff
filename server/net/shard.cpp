#include "shard.hpp"

#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

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
    : loop_(all, counted, of_routes, connections) {
    for (const auto& place : places) {
        listeners_.emplace_back(*this, place);
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
    using std::chrono::steady_clock;
    for (;;) {
        try {
            for (;;) {
                const auto now = steady_clock::now();
                if (now >= sweeps_at_) {
                    sweeps_at_ = now + std::chrono::milliseconds(loop_.period_ms);
                    sweep();
                    if (is_over()) return;
                }
                loop_.turn(std::chrono::ceil<std::chrono::milliseconds>(sweeps_at_ - now));
            }
        } catch (const std::bad_alloc&) {
            // What ran out of memory took its own connection with it, or the next sweep does it
            // again; the others go on.
            loop_.gathered.clear();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
}

shard::listener::listener(shard& of, const listening_place& place)
    : all(of), descriptor(open_listener(place, true)), identity(place.tls) {
    try {
        all.loop_.events.watch_backlog(descriptor, *this, false);
    } catch (...) {
        close();
        throw;
    }
}

void shard::listener::close() {
    if (is_open()) ::close(std::exchange(descriptor, closed));
}

void shard::listener::on_socket_event(std::uint32_t /*events*/) noexcept {
    all.accept(*this);
}

void shard::rest(listener& at, bool rests) {
    if (at.rests == rests) return;
    loop_.events.watch_backlog(at.descriptor, at, !rests);
    at.rests = rests;
}

// The listeners that rest have their next try.
void shard::accept_again() {
    for (auto& one : listeners_) {
        if (one.is_open() && loop_.places.open < connections_most()) rest(one, false);
    }
}

std::uint64_t shard::connections_most() const {
    return loop_.places.most + turned_away_max;
}

void shard::accept(listener& at) {
    if (!at.is_open() || at.rests) return;  // since the batch was taken
    const auto most = connections_most();
    const auto room = most - std::min<std::uint64_t>(most, loop_.places.open);
    auto left = backlog::stuck;
    try {
        if (room != 0) left = take_backlog(at, std::min(room, accepted_in_a_row_max));
    } catch (const std::bad_alloc&) {
        // There was no memory even to log what is wrong.
    }
    // Where descriptors or memory are used up the connection stays in the backlog, and accept would
    // fail at once again.
    if (left == backlog::stuck) rest(at, true);
}

shard::backlog shard::take_backlog(listener& at, std::uint64_t count_max) {
    for (std::uint64_t i = 0; i < count_max; ++i) {
        const int descriptor =
            accept4(at.descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
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
            if (at.identity != nullptr) {
                socket.speak_tls(peer_socket::tls_pointer(
                    new tls_channel(*at.identity->context(), descriptor, *tls_)));
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
    loop_.post([this, idle_time] {
        if (draining_) return;
        draining_ = true;
        for (auto& one : listeners_) take_no_more_handshakes(one.descriptor);
        loop_.read_clocks();
        loop_.idle_ends_ms = loop_.now_ms() + static_cast<std::uint64_t>(idle_time.count());
        stops_listening_ms_ = loop_.now_ms() + drain_handshake_ms;
        loop_.period_ms = std::min(loop_.period_ms, drain_period_ms);
        sweeps_at_ = {};
    });
}

void shard::cut_off() {
    drain({});
    loop_.post([this] {
        for (auto& one : listeners_) one.close();
        close_all();
    });
}

bool shard::listens() const {
    return std::ranges::any_of(listeners_, &listener::is_open);
}

void shard::close_all() {
    for (auto at = sessions_.begin(); at != sessions_.end();) (at++)->close();
}

bool shard::is_over() const {
    return !listens() && sessions_.empty();
}

void shard::sweep() {
    loop_.read_clocks();
    for (auto at = sessions_.begin(); at != sessions_.end();) {
        auto& one = *at++;  // which may leave the list
        one.sweep();
    }
    if (draining_ && loop_.now_ms() >= stops_listening_ms_) {
        for (auto& one : listeners_) {
            if (one.is_open() && take_backlog(one, accepted_in_a_row_max) == backlog::empty)
                one.close();
        }
    }
    accept_again();
}

}  // namespace lanewise::server
