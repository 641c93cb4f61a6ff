#include "fields.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/stream_parser.hpp>

namespace lanewise::bench::cluster {

namespace json = boost::json;

const json::value* field(const json::value& from, field_path path) {
    const auto* at = &from;
    for (const auto name : path) {
        const auto* fields = at->if_object();
        at = fields ? fields->if_contains(name) : nullptr;
        if (!at) return nullptr;
    }
    return at;
}

std::string text_of(const json::value& from, field_path path) {
    const auto* found = field(from, path);
    return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}

const json::array& list_of(const json::value& from, field_path path) {
    static const json::array none;
    const auto* found = field(from, path);
    return found && found->is_array() ? found->get_array() : none;
}

const json::object& object_of(const json::value& from, field_path path) {
    static const json::object none;
    const auto* found = field(from, path);
    return found && found->is_object() ? found->get_object() : none;
}

namespace {

json::parse_options deep_enough() {
    json::parse_options options;
    // Older kubectls print managedFields, which nest about twice as deep as what they describe.
    options.max_depth = 64;
    return options;
}

}  // namespace

std::optional<json::value> parsed(std::string_view text) {
    boost::system::error_code error;
    auto value = json::parse(text, error, {}, deep_enough());
    if (error) return std::nullopt;
    return value;
}

std::optional<std::vector<json::value>> parsed_all(std::string_view text) {
    std::vector<json::value> found;
    json::stream_parser parser{{}, deep_enough()};
    boost::system::error_code error;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
        if (text.empty()) return found;
        parser.reset();
        text.remove_prefix(parser.write_some(text.data(), text.size(), error));
        if (!error && !parser.done()) parser.finish(error);
        if (error) return std::nullopt;
        found.push_back(parser.release());
    }
}

}  // namespace lanewise::bench::cluster
