// What a service manager hears: that the server listens, and that it drains.
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/http_peer.hpp"
#include "tests/server/server_process.hpp"

using namespace lanewise::server;

namespace {

// A manager's socket, at a path or, with @ in front, under an abstract name.
class manager {
public:
    explicit manager(std::string name) : name_(std::move(name)) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        name_.copy(at.sun_path, sizeof at.sun_path - 1);
        const bool is_path = name_[0] == '/';
        if (!is_path) at.sun_path[0] = '\0';
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size() +
                                                   (is_path ? 1 : 0));
        if (bind(socket_, reinterpret_cast<const sockaddr*>(&at), length) != 0)
            throw std::runtime_error(name_ + ": " + std::strerror(errno));
        const timeval patience{30, 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~manager() {
        close(socket_);
        if (name_[0] == '/') unlink(name_.c_str());
    }
    manager(const manager&) = delete;
    manager& operator=(const manager&) = delete;

    /// The next message; empty if none comes within 30 seconds.
    [[nodiscard]] std::string next() const {
        char text[512];
        const auto size = recv(socket_, text, sizeof text, 0);
        return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "";
    }

    [[nodiscard]] bool has_message() const {
        char first = 0;
        return recv(socket_, &first, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
    }

private:
    std::string name_;
    int socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

std::string unused_name(const std::string& folder) {
    return folder + "lanewise-notify-" + std::to_string(getpid());
}

std::string in_temporary_folder() {
    return unused_name(std::filesystem::temp_directory_path().string() + "/");
}

void hears_both(const std::string& name) {
    const manager here(name);
    server_process server({"--settle-ms", "0"}, {}, {{"NOTIFY_SOCKET", name}});
    const auto ready = here.next();
    CHECK_MESSAGE(ready.starts_with("READY=1\nSTATUS=Listening on 127.0.0.1 port "), ready);
    CHECK(peer(server.plain_port()).ask(get("/readyz")).status == 200);
    CHECK_FALSE(here.has_message());
    server.signal(SIGTERM);
    CHECK(here.next() == "STOPPING=1\nSTATUS=Draining");
    CHECK(server.wait() == 0);
    CHECK_FALSE(here.has_message());
}

}  // namespace

TEST_CASE("a manager's socket hears READY once the server listens, and STOPPING when it drains") {
    hears_both(in_temporary_folder());
}

TEST_CASE("an abstract socket hears both too") {
    hears_both(unused_name("@"));
}

TEST_CASE("the longest name of a socket is told, and one character more is too long") {
    auto name = unused_name("@");
    name.resize(sizeof(sockaddr_un::sun_path) - 1, 'x');
    hears_both(name);
    server_process server({"--settle-ms", "0"}, {}, {{"NOTIFY_SOCKET", name + "x"}});
    CHECK(eventually([&] { return server.count_in_log("longer than a socket's name") == 1; }));
}

TEST_CASE("STOPPING comes while the drain goes on, not after it") {
    const auto name = unused_name("@");
    const manager here(name);
    server_process server({"--settle-ms", "600000", "--drain-deadline-ms", "600000"}, {},
                          {{"NOTIFY_SOCKET", name}});
    CHECK(here.next().starts_with("READY=1"));
    server.signal(SIGTERM);
    CHECK(here.next().starts_with("STOPPING=1"));
    CHECK(server.is_running());
    CHECK(peer(server.plain_port()).ask(get("/healthz")).status == 200);
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE("a socket that can't be told is an error in the log, and the server serves") {
    const std::pair<std::string, std::string> wrong[] = {
        {"relative", "is neither an absolute path nor an abstract socket"},
        {"vsock:2:1234", "is neither an absolute path nor an abstract socket"},
        {in_temporary_folder() + "-nobody", "takes no message: "},
        {"/" + std::string(200, 'x'), "is longer than a socket's name may be"},
    };
    for (const auto& [name, why] : wrong) {
        server_process server({"--settle-ms", "0"}, {}, {{"NOTIFY_SOCKET", name}});
        CHECK(peer(server.plain_port()).ask(get("/readyz")).status == 200);
        CHECK(eventually([&] { return server.log().find(why) != std::string::npos; }));
        server.signal(SIGTERM);
        CHECK(server.wait() == 0);
    }
}

TEST_CASE("without NOTIFY_SOCKET, or with an empty one, nobody is told and nothing is logged") {
    for (const bool empty : {false, true}) {
        std::vector<std::pair<std::string, std::string>> variables;
        if (empty) variables.emplace_back("NOTIFY_SOCKET", "");
        server_process server({"--settle-ms", "0"}, {}, variables);
        CHECK(server.log().find("NOTIFY_SOCKET") == std::string::npos);
    }
}
