// The log's queue: what becomes of lines where the descriptor takes them, takes them late, or not
// at all.
#include "server/log/log_queue.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/server/http_peer.hpp"

using namespace lanewise::server;

namespace {

void report(std::string& out, std::uint64_t lines) {
    out += "lost " + std::to_string(lines) + "\n";
}

struct pipe_ends {
    pipe_ends() { REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0); }
    ~pipe_ends() {
        close_reading();
        close(ends[1]);
    }
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;

    void close_reading() {
        if (ends[0] >= 0) close(std::exchange(ends[0], -1));
    }
    // Reads until the text comes, or for ten seconds.
    std::string read_until(const std::string& text) {
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        std::string all;
        std::array<char, 65'536> buffer;
        eventually([&] {
            const auto count = read(ends[0], buffer.data(), buffer.size());
            if (count > 0) all.append(buffer.data(), static_cast<std::size_t>(count));
            return all.find(text) != std::string::npos;
        });
        return all;
    }
    // The next line, or none within ten seconds.
    std::string read_line() {
        if (read_.find('\n', at_) == std::string::npos) {
            read_ = read_.substr(at_) + read_until("\n");
            at_ = 0;
        }
        const auto end = read_.find('\n', at_);
        if (end == std::string::npos) return {};
        const auto begin = std::exchange(at_, end + 1);
        return read_.substr(begin, at_ - begin);
    }
    std::array<int, 2> ends{};

private:
    std::string read_;  // and not yet given out, from here on
    std::size_t at_ = 0;
};

std::string line_of(std::size_t number, std::size_t bytes = 100) {
    auto line = std::to_string(number) + " ";
    line.resize(bytes - 1, 'x');
    return line + "\n";
}

std::chrono::steady_clock::time_point soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(10);
}

}  // namespace

TEST_CASE("lines of several threads come out whole, each thread's in order") {
    pipe_ends pipe;
    constexpr std::size_t threads = 4, lines = 500;
    std::string all;
    {
        log_queue queue(pipe.ends[1], report);
        std::vector<std::thread> writers;
        for (std::size_t i = 0; i < threads; ++i) {
            writers.emplace_back([&queue, i] {
                for (std::size_t j = 0; j < lines; ++j) queue.add(line_of(i * lines + j));
            });
        }
        std::thread reader([&] { all = pipe.read_until("the end\n"); });
        for (auto& writer : writers) writer.join();
        queue.add("the end\n");
        reader.join();
        CHECK(queue.lines_dropped() == 0);
    }
    CHECK(all.size() == threads * lines * 100 + 8);
    std::array<std::size_t, threads> next{};
    for (std::size_t at = 0; at + 100 <= all.size(); at += 100) {
        const auto number = std::stoul(all.substr(at, 100));
        REQUIRE(number % lines == next[number / lines]++);
        CHECK(all.substr(at, 100) == line_of(number));
    }
}

TEST_CASE("a pipe that nobody reads: no call waits, what has no room is counted, then reported") {
    pipe_ends pipe;
    log_queue queue(pipe.ends[1], report);
    constexpr std::size_t lines = 50'000;  // of which the pipe takes 64 KiB, the queue twice 1 MiB
    for (std::size_t i = 0; i < lines; ++i) queue.add(line_of(i));
    const auto dropped = queue.lines_dropped();
    CHECK(dropped > 0);
    CHECK(dropped < lines);
    CHECK_FALSE(queue.wait_written(std::chrono::steady_clock::now()));
    // What was not counted comes in order, and where lines are missing stands how many.
    std::size_t next = 0, lost = 0;
    while (next < lines) {
        const auto line = pipe.read_line();
        REQUIRE_FALSE(line.empty());
        if (line.starts_with("lost ")) {
            next += std::stoul(line.substr(5));
            lost += std::stoul(line.substr(5));
        } else {
            REQUIRE(line == line_of(next++));
        }
    }
    CHECK(lost == dropped);
    CHECK(queue.wait_written(soon()));
    queue.add("and on\n");
    CHECK(pipe.read_until("and on\n") == "and on\n");
    CHECK(queue.lines_dropped() == dropped);
}

