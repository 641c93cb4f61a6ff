// Finds where a request's head ends, however its bytes were cut: looks at each byte once, decides
// on each line as it ends.
#pragma once

#include <cstddef>
#include <string_view>

#include "problem.hpp"

namespace lanewise::server {

struct head_limits {
    std::size_t head_bytes_max;
    std::size_t fields_max;
};

class head_scanner {
public:
    /// Takes all bytes since the head's begin, of which those seen before have not changed. Returns
    /// the head's length, 0 while it is incomplete, or why these bytes can't become a request.
    outcome<std::size_t> advance(std::string_view bytes, const head_limits& limits);

    /// Where the request line begins: behind the empty lines that a client may send before it (RFC
    /// 9112, 2.2).
    [[nodiscard]] std::size_t request_line() const { return request_line_; }

private:
    std::size_t seen_ = 0;
    std::size_t line_ = 0;  // begin of the line that is being read
    std::size_t request_line_ = 0;
    std::size_t lines_ = 0;  // ended ones, the request line included
};

}  // namespace lanewise::server
