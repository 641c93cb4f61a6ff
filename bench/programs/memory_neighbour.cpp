#include "memory_neighbour.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <future>
#include <stdexcept>

#include "bench/machine/pinning.hpp"
#include "bench/measure/data_pool.hpp"
#include "bench/measure/sweep_subjects.hpp"
#include "kernels/kernels.hpp"

namespace lanewise::bench {
namespace {

[[noreturn]] void read_without_end(int cpu, std::size_t bytes, int ready) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    pin_to(cpu);
    try {
        data_pool memory{bytes};
        for (const auto& one : kernels::variants()) {
            if (one.name != kernels::active_variant()) continue;
            const auto reader = memory_hog(one, bytes)(memory);
            const char byte = 0;
            if (::write(ready, &byte, 1) != 1) ::_exit(1);
            while (true) reader->call(1);
        }
    } catch (...) {
    }
    ::_exit(1);
}

void wait_for_end(int file) {
    char byte = 0;
    while (::read(file, &byte, 1) < 0 && errno == EINTR) {
    }
}

/// A process belongs to the thread that starts it: this one, which lasts as long.
void keep(int cpu, std::size_t bytes, int stop, std::promise<bool> started) {
    int ready[2];
    if (::pipe2(ready, O_CLOEXEC) != 0) return started.set_value(false);
    const pid_t child = ::fork();
    if (child == 0) read_without_end(cpu, bytes, ready[1]);
    ::close(ready[1]);
    char byte = 0;
    const bool reads = child > 0 && ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    started.set_value(reads);
    if (child < 0) return;
    if (reads) wait_for_end(stop);
    ::kill(child, SIGKILL);
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace

memory_neighbour::memory_neighbour(int cpu, std::size_t bytes) {
    if (::pipe2(stop_, O_CLOEXEC) != 0)
        throw std::runtime_error{"the system has no pipe left for the neighbour"};
    std::promise<bool> started;
    auto reads = started.get_future();
    thread_ = std::jthread{keep, cpu, bytes, stop_[0], std::move(started)};
    if (reads.get()) return;
    thread_.join();
    ::close(stop_[0]);
    ::close(stop_[1]);
    throw std::runtime_error{"the neighbour that reads memory could not be started"};
}

memory_neighbour::~memory_neighbour() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
}

}  // namespace lanewise::bench
