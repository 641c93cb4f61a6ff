// lanewise-server as a process of its own: for signals, exit codes and limits of the system.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tls_client.hpp"

namespace lanewise::server {

/// Programs of another architecture run under an emulator, whose own memory and time are not
/// theirs.
bool under_emulation();

/// Sanitizers reserve more address space than any limit would leave.
bool under_sanitizer();

/// What a program is started with: its standard descriptors, and a kernel that has no IPv6 (every
/// such socket is refused).
struct surroundings {
    static constexpr int closed = -1;
    int input = 0, output = 1, errors = 2;
    bool without_ipv6 = false;
};

/// A program that ran to its end.
struct program_end {
    int code = -1;  // 128 + signal, as a shell has it
    std::string output, errors;
};
program_end run_server_program(std::vector<std::string> flags,
                               std::vector<std::pair<std::string, std::string>> variables = {});

/// The same with these surroundings; its exit code.
int run_server_program_with(const surroundings& given, std::vector<std::string> flags);

/// Starts on a free port of the loopback, and waits until it listens. Killed at the latest with
/// this.
class server_process {
public:
    using limits = std::vector<std::pair<int, rlim_t>>;  // of setrlimit
    explicit server_process(std::vector<std::string> flags, const limits& hard = {},
                            const std::vector<std::pair<std::string, std::string>>& variables = {});
    /// The same with these surroundings, at the address of the loopback or at that of the default,
    /// and without a log: waits until the port is served.
    server_process(const surroundings& given, std::vector<std::string> flags,
                   bool on_loopback = true);
    ~server_process();
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;

    /// In a suite over TLS its TLS port.
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::uint16_t plain_port() const { return plain_port_; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::string log() const;
    [[nodiscard]] std::size_t count_in_log(const std::string& text) const;

    void signal(int number) const;
    [[nodiscard]] bool is_running();

    /// Its exit code, once it has ended; 128 + signal where one ended it. Waits for 30 seconds.
    int wait();

    [[nodiscard]] std::uint64_t resident_bytes() const;
    [[nodiscard]] std::uint64_t address_space_bytes() const;

private:
    pid_t pid_ = -1;
    int log_ = -1;
    int code_ = -1;
    std::uint16_t port_ = 0, plain_port_ = 0;
    std::optional<tls_expected> tls_;
};

}  // namespace lanewise::server
