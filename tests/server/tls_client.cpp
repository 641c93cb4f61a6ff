#include "tls_client.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <stdexcept>

namespace lanewise::server {
namespace {

std::string text_of(BIO* memory) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory, &data);
    return {data, static_cast<std::size_t>(size)};
}

void add(X509* certificate, int what, const char* value) {
    auto* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

struct temporary_certificate {
    temporary_certificate() {
        std::string pattern = (std::filesystem::temp_directory_path() / "lanewise-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        folder = pattern;
        files = {folder + "/tls.crt", folder + "/tls.key"};
        const auto text = make_certificate();
        std::ofstream(files.certificate) << text.certificate;
        std::ofstream(files.key) << text.key;
    }
    ~temporary_certificate() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    temporary_certificate(const temporary_certificate&) = delete;
    temporary_certificate& operator=(const temporary_certificate&) = delete;

    std::string folder;
    certificate_files files;
};

// What this thread's last call waited for: one may send while another receives.
thread_local short direction = POLLIN;

struct ports {
    std::mutex mutex;
    std::set<std::uint16_t> with_tls;
};
ports& all_ports() {
    static ports all;
    return all;
}

}  // namespace

bool suites_over_tls() {
    static const bool over = std::getenv("SUITES_OVER_TLS") != nullptr;
    return over;
}

certificate_text make_certificate(const std::string& common_name, int rsa_bits) {
    const std::shared_ptr<EVP_PKEY> key(
        rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(static_cast<unsigned>(rsa_bits)),
        EVP_PKEY_free);
    const std::shared_ptr<X509> made(X509_new(), X509_free);
    auto* const certificate = made.get();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3'600);
    X509_set_pubkey(certificate, key.get());
    auto* const name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    add(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    if (X509_sign(certificate, key.get(), EVP_sha256()) == 0)
        throw std::runtime_error("no certificate could be made");
    const std::shared_ptr<BIO> pem(BIO_new(BIO_s_mem()), BIO_free_all);
    const std::shared_ptr<BIO> key_pem(BIO_new(BIO_s_mem()), BIO_free_all);
    PEM_write_bio_X509(pem.get(), certificate);
    PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {text_of(pem.get()), text_of(key_pem.get())};
}

const certificate_files& test_certificate() {
    static const temporary_certificate made;
    return made.files;
}

config with_suites_tls(config settings) {
    if (!suites_over_tls() || !settings.tls_cert.empty()) return settings;
    settings.tls_cert = test_certificate().certificate;
    settings.tls_key = test_certificate().key;
    settings.tls_port = 0;
    return settings;
}

tls_expected::tls_expected(std::uint16_t port) : port_(port) {
    const std::lock_guard lock(all_ports().mutex);
    all_ports().with_tls.insert(port);
}

tls_expected::~tls_expected() {
    const std::lock_guard lock(all_ports().mutex);
    all_ports().with_tls.erase(port_);
}

bool speaks_tls(std::uint16_t port) {
    const std::lock_guard lock(all_ports().mutex);
    return all_ports().with_tls.contains(port);
}

tls_client::tls_client(int socket, const std::function<void(SSL_CTX*)>& prepare,
                       SSL_SESSION* resume) {
    static const bool no_signal = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
    // One context for most: it holds all trusted certificates of this system.
    static const std::shared_ptr<SSL_CTX> usual(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    context_ = usual;
    if (prepare) {
        context_.reset(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
        prepare(context_.get());
    }
    ssl_.reset(SSL_new(context_.get()), SSL_free);
    if (!no_signal || !ssl_) throw std::runtime_error("no TLS for a client");
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_fd(ssl_.get(), socket);
    SSL_set_connect_state(ssl_.get());
    if (resume != nullptr) SSL_set_session(ssl_.get(), resume);
}

tls_client::~tls_client() {
    ERR_clear_error();
}

ssize_t tls_client::result_of(int result, std::size_t count) const {
    if (result > 0) return static_cast<ssize_t>(count);
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_ZERO_RETURN:
            return 0;
        case SSL_ERROR_WANT_READ:
            direction = POLLIN;
            errno = EAGAIN;
            return -1;
        case SSL_ERROR_WANT_WRITE:
            direction = POLLOUT;
            errno = EAGAIN;
            return -1;
        default:
            errno = ECONNRESET;
            return -1;
    }
}

ssize_t tls_client::shake_hands() {
    const std::lock_guard lock(mutex_);
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return 0;
    // An alert of the server leaves behind what looks like its end.
    if (result_of(result, 0) == 0) errno = ECONNRESET;
    return -1;
}

ssize_t tls_client::send(std::string_view bytes) {
    if (bytes.empty()) return 0;
    const std::lock_guard lock(mutex_);
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    return result_of(result, count);
}

ssize_t tls_client::receive(std::span<char> room) {
    const std::lock_guard lock(mutex_);
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), room.data(), room.size(), &count);
    return result_of(result, count);
}

short tls_client::waits_for() const {
    return direction;
}

bool tls_client::has_ended() const {
    const std::lock_guard lock(mutex_);
    ERR_clear_error();
    char byte = 0;
    std::size_t count = 0;
    const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &count);
    return result_of(result, count) == 0 || (result <= 0 && errno != EAGAIN);
}

void tls_client::end_sending() {
    const std::lock_guard lock(mutex_);
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
}

}  // namespace lanewise::server
