#include "token_gate.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "syntax.hpp"

namespace lanewise::server {
namespace {

// The file's text without line ends and spaces around it; nullopt if there is none.
std::optional<std::string> token_in(const std::string& path) {
    std::ifstream file(path);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
    text.erase(0, text.find_first_not_of(" \t\r\n"));
    if (!file.good() && text.empty()) return std::nullopt;
    return text.empty() ? std::nullopt : std::optional(text);
}

bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

token_gate::token_gate(std::string path) : path_(std::move(path)) {
    if (path_.empty()) return;
    if (!refresh())
        throw std::runtime_error("--token-file: " + path_ + " can't be read, or holds no token");
}

bool token_gate::admits(std::string_view authorization) const {
    if (path_.empty()) return true;
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
    if (path_.empty()) return false;
    struct stat now{};
    if (stat(path_.c_str(), &now) != 0 || same_file(now, seen_)) return false;
    auto text = token_in(path_);
    if (!text) return false;
    seen_ = now;
    token_.store(std::make_shared<const std::string>(std::move(*text)));
    return true;
}

}  // namespace lanewise::server
