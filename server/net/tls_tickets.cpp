#include "tls_tickets.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <span>
#include <stdexcept>

namespace lanewise::server {
namespace {

int place_in_context() {
    static const int place = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return place;
}

bool fill(std::span<unsigned char> bytes) {
    return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
}

}  // namespace

tls_tickets::key::~key() {
    OPENSSL_cleanse(this, sizeof *this);
}

std::shared_ptr<const tls_tickets::key> tls_tickets::new_key() {
    auto made = std::make_shared<key>();
    if (!fill(made->name) || !fill(made->cipher) || !fill(made->mac)) return nullptr;
    return made;
}

// Looking the cipher up by its name takes longer than to use it: once is enough.
tls_tickets::tls_tickets()
    : sealing_since_(std::chrono::steady_clock::now()),
      cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr), EVP_CIPHER_free) {
    if (!cipher_) throw std::runtime_error("OpenSSL has no AES-256-CBC for TLS session tickets");
    if (!rotate()) throw std::runtime_error("no random numbers for TLS session tickets");
}

void tls_tickets::serve(SSL_CTX& context) {
    SSL_CTX_set_ex_data(&context, place_in_context(), this);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, on_ticket);
    SSL_CTX_set_timeout(&context, std::chrono::seconds(lifetime).count());
}

bool tls_tickets::rotate() {
    auto seals = new_key();
    if (!seals) return false;
    const auto before = keys_.load();
    keys_.store(
        std::make_shared<const keys>(keys{std::move(seals), before ? before->seals : nullptr}));
    sealing_since_ = std::chrono::steady_clock::now();
    return true;
}

bool tls_tickets::rotate_when_due(std::chrono::steady_clock::time_point now) {
    return now - sealing_since_ >= lifetime && rotate();
}

// OpenSSL's way to ask for a key: 1 is "use it", 2 "use it, and seal the ticket anew", 0 "a whole
// handshake", below 0 a failure.
int tls_tickets::on_ticket(SSL* connection, unsigned char* name, unsigned char* nonce,
                           EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing) {
    auto& self = *static_cast<tls_tickets*>(
        SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), place_in_context()));
    const auto now = self.keys_.load();
    const key* used = now->seals.get();
    if (sealing != 0) {
        std::ranges::copy(used->name, name);
        if (RAND_bytes(nonce, EVP_CIPHER_get_iv_length(self.cipher_.get())) != 1) return -1;
    } else if (!std::ranges::equal(used->name, std::span(name, used->name.size()))) {
        used = now->opens.get();
        if (used == nullptr || !std::ranges::equal(used->name, std::span(name, used->name.size())))
            return 0;
    }
    std::array<char, 7> digest{"SHA256"};
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(
            OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(used->mac.data()), used->mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_MAC_CTX_set_params(mac, parameters) != 1) return -1;
    const auto* const key_bytes = used->cipher.data();
    if (sealing != 0)
        return EVP_EncryptInit_ex2(cipher, self.cipher_.get(), key_bytes, nonce, nullptr) == 1 ? 1
                                                                                               : -1;
    if (EVP_DecryptInit_ex2(cipher, self.cipher_.get(), key_bytes, nonce, nullptr) != 1) return -1;
    return used == now->seals.get() ? 1 : 2;
}

}  // namespace lanewise::server
