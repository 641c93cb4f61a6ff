// A TLS port that gets any bytes, from the first on or behind a true handshake (where the first
// byte is odd): they never become clear text, the connection comes to its end, and nothing of it is
// kept.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>

#include "fuzz.hpp"
#include "server/endpoints/metrics.hpp"
#include "server/net/tls_channel.hpp"
#include "server/net/tls_identity.hpp"
#include "tests/server/tls_client.hpp"

using namespace lanewise::server;
using lanewise::fuzz::require;

namespace {

class socket_pair {
public:
    socket_pair() {
        require(
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_.data()) == 0,
            "a socket pair");
    }
    ~socket_pair() {
        for (const int end : ends_) close(end);
    }
    socket_pair(const socket_pair&) = delete;
    socket_pair& operator=(const socket_pair&) = delete;
    [[nodiscard]] int client() const { return ends_[0]; }
    [[nodiscard]] int server() const { return ends_[1]; }

private:
    std::array<int, 2> ends_{};
};

class world {
public:
    void run(std::string_view bytes, const std::vector<std::string_view>& parts,
             bool shakes_hands) {
        const socket_pair ends;
        {
            tls_channel channel(*identity_.context(), ends.server(), shared_);
            tls_client client(ends.client());
            while (shakes_hands && client.shake_hands() != 0) {
                require(errno == EAGAIN, "a handshake of the client");
                (void)read(channel);
            }
            if (shakes_hands) (void)read(channel);
            require(channel.is_connecting() != shakes_hands, "only a handshake is one");
            bool goes_on = true;
            for (auto part : parts) {
                while (!part.empty() && goes_on) {
                    const auto sent = send(ends.client(), part.data(), part.size(), MSG_NOSIGNAL);
                    if (sent > 0) part.remove_prefix(static_cast<std::size_t>(sent));
                    goes_on = read(channel);
                    drain(ends.client());
                }
            }
            shutdown(ends.client(), SHUT_WR);
            for (std::size_t reads = 0; goes_on; ++reads) {
                require(reads <= bytes.size() + 16, "the end is reached");
                goes_on = read(channel);
                drain(ends.client());
            }
            channel.end_sending();
        }
        require(shared_.handshakes_open == 0 && shared_.handshakes.empty(), "no handshake is left");
        require(pool_.bytes_in_use() == 0, "no memory is left");
    }

private:
    // False at the end. No byte that was not sealed by the other side's keys is ever handed on.
    bool read(tls_channel& channel) {
        std::array<char, 4'096> room;
        boost::system::error_code error;
        const auto count = channel.receive(room, error);
        require(count == 0, "nothing of it is clear text");
        require(channel.undeciphered_bytes() <= 128 << 10, "what is not understood has a bound");
        return error == boost::system::errc::operation_would_block ||
               error == boost::system::errc::resource_unavailable_try_again;
    }

    static void drain(int socket) {
        std::array<char, 16 << 10> room;
        while (recv(socket, room.data(), room.size(), 0) > 0) continue;
    }

    tls_identity identity_{test_certificate().certificate, test_certificate().key, "", ""};
    thread_metrics metrics_{0, 0};
    body_pool pool_{1 << 20};
    tls_workspace shared_{pool_, metrics_, 4};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static world here;
    if (size == 0) return 0;
    const bool shakes_hands = data[0] % 2 != 0;
    const auto bytes = lanewise::fuzz::text_of(data + 1, size - 1);
    here.run(bytes, {bytes}, shakes_hands);
    for (std::uint64_t seed = size < 2'048 ? 0 : 1; seed < 3; ++seed)
        here.run(bytes, lanewise::fuzz::cut(bytes, seed), shakes_hands);
    return 0;
}
