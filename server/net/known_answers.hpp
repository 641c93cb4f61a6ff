// The heads that came last of those that decide their answer alone, byte for byte, on any
// connection and at any time. A probe, a poll, a load test asks the same bytes again: a comparison
// then does for a parse, at half the instructions.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "server/http/reply.hpp"

namespace lanewise::server {

class known_answers {
public:
    struct answer {
        std::string head;
        const resource* fixed = nullptr;  // null: not used yet
        std::size_t route = 0;
    };

    /// The answer to the head that these bytes begin with, or null.
    [[nodiscard]] const answer* find(std::string_view bytes) const {
        for (const auto& one : answers_) {
            if (one.fixed != nullptr && bytes.starts_with(one.head)) return &one;
        }
        return nullptr;
    }

    /// Takes the place of the answer that was remembered first.
    void remember(std::string_view head, const resource& fixed, std::size_t route) {
        if (head.size() > head_bytes_max) return;
        auto& place = answers_[next_++ % answers_.size()];
        place.fixed = nullptr;  // until its head is there, for which there may be no memory
        place.head = head;
        place.fixed = &fixed;
        place.route = route;
    }

private:
    static constexpr std::size_t head_bytes_max = 1 << 10;

    // A few clients at once ask for different things; more would make each miss dearer.
    std::array<answer, 4> answers_;
    std::size_t next_ = 0;
};

}  // namespace lanewise::server
