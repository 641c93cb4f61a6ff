// Progress on stderr: a line that redraws itself with the time left on a terminal, plain lines now
// and then in a log. Also the one place that knows whether the user pressed Ctrl-C.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace lanewise::bench {

class progress {
public:
    progress(std::string what, std::size_t steps);
    ~progress();
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    void step(std::string_view label);

private:
    using clock = std::chrono::steady_clock;
    std::string what_;
    std::size_t steps_;
    std::size_t done_ = 0;
    bool terminal_;
    clock::time_point start_ = clock::now();
    clock::time_point shown_;
};

/// From here on SIGINT and SIGTERM set a flag instead of ending the program; a second one ends it.
void catch_interruption();
[[nodiscard]] bool interrupted() noexcept;

}  // namespace lanewise::bench
