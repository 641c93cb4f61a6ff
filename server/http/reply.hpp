// Replies as bytes: status line, fields, body.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "body_pool.hpp"

namespace lanewise::server {

/// What a kernel call took.
struct kernel_cost {
    std::size_t kernel;  // its index in the catalogue
    std::chrono::nanoseconds time, queued;
};

struct reply {
    int status = 200;
    std::string_view content_type;     // a literal; empty: no body
    std::string_view standing_fields;  // lines of the head that outlive all replies,
    std::string fields;                // and further ones, each ended by CR LF
    std::string text;                  // the body, where it is small
    body_buffer bytes;                 // the body, where it is not
    std::optional<kernel_cost> cost;   // of a kernel's reply: goes into its Server-Timing
    bool close = false;                // what follows can't be read: hang up after this reply

    [[nodiscard]] std::string_view body() const {
        return bytes.size() > 0 ? bytes.text() : std::string_view(text);
    }
};

/// A reply that is the same for all, written once at start; only the date changes.
struct resource {
    std::string_view content_type;
    std::string fields;
    std::string body;
    std::string tag;  // entity tag, quoted; empty: none

    // Made by prepare(): the whole keep-alive reply to a GET, and where in it the date stands.
    std::string bytes;
    std::size_t date_at = 0;
    std::size_t head_bytes = 0;
};

void prepare(resource& fixed);

/// How a reply is sent to this client.
struct delivery {
    bool head_only = false;  // HEAD: the fields of a GET, and no body
    bool keep_alive = true;
    bool http_1_1 = true;          // HTTP/1.0 has to be told that the connection stays
    std::string_view fields = {};  // lines for this client alone, each ended by CR LF
};

/// Length of an IMF-fixdate (RFC 9110, 5.6.7), such as "Tue, 24 Nov 2026 16:00:00 GMT".
inline constexpr std::size_t date_bytes = 29;

/// Reason phrase of a status, such as "Not Found".
[[nodiscard]] std::string_view reason_of(int status);

/// A strong entity tag (RFC 9110, 8.8.3) of this content.
[[nodiscard]] std::string tag_of(std::string_view content);

/// Writes the date of a point in time, date_bytes long.
void print_date(std::chrono::system_clock::time_point when, char* to);

/// Appends status line and fields, up to and including the empty line. An empty date leaves room
/// for one.
void append_head(std::string& out, const reply& what, const delivery& how, std::string_view date);

/// Appends a whole reply to a GET or HEAD of this resource, of which the client may have a copy
/// already (304).
void append_resource(std::string& out, const resource& fixed, bool not_modified,
                     const delivery& how, std::string_view date);

}  // namespace lanewise::server
