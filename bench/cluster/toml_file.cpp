// The library's own functions are compiled here, once.
#define TOML_IMPLEMENTATION
#include "toml_file.hpp"

#include <stdexcept>
#include <utility>

namespace lanewise::bench::cluster {

toml_file::toml_file(std::string name, std::string_view text) : name_{std::move(name)} {
    if (text.size() > bytes_max)
        throw std::invalid_argument{name_ + ": is larger than 1 MiB, which no such file is"};
    try {
        root_ = toml::parse(text, name_);
    } catch (const toml::parse_error& error) {
        wrong_at(error.source().begin, "this is no TOML: " + std::string{error.description()});
    }
}

void toml_file::wrong_at(const toml::source_position& where, const std::string& what) const {
    const auto line = where ? ", line " + std::to_string(where.line) : std::string{};
    throw std::invalid_argument{name_ + line + ": " + what};
}

void toml_file::wrong(const toml::node& at, const std::string& what) const {
    wrong_at(at.source().begin, what);
}

void toml_file::wrong(const toml::table& in, std::string_view key, const std::string& what) const {
    const auto* node = in.get(key);
    wrong(node ? *node : static_cast<const toml::node&>(in), what);
}

std::string toml_file::text(const toml::table& from, std::string_view key) const {
    const auto* node = from.get(key);
    if (!node) return {};
    if (!node->is_string())
        wrong(*node, std::string{key} + " is no text, as in " + std::string{key} + " = \"...\"");
    return node->as_string()->get();
}

std::optional<bool> toml_file::flag(const toml::table& from, std::string_view key) const {
    const auto* node = from.get(key);
    if (!node) return std::nullopt;
    if (!node->is_boolean()) wrong(*node, std::string{key} + " is neither true nor false");
    return node->as_boolean()->get();
}

std::vector<std::string> toml_file::texts(const toml::table& from, std::string_view key) const {
    std::vector<std::string> found;
    const auto* node = from.get(key);
    if (!node) return found;
    const auto what = std::string{key} + " is no list of texts, as in " + std::string{key} +
                      " = [\"...\", \"...\"]";
    if (!node->is_array()) wrong(*node, what);
    for (const auto& one : *node->as_array()) {
        if (!one.is_string()) wrong(one, what);
        found.push_back(one.as_string()->get());
    }
    return found;
}

std::vector<const toml::table*> toml_file::tables(const toml::table& from,
                                                  std::string_view key) const {
    std::vector<const toml::table*> found;
    const auto* node = from.get(key);
    if (!node) return found;
    const auto what =
        std::string{key} + " is no list of tables: each begins with [[" + std::string{key} + "]]";
    if (!node->is_array()) wrong(*node, what);
    for (const auto& one : *node->as_array()) {
        if (!one.is_table()) wrong(one, what);
        found.push_back(one.as_table());
    }
    return found;
}

const toml::table* toml_file::table(const toml::table& from, std::string_view key) const {
    const auto* node = from.get(key);
    if (node && !node->is_table()) wrong(*node, std::string{key} + " is no table");
    return node ? node->as_table() : nullptr;
}

}  // namespace lanewise::bench::cluster
