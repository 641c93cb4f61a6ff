// A whole connection of any bytes: the same replies however they are cut. A session over a socket
// pair, in one thread, so that each cut is what one read sees.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "fuzz.hpp"
#include "server/endpoints/app.hpp"
#include "server/net/session.hpp"
#include "tests/server/options.hpp"

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
    std::string replies(const std::vector<std::string_view>& parts) {
        std::array<int, 2> ends{};
        require(
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0,
            "a socket pair");
        std::make_shared<session>(home_, peer_socket(ends[1]), ++number_)->start();
        std::string received;
        bool ended = false;
        for (auto part : parts) {
            while (!part.empty() && !ended) {
                const auto count = send(ends[0], part.data(), part.size(), MSG_NOSIGNAL);
                if (count > 0) part.remove_prefix(static_cast<std::size_t>(count));
                if (count < 0 && errno != EAGAIN) part = {};  // the server has hung up
                turn();
                ended = read(ends[0], received);
            }
        }
        shutdown(ends[0], SHUT_WR);
        while (!ended) {
            turn();
            ended = read(ends[0], received);
        }
        close(ends[0]);
        turn();
        return comparable(received);
    }

private:
    void turn() {
        home_.io.restart();
        home_.events.wait();
        home_.io.poll();
    }

    // True at the end of the connection.
    static bool read(int from, std::string& into) {
        std::array<char, 16 << 10> buffer;
        for (;;) {
            const auto count = recv(from, buffer.data(), buffer.size(), 0);
            if (count < 0) return errno != EAGAIN;
            if (count == 0) return true;
            into.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }

    app shared_{small_settings(), {}};
    connection_places connections_{1, "one at a time"};
    // Metrics differ from one run to the next: they are not among the replies.
    event_loop home_{shared_, *shared_.metrics[0], exposure::without_metrics, connections_};
    std::uint64_t number_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static world here;
    const auto text = lanewise::fuzz::text_of(data, size);
    const auto whole = here.replies({text});
    for (std::uint64_t seed = size < 512 ? 0 : 1; seed < 3; ++seed) {
        const auto parts = here.replies(lanewise::fuzz::cut(text, seed));
        if (parts != whole) {
            std::fprintf(stderr, "whole:\n%s\ncut (%llu):\n%s\n", whole.c_str(),
                         static_cast<unsigned long long>(seed), parts.c_str());
        }
        require(parts == whole, "the cuts change nothing");
    }
    return 0;
}
