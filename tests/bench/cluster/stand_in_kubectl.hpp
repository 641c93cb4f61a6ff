// A kubectl whose answers a test gives: a script hands each call to the test's own process, where
// a function answers it.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/cluster/kubectl.hpp"
#include "tests/bench/temporary_folder.hpp"

namespace lanewise::bench::cluster {

struct kubectl_answer {
    std::string output, errors;
    int status = 0;
};

inline kubectl_answer failing(const std::string& words) {
    return {"", words + "\n", 1};
}

/// The words of a call in one line.
inline std::string joined(const std::vector<std::string>& words) {
    std::string line;
    for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
    return line;
}

class stand_in_kubectl {
public:
    using words = std::vector<std::string>;
    using answering = std::function<kubectl_answer(const words&, const std::string& input)>;

    explicit stand_in_kubectl(answering answer) : answer_{std::move(answer)} {
        for (const auto* name : {"asked", "answered"})
            REQUIRE(::mkfifo((folder_ / name).c_str(), 0600) == 0);
        (void)folder_.with("kubectl", R"(#!/bin/sh
cd "${0%/*}" || exit 1
for word; do printf '%s\n' "$word"; done >words
cat >input
echo go >asked
read -r status <answered
cat errors >&2
cat output
exit "$status"
)");
        std::filesystem::permissions(folder_ / "kubectl", std::filesystem::perms::owner_all);
        serving_ = std::jthread{[this] { serve(); }};
    }
    ~stand_in_kubectl() { std::ofstream{folder_ / "asked"} << "over\n"; }
    stand_in_kubectl(const stand_in_kubectl&) = delete;
    stand_in_kubectl& operator=(const stand_in_kubectl&) = delete;

    [[nodiscard]] kubectl_options options() const {
        kubectl_options made;
        made.program = folder_ / "kubectl";
        return made;
    }

    /// The words of each call, a line each.
    std::vector<std::string> calls;

    [[nodiscard]] long count(const std::string& beginning) const {
        return std::ranges::count_if(calls,
                                     [&](const auto& one) { return one.starts_with(beginning); });
    }

private:
    void serve() {
        while (true) {
            std::string order;
            std::ifstream{folder_ / "asked"} >> order;
            if (order != "go") return;
            words asked;
            std::string line;
            for (std::ifstream from{folder_ / "words"}; std::getline(from, line);)
                asked.push_back(line);
            std::ifstream from{folder_ / "input"};
            const std::string input{std::istreambuf_iterator<char>{from}, {}};
            calls.push_back(joined(asked));
            const auto answer = answer_(asked, input);
            (void)folder_.with("output", answer.output);
            (void)folder_.with("errors", answer.errors);
            std::ofstream{folder_ / "answered"} << answer.status << "\n";
        }
    }

    temporary_folder folder_;
    answering answer_;
    std::jthread serving_;
};

}  // namespace lanewise::bench::cluster
