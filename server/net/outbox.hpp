// What a connection has still to send: the replies that were gathered for it in memory which a
// thread's connections share, then one large body. What the socket does not take at once moves to
// memory of the connection's own, and waits there for room. Knows no socket: whoever sends says how
// much went.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/body_pool.hpp"

namespace lanewise::server {

class outbox {
public:
    /// `gathered` is the thread's: empty while another connection is at work.
    explicit outbox(std::string& gathered) : gathered_(gathered) {}

    /// What is to be sent next: the one, then the other.
    struct parts {
        std::string_view first, second;
    };
    [[nodiscard]] parts unsent() const {
        const auto first = waits_ ? kept_.text() : std::string_view(gathered_);
        return {first.substr(first_sent_),
                has_body() ? body_.text().substr(body_sent_) : std::string_view()};
    }
    [[nodiscard]] bool empty() const { return !waits_ && gathered_.empty() && body_.size() == 0; }

    /// Whether there is a large body, which goes before the head of any further reply.
    [[nodiscard]] bool has_body() const { return body_.size() > 0; }

    /// Follows all that was gathered so far.
    void append(body_buffer body) { body_ = std::move(body); }

    /// So many bytes of unsent() are sent.
    void sent(std::size_t count) {
        if (!waits_ && body_.size() == 0 && first_sent_ == 0 && count == gathered_.size())
            return gathered_.clear();  // as most often
        const auto [first, second] = unsent();
        if (count == first.size() + second.size()) return clear();
        const auto of_first = std::min(count, first.size());
        first_sent_ += of_first;
        body_sent_ += count - of_first;
    }

    /// What is left moves out of shared memory, and waits until all of it is sent; a problem where
    /// the pool has no memory for it.
    [[nodiscard]] outcome<void> wait(body_pool& pool) {
        if (waits_) return {};
        const auto rest = unsent().first;
        if (!rest.empty()) {
            auto memory = pool.take(rest.size());
            if (!memory) return memory.error();
            std::ranges::copy(rest, reinterpret_cast<char*>(memory->data()));
            kept_ = std::move(*memory);
        }
        gathered_.clear();
        first_sent_ = 0;
        waits_ = true;
        return {};
    }
    [[nodiscard]] bool waits() const { return waits_; }

    /// Forgets what is there, and gives all memory back.
    void clear() {
        if (!waits_) gathered_.clear();
        if (kept_.data() != nullptr) kept_ = {};
        if (body_.data() != nullptr) body_ = {};
        first_sent_ = body_sent_ = 0;
        waits_ = false;
    }

private:
    std::string& gathered_;
    body_buffer body_;
    body_buffer kept_;  // of the gathered replies, while this waits
    std::size_t first_sent_ = 0;
    std::size_t body_sent_ = 0;
    bool waits_ = false;
};

}  // namespace lanewise::server
