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

    /// So much more is done: one part of those that were announced, or several.
    void step(std::string_view label, std::size_t parts = 1);
    void expect(std::size_t steps) { steps_ = steps; }  ///< in all, as one knows better now

private:
    using clock = std::chrono::steady_clock;
    std::string what_;
    std::size_t steps_;
    std::size_t done_ = 0;
    bool terminal_;
    clock::time_point start_ = clock::now();
    clock::time_point shown_;
};

/// How many steps there will be, where each round of a search takes as many as it needs: as many as
/// the finished ones took, and never fewer than were done.
class search_forecast {
public:
    search_forecast(std::size_t rounds, std::size_t steps_after)
        : rounds_{rounds}, after_{steps_after} {}
    void step(std::size_t parts);
    void round_over();
    [[nodiscard]] std::size_t total() const;

private:
    std::size_t rounds_, after_;
    std::size_t over_ = 0;  ///< rounds
    std::size_t before_ = 0, now_ = 0,
                late_ = 0;  ///< parts: in rounds that are over, in this, after
};

/// From here on SIGINT, SIGTERM and SIGHUP set a flag instead of ending the program; a second one
/// ends it.
void catch_interruption();
/// The same, but a second one changes nothing: for what has to be taken down before the end.
void catch_every_interruption();
[[nodiscard]] bool interrupted() noexcept;

}  // namespace lanewise::bench
