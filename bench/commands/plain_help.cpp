#include "plain_help.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>

namespace lanewise::bench {
namespace {

constexpr std::size_t description_column = 30;
constexpr std::size_t columns_max = 110;

/// "10000000" of "1e+07"; what is no number, or no whole one, stays.
std::string plainly(const std::string& word) {
    if (word.find('e') == std::string::npos) return word;
    double number = 0;
    const auto* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, number);
    constexpr double exact_max = 9e15;  // whole numbers up to there are exact
    if (error != std::errc{} || stop != end || number != std::trunc(number) ||
        std::abs(number) > exact_max)
        return word;
    return std::to_string(static_cast<long long>(number));
}

/// "1 to 1000" of "INT:NUMBER in [1 - 1000]".
std::string range_of(const std::string& type) {
    constexpr std::string_view opening = " in [", dash = " - ";
    const auto open = type.find(opening);
    const auto close = type.find(']', open);
    if (open == std::string::npos || close == std::string::npos) return {};
    const auto from = open + opening.size();
    auto range = type.substr(from, close - from);
    const auto middle = range.find(dash);
    if (middle != std::string::npos) range.replace(middle, dash.size(), " to ");
    return range;
}

std::string wrapped(const std::string& text) {
    std::string lines;
    std::size_t column = description_column;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        const auto word = text.substr(at, end - at);
        if (at > 0 && column + 1 + word.size() > columns_max) {
            lines += "\n" + std::string(description_column, ' ');
            column = description_column;
        } else if (at > 0) {
            lines += " ";
            ++column;
        }
        lines += word;
        column += word.size();
        at = end + 1;
    }
    return lines;
}

}  // namespace

plain_help::plain_help() {
    label("Positionals", "Arguments");
    label("Subcommands", "Commands");
    label("SUBCOMMAND", "COMMAND");
}

std::string plain_help::make_option(const CLI::Option* option, bool is_positional) const {
    auto name = make_option_name(option, is_positional);
    if (const auto brace = name.find('{'); brace != std::string::npos)  // what a flag sets
        name.erase(brace, name.find('}', brace) + 1 - brace);
    auto line = "  " + name + make_option_opts(option);
    if (line.size() + 2 > description_column) {
        line += "\n" + std::string(description_column, ' ');
    } else {
        line.resize(description_column, ' ');
    }
    return line + wrapped(make_option_desc(option)) + "\n";
}

std::string plain_help::make_option_opts(const CLI::Option* option) const {
    if (option->get_type_size() == 0) return {};
    auto type = option->get_type_name();
    type.resize(std::min(type.find(':'), type.size()));
    if (type == "INT" || type == "UINT" || type == "FLOAT") type = "NUMBER";
    if (type.empty()) return {};
    return " " + type + (option->get_expected_max() > 1 ? " ..." : "");
}

std::string plain_help::make_option_desc(const CLI::Option* option) const {
    auto text = option->get_description();
    std::string more = range_of(option->get_type_name());
    const auto& otherwise = option->get_default_str();
    if (!otherwise.empty() && option->get_type_size() > 0)
        more += (more.empty() ? "" : "; ") + ("default: " + plainly(otherwise));
    if (option->get_type_size() > 0 && option->get_required()) more = "required";
    if (!more.empty()) {
        if (text.ends_with(")") && text.find("(default: ") != std::string::npos) {
            text.back() = ';';
            text += " " + more + ")";
        } else {
            text += " (" + more + ")";
        }
    }
    for (const auto* other : option->get_excludes()) {
        const auto name = other->get_name();
        if (text.find(name) == std::string::npos) text += "; not with " + name;
    }
    return text;
}

}  // namespace lanewise::bench
