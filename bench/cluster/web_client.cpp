#include "web_client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl.hpp>
#include <memory>
#include <optional>

#include "bench/load/http_connection.hpp"
#include "pull_source.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using error_code = boost::system::error_code;

constexpr int redirects_max = 5;
constexpr std::size_t body_bytes_max = std::size_t{4} << 20;  // registries take no larger manifest
constexpr std::uint32_t head_bytes_max = 64 << 10;
// With chunks' own bytes and interim replies, which the parser does not bound.
constexpr std::size_t reply_bytes_max = 2 * body_bytes_max;
constexpr std::size_t buffer_bytes_max = 256 << 10;
constexpr std::chrono::seconds reply_patience{10};

/// Starts an operation and runs until it is over: the stream's own deadline ends it.
template <class Start>
error_code complete(asio::io_context& io, const Start& start) {
    error_code result;
    start([&result](error_code error, const auto&...) { result = error; });
    io.restart();
    io.run();
    return result;
}

web_failure broken(const error_code& error) {
    if (error == beast::error::timeout) return web_failure{"no whole reply within its time"};
    if (error == http::error::body_limit || error == http::error::buffer_overflow ||
        error == http::error::header_limit) {
        return web_failure{"the reply is larger than any that is read"};
    }
    if (error == http::error::end_of_stream || error == http::error::partial_message)
        return web_failure{"the connection ended before the reply was whole"};
    if (error.category() == http::make_error_code(http::error::bad_version).category())
        return web_failure{"the reply is no HTTP (" + error.message() + ")"};
    return web_failure{failure_of(error).what};
}

template <class Stream>
web_reply exchange(asio::io_context& io, Stream& stream,
                   const http::request<http::string_body>& request) {
    auto error =
        complete(io, [&](auto done) { http::async_write(stream, request, std::move(done)); });
    if (error) throw broken(error);
    beast::flat_buffer buffer{buffer_bytes_max};
    std::optional<http::response_parser<http::string_body>> parser;
    for (std::size_t bytes = 0;;) {
        if (!parser) {
            parser.emplace();
            parser->header_limit(head_bytes_max);
            parser->body_limit(body_bytes_max);
        }
        std::size_t count = 0;
        error_code failed;
        http::async_read_some(stream, buffer, *parser, [&](error_code code, std::size_t read) {
            failed = code;
            count = read;
        });
        io.restart();
        io.run();
        bytes += count;
        if (failed) throw broken(failed);
        if (bytes > reply_bytes_max) throw broken(http::error::body_limit);
        if (!parser->is_done()) continue;
        if (parser->get().result_int() >= 200) break;
        parser.reset();  // an interim reply
    }
    const auto& said = parser->get();
    web_reply reply;
    reply.status = static_cast<int>(said.result_int());
    reply.body = said.body();
    reply.type = std::string{said[http::field::content_type]};
    reply.location = std::string{said[http::field::location]};
    const auto [first, last] = said.equal_range(http::field::www_authenticate);
    for (auto one = first; one != last; ++one)
        reply.challenges.emplace_back(std::string{one->value()});
    return reply;
}

/// Asks a proxy to pass on bytes to the host.
void open_tunnel(asio::io_context& io, beast::tcp_stream& socket, const http_target& target,
                 const web_proxy& proxy) {
    const auto host =
        target.host.find(':') == std::string::npos ? target.host : "[" + target.host + "]";
    const auto to = host + ":" + target.port;
    http::request<http::empty_body> request{http::verb::connect, to, 11};
    request.set(http::field::host, to);
    request.set(http::field::user_agent, "lanewise-bench");
    if (!proxy.authorization.empty())
        request.set(http::field::proxy_authorization, proxy.authorization);
    auto error =
        complete(io, [&](auto done) { http::async_write(socket, request, std::move(done)); });
    if (error) throw broken(error);
    beast::flat_buffer buffer{buffer_bytes_max};
    http::response_parser<http::empty_body> parser;
    parser.header_limit(head_bytes_max);
    parser.skip(true);  // what follows a success is the host's own
    error = complete(
        io, [&](auto done) { http::async_read_header(socket, buffer, parser, std::move(done)); });
    if (error) throw broken(error);
    const auto status = parser.get().result_int();
    if (status < 200 || status > 299 || buffer.size() > 0) {
        throw web_failure{"the proxy " + proxy.where.authority() + " answers " +
                          std::to_string(status) + " to CONNECT"};
    }
}

bool is_redirect(int status) noexcept {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

http_target target_of(const std::string& url) {
    try {
        return parse_url(url);
    } catch (const std::invalid_argument& error) {
        throw web_failure{error.what()};
    }
}

}  // namespace

