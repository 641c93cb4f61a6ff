// A whole connection of any bytes: the same replies however they are cut, in the clear and within
// TLS, where each part is a record. A session over a socket pair, in one thread, so that each cut
// is what one read sees.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "fuzz.hpp"
#include "server/endpoints/app.hpp"
#include "server/net/session.hpp"
#include "server/net/tls_channel.hpp"
#include "server/net/tls_identity.hpp"
#include "tests/server/options.hpp"
#include "tests/server/tls_client.hpp"

using namespace lanewise::server;
using lanewise::fuzz::require;

namespace {

config small_settings() {
    config settings;
    settings.threads = settings.compute_threads = 1;
    settings.node = settings.pod = "fuzz";
    settings.instance = "none";
    settings.queue_depth_max = 1'000;
    settings.elements_max = 4'096;
    settings.body_bytes_max = 64 << 10;
    settings.head_bytes_max = 4'096;
    settings.fields_max = 20;
    settings.pipelined_max = 4;
    turn_options_on(settings);
    return settings;
}

// Replies without what may differ between two runs.
std::string comparable(const std::string& replies) {
    std::string result;
    for (std::size_t at = 0; at < replies.size();) {
        const auto end = std::min(replies.find('\n', at), replies.size() - 1) + 1;
        const auto line = replies.substr(at, end - at);
        if (!line.starts_with("Date: ") && !line.starts_with("Server-Timing: ")) result += line;
        at = end;
    }
    return result;
}

class world {
public:
    std::string replies(const std::vector<std::string_view>& parts) { return run(parts, nullptr); }

    std::string replies_within_tls(const std::vector<std::string_view>& parts) {
        return run(parts, identity_.context().get());
    }

private:
    // One connection from its beginning to its end.
    std::string run(const std::vector<std::string_view>& parts, SSL_CTX* tls) {
        std::array<int, 2> ends{};
        require(
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0,
            "a socket pair");
        peer_socket socket(ends[1]);
        std::optional<tls_client> client;
        if (tls != nullptr) {
            socket.speak_tls(peer_socket::tls_pointer(new tls_channel(*tls, ends[1], tls_)));
            client.emplace(ends[0]);
        }
        std::make_shared<session>(home_, std::move(socket), ++number_)->start();
        while (client && client->shake_hands() != 0) {
            require(errno == EAGAIN, "a handshake");
            turn();
        }
        std::string received;
        bool ended = false;
        for (auto part : parts) {
            while (!part.empty() && !ended) {
                const auto count = client ? client->send(part)
                                          : send(ends[0], part.data(), part.size(), MSG_NOSIGNAL);
                if (count > 0) part.remove_prefix(static_cast<std::size_t>(count));
                if (count < 0 && errno != EAGAIN) part = {};  // the server has hung up
                turn();
                ended = read(ends[0], client, received);
            }
        }
        if (client) client->end_sending();
        shutdown(ends[0], SHUT_WR);
        while (!ended) {
            turn();
            ended = read(ends[0], client, received);
        }
        client.reset();
        close(ends[0]);
        turn();
        return comparable(received);
    }

    void turn() { home_.turn({}); }

    // True at the end of the connection.
    static bool read(int from, std::optional<tls_client>& tls, std::string& into) {
        std::array<char, 16 << 10> buffer;
        for (;;) {
            const auto count =
                tls ? tls->receive(buffer) : recv(from, buffer.data(), buffer.size(), 0);
            if (count < 0) return errno != EAGAIN;
            if (count == 0) return true;
            into.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }

    app shared_{small_settings(), {}};
    tls_identity identity_{test_certificate().certificate, test_certificate().key, "", ""};
    connection_places connections_{1, "one at a time"};
    // Metrics differ from one run to the next: they are not among the replies.
    event_loop home_{shared_, *shared_.metrics[0], exposure::without_metrics, connections_};
    tls_workspace tls_{home_.pending.pool(), *shared_.metrics[0], 1};
    std::uint64_t number_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static world here;
    const auto text = lanewise::fuzz::text_of(data, size);
    const auto whole = here.replies({text});
    const auto check = [&whole](const std::string& replies, const char* how) {
        if (replies != whole) {
            std::fprintf(stderr, "whole:\n%s\n%s:\n%s\n", whole.c_str(), how, replies.c_str());
        }
        require(replies == whole, "the cuts change nothing");
    };
    check(here.replies_within_tls({text}), "within TLS");
    for (std::uint64_t seed = size < 512 ? 0 : 1; seed < 3; ++seed) {
        const auto parts = lanewise::fuzz::cut(text, seed);
        const auto how = "cut (" + std::to_string(seed) + ")";
        check(here.replies(parts), how.c_str());
        check(here.replies_within_tls(parts), (how + " within TLS").c_str());
    }
    return 0;
}
