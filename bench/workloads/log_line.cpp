#include "log_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "request_text.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

constexpr no_request nothing_read = "no request was read (its place is empty or \"-\")";
constexpr no_request other_protocol = "no HTTP request: bytes of another protocol, or of a scanner";

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

/// "HTTP/1.1", "HTTP/2", "HTTP/3.0".
bool is_http_version(string_view word) {
    if (!word.starts_with("HTTP/")) return false;
    word.remove_prefix(5);
    return (word.size() == 1 && is_digit(word[0])) ||
           (word.size() == 3 && is_digit(word[0]) && word[1] == '.' && is_digit(word[2]));
}

/// "RTSP/1.0", "SIP/2.0".
bool is_other_version(string_view word) {
    const auto slash = word.find('/');
    if (slash == string_view::npos || slash == 0 || slash + 4 != word.size()) return false;
    return std::ranges::all_of(word.substr(0, slash),
                               [](char letter) { return letter >= 'A' && letter <= 'Z'; }) &&
           is_digit(word[slash + 1]) && word[slash + 2] == '.' && is_digit(word[slash + 3]);
}

/// The rest of the line from the quote on: the quoted text, still escaped, and what follows.
struct quoted {
    string_view text, after;
};
std::optional<quoted> take_quoted(string_view from) {
    for (std::size_t i = 1; i < from.size(); ++i) {
        if (from[i] == '\\') {
            ++i;
        } else if (from[i] == '"' && (i + 1 == from.size() || from[i + 1] == ' ' ||
                                      from[i + 1] == '\t' || from[i + 1] == ',')) {
            return quoted{from.substr(1, i - 1), from.substr(i + 1)};
        }
    }
    return std::nullopt;
}

/// Where the request's quote stands: after the time in its brackets, for a user's name may hold
/// blanks and brackets, but no quote that isn't escaped. Without a time: the first quoted request.
std::size_t request_quote(string_view line) {
    for (auto end = line.find("] \""); end != string_view::npos; end = line.find("] \"", end + 1)) {
        const auto start = line.rfind('[', end);
        if (start == string_view::npos) continue;
        const auto time = line.substr(start + 1, end - start - 1);
        if (!time.empty() && time.size() < 64 && is_digit(time.front()) &&
            time.find(':') != string_view::npos)
            return end + 2;
        if (line.find('"') < end) break;
    }
    for (auto at = line.find('"'); at != string_view::npos;) {
        const auto found = take_quoted(line.substr(at));
        if (!found) break;
        const auto space = found->text.rfind(' ');
        if (space != string_view::npos && is_http_version(found->text.substr(space + 1))) return at;
        at = line.find('"', at + found->text.size() + 2);
    }
    return string_view::npos;
}

struct status_field {
    bool right = false;
    std::optional<int> status;
};
status_field take_status(string_view after) {
    after = after.substr(std::min(after.find_first_not_of(" \t,"), after.size()));
    auto word = after.substr(0, after.find_first_of(" \t,"));
    if (word.size() >= 2 && word.front() == '"' && word.back() == '"')
        word = word.substr(1, word.size() - 2);
    if (word == "-") return {true, std::nullopt};
    if (word.size() != 3 || !std::ranges::all_of(word, is_digit)) return {};
    int status = 0;
    std::from_chars(word.data(), word.data() + word.size(), status);
    return {true, status};
}

/// What is said of a request by its status; empty: it may be sent.
no_request refused_by_status(std::optional<int> status) {
    if (status == 408) return "the client sent no whole request in time (408)";
    if (status == 101) return "another protocol took the connection over (101), such as WebSocket";
    return {};
}

judged_line judge_text(string_view line) {
    const auto quote = request_quote(line);
    if (quote == string_view::npos)
        return "no access log line: it has no request in quotes behind a time in brackets";
    const auto found = take_quoted(line.substr(quote));
    if (!found) return "the request's closing quote is missing";
    const auto status = take_status(found->after);
    auto judged = judge_request_line(log_unescaped(found->text));
    if (std::holds_alternative<no_request>(judged)) return judged;
    if (!status.right) return "no status of three digits, or -, follows the request";
    if (const auto refused = refused_by_status(status.status); !refused.empty()) return refused;
    std::get<logged_request>(judged).status = status.status;
    return judged;
}

