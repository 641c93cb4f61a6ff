#include "log_document.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "bench/documents/sha256.hpp"

namespace lanewise::bench::cluster {
namespace {

constexpr std::string_view beginning = "lanewise-document bytes=";
constexpr std::string_view hash_follows = " sha256=";
constexpr std::string_view ending = "lanewise-document end";
constexpr std::size_t words_max = 300;

std::string_view next_line(std::string_view& rest) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

struct announcement {
    std::size_t bytes;
    std::string hash;
};

std::optional<announcement> announced(std::string_view line) {
    if (!line.starts_with(beginning)) return std::nullopt;
    line.remove_prefix(beginning.size());
    announcement found{};
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), found.bytes);
    if (error != std::errc{}) return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    if (!line.starts_with(hash_follows)) return std::nullopt;
    found.hash = line.substr(hash_follows.size());
    const bool is_hash = found.hash.size() == 64 && std::ranges::all_of(found.hash, [](char one) {
                             return (one >= '0' && one <= '9') || (one >= 'a' && one <= 'f');
                         });
    return is_hash ? std::optional{found} : std::nullopt;
}

/// None where a letter is none of base64's.
bool append_base64(std::string_view line, std::string& to, std::uint32_t& bits, int& count) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (const char letter : line) {
        if (letter == '=') continue;
        const auto value = alphabet.find(letter);
        if (value == alphabet.npos) return false;
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        if ((count += 6) < 8) continue;
        count -= 8;
        to += static_cast<char>((bits >> count) & 0xff);
    }
    return true;
}

}  // namespace

std::variant<std::string, log_fault> document_in(std::string_view log) {
    std::optional<announcement> said;
    std::string text;
    std::uint32_t bits = 0;
    int count = 0;
    while (!log.empty()) {
        const auto line = next_line(log);
        if (line == ending && said) {
            if (text.size() != said->bytes) {
                return log_fault{"the document has " + std::to_string(text.size()) +
                                 " bytes, not " + std::to_string(said->bytes)};
            }
            if (sha256_hex(text) != said->hash)
                return log_fault{"the document's hash is not the one that was announced"};
            return text;
        }
        if (auto found = announced(line)) {
            if (said) return log_fault{"the log holds two documents"};
            said = std::move(found);
        } else if (said && !append_base64(line, text, bits, count)) {
            return log_fault{"the document is garbled"};
        }
    }
    return log_fault{said ? "the log is cut: the document's end is missing"
                          : "the log holds no document"};
}

std::string last_words(std::string_view log) {
    std::string_view last;
    while (!log.empty()) {
        const auto line = next_line(log);
        // The wrapper only repeats that its command failed.
        const bool speaks = line.find_first_not_of(" \t") != line.npos;
        if (speaks && !line.starts_with("lanewise-job:")) last = line;
    }
    return std::string{last.substr(0, words_max)};
}

}  // namespace lanewise::bench::cluster
