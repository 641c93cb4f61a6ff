// TLS for the tests' client, and whether a suite runs over it: with SUITES_OVER_TLS in the
// environment every server of a test has a TLS port, and its peers talk to that.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/settings/config.hpp"

namespace lanewise::server {

[[nodiscard]] bool suites_over_tls();

/// A certificate of a new key, for localhost and 127.0.0.1, in PEM. The key is one of P-256, or
/// RSA where its bits are said.
struct certificate_text {
    std::string certificate, key;
};
[[nodiscard]] certificate_text make_certificate(const std::string& common_name = "localhost",
                                                int rsa_bits = 0);

/// A certificate and its key in files, made at first use and removed when the program ends.
struct certificate_files {
    std::string certificate, key;
};
[[nodiscard]] const certificate_files& test_certificate();

/// The settings with a TLS port, where suites run over TLS and the settings say nothing of it.
[[nodiscard]] config with_suites_tls(config settings);

/// While this exists, peers that connect to this port begin with a handshake.
class tls_expected {
public:
    explicit tls_expected(std::uint16_t port);
    ~tls_expected();
    tls_expected(const tls_expected&) = delete;
    tls_expected& operator=(const tls_expected&) = delete;

private:
    const std::uint16_t port_;
};
[[nodiscard]] bool speaks_tls(std::uint16_t port);

/// The client's side of one connection. Its calls return at once, and say -1 with errno as the
/// system's do; a handshake that is not done is done within them.
class tls_client {
public:
    /// On a connected socket, which stays the caller's. `prepare` may change what is offered.
    explicit tls_client(int socket, const std::function<void(SSL_CTX*)>& prepare = {},
                        SSL_SESSION* resume = nullptr);
    ~tls_client();
    tls_client(const tls_client&) = delete;
    tls_client& operator=(const tls_client&) = delete;

    /// 0 once the handshake is done.
    ssize_t shake_hands();
    ssize_t send(std::string_view bytes);

    /// 0 is the server's close_notify; an end without one is a reset.
    ssize_t receive(std::span<char> room);

    /// What this thread's last call waited for, as events of poll.
    [[nodiscard]] short waits_for() const;

    [[nodiscard]] bool has_ended() const;
    void end_sending();

    [[nodiscard]] SSL* handle() const { return ssl_.get(); }

private:
    ssize_t result_of(int result, std::size_t count) const;

    mutable std::mutex mutex_;  // OpenSSL's connections belong to one thread at a time
    std::shared_ptr<SSL_CTX> context_;
    std::shared_ptr<SSL> ssl_;
};

}  // namespace lanewise::server
