#include "target.hpp"

#include <algorithm>

#include "syntax.hpp"

namespace lanewise::server {
namespace {

std::string decoded(std::string_view text, bool plus_is_space) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            result += static_cast<char>(syntax::hex_value(text[i + 1]) * 16 +
                                        syntax::hex_value(text[i + 2]));
            i += 2;
        } else {
            result += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return result;
}

}  // namespace

std::string_view normal_path(std::string_view path, std::string& storage) {
    // Either sign of work to do is rare, and this runs for every request.
    if (std::ranges::none_of(path, [](char c) { return c == '%' || c == '.'; })) return path;
    storage.clear();
    // Segments are cut before they are decoded: an encoded slash is a character of its segment.
    for (auto rest = path; !rest.empty();) {
        rest.remove_prefix(1);  // each segment follows a slash
        const auto segment = decoded(rest.substr(0, rest.find('/')), false);
        const bool last = rest.find('/') == std::string_view::npos;
        rest = last ? std::string_view() : rest.substr(rest.find('/'));
        if (segment == ".." || segment == ".") {
            if (segment == ".." && !storage.empty()) storage.erase(storage.rfind('/'));
            if (last) storage += '/';
        } else {
            storage += '/';
            storage += segment.find('/') == std::string::npos ? segment : std::string{"%2F"};
        }
    }
    return storage;
}

bool next_parameter(std::string_view& query, std::string& name, std::string& value) {
    while (query.starts_with('&')) query.remove_prefix(1);
    if (query.empty()) return false;
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(pair.size());
    const auto equals = pair.find('=');
    name = decoded(pair.substr(0, equals), true);
    value =
        equals == std::string_view::npos ? std::string{} : decoded(pair.substr(equals + 1), true);
    return true;
}

}  // namespace lanewise::server
