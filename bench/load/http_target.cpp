#include "http_target.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>
#include <cctype>
#include <stdexcept>

namespace lanewise::bench {
namespace {

constexpr std::string_view plain_scheme = "http://";
constexpr std::string_view tls_scheme = "https://";
constexpr std::size_t host_length_max = 253;  // of a DNS name in text

bool begins(std::string_view text, std::string_view scheme) noexcept {
    return text.size() >= scheme.size() &&
           std::equal(scheme.begin(), scheme.end(), text.begin(), [](char want, char have) {
               return want == std::tolower(static_cast<unsigned char>(have));
           });
}

bool is_digit(char one) noexcept {
    return one >= '0' && one <= '9';
}

bool is_hexadecimal(char one) noexcept {
    return std::isxdigit(static_cast<unsigned char>(one)) != 0;
}

std::string percent_encoded(char one) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(one);
    return {'%', digits[byte >> 4], digits[byte & 15]};
}

std::string_view authority_of(std::string_view url, std::size_t start) {
    return url.substr(start, url.find_first_of("/?#", start) - start);
}

/// For a message: without a password, and without bytes that a terminal would act on.
std::string shown(std::string_view url) {
    std::string text{url};
    if (const auto start = url.find("://"); start != std::string_view::npos) {
        const auto at = authority_of(url, start + 3).rfind('@');
        if (at != std::string_view::npos) text.replace(start + 3, at, "...");
    }
    std::string visible;
    for (const char one : text)
        visible += one >= ' ' && one <= '~' ? std::string{one} : percent_encoded(one);
    return visible;
}

class url_reader {
public:
    explicit url_reader(const std::string& url) : url_{url} { target_.url = url; }

    http_target read() {
        target_.tls = begins(url_, tls_scheme);
        if (!target_.tls && !begins(url_, plain_scheme))
            throw wrong("does not start with http:// or https://");
        const auto start = target_.tls ? tls_scheme.size() : plain_scheme.size();
        const auto authority = authority_of(url_, start);
        read_authority(authority);
        read_path(std::string_view{url_}.substr(start + authority.size()));
        return target_;
    }

private:
    [[nodiscard]] std::invalid_argument wrong(const std::string& what) const {
        return std::invalid_argument{"\"" + shown(url_) + "\" " + what +
                                     "; a URL looks like http://host:8080/path"};
    }

    void read_authority(std::string_view authority) {
        if (authority.find('@') != std::string_view::npos) {
            throw wrong("holds a user name; say who asks by --header \"Authorization: Basic ...\"");
        }
        const bool bracketed = authority.starts_with('[');
        const auto closing = authority.find(']');
        if (bracketed && closing == std::string_view::npos)
            throw wrong("has a bracket that is not closed");
        const auto host_end =
            bracketed ? closing + 1 : std::min(authority.find(':'), authority.size());
        const auto rest = authority.substr(host_end);
        if (!bracketed && std::ranges::count(rest, ':') > 1)
            throw wrong("holds an IPv6 address without brackets, as in http://[::1]:8080/");
        if (bracketed) {
            read_v6(authority.substr(1, closing - 1));
        } else {
            read_name(authority.substr(0, host_end));
        }
        if (!rest.empty() && !rest.starts_with(':'))
            throw wrong("has something between the address and its port");
        read_port(rest.empty() ? rest : rest.substr(1));
    }

    void read_v6(std::string_view text) {
        // RFC 6874: in a URL the zone follows an encoded percent sign; people write a bare one too.
        const auto percent = text.find('%');
        std::string address{text.substr(0, percent)};
        boost::system::error_code error;
        boost::asio::ip::make_address_v6(address, error);
        if (error) throw wrong("holds no IPv6 address between its brackets");
        if (percent == std::string_view::npos) {
            target_.host = address;
            return;
        }
        auto zone = text.substr(percent + 1);
        if (zone.starts_with("25")) zone.remove_prefix(2);
        const bool plain = !zone.empty() && std::ranges::all_of(zone, [](char one) {
            return std::isalnum(static_cast<unsigned char>(one)) != 0 || one == '-' || one == '_' ||
                   one == '.';
        });
        if (!plain) throw wrong("names no zone after the address");
        target_.host = address + "%" + std::string{zone};
    }

    void read_name(std::string_view name) {
        if (name.empty()) throw wrong("names no host");
        if (name.size() > host_length_max) throw wrong("names a host of over 253 characters");
        for (const char one : name) {
            if (static_cast<unsigned char>(one) > '~') {
                throw wrong(
                    "names a host with other than ASCII letters; such names have an ASCII "
                    "form that starts with xn--");
            }
            const bool fits = std::isalnum(static_cast<unsigned char>(one)) != 0 || one == '-' ||
                              one == '_' || one == '.';
            if (!fits) throw wrong("has a " + in_words(one) + " in its host's name");
        }
        target_.host = name;
    }

    void read_port(std::string_view text) {
        if (!std::ranges::all_of(text, is_digit)) throw wrong("names no port from 1 to 65535");
        if (text.empty()) {
            target_.port = target_.tls ? "443" : "80";
            return;
        }
        text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
        if (text.empty() || text.size() > 5 || std::stoi(std::string{text}) > 65535)
            throw wrong("names no port from 1 to 65535");
        target_.port = text;
    }

    void read_path(std::string_view text) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char one = text[i];
            if (one == '#') {
                throw wrong(
                    "has a fragment, which no client sends; leave it out, or write %23 for "
                    "a # that belongs to the path");
            }
            if (one == '%') {
                const bool whole = i + 2 < text.size() && is_hexadecimal(text[i + 1]) &&
                                   is_hexadecimal(text[i + 2]);
                if (!whole) {
                    throw wrong(
                        "has a % that no two hexadecimal digits follow; a percent sign "
                        "itself is written %25");
                }
            }
            // What RFC 3986 leaves out and a request line could not hold unambiguously. Brackets
            // are left out there too, but every browser sends them.
            const bool unfit = one <= ' ' || one > '~' ||
                               std::string_view{"\"<>\\^`{|}"}.find(one) != std::string_view::npos;
            if (unfit) {
                throw wrong("has a " + in_words(one) + ", which is written " +
                            percent_encoded(one));
            }
        }
        target_.path = text.starts_with('/') ? std::string{text} : "/" + std::string{text};
    }

    static std::string in_words(char one) {
        if (one == ' ') return "space";
        if (one > ' ' && one <= '~') return std::string{one};
        return static_cast<unsigned char>(one) > '~' ? "character that is not ASCII"
                                                     : "control character";
    }

    const std::string& url_;
    http_target target_;
};

}  // namespace

std::string http_target::authority() const {
    const auto zone = host.find('%');
    const bool v6 = host.find(':') != std::string::npos;
    const auto name = v6 ? "[" + host.substr(0, zone) + "]" : host;
    return port == (tls ? "443" : "80") ? name : name + ":" + port;
}

http_target parse_url(const std::string& url) {
    return url_reader{url}.read();
}

bool looks_like_url(std::string_view text) noexcept {
    return begins(text, plain_scheme) || begins(text, tls_scheme);
}

}  // namespace lanewise::bench
