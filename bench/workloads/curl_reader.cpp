#include "curl_reader.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "curl_files.hpp"
#include "curl_globs.hpp"
#include "curl_options.hpp"
#include "request_text.hpp"
#include "secrets.hpp"
#include "shell_words.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

constexpr std::size_t urls_max = 10'000;

/// The options that belong together: all of a command, or those up to --next.
struct group {
    std::vector<std::string> urls, uploads;
    std::string method, data, request_target, proto_default = "http";
    std::vector<std::string> query;  ///< of --url-query, encoded
    bool has_data = false, is_json = false, head = false, get = false;
    bool globs = true, path_as_is = false, compressed = false;
    std::vector<form_part> form;
    std::vector<header> headers;       ///< an empty name: none
    std::vector<std::string> removed;  ///< lower case: "X:" takes away what curl would send
    std::optional<std::string> user_agent, referer, range, user, bearer;
    std::string cookies;
    bool other_authentication = false, any = false;
};

/// As curl_easy_escape encodes.
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

/// A fragment is never sent; this # is data.
std::string without_hash(std::string_view target) {
    std::string encoded;
    for (const char letter : target) encoded += letter == '#' ? "%23" : std::string{letter};
    return encoded;
}

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

void add_data(group& to, std::string_view piece, bool joined_by_and) {
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

void add_header_line(group& to, string_view line) {
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

void add_headers(group& to, const std::string& value) {
    if (!value.starts_with('@')) return add_header_line(to, value);
    const auto lines = file_content(value.substr(1));
    for (string_view rest{lines}; !rest.empty();) {
        const auto end = rest.find('\n');
        add_header_line(to, rest.substr(0, end));
        rest.remove_prefix(end == string_view::npos ? rest.size() : end + 1);
    }
}

/// RFC 3986, 5.2.4: as curl does it before it sends.
std::string without_dot_segments(const std::string& target) {
    const auto query = std::min(target.find('?'), target.size());
    const string_view path{target.data(), query};
    std::vector<string_view> segments;
    bool slash_at_end = false;
    for (std::size_t at = 1; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto segment = path.substr(at, end - at);
        const auto small = lower(segment);
        slash_at_end = false;
        if (small == "." || small == "%2e") {
            slash_at_end = true;
        } else if (small == ".." || small == ".%2e" || small == "%2e." || small == "%2e%2e") {
            if (!segments.empty()) segments.pop_back();
            slash_at_end = true;
        } else {
            segments.push_back(segment);
        }
        at = end + 1;
    }
    std::string shorter;
    for (const auto segment : segments) shorter += "/" + std::string{segment};
    if (slash_at_end || shorter.empty()) shorter += '/';
    return shorter + target.substr(query);
}

class command_reader {
public:
    explicit command_reader(gathering& to) : to_{to} {}

    /// Throws refused.
    void read(const std::vector<shell_word>& words) {
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
        finish();
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

    void add_cookie(group& to, const std::string& value) {
        if (value.find('=') == std::string::npos) {
            if (!to_.keeps_secrets()) return to_.drop("Cookie (of a file)");
            throw refused{"--cookie names a file: its cookies are not read"};
        }
        to.cookies += (to.cookies.empty() ? "" : ";") + value;
    }

    static std::string query_of(const std::string& value) {
        return value.starts_with('+') ? value.substr(1) : url_encoded_data(value);
    }

    void finish() {
        std::size_t urls = 0;
        for (const auto& one : groups_) urls += one.urls.size();
        if (urls == 0) throw refused{"it has no URL"};
        // All are judged before one is counted: a command is taken whole or not at all.
        std::vector<std::pair<request, std::string>> all;
        for (auto& one : groups_) requests_of(one, all);
        for (auto& [what, origin] : all) to_.count(std::move(what), origin, std::nullopt);
    }

    void requests_of(group& from, std::vector<std::pair<request, std::string>>& all) {
        if (from.has_data && !from.get &&
            (from.head || !from.form.empty() || !from.uploads.empty()))
            throw refused{"two of --data, --form, --upload-file and --head exclude each other"};
        if (!from.form.empty() && (from.head || !from.uploads.empty()))
            throw refused{"two of --data, --form, --upload-file and --head exclude each other"};
        for (std::size_t i = 0; i < from.urls.size(); ++i) {
            const auto urls = from.globs ? expand_globs(from.urls[i], urls_max)
                                         : std::optional{std::vector{from.urls[i]}};
            if (!urls)
                throw refused{
                    "the brackets or braces in its URL are no pattern of curl, or stand "
                    "for more than 10000 URLs; --globoff takes them as they are"};
            for (const auto& url : *urls) {
                if (all.size() >= urls_max) throw refused{"it has more than 10000 URLs"};
                all.push_back(request_of(
                    from, url, i < from.uploads.size() ? from.uploads[i] : std::string{}));
                bytes_ += all.back().first.body.size() + all.back().first.path.size();
                if (bytes_ > bytes_max)
                    throw refused{"its requests take more than 64 MiB together"};
            }
        }
    }

    static url_parts url_of(const group& from, std::string text) {
        if (text.find_first_of(" \t\r\n") != std::string::npos)
            throw refused{"its URL holds a blank, which curl refuses: write %20"};
        const auto colon = text.find(':');
        const auto scheme = lower(text.substr(0, colon == std::string::npos ? 0 : colon));
        if (text.find("://") == std::string::npos && (scheme == "http" || scheme == "https") &&
            text.size() > colon + 1 && text[colon + 1] == '/') {
            text.insert(colon + 1, "/");  // curl takes one slash for two
        } else if (text.find("://") == std::string::npos ||
                   text.find("://") > text.find_first_of("/?#")) {
            text.insert(0, from.proto_default + "://");
        }
        auto url = split_url(text);
        if (!url) throw refused{"its URL is none such as https://host:port/path"};
        if (url->scheme != "http" && url->scheme != "https")
            throw refused{"the scheme of its URL is neither http nor https"};
        return *url;
    }

    std::pair<request, std::string> request_of(const group& from, const std::string& text,
                                               const std::string& upload) {
        auto url = url_of(from, text);
        request what;
        what.path = from.path_as_is ? url.target : without_dot_segments(url.target);
        std::string content_type;
        fill_body(from, upload, what, content_type);
        auto extra = from.query;
        if (from.get && from.has_data) extra.push_back(from.data);
        for (const auto& one : extra) {
            const auto mark = what.path.find('?');
            if (mark == std::string::npos) {
                what.path += '?';
            } else if (mark + 1 < what.path.size()) {
                what.path += '&';
            }
            what.path += without_hash(encoded_target(one));
        }
        if (!from.request_target.empty())
            what.path = without_hash(encoded_target(from.request_target));
        if (!what.path.starts_with('/') && what.path != "*")
            throw refused{"its --request-target is no path"};
        if (!from.method.empty()) what.method = from.method;
        if (!is_token(what.method) || what.method == "CONNECT")
            throw refused{"its --request is no method that can be sent"};
        to_.judge_target(what.path);
        fill_headers(from, url, content_type, what);
        return {std::move(what), url.origin()};
    }

    static void fill_body(const group& from, const std::string& upload, request& what,
                          std::string& content_type) {
        if (from.head) {
            what.method = "HEAD";
        } else if (!upload.empty()) {
            what.method = "PUT";
            what.body = file_content(upload);
            what.has_body = true;
            if (const auto query = std::min(what.path.find('?'), what.path.size());
                what.path.substr(0, query).ends_with('/'))
                what.path.insert(
                    query, percent_encoded(upload.substr(upload.find_last_of('/') + 1), false));
        } else if (!from.form.empty()) {
            what.method = "POST";
            for (const auto& field : from.headers)
                if (equal_without_case(field.name, "content-type")) content_type = field.value;
            what.body = multipart_body(from.form, content_type);
            what.has_body = true;
        } else if (from.has_data && !from.get) {
            what.method = "POST";
            what.body = from.data;
            what.has_body = true;
            content_type = from.is_json ? "application/json" : "application/x-www-form-urlencoded";
        }
    }

    void fill_headers(const group& from, const url_parts& url, const std::string& content_type,
                      request& what) {
        const auto is_given = [&](string_view name) {
            return std::ranges::any_of(from.headers, [&](const auto& field) {
                return equal_without_case(field.name, name);
            });
        };
        // What curl sends by itself, unless a header of the same name is given or taken away.
        const auto add = [&](string_view name, string_view value) {
            if (is_given(name) ||
                std::ranges::find(from.removed, lower(name)) != from.removed.end())
                return;
            to_.add_header(what, name, value);
        };
        if (from.user_agent && !from.user_agent->empty()) add("User-Agent", *from.user_agent);
        add("Accept", from.is_json ? "application/json" : "*/*");
        if (from.compressed) add("Accept-Encoding", "deflate, gzip");
        if (from.referer && !from.referer->empty())
            add("Referer", from.referer->substr(0, from.referer->find(";auto")));
        if (from.range) add("Range", "bytes=" + *from.range);
        if (!content_type.empty() && (from.form.empty() || !is_given("Content-Type")))
            add("Content-Type", content_type);
        if (!from.cookies.empty()) add("Cookie", from.cookies);
        add_authorization(from, url, is_given("Authorization"), what);
        bool of_connection = false;
        for (const auto& field : from.headers) {
            const bool replaced =
                !from.form.empty() && equal_without_case(field.name, "Content-Type");
            if (equal_without_case(field.name, "Host") && is_field_value(field.value) &&
                is_utf8(field.value)) {
                what.headers.push_back(field);
            } else {
                of_connection = of_connection || is_of_connection(lower(field.name));
                to_.add_header(what, field.name, replaced ? content_type : field.value);
            }
        }
        if (of_connection)
            to_.remark(
                "headers that follow from the connection and the body, such as "
                "Content-Length, are left out");
    }

    void add_authorization(const group& from, const url_parts& url, bool is_given, request& what) {
        if (is_given) return;
        std::string value;
        if (from.bearer) {
            value = "Bearer " + *from.bearer;
        } else if (from.user || !url.user_info.empty()) {
            auto user = from.user ? *from.user : percent_decoded(url.user_info);
            if (from.other_authentication) {
                if (to_.keeps_secrets())
                    throw refused{
                        "its authentication is neither Basic nor Bearer, which needs more "
                        "than one request"};
                return to_.drop("Authorization");
            }
            if (user.find(':') == std::string::npos) user += ':';
            value = "Basic " + to_base64(user);
        } else {
            return;
        }
        to_.add_header(what, "Authorization", value);
    }

    static constexpr std::size_t bytes_max = std::size_t{64} << 20;
    gathering& to_;
    std::vector<group> groups_{group{}};
    std::size_t bytes_ = 0;
};

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
        const bool is_variable = equals != std::string::npos && equals > 0 &&
                                 is_token(string_view{text}.substr(0, equals));
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
            command_reader{to}.read(command.words);
        } catch (const refused& why) {
            to.leave_out(why.what());
        }
    }
}

}  // namespace lanewise::bench::workloads
