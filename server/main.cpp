// Arguments -> settings -> kernels -> server -> signal -> drain -> exit code.
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <new>

#include "healthcheck.hpp"
#include "kernels/machine/standard_descriptors.hpp"
#include "program/standard_output.hpp"
#include "server/endpoints/app.hpp"
#include "server/net/server.hpp"
#include "server/settings/config.hpp"
#include "service_manager.hpp"

namespace {

using namespace lanewise;
using namespace lanewise::server;

// Threads inherit the mask: only wait_for_signal sees these.
sigset_t block_signals() {
    std::signal(SIGHUP, SIG_IGN);  // there is nothing to read again: settings are flags
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stops, nullptr);
    return stops;
}

// True if a signal came within this time.
bool wait_for_signal(const sigset_t& stops, std::chrono::milliseconds time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec wait{seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
    return sigtimedwait(&stops, nullptr, &wait) > 0;
}

// Each connection takes a descriptor, and the usual soft limit is 1,024.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// glibc raises this threshold to the size of each large block that is freed, and then keeps blocks
// of that size in its arenas: fixed, a large block always goes back to the system. The body pool
// maps its own; this is for all else.
void give_large_blocks_back() {
    constexpr int mapped_bytes_min = 256 << 10;
    mallopt(M_MMAP_THRESHOLD, mapped_bytes_min);
}

// Where memory is used up, what the pool keeps for next bodies goes first: while any of that is
// left, no connection has to be dropped for want of a few bytes.
class idle_memory_given_back {
public:
    explicit idle_memory_given_back(body_pool& pool) {
        of = &pool;
        std::set_new_handler([] {
            if (!of->release_idle()) throw std::bad_alloc();
        });
    }
    ~idle_memory_given_back() { std::set_new_handler(nullptr); }
    idle_memory_given_back(const idle_memory_given_back&) = delete;
    idle_memory_given_back& operator=(const idle_memory_given_back&) = delete;

private:
    inline static body_pool* of = nullptr;  // a new-handler takes no argument
};

// For the last lines of the log, where the time to stop is up.
constexpr auto log_grace = std::chrono::milliseconds(100);

[[noreturn]] void end_now(const logger& log) {
    log.wait_written(std::chrono::steady_clock::now() + log_grace);
    std::_Exit(0);
}

// While it drains, a connection that idles is left open for its next request, which may be on its
// way. In the last moments it is closed: enough of them that all connections end in time.
std::chrono::milliseconds idle_time_until(std::chrono::steady_clock::time_point deadline) {
    constexpr std::chrono::milliseconds last_moments_max(500);
    const auto left = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(
                                   deadline - std::chrono::steady_clock::now()),
                               std::chrono::milliseconds(0));
    return left - std::min(left / 4, last_moments_max);
}

void tell_manager(const logger& log, const char* stage, std::string_view state) {
    if (const auto why = tell_service_manager(state); !why.empty()) log.error(stage, why);
}

void serve(const config& settings) {
    const auto stops = block_signals();
    raise_descriptor_limit();
    give_large_blocks_back();
    app shared(settings, machine::read());
    const idle_memory_given_back when_short(shared.bodies);
    class http_server here(shared);
    here.start();
    for (const auto& warning : shared.settings.warnings) shared.log.info("start", warning);
    shared.log.info("start",
                    "listening on " + here.addresses() + " port " + std::to_string(here.port()) +
                        ", " + std::to_string(shared.settings.threads) + " I/O and " +
                        std::to_string(shared.settings.compute_threads) +
                        " compute threads, kernels on " + std::string{kernels::active_variant()});
    if (here.tls_port() != 0)
        shared.log.info("start", "listening for TLS on port " + std::to_string(here.tls_port()));
    tell_manager(shared.log, "start",
                 "READY=1\nSTATUS=Listening on " + here.addresses() + " port " +
                     std::to_string(here.port()));

    while (!wait_for_signal(stops, std::chrono::seconds(1))) {
        if (shared.token.refresh()) shared.log.info("token", "read again: the file has changed");
        if (shared.report.refresh()) shared.log.info("report", "read again: the file has changed");
        here.refresh_identity();
    }
    shared.ready = false;
    here.end_connections();
    tell_manager(shared.log, "stop", "STOPPING=1\nSTATUS=Draining");
    shared.log.info(
        "stop", "not ready any more; serving on for " + std::to_string(settings.settle_ms) + " ms");
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(settings.drain_deadline_ms);
    if (!wait_for_signal(stops, std::chrono::milliseconds(
                                    std::min(settings.settle_ms, settings.drain_deadline_ms)))) {
        here.drain(idle_time_until(deadline));
        while (!here.wait_drained(std::chrono::milliseconds(10))) {
            if (std::chrono::steady_clock::now() < deadline && !wait_for_signal(stops, {}))
                continue;
            if (here.open_connections() == 0) {
                shared.log.info("stop", "drained: nothing was open");
            } else {
                shared.log.error("stop", "cutting off what is still open");
            }
            end_now(shared.log);  // a kernel may run for longer than anyone waits
        }
        shared.log.info("stop", "drained");
        // Somebody who reads the log slowly still gets its end.
        while (!shared.log.wait_written(
                   std::min(deadline, std::chrono::steady_clock::now() + log_grace)) &&
               std::chrono::steady_clock::now() < deadline && !wait_for_signal(stops, {})) {
        }
        return;
    }
    shared.log.error("stop", "a second signal: cutting off what is still open");
    end_now(shared.log);
}

// Says why this ends, on a stderr that may take nothing.
int fail(int code, const std::string& why) {
    write_last_line("lanewise-server: " + why + "\n");
    return code;
}

int run(int argc, char** argv) {
    try {
        const auto settings = read_config(argc, argv);
        if (settings.healthcheck) {
            const auto why = why_not_ready(settings);
            return why.empty() ? 0 : fail(1, why);
        }
        if (!settings.isa.empty()) {
            if (const auto wrong = kernels::force_variant(settings.isa))
                throw usage_error(settings.source_of("isa") + ": " + *wrong);
        }
        serve(settings);
        return 0;
    } catch (const usage_text& text) {
        std::fputs(text.what(), stdout);
        return 0;
    } catch (const usage_error& error) {
        return fail(2, error.what());
    } catch (const std::bad_alloc&) {
        write_last_line("lanewise-server: out of memory\n");
        return 1;
    } catch (const std::exception& error) {
        return fail(1, error.what());
    }
}

}  // namespace

int main(int argc, char** argv) {
    machine::hold_standard_descriptors();
    // A peer that left, or a reader of the log, is an error code.
    std::signal(SIGPIPE, SIG_IGN);
    return program::checked_exit("lanewise-server", run(argc, argv));
}
