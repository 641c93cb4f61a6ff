#include "program_runs.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "bench/figures/format.hpp"
#include "bench/machine/pinning.hpp"
#include "bench/machine/progress.hpp"
#include "descendants.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t runs_kept_max = 1000;
constexpr std::size_t errors_kept_max = 4096;
constexpr int look_every_ms = 20;

double thread_cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Readable from the moment that it is raised: every run looks at it.
class flag {
public:
    flag() : file_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
        if (file_ < 0) throw std::system_error{errno, std::generic_category(), "an event"};
    }
    ~flag() { ::close(file_); }
    flag(const flag&) = delete;
    flag& operator=(const flag&) = delete;
    void raise() noexcept {
        raised_ = true;
        const std::uint64_t one = 1;
        // It can't fail but where it is raised 2^64 times.
        [[maybe_unused]] const auto written = ::write(file_, &one, sizeof one);
    }
    [[nodiscard]] int file() const noexcept { return file_; }
    [[nodiscard]] bool raised() const noexcept { return raised_; }

private:
    int file_;
    std::atomic<bool> raised_ = false;
};

std::string replaced(std::string text, std::string_view name, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += by.size())
        text.replace(at, name.size(), by);
    return text;
}

std::vector<std::string> words_of(const program_plan& plan, int number) {
    auto words = plan.words;
    for (auto& word : words) word = replaced(std::move(word), "{copy}", std::to_string(number));
    return words;
}

std::vector<std::string> variables_of(int number, int copies) {
    return {"LANEWISE_COPY=" + std::to_string(number), "LANEWISE_COPIES=" + std::to_string(copies)};
}

/// In words, why a run does not count; empty: it does.
std::string problem_of(const run_end& end, const program_plan& plan) {
    if (end.why == run_end::reason::late)
        return "was not over after " + digits(plan.patience_seconds) + " s, which --timeout allows";
    if (end.signal)
        return "was ended by signal " + std::to_string(*end.signal) + " (" +
               std::string{::strsignal(*end.signal)} + ")";
    if (end.status != 0) return "ended with status " + std::to_string(end.status.value_or(0));
    return {};
}

std::optional<double> units_of(const program_plan& plan, const program_outputs& outputs) {
    if (!plan.work_from) return plan.work;
    if (const auto found = plan.work_from->read(outputs.output().text())) return found;
    return plan.work_from->read(outputs.errors().text());
}

/// Another program's words: they have to fit into a document, and onto a terminal.
std::string harmless_lines(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        safe += program::printable(line);
        text.remove_prefix(line.size());
        if (text.empty()) break;
        safe += '\n';
        text.remove_prefix(1);
    }
    return safe;
}

exec_failure failure_of(const std::string& problem, const program_copy& copy, const run_end& end,
                        const program_outputs& outputs) {
    return {.what = "a run of copy " + std::to_string(copy.number()) + " " + problem,
            .copy = copy.number(),
            .status = end.why == run_end::reason::ended ? end.status : std::nullopt,
            .signal = end.why == run_end::reason::ended ? end.signal : std::nullopt,
            .seconds = end.seconds,
            .cpu_seconds = end.cpu_seconds,
            .memory_bytes = end.memory_bytes_max,
            .errors = harmless_lines(outputs.errors().last(errors_kept_max))};
}

void count(copy_result& result, const run_end& end, double units) {
    ++result.runs;
    result.units += units;
    result.cpu_seconds += end.cpu_seconds;
    result.memory_bytes_max = std::max(result.memory_bytes_max, end.memory_bytes_max);
    if (result.run_seconds.size() >= runs_kept_max) return;
    result.run_seconds.push_back(end.seconds);
    result.run_cpu_seconds.push_back(end.cpu_seconds);
    result.run_memory_bytes.push_back(end.memory_bytes_max);
}

/// Runs of one copy, until its time is over and all that count are done.
class copy_runs {
public:
    copy_runs(const program_plan& plan, program_copy& copy, bool counts, double seconds, flag& stop,
              std::atomic<std::size_t>& to_go, copy_result& result)
        : plan_{plan},
          copy_{copy},
          counts_{counts},
          seconds_{seconds},
          stop_{stop},
          to_go_{to_go},
          result_{result} {}

