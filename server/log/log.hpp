// One line on stderr for each thing worth telling: text for people, JSON for collectors.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace lanewise::server {

class logger {
public:
    explicit logger(bool json) : json_(json) {}

    /// stage: what was being done, such as "accept"; connection: its number, 0 for none. Any thread
    /// may call. Where memory is used up the line is lost, and nothing else.
    void info(std::string_view stage, std::string_view message,
              std::uint64_t connection = 0) const noexcept;
    void error(std::string_view stage, std::string_view message,
               std::uint64_t connection = 0) const noexcept;

    /// One line for a request that was answered.
    struct request_line {
        std::string method, target, traceparent;  // as they came; "-" where the head was unreadable
        int status = 0;
    };
    void access(const request_line& request, std::chrono::nanoseconds duration,
                std::uint64_t connection) const;

private:
    void write(std::string_view level, std::string_view stage, std::string_view message,
               std::uint64_t connection) const;
    bool json_;
};

}  // namespace lanewise::server
