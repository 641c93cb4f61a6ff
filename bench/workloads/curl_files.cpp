#include "curl_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "request_text.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

struct kind {
    string_view ending, type;
};
// Those that curl itself knows.
constexpr std::array kinds{kind{".gif", "image/gif"},       kind{".jpg", "image/jpeg"},
                           kind{".jpeg", "image/jpeg"},     kind{".png", "image/png"},
                           kind{".svg", "image/svg+xml"},   kind{".txt", "text/plain"},
                           kind{".htm", "text/html"},       kind{".html", "text/html"},
                           kind{".pdf", "application/pdf"}, kind{".xml", "application/xml"}};

string_view type_of(string_view file_name) {
    const auto small = lower(file_name);
    for (const auto& one : kinds)
        if (small.ends_with(one.ending)) return one.type;
    return "application/octet-stream";
}

/// A word up to ";" or ",", perhaps in quotes; what follows stays in `rest`.
std::string take_word(string_view& rest) {
    std::string word;
    const auto start = rest.find_first_not_of(" \t");
    rest.remove_prefix(std::min(start, rest.size()));
    if (rest.starts_with('"')) {
        std::size_t i = 1;
        for (; i < rest.size() && rest[i] != '"'; ++i) {
            if (rest[i] == '\\' && i + 1 < rest.size() &&
                (rest[i + 1] == '"' || rest[i + 1] == '\\'))
                ++i;
            word += rest[i];
        }
        if (i < rest.size()) {
            rest.remove_prefix(i + 1);
            rest.remove_prefix(std::min(rest.find_first_of(";,"), rest.size()));
            return word;
        }
        word.clear();
    }
    const auto end = std::min(rest.find_first_of(";,"), rest.size());
    word = rest.substr(0, end);
    rest.remove_prefix(end);
    while (word.ends_with(' ') || word.ends_with('\t')) word.pop_back();
    return word;
}

bool begins_modifier(string_view text) {
    const auto start = text.find_first_not_of(" \t");
    if (start == string_view::npos) return false;
    const auto small = lower(text.substr(start, 16));
    return small.starts_with("type=") || small.starts_with("filename=") ||
           small.starts_with("headers=") || small.starts_with("encoder=");
}

/// A type may have parameters of its own: up to the next modifier.
std::string take_type(string_view& rest) {
    std::size_t end = 0;
    while (end < rest.size() && !(rest[end] == ';' && begins_modifier(rest.substr(end + 1))) &&
           rest[end] != ',')
        ++end;
    std::string type{trimmed(rest.substr(0, end))};
    rest.remove_prefix(end);
    return type;
}

void add_part_header(form_part& part, string_view line) {
    const auto colon = line.find(':');
    const auto name = trimmed(line.substr(0, colon));
    if (colon == string_view::npos || !is_token(name) || !is_field_value(line))
        throw refused{"a form's headers= has no line such as \"Name: value\""};
    part.headers.push_back({std::string{name}, std::string{trimmed(line.substr(colon + 1))}});
}

std::string base64_lines(string_view bytes) {
    const auto text = to_base64(bytes);
    constexpr std::size_t line_max = 76;
    std::string lines;
    for (std::size_t i = 0; i < text.size(); i += line_max)
        lines += (i == 0 ? "" : "\r\n") + text.substr(i, line_max);
    return lines;
}

void encode(form_part& part, string_view encoder) {
    const auto name = lower(encoder);
    if (name == "base64") {
        part.content = base64_lines(part.content);
    } else if (name != "8bit" && name != "binary" && name != "7bit") {
        throw refused{"a form's encoder=" + shown(encoder) +
                      " is not known here; base64, 8bit, 7bit and binary are"};
    }
    part.headers.push_back({"Content-Transfer-Encoding", name});
}

}  // namespace

std::string shown(string_view text) {
    constexpr std::size_t most = 60;
    std::string safe;
    for (const char letter : text.substr(0, most)) {
        const auto byte = static_cast<unsigned char>(letter);
        safe += byte >= 0x20 && byte < 0x7f ? letter : '?';
    }
    return text.size() > most ? safe + "..." : safe;
}

std::string file_content(const std::string& path) {
    constexpr std::uintmax_t bytes_max = std::uintmax_t{8} << 20;
    if (path == "-") throw refused{"it reads standard input (-), whose text is not here"};
    std::error_code error;
    const auto bytes =
        std::filesystem::is_regular_file(path, error) ? std::filesystem::file_size(path, error) : 0;
    std::ifstream file{path, std::ios::binary};
    if (error || !file || !std::filesystem::is_regular_file(path, error))
        throw refused{"it names a file that can't be read: " + shown(path)};
    if (bytes > bytes_max) throw refused{"it names a file of more than 8 MiB: " + shown(path)};
    return {std::istreambuf_iterator<char>{file}, {}};
}

form_part form_part_of(string_view text, bool literal) {
    const auto equals = text.find('=');
    if (equals == string_view::npos || equals == 0)
        throw refused{"a form's part is not of the form name=content"};
    form_part part;
    part.name = text.substr(0, equals);
    auto rest = text.substr(equals + 1);
    if (literal) {
        part.content = rest;
        return part;
    }
    if (rest.starts_with('(') || part.name.empty())
        throw refused{"a form with a part of parts, \"=(\", is not taken over"};
    const bool upload = rest.starts_with('@');
    if (upload || rest.starts_with('<')) {
        rest.remove_prefix(1);
        const auto path = take_word(rest);
        if (rest.starts_with(','))
            throw refused{"a form's part of several files is not taken over"};
        part.content = file_content(path);
        if (upload) {
            part.file_name = path.substr(path.find_last_of('/') + 1);
            part.content_type = type_of(*part.file_name);
        }
    } else {
        // A comma separates files alone.
        auto word = take_word(rest);
        while (rest.starts_with(',')) {
            const auto end = std::min(rest.find(';'), rest.size());
            word += rest.substr(0, end);
            rest.remove_prefix(end);
        }
        part.content = std::move(word);
    }
    std::string encoder;
    while (rest.starts_with(';')) {
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        const auto small = lower(rest.substr(0, 16));
        const auto value_at = rest.find('=') == string_view::npos ? 0 : rest.find('=') + 1;
        if (small.starts_with("type=")) {
            rest.remove_prefix(value_at);
            part.content_type = take_type(rest);
        } else if (small.starts_with("filename=")) {
            rest.remove_prefix(value_at);
            part.file_name = take_word(rest);
        } else if (small.starts_with("headers=")) {
            rest.remove_prefix(value_at);
            if (rest.starts_with('@') || rest.starts_with('<'))
                throw refused{"a form's headers= of a file are not taken over"};
            add_part_header(part, take_word(rest));
        } else if (small.starts_with("encoder=")) {
            rest.remove_prefix(value_at);
            encoder = take_word(rest);
        } else {
            (void)take_word(rest);  // curl skips what it does not know
        }
    }
    if (!is_field_value(part.content_type))
        throw refused{"a form's type= holds control characters"};
    if (!encoder.empty()) encode(part, encoder);
    return part;
}

}  // namespace lanewise::bench::workloads
