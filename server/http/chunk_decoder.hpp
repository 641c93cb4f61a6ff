// Chunked bodies (RFC 9112, 7.1), decoded in place, a view at a time. Beast's parser bounds neither
// extensions nor trailers. Here each has a bound, and all of a body have one together: a client
// could otherwise send 250 bytes of extensions for each byte of data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "problem.hpp"

namespace lanewise::server {

struct chunk_limits {
    std::size_t chunk_head_bytes_max;  // a chunk's size and extensions
    std::size_t trailer_bytes_max;
    std::size_t overhead_bytes_max;  // of all chunks: extensions, zeros before a size, the trailer
    std::uint64_t framing_bytes_max =
        std::numeric_limits<std::uint64_t>::max();  // of sizes and ends of lines
};

class chunk_decoder {
public:
    struct step {
        std::size_t consumed = 0;  // bytes that were read
        std::string_view data;     // the body's part of them, which is at their end; may be empty
    };

    explicit chunk_decoder(chunk_limits limits) : limits_(limits) {}

    /// Reads up to the end of the bytes, of the chunk, or of the framing that is still free,
    /// whichever comes first.
    outcome<step> next(std::string_view bytes);

    [[nodiscard]] bool done() const { return state_ == state::done; }

    /// More bytes of sizes and ends of lines have come than the limit
    /// allows. No error: the body may be well-formed, but is not worth reading on.
    [[nodiscard]] bool is_mostly_framing() const { return framing_ > limits_.framing_bytes_max; }

private:
    enum class state : std::uint8_t {
        size,
        after_size,
        extension_name,
        after_extension_name,
        extension_value,
        extension_token,
        extension_quoted,
        extension_escaped,
        after_extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_line,
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf,
        done
    };

    // Reads one byte that is no data; false where it can't stand there.
    bool take(char c);
    bool take_extension(char c);
    bool take_trailer(char c);

    // Whether the byte that was just read is one that every chunked body has.
    [[nodiscard]] bool is_needed(state before) const;
    [[nodiscard]] std::optional<problem> over_limit(bool in_trailer) const;

    chunk_limits limits_;
    state state_ = state::size;
    std::uint64_t size_ = 0;     // of the chunk that is being read: what is left of it
    std::size_t length_ = 0;     // bytes of this chunk head, or of the trailer
    std::size_t overhead_ = 0;   // of this body so far
    std::uint64_t framing_ = 0;  // bytes of it that are neither data nor overhead
    bool name_begun_ = false;    // the size or the name that is being read has a character
};

}  // namespace lanewise::server