/// "2026-11-24T12:00:00.000Z info access: GET /path 200 0.123 ms (connection 5)"; nullopt: no line
/// of lanewise-server.
std::optional<judged_line> judge_own_text(string_view line) {
    constexpr std::size_t time_size = 24;  // with milliseconds and Z
    if (line.size() < time_size + 2 || line[10] != 'T' || line[time_size - 1] != 'Z' ||
        line[time_size] != ' ' || !is_digit(line[0]))
        return std::nullopt;
    auto rest = line.substr(time_size + 1);
    if (!rest.starts_with("info ") && !rest.starts_with("error ")) return std::nullopt;
    rest.remove_prefix(rest.find(' ') + 1);
    constexpr string_view stage = "access: ";
    if (!rest.starts_with(stage)) return "a line of lanewise-server that is no request";
    rest.remove_prefix(stage.size());
    std::array<string_view, 4> words;
    for (auto& word : words) {
        word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    if (words[0] == "-" || words[1] == "-") return nothing_read;
    const auto status = take_status(words[2]);
    if (!status.right || words[3].empty()) return "a cut line of lanewise-server";
    auto judged =
        judge_request_line(std::string{words[0]} + " " + std::string{words[1]} + " HTTP/1.1");
    if (auto* read = std::get_if<logged_request>(&judged)) {
        read->status = status.status;
        if (const auto refused = refused_by_status(status.status); !refused.empty()) return refused;
    }
    return judged;
}

/// Behind the prefix that a container runtime puts before each line: "TIME stdout F ".
string_view behind_runtime_prefix(string_view line) {
    for (const string_view mark : {" stdout F ", " stderr F "}) {
        const auto at = line.substr(0, 60).find(mark);
        if (at != string_view::npos && is_digit(line.front())) return line.substr(at + mark.size());
    }
    return line;
}

}  // namespace

std::string log_unescaped(string_view text) {
    if (text.find('\\') == string_view::npos) return std::string{text};
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            plain += text[i];
            continue;
        }
        const char next = text[i + 1];
        constexpr string_view names = "\"\\tnrbvfa", values = "\"\\\t\n\r\b\v\f\a";
        if (next == 'x' && i + 3 < text.size() && hex_digit(text[i + 2]) >= 0 &&
            hex_digit(text[i + 3]) >= 0) {
            plain += static_cast<char>(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]));
            i += 3;
        } else if (const auto at = names.find(next); at != string_view::npos) {
            plain += values[at];
            ++i;
        } else {
            plain += '\\';
        }
    }
    return plain;
}

judged_line judge_request_line(string_view line) {
    if (line.empty() || line == "-") return nothing_read;
    if (line.starts_with("\x16\x03")) return "a TLS handshake that was sent to a plain port";
    if (line.starts_with("PRI * HTTP/2")) return "the preface of an HTTP/2 connection (PRI)";
    const auto space = line.find(' ');
    if (space == string_view::npos) return other_protocol;
    logged_request read;
    read.method = line.substr(0, space);
    if (!is_token(read.method)) return other_protocol;
    if (read.method == "CONNECT") return "CONNECT asks for a tunnel";
    auto target = line.substr(space + 1);
    const auto last = target.rfind(' ');
    if (last != string_view::npos && is_http_version(target.substr(last + 1))) {
        target = target.substr(0, last);
    } else if (last != string_view::npos || read.method != "GET" || is_other_version(target)) {
        // HTTP/0.9 has a GET and a target alone.
        return other_protocol;
    }
    if (target == "*" && read.method == "OPTIONS") {
        read.target = target;
        return read;
    }
    if (target.starts_with('/')) {
        const auto hash = target.find('#');
        read.has_fragment = hash != string_view::npos;
        read.target = target.substr(0, hash);
        return read;
    }
    if (auto url = split_url(target); url && (url->scheme == "http" || url->scheme == "https")) {
        read.host = url->authority;
        read.has_fragment = url->has_fragment;
        read.target = read.method == "OPTIONS" && !url->has_path ? "*" : url->target;
        return read;
    }
    return "its target is neither a path nor a URL";
}

judged_line judge_log_line(string_view line) {
    // A log that was truncated while it was open for writing begins with a hole.
    line.remove_prefix(std::min(line.find_first_not_of('\0'), line.size()));
    const auto blank = trimmed(line);
    if (blank.empty()) return "an empty line";
    line = behind_runtime_prefix(line);
    const auto start = line.find_first_not_of(" \t");
    if (start != string_view::npos && line[start] == '{') return judge_json_line(line);
    if (blank.front() == '#') return "a comment";
    if (const auto own = judge_own_text(line)) return *own;
    if (request_quote(line) == string_view::npos) {
        // A shipper's prefix before an object.
        const auto object = line.find('{');
        if (object != string_view::npos && blank.back() == '}')
            return judge_json_line(line.substr(object));
    }
    return judge_text(line);
}

}  // namespace lanewise::bench::workloads
