#include "secrets.hpp"

#include <algorithm>
#include <array>

#include "request_text.hpp"

namespace lanewise::bench::workloads {
namespace {

using std::string_view;

template <std::size_t Count>
bool contains_any(string_view text, const std::array<string_view, Count>& parts) {
    return std::ranges::any_of(
        parts, [&](string_view part) { return text.find(part) != string_view::npos; });
}

// Of a query or of a form. "key" and "code" alone are ordinary words of many services.
constexpr std::array parameters{string_view{"access_token"},
                                string_view{"refresh_token"},
                                string_view{"id_token"},
                                string_view{"auth_token"},
                                string_view{"authtoken"},
                                string_view{"accesstoken"},
                                string_view{"token"},
                                string_view{"jwt"},
                                string_view{"api_key"},
                                string_view{"api-key"},
                                string_view{"apikey"},
                                string_view{"password"},
                                string_view{"passwd"},
                                string_view{"pwd"},
                                string_view{"secret"},
                                string_view{"client_secret"},
                                string_view{"signature"},
                                string_view{"x-amz-signature"},
                                string_view{"x-amz-credential"},
                                string_view{"x-amz-security-token"},
                                string_view{"x-goog-signature"},
                                string_view{"session_id"},
                                string_view{"sessionid"},
                                string_view{"phpsessid"},
                                string_view{"jsessionid"},
                                string_view{"authorization"}};

bool is_secret_parameter(string_view name) {
    return std::ranges::find(parameters, lower(percent_decoded(name))) != parameters.end();
}

}  // namespace

bool is_secret_header(string_view lower_name) {
    constexpr std::array parts{
        string_view{"authoriz"},     string_view{"authentic"},   string_view{"cookie"},
        string_view{"token"},        string_view{"secret"},      string_view{"passw"},
        string_view{"api-key"},      string_view{"apikey"},      string_view{"api_key"},
        string_view{"session"},      string_view{"credential"},  string_view{"signature"},
        string_view{"jwt"},          string_view{"csrf"},        string_view{"xsrf"},
        string_view{"access-key"},   string_view{"private-key"}, string_view{"subscription-key"},
        string_view{"functions-key"}};
    return contains_any(lower_name, parts) || lower_name == "x-auth" ||
           lower_name.ends_with("-auth") || lower_name.starts_with("x-auth-") ||
           lower_name == "auth";
}

bool is_redacted(string_view value) {
    constexpr std::array words{string_view{"redacted"},   string_view{"[filtered]"},
                               string_view{"<filtered>"}, string_view{"[masked]"},
                               string_view{"<masked>"},   string_view{"[hidden]"},
                               string_view{"<hidden>"},   string_view{"[removed]"},
                               string_view{"<removed>"},  string_view{"[scrubbed]"},
                               string_view{"<scrubbed>"}, string_view{"[sanitized]"},
                               string_view{"***"},        string_view{"\xe2\x80\xa2\xe2\x80\xa2"}};
    constexpr std::array whole{
        string_view{"filtered"},  string_view{"masked"},   string_view{"hidden"},
        string_view{"removed"},   string_view{"scrubbed"}, string_view{"sanitized"},
        string_view{"sensitive"}, string_view{"[secret]"}, string_view{"**"}};
    const auto small = lower(trimmed(value));
    if (contains_any(small, words) || std::ranges::find(whole, small) != whole.end()) return true;
    constexpr std::size_t longest_blank = 40;
    return small.size() >= 3 && small.size() <= longest_blank &&
           small.find_first_not_of('x') == std::string::npos;
}

std::vector<std::string> take_out_query_secrets(std::string& target) {
    std::vector<std::string> names;
    const auto mark = target.find('?');
    if (mark == std::string::npos) return names;
    const auto hash = std::min(target.find('#', mark), target.size());
    std::string kept;
    bool any = false;
    string_view rest{target.data() + mark + 1, hash - mark - 1};
    for (bool more = true; more;) {
        const auto end = rest.find('&');
        const auto pair = rest.substr(0, end);
        const auto name = pair.substr(0, pair.find('='));
        // "token" without a value is a word that is searched for, not a token.
        if (pair.size() > name.size() + 1 && is_secret_parameter(name)) {
            names.emplace_back(name);
        } else {
            if (any) kept += '&';
            kept += pair;
            any = true;
        }
        more = end != string_view::npos;
        if (more) rest.remove_prefix(end + 1);
    }
    if (names.empty()) return names;
    target = target.substr(0, mark) + (kept.empty() ? "" : "?" + kept) + target.substr(hash);
    return names;
}

bool names_a_secret(string_view body) {
    // Long bodies are uploads, and a name this far in is seldom a field's.
    constexpr std::size_t looked_at = 65'536;
    const auto start = lower(body.substr(0, looked_at));
    return std::ranges::any_of(parameters, [&](string_view name) {
        for (auto at = start.find(name); at != std::string::npos; at = start.find(name, at + 1)) {
            const bool begins = at == 0 || start[at - 1] == '&' || start[at - 1] == '"';
            const auto end = at + name.size();
            if (begins && end < start.size() && (start[end] == '=' || start[end] == '"'))
                return true;
        }
        return false;
    });
}

}  // namespace lanewise::bench::workloads
