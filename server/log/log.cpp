#include "log.hpp"

#include <unistd.h>

#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <ctime>
#include <new>

namespace lanewise::server {
namespace {

// RFC 3339 in UTC, with milliseconds.
std::string timestamp() {
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
    return text.data();
}

void write_line(std::string line) {
    line += '\n';
    // One write a line, so that the lines of several threads do not mix. A log that can't be
    // written is no reason to stop.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void logger::info(std::string_view stage, std::string_view message,
                  std::uint64_t connection) const noexcept try {
    write("info", stage, message, connection);
} catch (const std::bad_alloc&) {
}

void logger::error(std::string_view stage, std::string_view message,
                   std::uint64_t connection) const noexcept try {
    write("error", stage, message, connection);
} catch (const std::bad_alloc&) {
}

void logger::write(std::string_view level, std::string_view stage, std::string_view message,
                   std::uint64_t connection) const {
    std::string line;
    if (json_) {
        boost::json::object fields{
            {"time", timestamp()}, {"level", level}, {"stage", stage}, {"message", message}};
        if (connection != 0) fields["connection"] = connection;
        line = boost::json::serialize(fields);
    } else {
        line = timestamp() + ' ';
        line.append(level).append(" ").append(stage).append(": ").append(message);
        if (connection != 0) line += " (connection " + std::to_string(connection) + ")";
    }
    write_line(std::move(line));
}

void logger::access(const request_line& request, std::chrono::nanoseconds duration,
                    std::uint64_t connection) const {
    const double milliseconds = static_cast<double>(duration.count()) / 1e6;
    std::string line;
    if (json_) {
        boost::json::object fields{{"time", timestamp()},         {"level", "info"},
                                   {"stage", "access"},           {"method", request.method},
                                   {"target", request.target},    {"status", request.status},
                                   {"duration_ms", milliseconds}, {"connection", connection}};
        if (!request.traceparent.empty()) fields["traceparent"] = request.traceparent;
        line = boost::json::serialize(fields);
    } else {
        std::array<char, 32> time{};
        std::snprintf(time.data(), time.size(), " %.3f ms", milliseconds);
        line = timestamp() + " info access: " + request.method + " " + request.target + " " +
               std::to_string(request.status) + time.data();
        if (!request.traceparent.empty()) line += " traceparent=" + request.traceparent;
        line += " (connection " + std::to_string(connection) + ")";
    }
    write_line(std::move(line));
}

}  // namespace lanewise::server
