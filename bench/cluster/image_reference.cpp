#include "image_reference.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace lanewise::bench::cluster {
namespace {

constexpr std::size_t name_length_max = 255;  // of registry and repository together
constexpr std::size_t tag_length_max = 128;
constexpr std::size_t digest_length_max = 160;  // sha512 has 135

bool is_lower(char one) noexcept {
    return one >= 'a' && one <= 'z';
}
bool is_digit(char one) noexcept {
    return one >= '0' && one <= '9';
}
bool is_letter(char one) noexcept {
    return is_lower(one) || (one >= 'A' && one <= 'Z');
}

/// Lower-case letters and digits, between them one dot, one or two underscores, or dashes.
bool is_component(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto start = i;
        while (i < text.size() && (is_lower(text[i]) || is_digit(text[i]))) ++i;
        if (i == start) return false;
        if (i == text.size()) return true;
        const auto separator = i;
        while (i < text.size() && text[i] == text[separator] &&
               (text[i] == '.' || text[i] == '_' || text[i] == '-')) {
            ++i;
        }
        const auto length = i - separator;
        const auto most = text[separator] == '.' ? 1 : text[separator] == '_' ? 2 : text.size();
        if (length == 0 || length > most) return false;
    }
    return false;
}

bool is_repository(std::string_view text) {
    while (true) {
        const auto end = text.find('/');
        if (!is_component(text.substr(0, end))) return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, port);
    return error == std::errc{} && end == last && port > 0;
}

bool is_registry(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return false;
        boost::system::error_code error;
        boost::asio::ip::make_address_v6(std::string{text.substr(1, end - 1)}, error);
        const auto rest = text.substr(end + 1);
        return !error && (rest.empty() || (rest.starts_with(':') && is_port(rest.substr(1))));
    }
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) return false;
    const auto host = text.substr(0, colon);
    return !host.empty() && !host.starts_with('-') && !host.starts_with('.') &&
           host.find("..") == std::string_view::npos && std::ranges::all_of(host, [](char one) {
               return is_letter(one) || is_digit(one) || one == '.' || one == '-';
           });
}

bool is_tag(std::string_view text) {
    return !text.empty() && text.size() <= tag_length_max && text.front() != '.' &&
           text.front() != '-' && std::ranges::all_of(text, [](char one) {
               return is_letter(one) || is_digit(one) || one == '_' || one == '.' || one == '-';
           });
}

/// Docker's rule for the part before the first slash: a host has a dot, a port or a capital, or is
/// localhost.
bool names_registry(std::string_view first) {
    return first == "localhost" || first.find_first_of(".:") != std::string_view::npos ||
           std::ranges::any_of(first, [](char one) { return one >= 'A' && one <= 'Z'; });
}

}  // namespace

bool is_digest(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || text.size() > digest_length_max) return false;
    const auto algorithm = text.substr(0, colon), digits = text.substr(colon + 1);
    const bool named = !algorithm.empty() && std::ranges::all_of(algorithm, [](char one) {
        return is_lower(one) || is_digit(one) || one == '+' || one == '.' || one == '_' ||
               one == '-';
    });
    const bool hexadecimal = std::ranges::all_of(
        digits, [](char one) { return is_digit(one) || (one >= 'a' && one <= 'f'); });
    return named && hexadecimal && digits.size() >= 32 &&
           (algorithm != "sha256" || digits.size() == 64);
}

std::string_view registry_of(std::string_view host) noexcept {
    return host == "index.docker.io" || host == "registry-1.docker.io" ? "docker.io" : host;
}

std::string_view host_of(std::string_view registry) noexcept {
    return registry == "docker.io" ? "registry-1.docker.io" : registry;
}

std::optional<image_reference> parse_image(std::string_view text) {
    image_reference found;
    if (const auto at = text.find('@'); at != std::string_view::npos) {
        found.digest = text.substr(at + 1);
        if (!is_digest(found.digest)) return std::nullopt;
        text = text.substr(0, at);
    }
    const auto slash = text.rfind('/');
    const auto name_start = slash == std::string_view::npos ? 0 : slash + 1;
    if (const auto colon = text.find(':', name_start); colon != std::string_view::npos) {
        found.tag = text.substr(colon + 1);
        if (!is_tag(found.tag)) return std::nullopt;
        text = text.substr(0, colon);
    }
    if (found.tag.empty() && found.digest.empty()) found.tag = "latest";
    if (text.size() > name_length_max) return std::nullopt;

    const auto first = text.find('/');
    if (first != std::string_view::npos && names_registry(text.substr(0, first))) {
        found.registry = text.substr(0, first);
        found.repository = text.substr(first + 1);
        if (!is_registry(found.registry)) return std::nullopt;
        found.registry = std::string{registry_of(found.registry)};
    } else {
        found.registry = "docker.io";
        found.repository = found.short_name = text;
    }
    if (!is_repository(found.repository)) return std::nullopt;
    if (found.registry == "docker.io" && found.repository.find('/') == std::string::npos)
        found.repository = "library/" + found.repository;
    return found;
}

bool is_loopback(std::string_view registry) {
    if (registry.starts_with("[::1]")) return true;
    const auto host = registry.substr(0, registry.find(':'));
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address_v4(std::string{host}, error);
    return !error && address.is_loopback();
}

}  // namespace lanewise::bench::cluster
