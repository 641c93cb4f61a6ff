#include "head_scanner.hpp"

#include <cstring>

#include "syntax.hpp"

namespace lanewise::server {
namespace {

problem too_large(std::size_t lines_ended, const head_limits& limits) {
    const auto most = std::to_string(limits.head_bytes_max) + " bytes (--head-bytes-max)";
    if (lines_ended == 0)
        return {414, "the request line is longer than a whole head may be: " + most};
    return {431, "the request's head is larger than " + most};
}

}  // namespace

outcome<std::size_t> head_scanner::advance(std::string_view bytes, const head_limits& limits) {
    for (;;) {
        const void* found = std::memchr(bytes.data() + seen_, '\n', bytes.size() - seen_);
        const std::size_t end =
            found != nullptr
                ? static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data())
                : bytes.size();
        if (seen_ == line_ && line_ < end) {
            // The first byte of a line settles two things, so that garbage is answered and not
            // waited on.
            const char first = bytes[line_];
            if (lines_ == 0 && first != '\r' && !syntax::is_token(first)) {
                return problem{400,
                               "these bytes are not the beginning of an HTTP request; this port "
                               "speaks plain HTTP"};
            }
            if (lines_ > 0 && (first == ' ' || first == '\t')) {
                return problem{
                    400,
                    "a field line begins with white space: folded lines are obsolete and not read"};
            }
        }
        seen_ = end;
        if (end >= limits.head_bytes_max) return too_large(lines_, limits);
        if (found == nullptr) return std::size_t{0};

        if (end == line_ || bytes[end - 1] != '\r') {
            return problem{400, "a line ends with LF alone; it has to be CR LF"};
        }
        const bool empty = end - 1 == line_;
        // A request line without a version would be HTTP/0.9, whose clients send no more and wait.
        if (lines_ == 0 && !empty &&
            !syntax::ends_with_version(bytes.substr(line_, end - 1 - line_))) {
            return problem{400,
                           "a request line is: method, one space, target, one space, HTTP/1.1"};
        }
        seen_ = line_ = end + 1;
        if (empty && lines_ > 0) return line_;
        if (empty) {
            request_line_ = line_;
        } else if (lines_++ > limits.fields_max) {
            return problem{
                431, "more than " + std::to_string(limits.fields_max) + " fields (--fields-max)"};
        }
    }
}

}  // namespace lanewise::server
