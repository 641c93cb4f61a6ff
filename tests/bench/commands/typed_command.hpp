// A command of lanewise-bench, run in this process by the words that a user types.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/commands/command.hpp"

namespace lanewise::bench {

struct told {
    int status = 0;  ///< 2 where the words are wrong, 1 where it failed
    std::string output, errors;
};

/// `add` adds the command, `words` begin with its name.
inline told typed(void (*add)(CLI::App&, chosen_command&), std::vector<std::string> words) {
    CLI::App program;
    program.allow_extras(false);
    chosen_command chosen;
    chosen.words = words;
    chosen.words.insert(chosen.words.begin(), "lanewise-bench");
    add(program, chosen);
    std::ostringstream output, errors;
    auto* const usual_output = std::cout.rdbuf(output.rdbuf());
    auto* const usual_errors = std::cerr.rdbuf(errors.rdbuf());
    told made;
    try {
        std::ranges::reverse(words);
        program.parse(words);
        made.status = chosen.run();
    } catch (const CLI::Error& error) {
        made.status = 2;
        errors << error.what();
    } catch (const std::invalid_argument& error) {
        made.status = 2;
        errors << error.what();
    } catch (const std::exception& error) {
        made.status = 1;
        errors << error.what();
    }
    std::cout.rdbuf(usual_output);
    std::cerr.rdbuf(usual_errors);
    made.output = output.str();
    made.errors = errors.str();
    return made;
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

}  // namespace lanewise::bench
