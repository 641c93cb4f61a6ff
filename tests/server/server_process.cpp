#include "server_process.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "http_peer.hpp"
#include "options.hpp"

namespace lanewise::server {
namespace {

// The program, behind its emulator where it needs one: parts between bars.
std::vector<std::string> command_of(std::vector<std::string> flags) {
    std::vector<std::string> command;
    std::string part;
    for (const char c : std::string{LANEWISE_SERVER_COMMAND} + "|") {
        if (c != '|') {
            part += c;
        } else if (!part.empty()) {
            command.push_back(std::exchange(part, {}));
        }
    }
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
}

int memory_file() {
    const int file = memfd_create("output", MFD_CLOEXEC);
    if (file < 0) throw std::runtime_error("memfd_create failed");
    return file;
}

std::string text_of(int file) {
    std::string text;
    std::array<char, 4'096> buffer;
    for (;;) {
        const auto count =
            pread(file, buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
        if (count <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

// From here on socket(AF_INET6, ...) fails as it does in a kernel without IPv6.
void refuse_ipv6() {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{std::size(program), program};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) _exit(126);
}

// Between fork and exec nothing may take a lock that another thread held: all is made before.
pid_t start(std::vector<std::string> flags,
            const std::vector<std::pair<std::string, std::string>>& variables,
            const surroundings& given, const server_process::limits& hard) {
    auto command = command_of(std::move(flags));
    std::vector<char*> arguments;
    for (auto& one : command) arguments.push_back(one.data());
    arguments.push_back(nullptr);
    std::vector<std::string> texts;
    for (const auto& [name, value] : variables) texts.push_back(name + "=" + value);
    std::vector<char*> environment;
    for (auto& one : texts) environment.push_back(one.data());
    for (char** at = environ; *at != nullptr; ++at) environment.push_back(*at);
    environment.push_back(nullptr);
    const auto program =
        command[0].find('/') != std::string::npos ? command[0] : "/usr/bin/" + command[0];

    const pid_t pid = fork();
    if (pid != 0) return pid;
    const int all[] = {given.input, given.output, given.errors};
    for (int i = 0; i <= STDERR_FILENO; ++i) {
        if (all[i] == surroundings::closed) {
            close(i);
        } else {
            dup2(all[i], i);
        }
    }
    if (given.without_ipv6) refuse_ipv6();
    for (const auto& [which, most] : hard) {
        const rlimit limit{most, most};
        setrlimit(static_cast<__rlimit_resource>(which), &limit);
    }
    execve(program.c_str(), arguments.data(), environment.data());
    _exit(127);
}

int code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The exit code once the process has ended; -1 if it does not within 30 seconds.
int wait_for_end(pid_t pid) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    int status = 0;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > deadline) return -1;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // of a poll, not a guess
    }
    return code_of(status);
}

}  // namespace

bool under_emulation() {
    return command_of({}).size() > 1;
}

bool under_sanitizer() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
    return __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
    return false;
#endif
}

program_end run_server_program(std::vector<std::string> flags,
                               std::vector<std::pair<std::string, std::string>> variables) {
    const int output = memory_file(), errors = memory_file();
    const pid_t pid = start(std::move(flags), variables, {STDIN_FILENO, output, errors}, {});
    program_end end;
    end.code = wait_for_end(pid);
    if (end.code < 0) kill(pid, SIGKILL);
    end.output = text_of(output);
    end.errors = text_of(errors);
    close(output);
    close(errors);
    return end;
}

int run_server_program_with(const surroundings& given, std::vector<std::string> flags) {
    const pid_t pid = start(std::move(flags), {}, given, {});
    const int code = wait_for_end(pid);
    if (code < 0) kill(pid, SIGKILL);
    return code;
}

server_process::server_process(const surroundings& given, std::vector<std::string> flags,
                               bool on_loopback)
    : port_(free_port()), plain_port_(port_) {
    if (on_loopback) flags.insert(flags.end(), {"--address", "127.0.0.1"});
    flags.insert(flags.end(), {"--port", std::to_string(port_)});
    pid_ = start(std::move(flags), {}, given, {});
    const bool serves = eventually([&] {
        try {
            return peer(port_).ask(get("/healthz")).status == 200 || !is_running();
        } catch (const std::exception&) {
            return !is_running();
        }
    });
    if (!serves || !is_running()) {
        if (is_running()) kill(pid_, SIGKILL);
        throw std::runtime_error("lanewise-server did not start");
    }
}

server_process::server_process(std::vector<std::string> flags, const limits& hard,
                               const std::vector<std::pair<std::string, std::string>>& variables)
    : log_(memory_file()) {
    const bool with_tls =
        suites_over_tls() || std::ranges::find(flags, "--tls-cert") != flags.end();
    if (with_tls && std::ranges::find(flags, "--tls-cert") == flags.end()) {
        const auto& files = test_certificate();
        flags.insert(flags.end(), {"--tls-cert", files.certificate, "--tls-key", files.key});
    }
    flags.insert(flags.end(), {"--address", "127.0.0.1", "--port", "0"});
    if (with_tls) flags.insert(flags.end(), {"--tls-port", "0"});
    auto all = variables;
    for (auto& one : option_variables()) all.push_back(std::move(one));
    if (options_on()) all.emplace_back("LANEWISE_METRICS_PORT", std::to_string(free_port()));
    pid_ = start(std::move(flags), all, {STDIN_FILENO, log_, log_}, hard);
    const auto port_after = [](const std::string& text, const std::string& words) {
        const auto at = text.find(words);
        if (at == std::string::npos || text.find('\n', at) == std::string::npos)
            return std::uint16_t{0};
        return static_cast<std::uint16_t>(std::stoul(text.substr(at + words.size())));
    };
    const bool listens = eventually([&] {
        const auto text = log();
        plain_port_ = port_after(text, "listening on 127.0.0.1 port ");
        port_ = with_tls ? port_after(text, "listening for TLS on port ") : plain_port_;
        return port_ != 0 || !is_running();
    });
    if (!listens || port_ == 0) {
        if (is_running()) kill(pid_, SIGKILL);
        throw std::runtime_error("lanewise-server did not start: " + log());
    }
    if (with_tls) tls_.emplace(port_);
}

server_process::~server_process() {
    if (is_running()) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    if (log_ >= 0) close(log_);
}

std::string server_process::log() const {
    return text_of(log_);
}

std::size_t server_process::count_in_log(const std::string& text) const {
    std::size_t count = 0;
    const auto all = log();
    for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
    return count;
}

void server_process::signal(int number) const {
    kill(pid_, number);
}

bool server_process::is_running() {
    if (code_ >= 0 || pid_ < 0) return false;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == 0) return true;
    code_ = code_of(status);
    return false;
}

int server_process::wait() {
    if (is_running()) code_ = wait_for_end(pid_);
    return code_;
}

std::uint64_t server_process::resident_bytes() const {
    std::uint64_t all = 0, resident = 0;
    std::ifstream("/proc/" + std::to_string(pid_) + "/statm") >> all >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t server_process::address_space_bytes() const {
    std::uint64_t all = 0;
    std::ifstream("/proc/" + std::to_string(pid_) + "/statm") >> all;
    return all * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace lanewise::server
