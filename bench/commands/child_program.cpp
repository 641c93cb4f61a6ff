#include "child_program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "bench/documents/files.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace lanewise::bench {

temporary_folder::temporary_folder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "lanewise-compare-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
        throw std::runtime_error{"no temporary folder can be made"};
    path_ = name;
}

temporary_folder::~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

ended run_program(std::vector<std::string> words, const temporary_folder& folder,
                  const std::string& directory) {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const auto errors = folder / "errors.txt", output = folder / "output.txt";
    pid_t child = 0;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!directory.empty()) posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
    const auto begun = std::chrono::steady_clock::now();
    const int failed =
        posix_spawnp(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        throw std::runtime_error{words[0] +
                                 " can't be started: " + std::generic_category().message(failed)};
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) throw std::runtime_error{words[0] + " was lost"};
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    auto text = read_file(errors);
    while (text.ends_with('\n')) text.pop_back();
    const auto printed = read_file(output);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            printed.substr(0, printed.find('\n')), text.substr(text.rfind('\n') + 1), took.count()};
}

std::string how_it_ended(const ended& program) {
    return "exit code " + std::to_string(program.code) +
           (program.last_words.empty() ? "" : ": " + program.last_words);
}

}  // namespace lanewise::bench
