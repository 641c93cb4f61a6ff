#include "curl_command.hpp"

#include <utility>

#include "curl_files.hpp"
#include "curl_options.hpp"
#include "request_text.hpp"
#include "secrets.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

/// "content", "=content", "name=content", "@file", "name@file".
std::string url_encoded_data(string_view text) {
    auto at = text.find('=');
    if (at == string_view::npos) at = text.find('@');
    const bool from_file = at != string_view::npos && text[at] == '@';
    const auto name = at == string_view::npos ? string_view{} : text.substr(0, at);
    const auto value = at == string_view::npos ? text : text.substr(at + 1);
    const auto content = from_file ? file_content(std::string{value}) : std::string{value};
    return (name.empty() ? "" : std::string{name} + "=") + percent_encoded(content, true);
}

void add_data(curl_group& to, std::string_view piece, bool joined_by_and) {
    if (to.has_data && joined_by_and) to.data += '&';
    to.data += piece;
    to.has_data = to.any = true;
}

std::string data_of(const std::string& value, bool strips_lines) {
    if (!value.starts_with('@')) return value;
    auto content = file_content(value.substr(1));
    if (strips_lines)
        std::erase_if(content, [](char one) { return one == '\r' || one == '\n' || one == '\0'; });
    return content;
}

void add_header_line(curl_group& to, string_view line) {
    const auto colon = line.find(':');
    if (colon != string_view::npos) {
        const auto name = trimmed(line.substr(0, colon));
        const auto value = trimmed(line.substr(colon + 1));
        if (name.empty()) return;  // ":authority:" and the like are HTTP/2's
        if (value.empty()) {
            to.removed.push_back(lower(name));
        } else {
            to.headers.push_back({std::string{name}, std::string{value}});
        }
        return;
    }
    // "X;" sends X without a value. Anything else is none, for curl too.
    const auto text = trimmed(line);
    if (text.ends_with(';'))
        to.headers.push_back({std::string{trimmed(text.substr(0, text.size() - 1))}, ""});
}

void add_headers(curl_group& to, const std::string& value) {
    if (!value.starts_with('@')) return add_header_line(to, value);
    const auto lines = file_content(value.substr(1));
    for (string_view rest{lines}; !rest.empty();) {
        const auto end = rest.find('\n');
        add_header_line(to, rest.substr(0, end));
        rest.remove_prefix(end == string_view::npos ? rest.size() : end + 1);
    }
}

class option_reader {
public:
    explicit option_reader(gathering& to) : to_{to} {}

    /// Throws refused.
    std::vector<curl_group> read(const std::vector<shell_word>& words) {
        bool options = true;
        for (std::size_t i = 0; i < words.size(); ++i) {
            const auto& word = words[i];
            if (options && word.text == "--") {
                options = false;
            } else if (options && word.text.starts_with("--") && word.text.size() > 2) {
                read_long(words, i);
            } else if (options && word.text.starts_with('-') && word.text.size() > 1) {
                read_short(words, i);
            } else {
                use({curl_option::url, true, "URL", false}, word);
            }
        }
        return std::move(groups_);
    }

private:
    void read_long(const std::vector<shell_word>& words, std::size_t& i) {
        const auto option = find_long_option(string_view{words[i].text}.substr(2));
        if (!option)
            throw refused{"its option " + shown(words[i].text) +
                          " is not one of curl that is known"};
        static const shell_word none{};
        if (!option->has_value) return use(*option, none);
        if (++i >= words.size()) throw refused{"its option " + option->name + " lacks its value"};
        use(*option, words[i]);
    }

    /// "-sSXPOST": letters without a value, then one with it.
    void read_short(const std::vector<shell_word>& words, std::size_t& i) {
        const auto& word = words[i];
        for (std::size_t at = 1; at < word.text.size(); ++at) {
            const auto option = find_short_option(word.text[at]);
            if (!option)
                throw refused{"its option -" + shown(word.text.substr(at, 1)) +
                              " is not one of curl that is known"};
            if (!option->has_value) {
                use(*option, {});
                continue;
            }
            if (at + 1 < word.text.size())
                return use(*option, {word.text.substr(at + 1), word.unexpanded});
            if (++i >= words.size())
                throw refused{"its option " + option->name + " lacks its value"};
            return use(*option, words[i]);
        }
    }

