// The keys that session tickets are sealed with (RFC 5077, RFC 8446 4.6.1). They never leave this
// process: a client that comes to another pod makes a whole handshake. Each is in use for one
// lifetime of a ticket, and opens what it sealed for one more; then it is forgotten, so that
// nobody who takes hold of it later reads what was said before.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>

namespace lanewise::server {

class tls_tickets {
public:
    static constexpr auto lifetime = std::chrono::hours(8);

    /// Makes the first key. Throws std::runtime_error where the system has no random numbers.
    tls_tickets();

    /// Lets connections of this context have tickets of these keys, which have to outlive it.
    void serve(SSL_CTX& context);

    /// A new key seals from now on; the one before opens, and the one before that is forgotten.
    /// Call from one thread. False where the system has no random numbers: nothing has changed.
    bool rotate();

    /// The same, once the key in use has sealed for a ticket's lifetime. True if it did.
    bool rotate_when_due(std::chrono::steady_clock::time_point now);

private:
    struct key {
        std::array<unsigned char, 16> name;
        std::array<unsigned char, 32> cipher, mac;
        ~key();
    };
    struct keys {
        std::shared_ptr<const key> seals, opens;  // `opens` is null before the first change
    };
    static int on_ticket(SSL* connection, unsigned char* name, unsigned char* nonce,
                         EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing);
    static std::shared_ptr<const key> new_key();  // null without random numbers

    std::atomic<std::shared_ptr<const keys>> keys_;
    std::chrono::steady_clock::time_point sealing_since_;
    const std::shared_ptr<EVP_CIPHER> cipher_;
};

}  // namespace lanewise::server
