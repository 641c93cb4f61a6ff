// One request's head, as parts of the connection's buffer: valid until the head is consumed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "head_part.hpp"
#include "trace_context.hpp"

namespace lanewise::server {

enum class method : std::uint8_t { get, head, post, options, known, unknown };

enum class framing : std::uint8_t { none, length, chunked };

/// A field that is a list, and may come on several lines (RFC 9110, 5.3). One line is a view; more
/// are joined.
class list_field {
public:
    void add(head_part line) {
        if (line_.data() == nullptr) {
            line_ = line;
            return;
        }
        if (!joined_) joined_ = std::make_unique<std::string>(line_);
        joined_->append(", ").append(line);
    }
    [[nodiscard]] bool present() const { return line_.data() != nullptr; }
    [[nodiscard]] std::string_view text() const {
        return joined_ ? std::string_view(*joined_) : std::string_view(line_);
    }

private:
    head_part line_;
    std::unique_ptr<std::string> joined_;
};

struct request {
    server::method method = method::unknown;
    bool http_1_1 = true;
    bool keep_alive = true;
    bool expects_continue = false;
    framing body = framing::none;
    std::uint64_t content_length = 0;

    head_part path;   // percent-encoded as it came; "*" for OPTIONS *
    head_part query;  // without the question mark
    head_part
        host;  // of the target where that is absolute (RFC 9112, 3.2.2), else of the Host field

    head_part method_text, target;  // as they came
    trace_parent traceparent;       // of W3C Trace Context, if it is well formed
    head_part content_type, authorization, origin;
    list_field accept, accept_encoding, content_encoding, if_match, if_none_match;
    list_field tracestate;  // as it came; comes along with a traceparent alone
};

}  // namespace lanewise::server
