#include "curl_reader.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "curl_command.hpp"
#include "curl_files.hpp"
#include "request_text.hpp"
#include "shell_words.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

/// Where the words of curl itself begin; the number of words: it is another command.
std::size_t curl_at(const std::vector<shell_word>& words) {
    constexpr std::array before{string_view{"$"},    string_view{"%"},     string_view{">"},
                                string_view{"time"}, string_view{"sudo"},  string_view{"do"},
                                string_view{"then"}, string_view{"exec"},  string_view{"command"},
                                string_view{"env"},  string_view{"nohup"}, string_view{"!"},
                                string_view{"else"}, string_view{"{"}};
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& text = words[i].text;
        const auto name = lower(text.substr(text.find_last_of("/\\") + 1));
        if (name == "curl" || name == "curl.exe") return i;
        const auto equals = text.find('=');
        const bool is_variable =
            equals != std::string::npos && is_token(string_view{text}.substr(0, equals));
        if (!is_variable && std::ranges::find(before, text) == before.end()) break;
    }
    return words.size();
}

}  // namespace

void read_curl(string_view text, const std::string& name, gathering& to) {
    to.begin(name, "curl", "command");
    for (auto& command : split_commands(text, shell_of(text))) {
        to.next_unit(command.line);
        const auto at = curl_at(command.words);
        if (!command.problem.empty()) {
            to.leave_out(command.problem);
            continue;
        }
        if (at == command.words.size()) {
            to.leave_out("not a command of curl");
            continue;
        }
        command.words.erase(command.words.begin(),
                            command.words.begin() + static_cast<std::ptrdiff_t>(at) + 1);
        for (const auto& what : command.cut_off) to.remark("cut off, for no shell is run: " + what);
        try {
            count_requests_of(read_curl_options(command.words, to), to);
        } catch (const refused& why) {
            to.leave_out(why.what());
        }
    }
}

}  // namespace lanewise::bench::workloads