    void run() {
        const auto counters = counts_ && plan_.events ? plan_.events->of_programs() : nullptr;
        if (counters) counters->start();
        const auto begin = clock::now();
        bool counting = counts_;
        while (!stop_.raised()) {
            const auto end =
                run_program(copy_.image(), copy_.outputs(),
                            std::chrono::duration<double>{plan_.patience_seconds}, stop_.file());
            if (end.why == run_end::reason::stopped) {
                result_.cpu_seconds_other += end.cpu_seconds;
                return;
            }
            auto problem = problem_of(end, plan_);
            const auto units = units_of(plan_, copy_.outputs());
            if (problem.empty() && !units)
                problem = "printed no number above 0 where --work-from looks";
            if (!problem.empty()) {
                result_.failure = failure_of(problem, copy_, end, copy_.outputs());
                stop_.raise();
                return;
            }
            if (!counting) {
                result_.cpu_seconds_other += end.cpu_seconds;
                continue;
            }
            count(result_, end, *units);
            result_.seconds = std::chrono::duration<double>(clock::now() - begin).count();
            if (result_.seconds < seconds_) continue;
            counting = false;
            if (counters) result_.events = counters->stop();
            if (to_go_.fetch_sub(1) == 1) stop_.raise();
        }
    }

private:
    const program_plan& plan_;
    program_copy& copy_;
    bool counts_;
    double seconds_;
    flag& stop_;
    std::atomic<std::size_t>& to_go_;
    copy_result& result_;
};

}  // namespace

program_copy::program_copy(const program_plan& plan, int number, int copies, int cpu)
    : number_{number},
      cpu_{cpu},
      image_{plan.path, words_of(plan, number), variables_of(number, copies), plan.directory} {}

copies_result run_copies(const program_plan& plan,
                         std::vector<std::unique_ptr<program_copy>>& copies, std::size_t counting,
                         double seconds) {
    copies_result found;
    found.copies.resize(copies.size());
    std::vector<std::exception_ptr> problems(copies.size());
    flag stop;
    std::atomic<std::size_t> to_go = counting, running = copies.size();
    std::barrier start{static_cast<std::ptrdiff_t>(copies.size()) + 1};
    const auto work_on = [&](std::size_t index) {
        auto& result = found.copies[index];
        result.counts = index < counting;
        result.pinned = pin_to(copies[index]->cpu());
        start.arrive_and_wait();
        const double before = thread_cpu_seconds();
        try {
            copy_runs{plan, *copies[index], result.counts, seconds, stop, to_go, result}.run();
        } catch (...) {
            problems[index] = std::current_exception();
            stop.raise();
        }
        result.bench_cpu_seconds = thread_cpu_seconds() - before;
        --running;
    };
    {
        std::vector<std::jthread> threads;
        threads.reserve(copies.size());
        for (std::size_t i = 0; i < copies.size(); ++i) threads.emplace_back(work_on, i);
        start.arrive_and_wait();
        const auto begin = clock::now();
        while (running > 0) {
            const auto gone = reap_orphans();
            found.left_behind += gone.count;
            found.cpu_seconds_left_behind += gone.cpu_seconds;
            if (interrupted() && !stop.raised()) {
                found.interrupted = true;
                stop.raise();
            }
            // The end of the runs is seen at once; orphans can wait for the next look.
            pollfd event{stop.file(), POLLIN, 0};
            ::poll(&event, stop.raised() ? 0 : 1, stop.raised() ? 1 : look_every_ms);
        }
        found.seconds = std::chrono::duration<double>(clock::now() - begin).count();
    }
    end_descendants();
    const auto gone = reap_orphans();
    found.left_behind += gone.count;
    found.cpu_seconds_left_behind += gone.cpu_seconds;
    for (const auto& problem : problems) {
        if (problem) std::rethrow_exception(problem);
    }
    return found;
}

void run_setup(const program_plan& plan, const std::string& command_line, int copies) {
    flag never;
    for (int number = 0; number < copies; ++number) {
        auto once = plan;
        once.path = "/bin/sh";
        once.words = {"sh", "-c", replaced(command_line, "{copy}", std::to_string(number))};
        program_copy copy{once, number, copies, 0};
        const auto end =
            run_program(copy.image(), copy.outputs(),
                        std::chrono::duration<double>{plan.patience_seconds}, never.file());
        const auto problem = problem_of(end, plan);
        if (!problem.empty()) {
            throw std::runtime_error{"--setup for copy " + std::to_string(number) + " " + problem +
                                     ": " +
                                     harmless_lines(copy.outputs().errors().last(errors_kept_max))};
        }
    }
    end_descendants();
    reap_orphans();
}

}  // namespace lanewise::bench
