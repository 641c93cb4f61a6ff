#include "scripted_server.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace lanewise::bench {
namespace {

namespace asio = boost::asio;
using error_code = boost::system::error_code;

template <class Type, void (*Free)(Type*)>
using owned = std::unique_ptr<Type, std::integral_constant<void (*)(Type*), Free>>;

using owned_file = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

owned_file write_to(const std::filesystem::path& where) {
    owned_file file{std::fopen(where.c_str(), "w"), std::fclose};
    if (!file) throw std::runtime_error{where.string() + " can't be written"};
    return file;
}

std::size_t content_length(const std::string& head) {
    constexpr std::string_view name = "Content-Length: ";
    const auto at = head.find(name);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
}

}  // namespace

test_certificates::test_certificates(const std::string& names, int days) {
    static std::atomic<int> made = 0;
    folder_ = std::filesystem::temp_directory_path() /
              ("lanewise-certificates-" + std::to_string(getpid()) + "-" + std::to_string(made++));
    std::filesystem::create_directories(folder_);
    const owned<EVP_PKEY, EVP_PKEY_free> pair{EVP_EC_gen("P-256")};
    const owned<X509, X509_free> one{X509_new()};
    constexpr long day = 24L * 60 * 60;
    X509_set_version(one.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(one.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(one.get()), -30 * day);
    X509_gmtime_adj(X509_getm_notAfter(one.get()), days * day);
    X509_set_pubkey(one.get(), pair.get());
    auto* const subject = X509_get_subject_name(one.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("lanewise test"), -1, -1, 0);
    X509_set_issuer_name(one.get(), subject);
    const owned<X509_EXTENSION, X509_EXTENSION_free> alternatives{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str())};
    X509_add_ext(one.get(), alternatives.get(), -1);
    X509_sign(one.get(), pair.get(), EVP_sha256());
    PEM_write_X509(write_to(file()).get(), one.get());
    PEM_write_PrivateKey(write_to(key()).get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

test_certificates::~test_certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

scripted_server::scripted_server(script says, const test_certificates* certificates)
    : says_{std::move(says)},
      protected_{certificates != nullptr},
      acceptor_{io_, {asio::ip::address_v4::loopback(), 0}} {
    if (certificates) {
        tls_.use_certificate_chain_file(certificates->file());
        tls_.use_private_key_file(certificates->key(), asio::ssl::context::pem);
    }
    accepting_ = std::jthread{[this] { accept(); }};
}

scripted_server::scripted_server(std::string reply)
    : scripted_server{[reply = std::move(reply)](const asked&) { return answer{{reply}}; }} {}

scripted_server::~scripted_server() {
    over_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // wakes accept()
    accepting_.join();
    {
        const std::scoped_lock lock{guard_};
        for (auto& one : sockets_) ::shutdown(one->native_handle(), SHUT_RDWR);
    }
    sessions_.clear();  // each takes the lock at its end
}

std::string scripted_server::url(const std::string& path) const {
    return (protected_ ? "https://localhost:" : "http://127.0.0.1:") +
           std::to_string(where().port()) + path;
}

boost::asio::ip::tcp::endpoint scripted_server::where() const {
    return acceptor_.local_endpoint();
}

load_destination scripted_server::destination(const tls_options& options) const {
    load_destination found;
    found.target = parse_url(url());
    found.endpoints = {where()};
    if (protected_) found.tls = std::make_shared<tls_client>(options, found.target.host);
    return found;
}

void scripted_server::accept() {
    while (true) {
        const auto socket = std::make_shared<tcp::socket>(io_);
        error_code error;
        acceptor_.accept(*socket, error);
        if (over_) return;
        if (error) continue;
        const int number = connections++;
        const std::scoped_lock lock{guard_};
        sockets_.push_back(socket);
        sessions_.emplace_back([this, socket, number] {
            if (!protected_) return serve(*socket, *socket, number);
            asio::ssl::stream<tcp::socket&> stream{*socket, tls_};
            error_code failed;
            stream.handshake(asio::ssl::stream_base::server, failed);
            if (!failed) return serve(stream, *socket, number);
            const std::scoped_lock closing{guard_};
            socket->close(failed);
        });
    }
}

template <class Stream>
void scripted_server::serve(Stream& stream, tcp::socket& socket, int number) {
    constexpr bool is_tls = !std::is_same_v<Stream, tcp::socket>;
    asio::streambuf buffer;
    error_code error;
    for (int request = 0;; ++request) {
        const auto length = asio::read_until(stream, buffer, "\r\n\r\n", error);
        if (error == asio::error::connection_reset) ++resets;
        if (error) break;
        const auto* const start = static_cast<const char*>(buffer.data().data());
        asked one{number, request, {start, length}, {}, false, {}};
        buffer.consume(length);
        const auto body = content_length(one.head);
        if (buffer.size() < body)
            asio::read(stream, buffer, asio::transfer_exactly(body - buffer.size()), error);
        if (error) break;
        one.body.assign(static_cast<const char*>(buffer.data().data()), body);
        buffer.consume(body);
        if constexpr (is_tls) {
            one.resumed = SSL_session_reused(stream.native_handle()) == 1;
            const auto* name =
                SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
            if (name) one.name = name;
        }
        ++requests;
        const auto said = says_(one);
        std::this_thread::sleep_for(said.after);
        for (const auto& piece : said.pieces) asio::write(stream, asio::buffer(piece), error);
        if (said.then == answer::end::reset) socket.set_option(tcp::socket::linger{true, 0}, error);
        if (said.then == answer::end::close) {
            if constexpr (is_tls) stream.shutdown(error);
        }
        if (said.then != answer::end::stay) break;
    }
    const std::scoped_lock lock{guard_};
    socket.close(error);
}

}  // namespace lanewise::bench
