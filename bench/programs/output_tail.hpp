// The end of what a program writes: the rest is read and dropped, so that a gigabyte takes the
// memory of a line.
#pragma once

#include <cstddef>
#include <string>

namespace lanewise::bench {

class output_tail {
public:
    /// For the pipe whose end this is, which must not block; the descriptor stays the caller's.
    explicit output_tail(int from) noexcept : from_{from} {}

    /// Reads what is there, at most a pipe's worth at once, so that whoever writes without an end
    /// does not hold up the caller.
    void read_some();

    void forget() { text_.clear(); }
    [[nodiscard]] std::string last(std::size_t bytes_max) const;
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    static constexpr std::size_t bytes_max = 64 << 10;

private:
    int from_;
    std::string text_;  ///< up to twice bytes_max, so that it is seldom moved
};

}  // namespace lanewise::bench
