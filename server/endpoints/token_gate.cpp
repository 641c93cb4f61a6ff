#include "token_gate.hpp"

#include <stdexcept>
#include <utility>

#include "server/http/syntax.hpp"

namespace lanewise::server {
namespace {

// A bearer token has a few hundred characters (RFC 6750); a file of more is a mistake.
constexpr std::uint64_t token_bytes_max = 64 << 10;

// Without line ends and spaces around it.
std::string trimmed_token(const std::string& text) {
    constexpr const char* spaces = " \t\r\n\v\f";
    const auto begin = text.find_first_not_of(spaces);
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(spaces) + 1 - begin);
}

}  // namespace

token_gate::token_gate(std::string path, const std::string& setting)
    : file_(std::move(path), token_bytes_max) {
    if (file_.path().empty()) return;
    if (!refresh())
        throw std::runtime_error(setting + ": " + file_.path() +
                                 " can't be read, or holds no token");
}

bool token_gate::admits(std::string_view authorization) const {
    if (file_.path().empty()) return true;
    const auto token = token_.load();
    constexpr std::string_view scheme = "Bearer ";
    if (authorization.size() < scheme.size() ||
        !syntax::equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) {
        return false;
    }
    const auto given = syntax::trimmed(authorization.substr(scheme.size()));
    // Looks at every character of what was given, whatever the first difference.
    unsigned different = given.size() == token->size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        different |= static_cast<unsigned>(given[i] ^ (*token)[i % token->size()]);
    }
    return different == 0;
}

bool token_gate::refresh() {
    if (file_.path().empty()) return false;
    const auto text = file_.read_if_changed();
    if (!text) return false;
    auto token = trimmed_token(*text);
    if (token.empty()) return false;
    token_.store(std::make_shared<const std::string>(std::move(token)));
    return true;
}

}  // namespace lanewise::server
