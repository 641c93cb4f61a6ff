// A busy neighbour on one hardware thread that reads memory without an end. It is a process of its
// own: a program is started with the memory of the bench's process as its first largest memory.
#pragma once

#include <cstddef>
#include <memory>
#include <thread>

namespace lanewise::bench {

class memory_neighbour {
public:
    /// Returns once it reads so many bytes on that hardware thread, over and over. Throws
    /// std::runtime_error where it can't be started.
    memory_neighbour(int cpu, std::size_t bytes);
    ~memory_neighbour();
    memory_neighbour(const memory_neighbour&) = delete;
    memory_neighbour& operator=(const memory_neighbour&) = delete;

private:
    int stop_[2] = {-1, -1};  ///< a pipe whose end tells the thread
    std::jthread thread_;     ///< that starts it and waits for it
};

}  // namespace lanewise::bench
