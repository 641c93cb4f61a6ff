#include "tls_identity.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <new>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace lanewise::server {
namespace {

// A chain of certificates has a few KiB; a file of more is a mistake.
constexpr std::uint64_t file_bytes_max = 64 << 10;

// Forward secrecy and authenticated encryption only. TLS 1.3 has nothing else.
constexpr const char* ciphers_of_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";

// The curves that cost a server little. Others that OpenSSL offers take it up to a hundred times as
// long for each handshake, at a client's choice. Old libraries do not know the first.
constexpr const char* groups = "X25519MLKEM768:X25519:P-256:P-384";
constexpr const char* groups_known_long = "X25519:P-256:P-384";

template <class T, auto release>
struct releaser {
    void operator()(T* what) const { release(what); }
};
using bio_pointer = std::unique_ptr<BIO, releaser<BIO, BIO_free_all>>;
using certificate_pointer = std::unique_ptr<X509, releaser<X509, X509_free>>;

template <class T>
T* checked(T* made) {
    if (made == nullptr) throw std::bad_alloc();
    return made;
}

bio_pointer reader_of(std::string_view text) {
    return bio_pointer(checked(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
}

std::string reason() {
    const char* const text = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return text == nullptr ? "unknown" : text;
}

// A key that is sealed by a pass phrase is refused; OpenSSL would ask the terminal for it.
int no_pass_phrase(char*, int, int, void*) {
    return -1;
}

std::shared_ptr<EVP_PKEY> key_in(std::string_view text) {
    const auto reader = reader_of(text);
    auto* const key = PEM_read_bio_PrivateKey(reader.get(), nullptr, no_pass_phrase, nullptr);
    ERR_clear_error();
    return key == nullptr ? nullptr : std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
}

// RFC 7301 3.2: a client that offers protocols and not this one is told so, and let go.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned size, void*) {
    constexpr std::string_view ours = "http/1.1";
    for (std::string_view rest(reinterpret_cast<const char*>(offered), size); !rest.empty();) {
        const auto length = static_cast<std::size_t>(static_cast<unsigned char>(rest.front()));
        const auto name = rest.substr(1, length);
        if (name == ours) {
            *chosen = reinterpret_cast<const unsigned char*>(name.data());
            *chosen_size = static_cast<unsigned char>(name.size());
            return SSL_TLSEXT_ERR_OK;
        }
        rest.remove_prefix(1 + name.size());
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::shared_ptr<SSL_CTX> new_context() {
    std::shared_ptr<SSL_CTX> made(checked(SSL_CTX_new(TLS_server_method())), SSL_CTX_free);
    auto* const context = made.get();
    SSL_CTX_set_security_level(context, 2);  // RSA of 2,048 bits or more, no SHA-1
    bool good = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
    good = good && SSL_CTX_set_cipher_list(context, ciphers_of_1_2) == 1;
    good = good && (SSL_CTX_set1_groups_list(context, groups) == 1 ||
                    SSL_CTX_set1_groups_list(context, groups_known_long) == 1);
    ERR_clear_error();
    if (!good) throw std::runtime_error("this OpenSSL has none of the ciphers that TLS may use");
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);  // a record's head and body come with one call
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets take no memory here
    constexpr std::string_view name = "lanewise";
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<unsigned>(name.size()));
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    return made;
}

// The first certificate is the server's, the others lead to one that clients know. The reason why
// not, or nothing.
std::string use_certificates(SSL_CTX* context, std::string_view text) {
    const auto reader = reader_of(text);
    const certificate_pointer own(
        PEM_read_bio_X509_AUX(reader.get(), nullptr, no_pass_phrase, nullptr));
    if (own == nullptr) return "holds no certificate (PEM)";
    if (SSL_CTX_use_certificate(context, own.get()) != 1) return "can't be used: " + reason();
    for (;;) {
        certificate_pointer next(PEM_read_bio_X509(reader.get(), nullptr, no_pass_phrase, nullptr));
        if (next == nullptr) break;
        if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) return "can't be used: " + reason();
        static_cast<void>(next.release());
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    return at_end ? std::string{} : "holds a chain that can't be read: " + reason();
}

std::int64_t end_of(SSL_CTX* context) {
    std::tm end{};
    const auto* const own = SSL_CTX_get0_certificate(context);
    if (own == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(own), &end) != 1) return 0;
    return timegm(&end);
}

}  // namespace

tls_identity::tls_identity(const std::string& certificate_path, const std::string& key_path,
                           std::string certificate_setting, std::string key_setting)
    : certificate_file_(certificate_path, file_bytes_max),
      key_file_(key_path, file_bytes_max),
      certificate_setting_(std::move(certificate_setting)),
      key_setting_(std::move(key_setting)) {
    read_files();
    const auto why = take();
    if (!why.empty()) throw std::runtime_error(why);
}

// True if a file has changed.
bool tls_identity::read_files() {
    auto certificates = certificate_file_.read_if_changed();
    auto key = key_file_.read_if_changed();
    if (certificates) certificates_ = std::move(*certificates);
    if (key) {
        key_ = key_in(*key);
        OPENSSL_cleanse(key->data(), key->size());
    }
    return certificates || key;
}

// Uses what was read last, or says why it can't.
std::string tls_identity::take() {
    ERR_clear_error();
    const auto wrong = [](const std::string& setting, const watched_file& file,
                          const std::string& why) {
        return setting + ": " + file.path() + " " + why;
    };
    if (certificates_.empty())
        return wrong(certificate_setting_, certificate_file_,
                     "can't be read, is empty, or has more than 64 KiB");
    if (!key_)
        return wrong(key_setting_, key_file_,
                     "holds no private key (PEM, without a pass phrase) that can be read");
    const auto made = new_context();
    if (const auto why = use_certificates(made.get(), certificates_); !why.empty())
        return wrong(certificate_setting_, certificate_file_, why);
    if (SSL_CTX_use_PrivateKey(made.get(), key_.get()) != 1 ||
        SSL_CTX_check_private_key(made.get()) != 1) {
        return wrong(
            key_setting_, key_file_,
            "is not the key of the certificate in " + certificate_file_.path() + ": " + reason());
    }
    tickets.serve(*made);
    expires_seconds_ = end_of(made.get());
    context_.store(made);
    return {};
}

tls_identity::refreshed tls_identity::refresh(std::chrono::steady_clock::time_point now) {
    tickets.rotate_when_due(now);
    if (!read_files()) return {};
    auto why = take();
    // Somebody may have changed them between the one read and the other.
    if (!why.empty() && read_files()) why = take();
    if (why.empty()) return {change::taken, {}};
    return {change::refused, why};
}

}  // namespace lanewise::server
