// A server with a TLS port, for suites that talk to it in ways of their own.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <utility>

#include "tests/server/http_peer.hpp"

namespace lanewise::server {

inline config tls_settings() {
    auto settings = test_settings();
    settings.tls_cert = test_certificate().certificate;
    settings.tls_key = test_certificate().key;
    settings.tls_port = 0;
    return settings;
}

struct tls_server : running_server {
    explicit tls_server(config settings = tls_settings()) : running_server(std::move(settings)) {}
    [[nodiscard]] std::uint16_t secured() const { return here.tls_port(); }
    [[nodiscard]] std::uint64_t full() const {
        return shared.metrics[0]->tls_handshakes_full.value();
    }
    [[nodiscard]] std::uint64_t resumed() const {
        return shared.metrics[0]->tls_handshakes_resumed.value();
    }
    [[nodiscard]] std::uint64_t failed() const {
        return shared.metrics[0]->tls_handshakes_failed.value();
    }
    [[nodiscard]] std::uint64_t open_connections() const {
        const auto& counted = *shared.metrics[0];
        return counted.connections_accepted.value() - counted.connections_closed.value();
    }

    /// A new client makes a handshake and is answered.
    [[nodiscard]] bool serves() const {
        peer client(secured());
        client.begin_tls();
        return client.ask(get("/healthz")).body == "ok\n";
    }
};

/// Changes what a client offers.
using preparation = std::function<void(SSL_CTX*)>;

inline preparation only_version(int version) {
    return [version](SSL_CTX* context) {
        SSL_CTX_set_security_level(context, 0);
        SSL_CTX_set_min_proto_version(context, version);
        SSL_CTX_set_max_proto_version(context, version);
    };
}

}  // namespace lanewise::server
