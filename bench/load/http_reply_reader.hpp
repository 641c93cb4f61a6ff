// Finds where a reply ends in a stream of bytes: status, Content-Length or chunks, and whether the
// connection goes on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lanewise::bench {

class http_reply_reader {
public:
    enum class state { incomplete, complete, broken };

    /// Takes bytes; what follows the reply is left over. After `complete`, reset() before the next
    /// reply.
    state take(std::string_view bytes);
    void reset() { *this = {}; }

    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] bool closes() const noexcept { return closes_; }
    [[nodiscard]] const std::string& body() const noexcept { return body_; }
    void keep_body(bool keep) noexcept { keep_ = keep; }

private:
    enum class part { head, counted, chunk_size, chunk_data, trailer };
    state read_head();
    state read_chunks();

    static constexpr std::size_t head_bytes_max = 64 << 10;
    part part_ = part::head;
    std::string held_;  ///< bytes of the head, of a chunk's size line or of a trailer
    std::size_t left_ = 0;
    int status_ = 0;
    bool closes_ = false;
    bool keep_ = false;
    std::string body_;
};

}  // namespace lanewise::bench