TEST_CASE("a line larger than the queue is lost, and one larger than a pipe's piece is not") {
    pipe_ends pipe;
    log_queue queue(pipe.ends[1], report);
    queue.add(std::string(log_queue::waiting_bytes_max, 'x') + "\n");
    CHECK(queue.lines_dropped() == 1);
    const auto line = line_of(1, 30'000);
    queue.add(line);
    // The writer may tell of the loss before the line came, or after it.
    auto all = pipe.read_until("lost 1\n");
    if (all.find("x\n") == std::string::npos) all += pipe.read_until("x\n");
    CHECK((all == line + "lost 1\n" || all == "lost 1\n" + line));
    queue.add(line_of(2, log_queue::waiting_bytes_max));  // as large as the queue
    CHECK(pipe.read_until("x\n").size() == log_queue::waiting_bytes_max);
    CHECK(queue.lines_dropped() == 1);
}

TEST_CASE("lines that had no memory are counted, and told at the latest with the next one") {
    pipe_ends pipe;
    log_queue queue(pipe.ends[1], report);
    queue.lose(2);
    queue.lose(1);
    CHECK(queue.lines_dropped() == 3);
    queue.add("next\n");
    std::size_t lost = 0, others = 0;
    while (lost < 3 || others == 0) {
        const auto line = pipe.read_line();
        REQUIRE_FALSE(line.empty());
        line.starts_with("lost ") ? lost += std::stoul(line.substr(5)) : others += line == "next\n";
    }
    CHECK(lost == 3);
    CHECK(others == 1);
    CHECK(queue.lines_dropped() == 3);
}

TEST_CASE("a pipe gets whole lines in writes that no other process's fall into") {
    // Of such a pipe each read gives one write, or a part of one that is too large to stay whole.
    std::array<int, 2> packets{};
    if (pipe2(packets.data(), O_CLOEXEC | O_DIRECT) != 0) return;
    std::string all;
    for (const int longer : {-2, -1, 0, 1, 2}) {  // an end right before, at and behind the bound
        all += line_of(1, PIPE_BUF / 2);
        all += line_of(2, static_cast<std::size_t>(PIPE_BUF / 2 + longer));
        all += line_of(3);
    }
    {
        log_queue queue(packets[1], report);
        queue.add(all);
        std::string read_so_far;
        std::array<char, 2 * PIPE_BUF> packet{};
        while (read_so_far.size() < all.size()) {
            const auto count = ::read(packets[0], packet.data(), packet.size());
            REQUIRE(count > 0);
            CHECK(packet[static_cast<std::size_t>(count) - 1] == '\n');
            read_so_far.append(packet.data(), static_cast<std::size_t>(count));
        }
        CHECK(read_so_far == all);
    }
    for (const int end : packets) close(end);
}

TEST_CASE(
    "a descriptor that refuses: a full disk, a pipe without a reader, one that is not there") {
    std::signal(SIGPIPE, SIG_IGN);
    pipe_ends pipe;
    pipe.close_reading();
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    const int for_reading = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (const int descriptor : {full, pipe.ends[1], for_reading, -1}) {
        CAPTURE(descriptor);
        log_queue queue(descriptor, report);
        for (std::size_t i = 0; i < 1'000; ++i) queue.add(line_of(i));
        CHECK(queue.wait_written(soon()));
        CHECK(queue.lines_dropped() == 1'000);
    }
    close(full);
    close(for_reading);
}

TEST_CASE("a disk that takes a part of a line, then all again: no line is joined to another") {
    std::signal(SIGXFSZ, SIG_IGN);
    std::FILE* const file = std::tmpfile();
    const int descriptor = fileno(file);
    fcntl(descriptor, F_SETFL, O_APPEND);
    {
        log_queue queue(descriptor, report);
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        const rlimit full{150, before.rlim_max};
        REQUIRE(setrlimit(RLIMIT_FSIZE, &full) == 0);
        queue.add(line_of(1) + line_of(2) + line_of(3));
        CHECK(queue.wait_written(soon()));
        REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
        CHECK(queue.lines_dropped() == 2);
        queue.add(line_of(4));
        CHECK(queue.wait_written(soon()));
    }
    std::string text(1'000, '\0');
    const auto count = pread(descriptor, text.data(), text.size(), 0);
    REQUIRE(count > 0);
    text.resize(static_cast<std::size_t>(count));
    CHECK(text == line_of(1) + line_of(2).substr(0, 50) + "\n" + line_of(4) + "lost 2\n");
    std::fclose(file);
}

TEST_CASE("a descriptor that somebody made non-blocking gets all lines all the same") {
    pipe_ends pipe;
    fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK);
    log_queue queue(pipe.ends[1], report);
    for (std::size_t i = 0; i < 5'000; ++i) queue.add(line_of(i));
    queue.add("the end\n");
    CHECK(pipe.read_until("the end\n").size() == 5'000 * 100 + 8);
    CHECK(queue.lines_dropped() == 0);
}

TEST_CASE("a queue that ends waits for its lines, but not for a reader that never comes") {
    pipe_ends read_late;
    {
        log_queue queue(read_late.ends[1], report);
        queue.add("last words\n");
    }
    CHECK(read_late.read_until("\n") == "last words\n");
    // The writer outlives its queue, as it does where a process ends: its pipe stays open.
    static const auto* const never_read = new pipe_ends;
    log_queue stuck(never_read->ends[1], report);
    for (std::size_t i = 0; i < 2'000; ++i) stuck.add(line_of(i));
}
