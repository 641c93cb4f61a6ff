// What accept() can say, played by an accept4 of this program's own: which errors an operator is
// told of, and that every connection is served after each of them.
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>

#include "tests/server/http_peer.hpp"

using namespace lanewise::server;

namespace {

std::atomic<int> next_error = 0;  // what the next accept fails with; 0: it does not

/// Keeps what is written to standard error meanwhile.
class kept_errors {
public:
    kept_errors() : before_(dup(STDERR_FILENO)), file_(memfd_create("errors", MFD_CLOEXEC)) {
        REQUIRE(before_ >= 0);
        REQUIRE(dup2(file_, STDERR_FILENO) >= 0);
    }
    ~kept_errors() {
        dup2(before_, STDERR_FILENO);
        close(before_);
        close(file_);
    }
    kept_errors(const kept_errors&) = delete;
    kept_errors& operator=(const kept_errors&) = delete;

    [[nodiscard]] std::string text() const {
        std::string all(1 << 16, '\0');
        const auto count = pread(file_, all.data(), all.size(), 0);
        all.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return all;
    }

private:
    int before_, file_;
};

/// What the log says of a connection that comes after this error, and is served.
std::string log_after(int error) {
    const kept_errors errors;
    running_server server;
    next_error = error;
    CHECK(peer(server.port()).ask(get("/healthz")).status == 200);
    CHECK(next_error == 0);  // it was met
    server.shared.log.wait_written(std::chrono::steady_clock::now() + std::chrono::seconds(10));
    return errors.text();
}

}  // namespace

extern "C" int accept4(int socket, sockaddr* address, socklen_t* length, int flags) {
    if (const int error = next_error.exchange(0); error != 0) {
        errno = error;
        return -1;
    }
    return static_cast<int>(syscall(SYS_accept4, socket, address, length, flags));
}

TEST_CASE(
    "an error of accept is told, with the system's words, and the next connection is served") {
    for (const int error : {EPROTO, EPERM, ENETDOWN}) {
        const auto log = log_after(error);
        CHECK_MESSAGE(log.find("accept") != std::string::npos, log);
        CHECK_MESSAGE(log.find(std::system_category().message(error)) != std::string::npos, log);
    }
}

TEST_CASE("a peer that left before it was accepted, or that is none after all, is no error") {
    for (const int error : {ECONNABORTED, EAGAIN}) {
        const auto log = log_after(error);
        CHECK_MESSAGE(log.find("accept") == std::string::npos, log);
    }
}

TEST_CASE(
    "where descriptors or memory are used up, accept rests until the next sweep, and says so") {
    for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
        const auto log = log_after(error);
        CHECK_MESSAGE(log.find("resting") != std::string::npos, log);
    }
}
