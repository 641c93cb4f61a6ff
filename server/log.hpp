// One line on stderr for each thing worth telling: text for people, JSON for collectors.
#pragma once

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

private:
    void write(std::string_view level, std::string_view stage, std::string_view message,
               std::uint64_t connection) const;
    bool json_;
};

}  // namespace lanewise::server
