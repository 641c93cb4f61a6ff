#include "body_intake.hpp"

#include <algorithm>
#include <utility>

namespace lanewise::server {
namespace {

// An unwanted body up to this size is read and forgotten, and the connection goes on.
constexpr std::uint64_t skipped_bytes_max = 64 << 10;

// Chunks of 4 KiB need a hundredth of this around so much data; chunks of a few bytes are more
// framing than is read for nothing.
constexpr std::uint64_t skipped_framing_bytes_max = 16 << 10;

// The system wakes us for a large body once this much has come: fewer wake-ups, and it fits the L2
// cache.
constexpr std::uint64_t low_water_max = 1 << 20;

// A body below this comes in one or two reads anyway: setting the mark would cost more than it
// saves.
constexpr std::uint64_t low_water_body_bytes_min = 64 << 10;

problem too_large(std::uint64_t bytes_max) {
    return {413,
            "the body is larger than " + std::to_string(bytes_max) + " bytes (--body-bytes-max)"};
}

chunk_limits limits_of_chunks(const config& settings) {
    chunk_limits limits;
    limits.chunk_head_bytes_max = settings.chunk_head_bytes_max;
    limits.trailer_bytes_max = settings.trailer_bytes_max;
    limits.overhead_bytes_max = settings.chunk_overhead_bytes_max;
    return limits;
}

void append(body_buffer& to, std::string_view bytes) {
    std::ranges::copy(bytes, reinterpret_cast<char*>(to.data()) + to.size());
    to.resize(to.size() + bytes.size());
}

}  // namespace

outcome<void> body_intake::keep(const request& head, const config& settings, body_pool& pool) {
    clear();
    if (head.body == framing::chunked) {
        chunks_.emplace(limits_of_chunks(settings));
        rest_ = settings.body_bytes_max;
    } else {
        if (head.content_length > settings.body_bytes_max)
            return too_large(settings.body_bytes_max);
        auto memory = pool.take(head.content_length);
        if (!memory) return memory.error();
        body_ = std::move(*memory);
        body_.resize(0);
        rest_ = head.content_length;
    }
    keeps_ = true;
    return {};
}

body_intake::unwanted body_intake::skip(const request& head, const config& settings) {
    clear();
    const bool chunked = head.body == framing::chunked;
    if (!chunked && head.content_length == 0) return unwanted::none;
    if (head.expects_continue || (!chunked && head.content_length > skipped_bytes_max))
        return unwanted::never;
    if (!chunked) {
        rest_ = head.content_length;
        return unwanted::after_reply;
    }
    auto limits = limits_of_chunks(settings);
    limits.framing_bytes_max = skipped_framing_bytes_max;
    chunks_.emplace(limits);
    rest_ = skipped_bytes_max;
    return unwanted::before_reply;
}

outcome<std::size_t> body_intake::take(std::string_view bytes, body_pool& pool) {
    if (chunks_) return take_chunks(bytes, pool);
    const auto body = bytes.substr(0, rest_);
    if (keeps_ && !body.empty()) append(body_, body);
    rest_ -= body.size();
    return body.size();
}

outcome<std::size_t> body_intake::take_chunks(std::string_view bytes, body_pool& pool) {
    std::size_t taken = 0;
    while (!chunks_->done()) {
        if (taken == bytes.size()) return taken;
        const auto decoded = chunks_->next(bytes.substr(taken));
        if (!decoded) return decoded.error();
        const auto data = decoded->data;
        if (data.size() > rest_ && keeps_) return too_large(body_.size() + rest_);
        if (data.size() > rest_ || (!keeps_ && chunks_->is_mostly_framing())) {
            gave_up_ = true;
            break;
        }
        if (keeps_ && !data.empty()) {
            if (const auto grown = pool.grow(body_, body_.size() + data.size()); !grown)
                return grown.error();
            append(body_, data);
        }
        rest_ -= data.size();
        taken += decoded->consumed;
    }
    chunks_.reset();
    rest_ = 0;
    return taken;
}

void body_intake::received(std::size_t count) {
    body_.resize(body_.size() + count);
    rest_ -= count;
}

std::size_t body_intake::low_water() {
    const auto most = rest_ > low_water_body_bytes_min ? low_water_max : low_water_;
    low_water_ = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(rest_, 1, most));
    return low_water_;
}

void body_intake::clear() {
    rest_ = 0;
    if (body_.data() != nullptr) body_ = {};
    chunks_.reset();
    low_water_ = 1;
    keeps_ = gave_up_ = false;
}

}  // namespace lanewise::server
