#include "web_challenges.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>

namespace lanewise::bench::cluster {
namespace {

constexpr std::size_t challenges_max = 8;
constexpr std::size_t parameters_max = 16;

bool is_alphanumeric(char one) noexcept {
    return std::isalnum(static_cast<unsigned char>(one)) != 0;
}

bool is_token(char one) noexcept {
    return is_alphanumeric(one) ||
           (one != '\0' && std::string_view{"!#$%&'*+-.^_`|~"}.find(one) != std::string_view::npos);
}

std::string lower(std::string_view text) {
    std::string made{text};
    std::ranges::transform(made, made.begin(), [](char one) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(one)));
    });
    return made;
}

class challenge_reader {
public:
    explicit challenge_reader(std::string_view text) : rest_{text} {}

    std::vector<web_challenge> read() {
        std::vector<web_challenge> found;
        while (found.size() <= challenges_max) {
            skip(" \t,");
            const auto word = token();
            if (word.empty()) break;
            const auto after_word = rest_;
            skip(" \t");
            if (!rest_.starts_with('=') || found.empty()) {
                rest_ = after_word;
                found.push_back({lower(word), {}});
                skip_token68();
                continue;
            }
            rest_.remove_prefix(1);
            skip(" \t");
            const auto value = rest_.starts_with('"') ? quoted() : std::string{token()};
            if (!value) break;
            auto& parameters = found.back().parameters;
            if (parameters.size() < parameters_max) parameters.emplace(lower(word), *value);
        }
        return found;
    }

private:
    void skip(std::string_view characters) {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
    }

    std::string_view token() {
        const auto end = std::ranges::find_if_not(rest_, is_token);
        const auto found = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(found.size());
        return found;
    }

    std::optional<std::string> quoted() {
        std::string found;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            if (rest_[i] == '"') {
                rest_.remove_prefix(i + 1);
                return found;
            }
            if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
            found += rest_[i];
        }
        return std::nullopt;
    }

    /// What Negotiate and the like put after the scheme, in place of parameters.
    void skip_token68() {
        auto rest = rest_;
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        const auto is_token68 = [](char one) {
            return is_alphanumeric(one) ||
                   std::string_view{"-._~+/"}.find(one) != std::string_view::npos;
        };
        const auto end = std::ranges::find_if_not(rest, is_token68);
        rest.remove_prefix(static_cast<std::size_t>(end - rest.begin()));
        rest.remove_prefix(std::min(rest.find_first_not_of('='), rest.size()));
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        if (rest.empty() || rest.starts_with(',')) rest_ = rest;
    }

    std::string_view rest_;
};

}  // namespace

std::string web_challenge::parameter(const std::string& name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string{} : found->second;
}

std::vector<web_challenge> parse_challenges(std::string_view text) {
    return challenge_reader{text}.read();
}

std::string base64_of(std::string_view bytes) {
    std::string made((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(made.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(bytes.size()));
    made.resize(static_cast<std::size_t>(length));
    return made;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string packed;
    for (const char one : text)
        if (std::isspace(static_cast<unsigned char>(one)) == 0) packed += one;
    while (packed.size() % 4 != 0) packed += '=';
    std::string bytes(packed.size() / 4 * 3, '\0');
    const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                       reinterpret_cast<const unsigned char*>(packed.data()),
                                       static_cast<int>(packed.size()));
    if (length < 0) return std::nullopt;
    const auto padding = packed.ends_with("==") ? 2U : packed.ends_with('=') ? 1U : 0U;
    bytes.resize(static_cast<std::size_t>(length) - padding);
    return bytes;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string made;
    for (const char one : text) {
        if (is_alphanumeric(one) || one == '-' || one == '.' || one == '_' || one == '~') {
            made += one;
            continue;
        }
        const auto byte = static_cast<unsigned char>(one);
        made += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return made;
}

bool is_visible(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char one) { return one > ' ' && one <= '~'; });
}

}  // namespace lanewise::bench::cluster
