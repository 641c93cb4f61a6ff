#include "service_manager.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <system_error>

namespace lanewise::server {

std::string tell_service_manager(std::string_view state) {
    const char* const named = std::getenv("NOTIFY_SOCKET");
    if (named == nullptr || *named == '\0') return {};
    const std::string_view name = named;
    const auto wrong = [&](const std::string& why) {
        return "NOTIFY_SOCKET: \"" + std::string{name} + "\" " + why;
    };
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (name[0] != '/' && name[0] != '@')
        return wrong("is neither an absolute path nor an abstract socket (@name)");
    if (name.size() >= sizeof to.sun_path) return wrong("is longer than a socket's name may be");
    name.copy(to.sun_path, name.size());
    if (name[0] == '@') to.sun_path[0] = '\0';
    // An abstract name ends where the address ends, a path with a null.
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() +
                                               (name[0] == '/' ? 1 : 0));

    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error = socket < 0 ? errno : 0;
    if (socket >= 0) {
        const timeval patience{1, 0};
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&to), length) < 0)
            error = errno;
        close(socket);
    }
    return error == 0 ? "" : wrong("takes no message: " + std::generic_category().message(error));
}

}  // namespace lanewise::server
