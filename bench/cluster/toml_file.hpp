// A TOML file that somebody wrote for another program: its fields by kind, and errors that name
// file and line.
#pragma once

#include <toml++/toml.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lanewise::bench::cluster {

/// Every member throws std::invalid_argument where a field is of another kind than the program that
/// the file is for would take: "registries.conf, line 3: location is no text".
class toml_file {
public:
    /// Throws where the text is no TOML, or larger than any such file.
    toml_file(std::string name, std::string_view text);

    [[nodiscard]] const toml::table& root() const noexcept { return root_; }

    /// Empty where it is missing.
    [[nodiscard]] std::string text(const toml::table& from, std::string_view key) const;
    /// None where it is missing.
    [[nodiscard]] std::optional<bool> flag(const toml::table& from, std::string_view key) const;
    /// Of an array of texts; empty where it is missing.
    [[nodiscard]] std::vector<std::string> texts(const toml::table& from,
                                                 std::string_view key) const;
    /// Of an array of tables; empty where it is missing.
    [[nodiscard]] std::vector<const toml::table*> tables(const toml::table& from,
                                                         std::string_view key) const;
    /// Null where it is missing.
    [[nodiscard]] const toml::table* table(const toml::table& from, std::string_view key) const;

    [[noreturn]] void wrong(const toml::node& at, const std::string& what) const;
    /// At a field of a table, or at the table where it has no such field.
    [[noreturn]] void wrong(const toml::table& in, std::string_view key,
                            const std::string& what) const;

    static constexpr std::size_t bytes_max = std::size_t{1} << 20;

private:
    [[noreturn]] void wrong_at(const toml::source_position& where, const std::string& what) const;

    std::string name_;
    toml::table root_;
};

}  // namespace lanewise::bench::cluster
