#include "log.hpp"

#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <new>

#include "utf8_text.hpp"

namespace lanewise::server {
namespace {

// RFC 3339 in UTC, with milliseconds.
void append_timestamp(std::string& out) {
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() %
        1'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                  parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                  parts.tm_min, parts.tm_sec, static_cast<int>(milliseconds));
    out += text.data();
}

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 24> text{};
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

// Microseconds are what a clock can tell of a request.
void append_milliseconds(std::string& out, std::chrono::nanoseconds duration) {
    std::array<char, 64> text{};
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(),
                                          static_cast<double>(duration.count()) / 1e6,
                                          std::chars_format::fixed, 3)
                                .ptr);
}

void append_json_field(std::string& out, std::string_view name, std::string_view text) {
    out.append(",\"").append(name).append("\":");
    append_json_string(out, text);
}

// {"time":…,"level":…,"stage":… — the beginning of each line.
void begin_json(std::string& out, std::string_view level, std::string_view stage) {
    out += "{\"time\":\"";
    append_timestamp(out);
    out += '"';
    append_json_field(out, "level", level);
    append_json_field(out, "stage", stage);
}

void begin_text(std::string& out, std::string_view level, std::string_view stage) {
    append_timestamp(out);
    out.append(" ").append(level).append(" ").append(stage).append(": ");
}

void append_line(std::string& out, bool json, std::string_view level, std::string_view stage,
                 std::string_view message, std::uint64_t connection) {
    if (json) {
        begin_json(out, level, stage);
        append_json_field(out, "message", message);
        if (connection != 0) {
            out += ",\"connection\":";
            append_number(out, connection);
        }
        out += '}';
    } else {
        begin_text(out, level, stage);
        append_visible(out, message, " ");
        if (connection != 0) {
            out += " (connection ";
            append_number(out, connection);
            out += ')';
        }
    }
    out += '\n';
}

void append_access(std::string& out, bool json, const request_line& request,
                   std::chrono::nanoseconds duration, std::uint64_t connection) {
    const auto status = static_cast<std::uint64_t>(request.status);
    if (json) {
        begin_json(out, "info", "access");
        append_json_field(out, "method", request.method);
        append_json_field(out, "target", request.target);
        out += ",\"status\":";
        append_number(out, status);
        out += ",\"duration_ms\":";
        append_milliseconds(out, duration);
        out += ",\"connection\":";
        append_number(out, connection);
        if (!request.traceparent.empty())
            append_json_field(out, "traceparent", request.traceparent);
        out += "}\n";
        return;
    }
    begin_text(out, "info", "access");
    append_visible(out, request.method);
    out += ' ';
    append_visible(out, request.target);
    out += ' ';
    append_number(out, status);
    out += ' ';
    append_milliseconds(out, duration);
    out += " ms";
    if (!request.traceparent.empty()) out.append(" traceparent=").append(request.traceparent);
    out += " (connection ";
    append_number(out, connection);
    out += ")\n";
}

// Called by the queue's writer, which has the memory for one line.
template <bool json>
void append_lost(std::string& out, std::uint64_t lines) {
    std::array<char, 96> message{};
    std::snprintf(message.data(), message.size(),
                  "%llu lines were lost: stderr did not take them, or memory was used up",
                  static_cast<unsigned long long>(lines));
    append_line(out, json, "error", "log", message.data(), 0);
}

}  // namespace

void request_line::assign(std::string_view of_method, std::string_view of_target,
                          std::string_view of_traceparent) {
    method.assign(of_method);
    target.assign(of_target);
    traceparent.assign(of_traceparent);
}

void answered_requests::add(request_line& line) {
    if (count_ == lines_.size()) lines_.emplace_back();
    std::swap(lines_[count_], line);
    line.assign({}, {}, {});
    ++count_;
}

void answered_requests::clear() {
    for (std::size_t i = 0; i < count_; ++i) {
        forget_long(lines_[i].method);
        forget_long(lines_[i].target);
    }
    count_ = 0;
    constexpr std::size_t kept_text_bytes = 64 << 10;
    if (text_.capacity() > kept_text_bytes) std::string{}.swap(text_);
    text_.clear();
}

logger::logger(bool json)
    : json_(json), queue_(STDERR_FILENO, json ? append_lost<true> : append_lost<false>) {}

void logger::info(std::string_view stage, std::string_view message,
                  std::uint64_t connection) const noexcept {
    write("info", stage, message, connection);
}

void logger::error(std::string_view stage, std::string_view message,
                   std::uint64_t connection) const noexcept {
    write("error", stage, message, connection);
}

void logger::write(std::string_view level, std::string_view stage, std::string_view message,
                   std::uint64_t connection) const noexcept try {
    std::string line;
    append_line(line, json_, level, stage, message, connection);
    queue_.add(line);
} catch (const std::bad_alloc&) {
    queue_.lose(1);
}

void logger::access(answered_requests& requests, std::chrono::nanoseconds duration,
                    std::uint64_t connection) const noexcept {
    const auto count = requests.count_;
    if (count == 0) return;
    try {
        auto& text = requests.text_;
        text.clear();
        for (std::size_t i = 0; i < count; ++i)
            append_access(text, json_, requests.lines_[i], duration, connection);
        queue_.add(text);
    } catch (const std::bad_alloc&) {
        queue_.lose(count);
    }
    requests.clear();
}

}  // namespace lanewise::server
