#include "exemplars.hpp"

#include <charconv>
#include <string_view>

namespace lanewise::server {
namespace {

constexpr int tries_max = 8;
constexpr std::size_t digits_a_word = 16;

std::uint64_t word_of(const char* digits) {
    std::uint64_t value = 0;
    std::from_chars(digits, digits + digits_a_word, value, 16);
    return value;
}

void write_word(std::uint64_t value, char* digits) {
    constexpr std::string_view letters = "0123456789abcdef";
    for (std::size_t i = digits_a_word; i > 0; --i, value >>= 4)
        digits[i - 1] = letters[value & 15];
}

}  // namespace

void exemplar_slot::put(const exemplar& latest) {
    const std::array<std::uint64_t, 5> words{
        word_of(latest.of.trace.data()), word_of(latest.of.trace.data() + digits_a_word),
        word_of(latest.of.span.data()), static_cast<std::uint64_t>(latest.duration.count()),
        static_cast<std::uint64_t>(latest.at.count())};
    const auto version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < words.size(); ++i)
        words_[i].store(words[i], std::memory_order_release);
    version_.store(version + 2, std::memory_order_release);
}

std::optional<exemplar> exemplar_slot::get() const {
    for (int i = 0; i < tries_max; ++i) {
        const auto version = version_.load(std::memory_order_acquire);
        if (version == 0) return std::nullopt;
        std::array<std::uint64_t, 5> words;
        for (std::size_t word = 0; word < words.size(); ++word)
            words[word] = words_[word].load(std::memory_order_acquire);
        if (version % 2 != 0 || version_.load(std::memory_order_relaxed) != version) continue;
        exemplar found{{}, std::chrono::nanoseconds(words[3]), std::chrono::milliseconds(words[4])};
        write_word(words[0], found.of.trace.data());
        write_word(words[1], found.of.trace.data() + digits_a_word);
        write_word(words[2], found.of.span.data());
        return found;
    }
    return std::nullopt;
}

}  // namespace lanewise::server
