#include "http_reply_reader.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace lanewise::bench {
namespace {

/// The value of a field in a head; empty where it is not there.
std::string_view field(std::string_view head, std::string_view name) {
    for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;
         line = head.find("\r\n", line + 2)) {
        auto rest = head.substr(line + 2);
        if (rest.size() <= name.size() || rest[name.size()] != ':') continue;
        const auto same = [](char one, char other) {
            return std::tolower(static_cast<unsigned char>(one)) ==
                   std::tolower(static_cast<unsigned char>(other));
        };
        if (!std::equal(name.begin(), name.end(), rest.begin(), same)) continue;
        rest.remove_prefix(name.size() + 1);
        rest = rest.substr(0, rest.find("\r\n"));
        while (rest.starts_with(' ')) rest.remove_prefix(1);
        return rest;
    }
    return {};
}

bool number(std::string_view text, int base, std::size_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc{} && end != text.data();
}

}  // namespace

http_reply_reader::state http_reply_reader::take(std::string_view bytes) {
    while (true) {
        if (part_ == part::counted || part_ == part::chunk_data) {
            const auto count = std::min(left_, bytes.size());
            if (keep_) body_.append(bytes.substr(0, count));
            left_ -= count;
            bytes.remove_prefix(count);
            if (left_ > 0) return state::incomplete;
            if (part_ == part::counted) return state::complete;
            part_ = part::chunk_size;
        }
        if (bytes.empty()) return state::incomplete;
        // Everything else is made of lines, the head up to an empty one.
        const std::string_view end = part_ == part::head ? "\r\n\r\n" : "\r\n";
        const auto before = held_.size();
        held_.append(bytes);
        const auto at = held_.find(end, before < end.size() ? 0 : before - end.size() + 1);
        if (at == std::string::npos)
            return held_.size() > head_bytes_max ? state::broken : state::incomplete;
        bytes.remove_prefix(at + end.size() - before);
        held_.resize(at + 2);
        const auto found = part_ == part::head ? read_head() : read_chunks();
        held_.clear();
        if (found != state::incomplete) return found;
    }
}

http_reply_reader::state http_reply_reader::read_head() {
    std::size_t status = 0;
    if (!held_.starts_with("HTTP/1.") || held_.size() < 12 ||
        !number(std::string_view{held_}.substr(9, 3), 10, status)) {
        return state::broken;
    }
    status_ = static_cast<int>(status);
    closes_ = held_.starts_with("HTTP/1.0") || field(held_, "Connection") == "close";
    if (status_ == 204 || status_ == 304) return state::complete;
    if (field(held_, "Transfer-Encoding") == "chunked") {
        part_ = part::chunk_size;
        return state::incomplete;
    }
    if (!number(field(held_, "Content-Length"), 10, left_)) return state::broken;
    part_ = part::counted;
    return left_ == 0 ? state::complete : state::incomplete;
}

http_reply_reader::state http_reply_reader::read_chunks() {
    if (held_ == "\r\n")
        return part_ == part::trailer ? state::complete
                                      : state::incomplete;  // the end of a chunk's data
    if (part_ == part::trailer) return state::incomplete;
    if (!number(held_, 16, left_)) return state::broken;
    part_ = left_ == 0 ? part::trailer : part::chunk_data;
    return state::incomplete;
}

}  // namespace lanewise::bench
