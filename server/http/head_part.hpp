// Views that can't outlive their bytes by mistake: what a parsed request says is a part of the head
// that the connection holds, or a literal, and nothing else converts to it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace lanewise::server {

class head_bytes;

/// A part of a request's head. Valid as long as the bytes that head_bytes was made of.
class head_part : public std::string_view {
public:
    constexpr head_part() = default;

    /// A literal lives for ever.
    template <std::size_t Size>
    consteval head_part(const char (&literal)[Size]) : std::string_view(literal, Size - 1) {}

    /// A part of this part.
    [[nodiscard]] constexpr head_part part(std::size_t at, std::size_t count = npos) const {
        return head_part(substr(at, count));
    }

private:
    friend head_bytes;
    constexpr explicit head_part(std::string_view bytes) : std::string_view(bytes) {}
};

/// One request's head, as a parser sees it: maybe a copy with something mended, as long as the
/// original byte for byte. Parts are always of the original.
class head_bytes {
public:
    explicit head_bytes(std::string_view original) : head_bytes(original, original) {}
    head_bytes(std::string_view original, std::string_view copy)
        : original_(original), read_(copy.size() == original.size() ? copy : std::string_view()) {}

    [[nodiscard]] std::string_view read() const { return read_; }

    /// The part of the original that stands where a parser saw this; nothing where it saw other
    /// bytes than ours.
    [[nodiscard]] std::optional<head_part> part(std::string_view seen) const {
        if (seen.data() == nullptr) return head_part();
        const char* const end = read_.data() + read_.size();
        const std::less_equal<> at_most;
        if (!at_most(read_.data(), seen.data()) || !at_most(seen.data() + seen.size(), end))
            return std::nullopt;
        return head_part(
            original_.substr(static_cast<std::size_t>(seen.data() - read_.data()), seen.size()));
    }

private:
    std::string_view original_, read_;
};

}  // namespace lanewise::server