std::string redirected(const std::string& from, std::string_view location) {
    location = location.substr(0, location.find('#'));
    if (location.empty()) return {};
    if (looks_like_url(location)) return std::string{location};
    const auto scheme = from.substr(0, from.find(':') + 1);
    if (location.starts_with("//")) return scheme + std::string{location};
    const auto path_start = std::min(from.find('/', scheme.size() + 2), from.size());
    const auto origin = from.substr(0, path_start);
    if (location.starts_with('/')) return origin + std::string{location};
    if (location.find(':') < location.find('/')) return {};  // another scheme
    const auto path = from.substr(path_start, from.find('?', path_start) - path_start);
    if (location.starts_with('?')) return origin + path + std::string{location};
    return origin + path.substr(0, path.rfind('/') + 1) + std::string{location};
}

web_reply web_client::ask(web_request request) {
    for (int redirects = 0;; ++redirects) {
        const auto target = target_of(request.url);
        auto reply = ask_once(request, target);
        if (!is_redirect(reply.status) || !request.form.empty()) return reply;
        if (redirects == redirects_max)
            throw web_failure{"more than " + std::to_string(redirects_max) + " redirects"};
        const auto next = redirected(request.url, reply.location);
        if (next.empty()) throw web_failure{"a redirect that leads nowhere"};
        const auto to = target_of(next);
        if (target.tls && !to.tls) throw web_failure{"a redirect from https to http"};
        if (origin_of(to) != origin_of(target)) {
            request.authorization.clear();
            request.fields.clear();
        }
        request.url = next;
    }
}

const web_client::way& web_client::way_to(const http_target& target) {
    const auto origin = origin_of(target);
    if (const auto known = known_.find(origin); known != known_.end()) return known->second;
    way found;
    std::string asked = target.url;
    try {
        found.proxy = proxy_of(target, proxies_);
        if (found.proxy) asked = found.proxy->where.url;
        found.to = find_destination(found.proxy ? found.proxy->where : target, tls_);
        if (found.proxy && target.tls)
            found.to.tls = std::make_shared<tls_client>(tls_, target.host);
    } catch (const std::exception& error) {
        // The message starts with the whole URL, which may hold a signature.
        std::string_view what = error.what();
        if (what.starts_with(asked + ": ")) what.remove_prefix(asked.size() + 2);
        throw web_failure{
            (found.proxy ? "the proxy " + found.proxy->where.authority() + ": " : "") +
            std::string{what}};
    }
    return known_.emplace(origin, std::move(found)).first->second;
}

web_reply web_client::ask_once(const web_request& wanted, const http_target& target) {
    const auto left = [&] { return std::min(clock::now() + reply_patience, deadline_); };
    if (clock::now() >= deadline_) throw web_failure{"its time is over"};
    const auto& [to, proxy] = way_to(target);
    const bool whole_url = proxy && !target.tls;
    http::request<http::string_body> request{
        wanted.form.empty() ? http::verb::get : http::verb::post,
        whole_url ? origin_of(target) + target.path : target.path, 11};
    if (whole_url && !proxy->authorization.empty())
        request.set(http::field::proxy_authorization, proxy->authorization);
    request.set(http::field::host, target.authority());
    request.set(http::field::user_agent, "lanewise-bench");
    request.set(http::field::connection, "close");
    if (!wanted.accept.empty()) request.set(http::field::accept, wanted.accept);
    if (!wanted.authorization.empty())
        request.set(http::field::authorization, wanted.authorization);
    for (const auto& [name, value] : wanted.fields) request.insert(name, value);
    if (!wanted.form.empty()) {
        request.set(http::field::content_type, "application/x-www-form-urlencoded");
        request.body() = wanted.form;
        request.prepare_payload();
    }

    asio::io_context io;
    beast::tcp_stream socket{io};
    socket.expires_at(left());
    auto error = complete(
        io, [&](auto done) { socket.async_connect(to.endpoints.front(), std::move(done)); });
    if (error) throw broken(error);
    if (!target.tls) return exchange(io, socket, request);
    if (proxy) open_tunnel(io, socket, target, *proxy);
    asio::ssl::stream<beast::tcp_stream&> stream{socket, to.tls->context()};
    to.tls->prepare(stream.native_handle(), nullptr);
    error = complete(io, [&](auto done) {
        stream.async_handshake(asio::ssl::stream_base::client, std::move(done));
    });
    if (error == beast::error::timeout) throw broken(error);
    if (error) {
        const auto reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
        throw web_failure{tls_failure(error, stream.native_handle()),
                          reason == SSL_R_WRONG_VERSION_NUMBER};
    }
    return exchange(io, stream, request);
}

}  // namespace lanewise::bench::cluster
