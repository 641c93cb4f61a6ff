// What of peer_socket.hpp goes through TLS: apart, so that OpenSSL stays out of the way of plain
// connections.
#include "peer_socket.hpp"

#include "tls_channel.hpp"

namespace lanewise::server {

using boost::system::error_code;

void peer_socket::tls_release::operator()(tls_channel* channel) const noexcept {
    delete channel;
}

bool peer_socket::is_plain_http(const error_code& error) {
    return error == tls_channel::plain_http;
}

bool peer_socket::is_tls_connecting() const {
    return tls_->is_connecting();
}

bool peer_socket::tls_took_all() const {
    return tls_->took_all();
}

bool peer_socket::tls_holds_more() const {
    return tls_->holds_more();
}

bool peer_socket::tls_waits_for_room() const {
    return tls_->waits_for_room();
}

std::size_t peer_socket::tls_undeciphered_bytes() const {
    return tls_->undeciphered_bytes();
}

std::size_t peer_socket::receive_tls(std::span<char> room, error_code& error) {
    return tls_->receive(room, error);
}

std::size_t peer_socket::send_tls(std::string_view first, std::string_view second, bool last,
                                  error_code& error) {
    return tls_->send(first, second, last, error);
}

void peer_socket::end_tls() noexcept {
    tls_->end_sending();
}

}  // namespace lanewise::server
