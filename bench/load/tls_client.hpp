// What the client's side of TLS knows: whom it trusts, whose name it expects, and which sessions it
// may resume.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace lanewise::bench {

struct tls_options {
    std::string ca_file;     ///< instead of the system's certificates; empty: those
    bool verify = true;      ///< the server's certificate and its name
    bool resumption = true;  ///< a new connection takes up an earlier one's session
    std::vector<std::string> more_ca_files{};  ///< trusted besides
    std::string certificate{}, key{};          ///< this client's own, in PEM; empty: none
};

/// Sessions of one thread's connections. A ticket of TLS 1.3 is used once (RFC 8446, C.4).
class tls_sessions {
public:
    explicit tls_sessions(std::size_t count_max) : count_max_{count_max} {}
    void put(SSL_SESSION* owned);
    /// Null where there is none.
    struct deleter {
        void operator()(SSL_SESSION* one) const noexcept { SSL_SESSION_free(one); }
    };
    using session = std::unique_ptr<SSL_SESSION, deleter>;
    [[nodiscard]] session take();

private:
    std::size_t count_max_;
    std::vector<session> kept_;
};

class tls_client {
public:
    /// Throws std::invalid_argument where a file of certificates can't be used.
    tls_client(const tls_options& options, const std::string& host);

    [[nodiscard]] boost::asio::ssl::context& context() noexcept { return context_; }

    /// Before the handshake: the name that is asked for and expected, and a session to resume.
    void prepare(SSL* connection, tls_sessions* sessions) const;

private:
    bool verify_;
    bool resumption_;
    std::string name_;  ///< of the host as a certificate has it
    bool is_address_;
    boost::asio::ssl::context context_;
};

/// What went wrong between two ends of TLS: "TLS: certificate verify failed: certificate has
/// expired".
[[nodiscard]] std::string tls_failure(const boost::system::error_code& error, SSL* connection);

}  // namespace lanewise::bench
