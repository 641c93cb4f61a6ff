#include "http_reply_reader.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>

namespace lanewise::bench {
namespace {

namespace http = boost::beast::http;

constexpr int switching_protocols = 101;  // the last that this connection says in HTTP/1.1

}  // namespace

void http_reply_reader::reset(bool to_head) {
    parser_.reset();
    held_.clear();
    body_.clear();
    problem_ = {};
    status_ = 0;
    to_head_ = to_head;
    closes_ = surplus_ = begun_ = false;
}

http_reply_reader::state http_reply_reader::take(std::string_view bytes) {
    if (bytes.empty()) return state::incomplete;
    begun_ = true;
    if (held_.empty()) {
        const auto found = parse(bytes);
        if (found == state::incomplete) held_ = bytes;
        return found;
    }
    held_.append(bytes);
    std::string_view rest = held_;
    const auto found = parse(rest);
    held_.erase(0, held_.size() - rest.size());
    return found;
}

http_reply_reader::state http_reply_reader::end() {
    error_code error;
    if (!parser_ || !parser_->got_some()) return broken(http::error::end_of_stream);
    parser_->put_eof(error);
    if (error) return broken(error);
    closes_ = true;
    return state::complete;
}

std::size_t http_reply_reader::keep(std::string_view body) {
    body_.append(body.substr(0, keep_bytes_max_ - std::min(keep_bytes_max_, body_.size())));
    return body.size();
}

void http_reply_reader::begin() {
    parser_.emplace(*this);
    parser_->eager(true);
    parser_->skip(to_head_);
    parser_->header_limit(held_bytes_max);
    parser_->body_limit(boost::none);
}

/// Takes from the front of `bytes` what the parser is done with.
http_reply_reader::state http_reply_reader::parse(std::string_view& bytes) {
    while (true) {
        if (!parser_) begin();
        error_code error;
        bytes.remove_prefix(parser_->put(boost::asio::buffer(bytes), error));
        if (error && error != http::error::need_more) return broken(error);
        if (!parser_->is_done()) {
            return bytes.size() <= held_bytes_max ? state::incomplete
                                                  : broken(http::error::header_limit);
        }
        if (status_ >= 200 || status_ == switching_protocols) break;
        parser_.reset();
        if (bytes.empty()) return state::incomplete;
    }
    closes_ = !parser_->keep_alive() || status_ == switching_protocols;
    surplus_ = !bytes.empty();
    return state::complete;
}

http_reply_reader::state http_reply_reader::broken(const error_code& error) {
    problem_ = error;
    return state::broken;
}

}  // namespace lanewise::bench