    /// A value of which a part is not known is only good enough where it is dropped.
    void need_whole(const curl_option_use& option, const shell_word& value) {
        if (value.unexpanded.empty() || option.meaning == curl_option::not_of_the_request) return;
        const bool is_secret =
            option.meaning == curl_option::user || option.meaning == curl_option::oauth2_bearer ||
            option.meaning == curl_option::cookie ||
            (option.meaning == curl_option::header &&
             is_secret_header(
                 lower(trimmed(string_view{value.text}.substr(0, value.text.find(':'))))));
        if (is_secret && !to_.keeps_secrets()) return;
        throw refused{"it needs what only a shell knows, " + shown(value.unexpanded) + " in " +
                      option.name + ": write the value in its place"};
    }

    void use(const curl_option_use& option, const shell_word& word) {
        need_whole(option, word);
        const auto& value = word.text;
        const bool on = !option.negated;
        auto& to = groups_.back();
        switch (option.meaning) {
            case curl_option::not_of_the_request:
                break;
            case curl_option::url:
                to.urls.push_back(value);
                break;
            case curl_option::request:
                to.method = value;
                break;
            case curl_option::head:
                to.head = on;
                break;
            case curl_option::get:
                to.get = on;
                break;
            case curl_option::data:
                add_data(to, data_of(value, true), true);
                break;
            case curl_option::data_binary:
                add_data(to, data_of(value, false), true);
                break;
            case curl_option::data_raw:
                add_data(to, value, true);
                break;
            case curl_option::data_urlencode:
                add_data(to, url_encoded_data(value), true);
                break;
            case curl_option::json:
                add_data(to, data_of(value, false), false);
                to.is_json = true;
                break;
            case curl_option::form:
                to.form.push_back(form_part_of(value, false));
                break;
            case curl_option::form_string:
                to.form.push_back(form_part_of(value, true));
                break;
            case curl_option::upload_file:
                to.uploads.push_back(value);
                break;
            case curl_option::header:
                add_headers(to, value);
                break;
            case curl_option::user_agent:
                to.user_agent = value;
                break;
            case curl_option::referer:
                to.referer = value;
                break;
            case curl_option::cookie:
                add_cookie(to, value);
                break;
            case curl_option::user:
                to.user = value;
                break;
            case curl_option::oauth2_bearer:
                to.bearer = value;
                break;
            case curl_option::basic:
                to.other_authentication = !on;
                break;
            case curl_option::other_authentication:
                to.other_authentication = on;
                break;
            case curl_option::url_query:
                to.query.push_back(query_of(value));
                break;
            case curl_option::globoff:
                to.globs = !on;
                break;
            case curl_option::compressed:
                to.compressed = on;
                break;
            case curl_option::range:
                to.range = value;
                break;
            case curl_option::request_target:
                to.request_target = value;
                break;
            case curl_option::path_as_is:
                to.path_as_is = on;
                break;
            case curl_option::location:
                if (on)
                    to_.remark("redirects are not followed (" + option.name +
                               "): a reply of 3xx is what is measured");
                break;
            case curl_option::next:
                groups_.emplace_back();
                break;
            case curl_option::proto_default:
                to.proto_default = lower(value);
                break;
            case curl_option::unsupported:
                if (on)
                    throw refused{"its option " + option.name +
                                  " changes the request in a way that is not taken over"};
                break;
        }
    }

    void add_cookie(curl_group& to, const std::string& value) {
        if (value.find('=') == std::string::npos) {
            if (!to_.keeps_secrets()) return to_.drop("Cookie (of a file)");
            throw refused{"--cookie names a file: its cookies are not read"};
        }
        to.cookies += (to.cookies.empty() ? "" : ";") + value;
    }

    static std::string query_of(const std::string& value) {
        return value.starts_with('+') ? value.substr(1) : url_encoded_data(value);
    }

    gathering& to_;
    std::vector<curl_group> groups_{curl_group{}};
};

}  // namespace

std::string percent_encoded(string_view text, bool plus) {
    constexpr string_view hex = "0123456789ABCDEF";
    std::string encoded;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if ((letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
            (letter >= 'A' && letter <= 'Z') || letter == '-' || letter == '.' || letter == '_' ||
            letter == '~') {
            encoded += letter;
        } else if (letter == ' ' && plus) {
            encoded += '+';
        } else {
            encoded += '%';
            encoded += hex[byte >> 4U];
            encoded += hex[byte & 15U];
        }
    }
    return encoded;
}

std::vector<curl_group> read_curl_options(const std::vector<shell_word>& words, gathering& to) {
    return option_reader{to}.read(words);
}

}  // namespace lanewise::bench::workloads
