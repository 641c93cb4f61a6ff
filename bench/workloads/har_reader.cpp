#include "har_reader.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <charconv>
#include <string_view>
#include <utility>

#include "har_entries.hpp"
#include "lenient_json.hpp"
#include "multipart.hpp"
#include "request_text.hpp"
#include "secrets.hpp"

namespace lanewise::bench::workloads {
namespace {

namespace json = boost::json;
using std::string_view;

const json::object* object_in(const json::object& of, string_view name) {
    const auto* found = of.if_contains(name);
    return found ? found->if_object() : nullptr;
}

const json::array* array_in(const json::object& of, string_view name) {
    const auto* found = of.if_contains(name);
    return found ? found->if_array() : nullptr;
}

std::optional<string_view> text_in(const json::object& of, string_view name) {
    const auto* found = of.if_contains(name);
    if (!found || !found->is_string()) return std::nullopt;
    return string_view{found->get_string()};
}

std::optional<double> number_in(const json::object& of, string_view name) {
    const auto* found = of.if_contains(name);
    if (!found || !found->is_number()) return std::nullopt;
    return found->to_number<double>();
}

/// The reply's status; -1: the entry has none.
int status_of(const json::object& entry) {
    const auto* response = object_in(entry, "response");
    const double status = response ? number_in(*response, "status").value_or(-1) : -1;
    return status >= 0 && status < 1000 ? static_cast<int>(status) : -1;
}

bool is_set(const json::object& of, string_view name) {
    const auto* found = of.if_contains(name);
    if (!found || found->is_null()) return false;
    if (found->is_bool()) return found->get_bool();
    if (found->is_string()) return !found->get_string().empty() && found->get_string() != "none";
    return true;
}

/// Of each header: name and value, as the HAR has them.
std::vector<header> headers_of(const json::object& request) {
    std::vector<header> all;
    const auto* list = array_in(request, "headers");
    if (!list) return all;
    for (const auto& one : *list) {
        const auto* field = one.if_object();
        if (!field) continue;
        const auto name = text_in(*field, "name"), value = text_in(*field, "value");
        if (name && value) all.push_back({std::string{*name}, std::string{*value}});
    }
    return all;
}

const header* find_header(const std::vector<header>& fields, string_view name) {
    const auto found = std::ranges::find_if(
        fields, [&](const auto& field) { return equal_without_case(field.name, name); });
    return found == fields.end() ? nullptr : &*found;
}

/// Why an entry was not sent over the network as an HTTP request of its own; empty: it was.
string_view left_out_because(const json::object& entry, const json::object& request,
                             string_view method, string_view url,
                             const std::vector<header>& fields) {
    const auto scheme = lower(url.substr(0, std::min(url.find(':'), url.size())));
    const auto* response = object_in(entry, "response");
    const int status = status_of(entry);
    const auto* upgrade = find_header(fields, "upgrade");
    if (scheme == "ws" || scheme == "wss" || status == 101 ||
        text_in(entry, "_resourceType") == "websocket" || entry.contains("_webSocketMessages") ||
        (upgrade && equal_without_case(upgrade->value, "websocket")))
        return "a WebSocket";
    if (scheme != "http" && scheme != "https")
        return "another scheme than http and https, such as data: or blob:";
    if (method == "CONNECT") return "CONNECT asks for a tunnel";
    const auto fetched = text_in(entry, "_fetchType");
    if (is_set(entry, "_fromCache") || is_set(entry, "fromCache") ||
        is_set(entry, "_servedFromCache") || is_set(entry, "_fromDiskCache") ||
        is_set(request, "_fromCache") ||
        (response && (is_set(*response, "_fromCache") || is_set(*response, "fromCache") ||
                      is_set(*response, "_fetchedViaServiceWorker"))) ||
        (fetched && lower(*fetched).find("cache") != std::string::npos))
        return "answered from a cache: nothing was sent";
    if (status == 0) return "no reply (status 0): blocked, aborted or failed";
    return {};
}

/// The parameters of a form, encoded as its type says; nullopt: a file's content is missing.
std::optional<std::string> encoded_params(const json::array& params, std::string& content_type) {
    std::vector<form_part> parts;
    bool has_file = false;
    for (const auto& one : params) {
        const auto* param = one.if_object();
        if (!param) continue;
        form_part part;
        part.name = text_in(*param, "name").value_or("");
        const auto value = text_in(*param, "value");
        const auto file = text_in(*param, "fileName");
        if (file) {
            has_file = true;
            part.file_name = std::string{*file};
            if (!value) return std::nullopt;
        }
        part.content = value.value_or("");
        part.content_type = text_in(*param, "contentType").value_or("");
        parts.push_back(std::move(part));
    }
    if (has_file || lower(content_type).starts_with("multipart/form-data"))
        return multipart_body(parts, content_type);
    std::string form;
    for (const auto& part : parts) {
        form +=
            (form.empty() ? "" : "&") + form_encoded(part.name) + "=" + form_encoded(part.content);
    }
    if (content_type.empty()) content_type = "application/x-www-form-urlencoded";
    return form;
}

enum class body_found : unsigned char { none, whole, missing, damaged };

/// The body by `text`, else by `params`; content_type: of the header, else of postData.
body_found take_body(const json::object& post, request& to, std::string& content_type) {
    if (content_type.empty()) content_type = text_in(post, "mimeType").value_or("");
    const auto text = text_in(post, "text");
    const auto* params = array_in(post, "params");
    if (text && (!text->empty() || !params || params->empty())) {
        if (lower(text_in(post, "encoding").value_or("")) == "base64") {
            auto bytes = from_base64(*text);
            if (!bytes) return body_found::damaged;
            to.body = std::move(*bytes);
        } else {
            to.body = *text;
        }
        to.has_body = true;
        return body_found::whole;
    }
    if (!params || params->empty()) return body_found::none;
    auto form = encoded_params(*params, content_type);
    if (!form) return body_found::missing;
    to.body = std::move(*form);
    to.has_body = true;
    return body_found::whole;
}

/// Bytes that the recording says the body had; nullopt: it does not say.
std::optional<std::size_t> body_size(const json::object& request,
                                     const std::vector<header>& fields) {
    if (const auto* length = find_header(fields, "content-length")) {
        std::size_t bytes = 0;
        const auto& text = length->value;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
        if (error == std::errc{} && end == text.data() + text.size()) return bytes;
    }
    const auto size = number_in(request, "bodySize");
    if (size && *size >= 0 && *size < 1e15) return static_cast<std::size_t>(*size);
    return std::nullopt;
}

/// False: the entry was left out.
bool judge_body(const json::object& entry_request, const std::vector<header>& fields, bool mended,
                request& what, gathering& to) {
    const auto* post = object_in(entry_request, "postData");
    const auto* given = find_header(fields, "content-type");
    std::string content_type = given ? given->value : "";
    const auto found = post ? take_body(*post, what, content_type) : body_found::none;
    const auto size = body_size(entry_request, fields);
    constexpr string_view replacement = "\xef\xbf\xbd";
    if (found == body_found::damaged) {
        to.leave_out("its body is damaged: it is no base64, which its encoding says");
        return false;
    }
    if (found == body_found::missing) {
        to.leave_out("its body is missing: a form has the name of a file and not its content");
        return false;
    }
    if (found == body_found::none) {
        if (size.value_or(0) > 0) to.lacks_body(what.method);
        return true;
    }
    if (what.body.find(replacement) != std::string::npos) {
        to.remark(mended ? "its body is damaged: half a surrogate pair is sent as U+FFFD"
                         : "its body holds U+FFFD: bytes that were no text may have been lost");
    }
    if (size && *size != what.body.size() && *size > 0) {
        to.remark("its body has another size than was sent: it is sent as the file has it");
    }
    if (!content_type.empty()) {
        std::erase_if(what.headers, [](const auto& field) {
            return equal_without_case(field.name, "content-type");
        });
        to.add_header(what, given ? given->name : "Content-Type", content_type);
    }
    return true;
}

void read_entry(const json::object& entry, bool mended, gathering& to) {
    const auto* recorded = object_in(entry, "request");
    if (!recorded) {
        to.leave_out("it has no object \"request\"");
        return;
    }
    const auto method = text_in(*recorded, "method"), address = text_in(*recorded, "url");
    if (!method || !is_token(*method)) {
        to.leave_out("its request has no \"method\" such as GET");
        return;
    }
    if (!address || address->empty()) {
        to.leave_out("its request has no \"url\"");
        return;
    }
    const auto fields = headers_of(*recorded);
    const auto why = left_out_because(entry, *recorded, *method, *address, fields);
    if (!why.empty()) {
        to.leave_out(why);
        return;
    }
    const auto url = split_url(*address);
    if (!url) {
        to.leave_out("its \"url\" is no URL such as https://host/path");
        return;
    }
    request what;
    what.method = *method;
    what.path = url->target;
    to.judge_target(what.path);
    if (!url->user_info.empty()) to.drop("user information of a URL");
    for (const auto& field : fields) to.add_header(what, field.name, field.value);
    if (!judge_body(*recorded, fields, mended, what, to)) return;

    const int status = status_of(entry);
    to.count(std::move(what), url->origin(),
             status >= 100 && status < 600 ? std::optional{status} : std::nullopt);
}

}  // namespace

void read_har(text_input& input, const std::string& name, gathering& to) {
    to.begin(name, "HAR", "entry");
    if (input.peek(1).empty()) return;  // nothing at all is no HAR that is wrong
    har_entries entries{input};
    har_entries::entry entry;
    while (entries.next(entry)) {
        to.next_unit(entry.line);
        if (entry.too_long) {
            to.leave_out("longer than 64 MiB");
            continue;
        }
        const auto parsed = entry.cut_off ? std::nullopt : parse_leniently(entry.text);
        if (entry.cut_off) {
            to.leave_out("cut off: the file ends within it");
        } else if (!parsed || !parsed->value.is_object()) {
            to.leave_out("no JSON object");
        } else {
            read_entry(parsed->value.get_object(), parsed->mended, to);
        }
    }
    if (!entries.has_list()) {
        to.next_unit(1);
        to.leave_out("no HAR: it has no list log.entries");
    } else if (!entries.is_closed() && !entry.cut_off) {
        to.remark("the file is cut off after this entry");
    }
    if (entries.line_behind() != 0)
        to.remark("the file goes on behind the HAR's end, in line " +
                  std::to_string(entries.line_behind()) + ": that is not read");
    if (!input.damage().empty()) to.remark(input.damage());
}

}  // namespace lanewise::bench::workloads
