// The rest of session.hpp: a request's body, by its length or in chunks, kept for a kernel or read
// and forgotten.
#include <algorithm>

#include "server/http/request_parser.hpp"
#include "session.hpp"
#include "shard.hpp"

namespace lanewise::server {
namespace {

// An unwanted body up to this size is read and forgotten, and the connection goes on; a larger one
// ends it.
constexpr std::uint64_t skipped_bytes_max = 64 << 10;

// Chunks of 4 KiB need a hundredth of this around so much data; chunks of a few bytes are more
// framing than is read for nothing.
constexpr std::uint64_t skipped_framing_bytes_max = 16 << 10;

chunk_limits limits_of_chunks(const config& settings) {
    chunk_limits limits;
    limits.chunk_head_bytes_max = settings.chunk_head_bytes_max;
    limits.trailer_bytes_max = settings.trailer_bytes_max;
    limits.overhead_bytes_max = settings.chunk_overhead_bytes_max;
    return limits;
}

problem too_large(const config& settings) {
    return {413, "the body is larger than " + std::to_string(settings.body_bytes_max) +
                     " bytes (--body-bytes-max)"};
}

}  // namespace

// A kernel's input: memory is reserved before a byte of it is read.
void session::expect_body(const request& head) {
    const auto& settings = shared_.settings;
    if (head.body == framing::length) {
        if (head.content_length > settings.body_bytes_max) return refuse(too_large(settings));
        auto memory = shared_.bodies.take(head.content_length);
        if (!memory) return refuse(memory.error());
        body_ = std::move(*memory);
        body_.resize(0);
        body_rest_ = head.content_length;
    } else {
        chunks_.emplace(limits_of_chunks(settings));
    }
    stage_ = stage::body;
    if (head.expects_continue) home_.out += "HTTP/1.1 100 Continue\r\n\r\n";
}

// A body that came all the same is read and forgotten if it is small, else the reply is the last.
// One in chunks is read before the reply: only a well-formed one may have another than 400.
void session::expect_nothing(const request& head) {
    if (head.body == framing::none || (head.body == framing::length && head.content_length == 0))
        return;
    must_linger_ = true;
    const bool small = head.body == framing::chunked || head.content_length <= skipped_bytes_max;
    if (!small || head.expects_continue) {
        delivery_.keep_alive = false;
        return;
    }
    body_rest_ = head.content_length;
    if (head.body == framing::chunked) {
        auto limits = limits_of_chunks(shared_.settings);
        limits.framing_bytes_max = skipped_framing_bytes_max;
        chunks_.emplace(limits);
        body_rest_ = skipped_bytes_max;
        stage_ = stage::body;
    }
}

session::step session::take_body() {
    if (chunks_) {
        if (const auto taken = take_chunks(); taken != step::next || hang_up_) return taken;
    } else {
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(body_rest_, input_.view().size()));
        if (wants_body() && count > 0) {
            std::copy_n(input_.view().data(), count,
                        reinterpret_cast<char*>(body_.data()) + body_.size());
            body_.resize(body_.size() + count);
        }
        input_.consume(count);
        body_rest_ -= count;
        moved_bytes_ += count;
        if (body_rest_ > 0) return step::need_input;
    }
    restart_clock();
    if (stage_ == stage::head) return step::next;
    set_low_water(1);
    stage_ = stage::head;
    if (call_) {
        answer(std::move(*std::exchange(call_, std::nullopt)));
    } else {
        answer(std::move(*std::exchange(decided_, nullptr)));
    }
    return stage_ == stage::computing ? step::waiting : step::next;
}

session::step session::take_chunks() {
    while (!chunks_->done()) {
        if (input_.empty()) return step::need_input;
        const auto decoded = chunks_->next(input_.view());
        if (!decoded) {
            refuse(decoded.error());
            return step::next;
        }
        const auto& data = decoded->data;
        if (wants_body() && body_.size() + data.size() > shared_.settings.body_bytes_max) {
            refuse(too_large(shared_.settings));
            return step::next;
        }
        if (wants_body()) {
            if (const auto grown = shared_.bodies.grow(body_, body_.size() + data.size()); !grown) {
                refuse(grown.error());
                return step::next;
            }
            std::copy_n(data.data(), data.size(),
                        reinterpret_cast<char*>(body_.data()) + body_.size());
            body_.resize(body_.size() + data.size());
        } else if (data.size() > body_rest_ || chunks_->is_mostly_framing()) {
            // What follows is too much to read for nothing.
            delivery_.keep_alive = false;
            break;
        } else {
            body_rest_ -= data.size();
        }
        moved_bytes_ += decoded->consumed;
        input_.consume(decoded->consumed);
    }
    chunks_.reset();
    body_rest_ = 0;
    return step::next;
}

}  // namespace lanewise::server
