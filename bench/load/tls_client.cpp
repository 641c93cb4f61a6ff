#include "tls_client.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace lanewise::bench {
namespace {

namespace ssl = boost::asio::ssl;

/// Where a connection keeps the way to its thread's sessions. Asio uses the slot that OpenSSL gives
/// applications.
int sessions_slot() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

extern "C" int on_new_session(SSL* connection, SSL_SESSION* session) {
    auto* sessions = static_cast<tls_sessions*>(SSL_get_ex_data(connection, sessions_slot()));
    if (!sessions) return 0;
    sessions->put(session);
    return 1;  // it is ours now
}

void trust_file(SSL_CTX* context, const std::string& option, const std::string& name) {
    const auto wrong = [&](const std::string& what) {
        return std::invalid_argument{option + name + ": " + what +
                                     "; what it names is a file of certificates in PEM"};
    };
    std::error_code error;
    if (std::filesystem::is_directory(name, error)) throw wrong("is a directory");
    if (const std::ifstream file{name}; !file) throw wrong(std::strerror(errno));
    if (SSL_CTX_load_verify_file(context, name.c_str()) != 1) {
        ERR_clear_error();
        throw wrong("holds no certificate that can be read");
    }
}

void show_certificate(SSL_CTX* context, const std::string& certificate, const std::string& key) {
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
        ERR_clear_error();
        throw std::invalid_argument{certificate + ": holds no certificate that can be read"};
    }
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        ERR_clear_error();
        throw std::invalid_argument{key + ": holds no key of " + certificate};
    }
}

}  // namespace

void tls_sessions::put(SSL_SESSION* owned) {
    session mine{owned};
    if (SSL_SESSION_is_resumable(owned) == 0) return;
    if (kept_.size() >= count_max_) kept_.erase(kept_.begin());
    kept_.push_back(std::move(mine));
}

tls_sessions::session tls_sessions::take() {
    if (kept_.empty()) return nullptr;
    if (SSL_SESSION_get_protocol_version(kept_.back().get()) < TLS1_3_VERSION) {
        SSL_SESSION_up_ref(kept_.back().get());
        return session{kept_.back().get()};
    }
    auto last = std::move(kept_.back());
    kept_.pop_back();
    return last;
}

tls_client::tls_client(const tls_options& options, const std::string& host)
    : verify_{options.verify},
      resumption_{options.resumption},
      name_{host.substr(0, host.find('%'))},
      context_{ssl::context::tls_client} {
    boost::system::error_code not_address;
    boost::asio::ip::make_address(name_, not_address);
    is_address_ = !not_address;
    // The dot that ends a full name is no part of what a certificate holds.
    if (!is_address_ && name_.ends_with('.')) name_.pop_back();

    auto* const native = context_.native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    // A peer that ends without a closing alert is an error of the read, as Asio says it.
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    static constexpr unsigned char protocols[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(native, protocols, sizeof protocols - 1);
    SSL_CTX_set_session_cache_mode(native, resumption_
                                               ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
                                               : SSL_SESS_CACHE_OFF);
    if (resumption_) SSL_CTX_sess_set_new_cb(native, on_new_session);
    if (!options.ca_file.empty()) {
        trust_file(native, "--cacert ", options.ca_file);
    } else if (verify_) {
        SSL_CTX_set_default_verify_paths(native);
    }
    if (verify_)
        for (const auto& one : options.more_ca_files) trust_file(native, "", one);
    if (!options.certificate.empty()) show_certificate(native, options.certificate, options.key);
}

void tls_client::prepare(SSL* connection, tls_sessions* sessions) const {
    if (!is_address_) SSL_set_tlsext_host_name(connection, name_.c_str());
    if (verify_) {
        SSL_set_verify(connection, SSL_VERIFY_PEER, nullptr);
        SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (is_address_) {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name_.c_str());
        } else {
            SSL_set1_host(connection, name_.c_str());
        }
    }
    if (!resumption_ || !sessions) return;
    SSL_set_ex_data(connection, sessions_slot(), sessions);
    if (const auto session = sessions->take()) SSL_set_session(connection, session.get());
}

std::string tls_failure(const boost::system::error_code& error, SSL* connection) {
    if (error == ssl::error::stream_truncated)
        return "TLS: the connection ended without a closing alert";
    const auto* reason =
        ERR_reason_error_string(static_cast<unsigned long>(error.value()));  // NOLINT: OpenSSL's
    std::string text = "TLS: " + (reason ? std::string{reason} : error.message());
    if (const auto verdict = SSL_get_verify_result(connection); verdict != X509_V_OK)
        text += std::string{": "} + X509_verify_cert_error_string(verdict);
    if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_WRONG_VERSION_NUMBER)
        text += " (does the server speak plain HTTP there?)";
    return text;
}

}  // namespace lanewise::bench
