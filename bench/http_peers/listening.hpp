// A listening socket on loopback, for the servers that measurements are set beside.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace lanewise::http_peers {

/// Does not block. Ends the program, by the name that is given, where the port can't be had.
inline int listen_on(std::uint16_t port, const std::string& program) {
    const int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listening < 0 ||
        bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(listening, 4096) != 0) {
        std::perror((program + ": listen").c_str());
        std::exit(1);
    }
    return listening;
}

}  // namespace lanewise::http_peers
