#include "fields.hpp"

#include <boost/json/parse.hpp>

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

std::optional<json::value> parsed(std::string_view text) {
    json::parse_options options;
    // Older kubectls print managedFields, which nest about twice as deep as what they describe.
    options.max_depth = 64;
    boost::system::error_code error;
    auto value = json::parse(text, error, {}, options);
    if (error) return std::nullopt;
    return value;
}

}  // namespace lanewise::bench::cluster
