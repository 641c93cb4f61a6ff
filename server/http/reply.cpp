#include "reply.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace lanewise::server {
namespace {

struct status_line {
    int status;
    std::string_view line;
};

constexpr status_line status_lines[] = {
    {200, "HTTP/1.1 200 OK\r\n"},
    {204, "HTTP/1.1 204 No Content\r\n"},
    {304, "HTTP/1.1 304 Not Modified\r\n"},
    {400, "HTTP/1.1 400 Bad Request\r\n"},
    {401, "HTTP/1.1 401 Unauthorized\r\n"},
    {404, "HTTP/1.1 404 Not Found\r\n"},
    {405, "HTTP/1.1 405 Method Not Allowed\r\n"},
    {406, "HTTP/1.1 406 Not Acceptable\r\n"},
    {408, "HTTP/1.1 408 Request Timeout\r\n"},
    {411, "HTTP/1.1 411 Length Required\r\n"},
    {412, "HTTP/1.1 412 Precondition Failed\r\n"},
    {413, "HTTP/1.1 413 Content Too Large\r\n"},
    {414, "HTTP/1.1 414 URI Too Long\r\n"},
    {415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    {417, "HTTP/1.1 417 Expectation Failed\r\n"},
    {421, "HTTP/1.1 421 Misdirected Request\r\n"},
    {422, "HTTP/1.1 422 Unprocessable Content\r\n"},
    {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    {500, "HTTP/1.1 500 Internal Server Error\r\n"},
    {501, "HTTP/1.1 501 Not Implemented\r\n"},
    {503, "HTTP/1.1 503 Service Unavailable\r\n"},
    {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
};

std::string_view line_of(int status) {
    for (const auto& row : status_lines) {
        if (row.status == status) return row.line;
    }
    return line_of(500);
}

constexpr std::string_view blank_date = "Thu, 01 Jan 1970 00:00:00 GMT";
constexpr std::string_view date_name = "Date: ";

void append_milliseconds(std::string& out, std::chrono::nanoseconds time) {
    std::array<char, 32> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(),
                      static_cast<double>(time.count()) / 1e6, std::chars_format::fixed, 3)
            .ptr;
    out.append(text.data(), end);
}

std::string fields_of(const resource& fixed) {
    return fixed.tag.empty() ? fixed.fields : fixed.fields + "ETag: " + fixed.tag + "\r\n";
}

void append_last_fields(std::string& out, const delivery& how) {
    out += how.fields;
    if (!how.keep_alive) {
        out += "Connection: close\r\n";
    } else if (!how.http_1_1) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
}

}  // namespace

std::string_view reason_of(int status) {
    auto line = line_of(status);
    line.remove_prefix(std::string_view("HTTP/1.1 200 ").size());
    line.remove_suffix(2);
    return line;
}

std::string tag_of(std::string_view content) {
    std::uint64_t hash =
        0xcbf29ce484222325;  // FNV-1a: no secret, only another value for other content
    for (const char c : content) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    std::array<char, 20> text{};
    std::snprintf(text.data(), text.size(), "\"%016llx\"", static_cast<unsigned long long>(hash));
    return text.data();
}

void print_date(std::chrono::system_clock::time_point when, char* to) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    // strftime's names would follow the locale.
    constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::array<char, date_bytes + 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days[parts.tm_wday], parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900,
                  parts.tm_hour, parts.tm_min, parts.tm_sec);
    std::memcpy(to, text.data(), date_bytes);
}

void append_head(std::string& out, const reply& what, const delivery& how, std::string_view date) {
    out += line_of(what.status);
    out.append(date_name).append(date.empty() ? blank_date : date).append("\r\n");
    if (!what.content_type.empty()) {
        out.append("Content-Type: ").append(what.content_type).append("\r\n");
        out += "X-Content-Type-Options: nosniff\r\n";
    }
    // RFC 9110, 8.6: 204 has no Content-Length, and 304 would have to name that of the 200.
    if (what.status != 204 && what.status != 304) {
        out.append("Content-Length: ").append(std::to_string(what.body().size())).append("\r\n");
    }
    out += what.standing_fields;
    out += what.fields;
    if (what.cost) {
        out += "Server-Timing: kernel;dur=";
        append_milliseconds(out, what.cost->time);
        out += ", queue;dur=";
        append_milliseconds(out, what.cost->queued);
        out += "\r\n";
    }
    append_last_fields(out, how);
}

void prepare(resource& fixed) {
    reply whole;
    whole.content_type = fixed.content_type;
    whole.fields = fields_of(fixed);
    whole.text = fixed.body;
    fixed.bytes.clear();
    append_head(fixed.bytes, whole, {}, {});
    fixed.date_at = fixed.bytes.find(date_name) + date_name.size();
    fixed.head_bytes = fixed.bytes.size();
    fixed.bytes += fixed.body;
}

void append_resource(std::string& out, const resource& fixed, bool not_modified,
                     const delivery& how, std::string_view date) {
    if (not_modified) {
        reply none;
        none.status = 304;
        none.fields = fields_of(fixed);
        return append_head(out, none, how, date);
    }
    const auto begin = out.size();
    if (how.fields.empty() && how.keep_alive && how.http_1_1) {
        out.append(fixed.bytes, 0, how.head_only ? fixed.head_bytes : fixed.bytes.size());
    } else {
        constexpr std::size_t empty_line = 2;
        out.append(fixed.bytes, 0, fixed.head_bytes - empty_line);
        append_last_fields(out, how);
        if (!how.head_only) out += fixed.body;
    }
    date.copy(out.data() + begin + fixed.date_at, date_bytes);
}

}  // namespace lanewise::server
