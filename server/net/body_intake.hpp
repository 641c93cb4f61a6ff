// The body of the request that a connection is at: by its length or in chunks, kept for a kernel or
// read and forgotten. Knows no socket: bytes are handed to it, or received straight into its
// memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "server/http/body_pool.hpp"
#include "server/http/chunk_decoder.hpp"
#include "server/http/request.hpp"
#include "server/settings/config.hpp"

namespace lanewise::server {

class body_intake {
public:
    /// A body that a kernel waits for: memory is reserved before a byte of it is read.
    [[nodiscard]] outcome<void> keep(const request& head, const config& settings, body_pool& pool);

    /// What becomes of a body that nobody wants.
    enum class unwanted : std::uint8_t {
        none,          // there is none
        before_reply,  // read first: only well-formed chunks may have another reply than 400
        after_reply,   // small: read behind the reply, then the next request
        never          // too large to read for nothing: the reply is the connection's last
    };
    [[nodiscard]] unwanted skip(const request& head, const config& settings);

    /// Takes the body's bytes off the begin of these and returns how many they were: all that there
    /// are, or up to the body's end. Else why it is refused.
    [[nodiscard]] outcome<std::size_t> take(std::string_view bytes, body_pool& pool);

    /// Whether more of it has to come.
    [[nodiscard]] bool expects_more() const { return rest_ > 0 || chunks_; }

    /// Bytes of a known length that are still to come.
    [[nodiscard]] std::uint64_t rest() const { return chunks_ ? 0 : rest_; }

    /// Whether the end was not looked for: what would have been read for nothing is too much.
    [[nodiscard]] bool gave_up() const { return gave_up_; }

    /// Where the next bytes may be received, without a copy; empty unless the body is kept and its
    /// length known. received() says how many came.
    [[nodiscard]] std::span<char> room() const {
        if (!keeps_ || chunks_) return {};
        return {reinterpret_cast<char*>(body_.data()) + body_.size(), rest_};
    }
    void received(std::size_t count);

    /// How many bytes should have come before the system reports them to who reads into room().
    [[nodiscard]] std::size_t low_water();

    /// What was kept.
    [[nodiscard]] const body_buffer& kept() const { return body_; }
    [[nodiscard]] body_buffer take_kept() { return std::move(body_); }

    /// Forgets what is there, and expects nothing more.
    void clear();

private:
    outcome<std::size_t> take_chunks(std::string_view bytes, body_pool& pool);

    std::uint64_t rest_ = 0;  // bytes that are still to come; of chunks, that still may
    body_buffer body_;
    std::optional<chunk_decoder> chunks_;
    std::uint32_t low_water_ = 1;
    bool keeps_ = false;
    bool gave_up_ = false;
};

}  // namespace lanewise::server
