// Who the server is on its TLS port: certificate and key from their files, and what it agrees to
// speak. The files are read again when they change, as cert-manager changes them.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "server/endpoints/watched_file.hpp"
#include "tls_tickets.hpp"

namespace lanewise::server {

class tls_identity {
public:
    /// Reads both files. The settings' names are for messages. Throws std::runtime_error where they
    /// are no certificate and its key.
    tls_identity(const std::string& certificate_path, const std::string& key_path,
                 std::string certificate_setting, std::string key_setting);

    /// What new connections are made of. From any thread.
    [[nodiscard]] std::shared_ptr<SSL_CTX> context() const { return context_.load(); }

    /// When the certificate ends, in seconds since 1970. From any thread.
    [[nodiscard]] std::int64_t expires_seconds() const { return expires_seconds_; }

    enum class change : std::uint8_t { none, taken, refused };
    struct refreshed {
        change what = change::none;
        std::string why;  // it was refused, in one line
    };

    /// Reads the files again if they have changed; what is no pair leaves the old pair in use.
    /// Changes the keys of tickets when they are due. Call from one thread.
    refreshed refresh(std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());

    tls_tickets tickets;

private:
    bool read_files();
    std::string take();

    watched_file certificate_file_, key_file_;
    const std::string certificate_setting_, key_setting_;
    std::string certificates_;       // as read last
    std::shared_ptr<EVP_PKEY> key_;  // likewise; null where the file holds none
    std::atomic<std::shared_ptr<SSL_CTX>> context_;
    std::atomic<std::int64_t> expires_seconds_ = 0;
};

}  // namespace lanewise::server
