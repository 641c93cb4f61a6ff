#include "bench/commands/usage_complaint.hpp"

#include <doctest/doctest.h>

#include <vector>

using lanewise::bench::usage_complaint;

namespace {

/// Of a program "tool" with the commands "weigh" (--kernel, --pace, files) and "cluster clean".
std::string complaint_about(std::vector<std::string> words) {
    CLI::App tool{"", "tool"};
    tool.require_subcommand(1);
    auto* weigh = tool.add_subcommand("weigh");
    std::string kernel;
    int pace = 0;
    std::vector<std::string> files;
    weigh->add_option("--kernel", kernel);
    weigh->add_option("--pace,-p", pace);
    weigh->add_option("files", files)->required();
    auto* cluster = tool.add_subcommand("cluster");
    cluster->require_subcommand(1);
    cluster->add_subcommand("clean");
    cluster->add_subcommand("bench");
    try {
        tool.parse(std::vector<std::string>{words.rbegin(), words.rend()});
    } catch (const CLI::ParseError& error) {
        return usage_complaint(tool, error);
    }
    return "";
}

}  // namespace

TEST_CASE("an unknown option is told with the one that may be meant") {
    CHECK(
        complaint_about({"weigh", "a", "--kernels", "nope"}) ==
        "tool weigh: there is no option --kernels; did you mean --kernel? (tool weigh --help says "
        "what it takes)");
    CHECK(
        complaint_about({"weigh", "a", "--kernels=nope"}) ==
        "tool weigh: there is no option --kernels; did you mean --kernel? (tool weigh --help says "
        "what it takes)");
    CHECK(complaint_about({"weigh", "a", "--frobnicate"}) ==
          "tool weigh: there is no option --frobnicate (tool weigh --help says what it takes)");
}

TEST_CASE("an unknown option is told before what is missing") {
    CHECK(complaint_about({"weigh", "--kernl"})
              .starts_with("tool weigh: there is no option --kernl"));
    CHECK(complaint_about({"--frob"}).starts_with("tool: there is no option --frob "));
}

TEST_CASE("a word that no command takes is one too many") {
    CHECK(
        complaint_about({"cluster", "clean", "now"}) ==
        "tool cluster clean: \"now\" is one word too many (tool cluster clean --help says what it "
        "takes)");
}

TEST_CASE("what is missing is named") {
    CHECK(complaint_about({"weigh"}) ==
          "tool weigh: files is missing (tool weigh --help says what it takes)");
    CHECK(
        complaint_about({"cluster"}) ==
        "tool cluster: names no command; known are clean, bench (tool cluster --help says what it "
        "takes)");
}

TEST_CASE("what else is wrong is told of the command that has it") {
    const auto said = complaint_about({"weigh", "a", "--pace", "x"});
    CHECK(said.starts_with("tool weigh: "));
    CHECK(said.find("--pace") != std::string::npos);
    CHECK(said.find('\n') == std::string::npos);
}

TEST_CASE("nothing is wrong with a whole command line") {
    CHECK(complaint_about({"weigh", "--pace", "3", "a", "b"}).empty());
}
