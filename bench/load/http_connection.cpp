#include "http_connection.hpp"

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <utility>

namespace lanewise::bench {
namespace {

namespace asio = boost::asio;
namespace errc = boost::system::errc;

bool is_of_tls(const boost::system::error_code& error) {
    return error.category() == asio::error::get_ssl_category() ||
           error.category() == asio::ssl::error::get_stream_category();
}

}  // namespace

load_failure failure_of(const boost::system::error_code& error) {
    if (error == asio::error::connection_refused) return {"connection refused"};
    if (error == asio::error::connection_reset || error == asio::error::broken_pipe)
        return {"connection reset"};
    if (error == asio::error::eof) return {"connection closed without a whole reply"};
    if (error == asio::error::timed_out) return {"connection timed out"};
    // Every one of these is this machine's: no descriptor, no memory, no port left to connect from.
    const bool own = error == asio::error::no_descriptors || error == asio::error::no_memory ||
                     error == asio::error::no_buffer_space ||
                     error == errc::too_many_files_open_in_system ||
                     error == errc::address_not_available;
    return {error.message(), own};
}

std::string in_seconds(std::chrono::duration<double> span) {
    std::array<char, 32> text;
    const auto length = std::snprintf(text.data(), text.size(), "%.1f s", span.count());
    return {text.data(), static_cast<std::size_t>(length)};
}

http_connection::http_connection(asio::io_context& io, connection_user& user, tls_client* tls,
                                 tls_sessions* sessions, std::size_t number)
    : user_{user}, tls_client_{tls}, sessions_{sessions}, socket_{io}, number_{number} {}

void http_connection::open(const tcp::endpoint& to) {
    since_ = clock::now();
    state_ = state::opening;
    socket_.async_connect(to, [self = self_ptr{this}](const error_code& error) {
        if (self->state_ != state::over) self->on_connect(error);
    });
}

void http_connection::on_connect(const error_code& error) {
    if (error) return breaks(failure(error));
    error_code ignored;
    const auto local = socket_.local_endpoint(ignored);
    // A port of this machine that nobody listens on can be the one that we connect from.
    if (local == socket_.remote_endpoint(ignored)) return breaks({"connection refused"});
    socket_.set_option(tcp::no_delay{true}, ignored);
    socket_.non_blocking(true, ignored);
    if (!tls_client_) return opened();
    tls_.emplace(socket_, tls_client_->context());
    tls_client_->prepare(tls_->native_handle(), sessions_);
    tls_->async_handshake(asio::ssl::stream_base::client,
                          [self = self_ptr{this}](const error_code& failed) {
                              if (self->state_ == state::over) return;
                              if (!failed) return self->opened();
                              auto why = self->failure(failed);
                              if (!why.what.starts_with("TLS")) why.what += " in the TLS handshake";
                              self->breaks(std::move(why));
                          });
}

void http_connection::opened() {
    was_open_ = true;
    state_ = state::idle;
    user_.on_open(*this);
    if (state_ != state::over) read();
}

void http_connection::send(std::string_view request, bool to_head) {
    state_ = state::busy;
    reader_.reset(to_head);
    reply_bytes_ = 0;
    if (tls_) return write_rest(request);
    error_code error;
    // Small requests fit an idle connection's buffer whole. An error shows in the read, behind
    // what the server may have said before it hung up.
    const auto count = socket_.write_some(asio::buffer(request), error);
    const bool full = error == asio::error::would_block || error == asio::error::try_again;
    if ((!error || full) && count < request.size()) write_rest(request.substr(count));
}

void http_connection::write_rest(std::string_view rest) {
    writing_ = true;
    const auto done = [self = self_ptr{this}](const error_code& error, std::size_t) {
        self->writing_ = false;
        const bool lost = self->state_ == state::busy && error && is_of_tls(error);
        if (lost) self->breaks(self->failure(error));
    };
    if (tls_) {
        asio::async_write(*tls_, asio::buffer(rest), done);
    } else {
        asio::async_write(socket_, asio::buffer(rest), done);
    }
}

void http_connection::read() {
    auto done = [self = self_ptr{this}](const error_code& error, std::size_t count) {
        self->on_read(error, count);
    };
    if (tls_) {
        tls_->async_read_some(asio::buffer(buffer_), std::move(done));
    } else {
        socket_.async_read_some(asio::buffer(buffer_), std::move(done));
    }
}

void http_connection::on_read(error_code error, std::size_t count) {
    if (state_ == state::over) return;
    if (state_ == state::ending) return on_read_while_ending(error);
    peer_ended_ = error == asio::error::eof;
    if (state_ == state::idle)
        return breaks(error ? failure(error) : load_failure{"bytes came that answer no request"});
    reply_bytes_ += count;
    auto found = reader_.take({buffer_.data(), count});
    if (found == http_reply_reader::state::incomplete && peer_ended_ && reader_.begun() &&
        reader_.end() == http_reply_reader::state::complete)
        found = http_reply_reader::state::complete;
    if (found == http_reply_reader::state::broken)
        return breaks({"malformed reply: " + reader_.problem()});
    if (found == http_reply_reader::state::incomplete)
        return error ? breaks(failure(error)) : read();
    ++replies_;
    state_ = state::idle;
    user_.on_reply(*this);
    if (state_ != state::over) read();
}

void http_connection::finish() {
    if (peer_ended_ || writing_ || reader_.surplus()) return abort();
    since_ = clock::now();
    state_ = state::ending;
}

void http_connection::on_read_while_ending(const error_code& error) {
    if (!error) return read();
    if (!tls_ || error != asio::error::eof) return abort();
    tls_->async_shutdown([self = self_ptr{this}](const error_code&) { self->abort(); });
}

void http_connection::abort() {
    state_ = state::over;
    error_code ignored;
    socket_.close(ignored);
}

void http_connection::breaks(load_failure why) {
    abort();
    user_.on_broken(*this, why);
}

load_failure http_connection::failure(const error_code& error) {
    if (tls_ && is_of_tls(error)) return {tls_failure(error, tls_->native_handle())};
    return failure_of(error);
}

bool http_connection::resumed() {
    return tls_ && SSL_session_reused(tls_->native_handle()) == 1;
}

std::string http_connection::protection() {
    if (!tls_) return {};
    auto* const native = tls_->native_handle();
    return std::string{SSL_get_version(native)} + ", " + SSL_get_cipher_name(native);
}

}  // namespace lanewise::bench
