#include "usage_complaint.hpp"

#include <string_view>
#include <vector>

#include "program/nearest.hpp"

namespace lanewise::bench {
namespace {

struct reached_command {
    const CLI::App* app;
    std::string words;  ///< "lanewise-bench cluster bench"
};

reached_command reached_in(const CLI::App& program) {
    reached_command made{&program, program.get_name()};
    while (!made.app->get_subcommands().empty()) {
        made.app = made.app->get_subcommands().front();
        made.words += " " + made.app->get_name();
    }
    return made;
}

std::string about_unknown(const CLI::App& command, const std::string& word) {
    if (!word.starts_with('-')) return "\"" + word + "\" is one word too many";
    const auto name = word.substr(0, word.find('='));
    std::vector<std::string> known;
    for (const auto* option : command.get_options())
        for (const auto& one : option->get_lnames()) known.push_back("--" + one);
    const auto meant = program::nearest(name, known);
    return "there is no option " + name + (meant.empty() ? "" : "; did you mean " + meant + "?");
}

std::string about_missing(const CLI::App& command, std::string_view said) {
    std::vector<std::string> names;
    for (const auto* one : command.get_subcommands({})) names.push_back(one->get_name());
    if (!names.empty()) return "names no command" + program::known_names("", names);
    return std::string{said.substr(0, said.find(" is required"))} + " is missing";
}

}  // namespace

std::string usage_complaint(const CLI::App& program, const CLI::ParseError& error) {
    const auto [command, words] = reached_in(program);
    const auto unknown = command->remaining();
    const bool is_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    std::string what = error.what();
    // A misspelt option is why something is missing, more often than the other way about.
    if (!unknown.empty() && (is_missing || dynamic_cast<const CLI::ExtrasError*>(&error)))
        what = about_unknown(*command, unknown.front());
    else if (is_missing)
        what = about_missing(*command, what);
    return words + ": " + what + " (" + words + " --help says what it takes)";
}

}  // namespace lanewise::bench
