#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <chrono>

#include "openssl_handles.hpp"
#include "service_tasks.hpp"

namespace lanewise::bench {
namespace {

using clock = std::chrono::steady_clock;

using context = handle<SSL_CTX, SSL_CTX_free>;
using connection = handle<SSL, SSL_free>;
using key = handle<EVP_PKEY, EVP_PKEY_free>;
using certificate = handle<X509, X509_free>;

certificate self_signed(EVP_PKEY* owner) {
    certificate made{X509_new()};
    check_openssl(made != nullptr, "a certificate");
    auto* name = X509_get_subject_name(made.get());
    const bool fine = X509_set_version(made.get(), 2) == 1 &&
                      ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1) == 1 &&
                      X509_gmtime_adj(X509_getm_notBefore(made.get()), 0) != nullptr &&
                      X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400) != nullptr &&
                      X509_set_pubkey(made.get(), owner) == 1 &&
                      X509_NAME_add_entry_by_txt(
                          name, "CN", MBSTRING_ASC,
                          reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0) == 1 &&
                      X509_set_issuer_name(made.get(), name) == 1 &&
                      X509_sign(made.get(), owner, EVP_sha256()) > 0;
    check_openssl(fine, "to sign a certificate");
    return made;
}

context new_context(const SSL_METHOD* method) {
    context made{SSL_CTX_new(method)};
    check_openssl(made && SSL_CTX_set_min_proto_version(made.get(), TLS1_3_VERSION) == 1 &&
                      SSL_CTX_set_ciphersuites(made.get(), "TLS_AES_256_GCM_SHA384") == 1 &&
                      SSL_CTX_set1_groups_list(made.get(), "X25519") == 1,
                  "TLS 1.3");
    return made;
}

class tls_handshakes : public task {
public:
    tls_handshakes()
        : server_{new_context(TLS_server_method())}, client_{new_context(TLS_client_method())} {
        const key own{EVP_EC_gen("P-256")};
        check_openssl(own != nullptr, "a key on P-256");
        const auto shown = self_signed(own.get());
        check_openssl(SSL_CTX_use_certificate(server_.get(), shown.get()) == 1 &&
                          SSL_CTX_use_PrivateKey(server_.get(), own.get()) == 1,
                      "the server's certificate");
        SSL_CTX_set_session_cache_mode(server_.get(), SSL_SESS_CACHE_OFF);
        SSL_CTX_set_session_cache_mode(client_.get(), SSL_SESS_CACHE_OFF);
        // Who checks a certificate is the client, whose time does not count.
        SSL_CTX_set_verify(client_.get(), SSL_VERIFY_NONE, nullptr);
    }

    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) once();
        return static_cast<double>(times);
    }
    double seconds_beside() const override { return beside_; }

private:
    void once() {
        BIO *to_server = nullptr, *to_client = nullptr;
        check_openssl(BIO_new_bio_pair(&to_client, 0, &to_server, 0) == 1, "a pair of BIOs");
        const auto beside = clock::now();
        const connection client{SSL_new(client_.get())};
        SSL_set_bio(client.get(), to_server, to_server);
        SSL_set_connect_state(client.get());
        beside_ += since(beside);
        const connection server{SSL_new(server_.get())};
        SSL_set_bio(server.get(), to_client, to_client);
        SSL_set_accept_state(server.get());
        bool done = false;
        // Hello, the server's answer, the client's end, the tickets: a few turns, never many.
        for (int turn = 0; turn < 16 && !done; ++turn) {
            const auto start = clock::now();
            const int client_done = SSL_do_handshake(client.get());
            beside_ += since(start);
            done = SSL_do_handshake(server.get()) == 1 && client_done == 1;
        }
        check_openssl(done, "a handshake");
        const auto start = clock::now();
        SSL_set_shutdown(client.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        beside_ += since(start);
    }
    static double since(clock::time_point start) {
        return std::chrono::duration<double>(clock::now() - start).count();
    }

    context server_, client_;
    double beside_ = 0;
};

}  // namespace

std::unique_ptr<task> tls_handshake_task() {
    return std::make_unique<tls_handshakes>();
}

}  // namespace lanewise::bench
