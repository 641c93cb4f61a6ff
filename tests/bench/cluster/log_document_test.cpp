// Documents out of pods' logs: whole ones byte for byte, and why others are refused.
#include "bench/cluster/log_document.hpp"

#include <doctest/doctest.h>

#include <string>

#include "printed_document.hpp"

namespace lanewise::bench::cluster {
namespace {

std::string why_not(const std::string& log) {
    const auto read = document_in(log);
    const auto* fault = std::get_if<log_fault>(&read);
    return fault ? fault->why : "whole";
}

std::string with_carriage_returns(const std::string& log) {
    std::string made;
    for (const char one : log) made += one == '\n' ? "\r\n" : std::string{one};
    return made;
}

TEST_CASE("a document of any length comes back byte for byte, from among other lines") {
    for (const std::size_t length : {0, 1, 2, 3, 56, 57, 58, 1000, 100'001}) {
        std::string data;
        for (std::size_t i = 0; i < length; ++i) data += static_cast<char>(i * 7919 % 256);
        for (const auto& log : {printed(data), "progress 1\n\n" + printed(data) + "more\n",
                                with_carriage_returns(printed(data))}) {
            const auto read = document_in(log);
            REQUIRE(std::holds_alternative<std::string>(read));
            CHECK(std::get<std::string>(read) == data);
        }
    }
}

TEST_CASE("a log that ends at any line before the document's end is cut") {
    const auto whole = printed(std::string(1000, 'x'));
    for (auto end = whole.find('\n') + 1; end < whole.size(); end = whole.find('\n', end) + 1)
        CHECK(why_not(whole.substr(0, end)) == "the log is cut: the document's end is missing");
    CHECK(why_not("") == "the log holds no document");
    CHECK(why_not(whole.substr(whole.find('\n') + 1)) == "the log holds no document");
}

TEST_CASE("what is not the document that was announced is refused") {
    const auto whole = printed(std::string(1000, 'x') + std::string(1000, 'y'));
    const auto end_of = [&](int lines) {
        std::size_t at = 0;
        for (int i = 0; i < lines; ++i) at = whole.find('\n', at) + 1;
        return at;
    };
    auto shorter = whole;
    shorter.erase(end_of(2), end_of(3) - end_of(2));
    CHECK(why_not(shorter).find("bytes, not 2000") != std::string::npos);
    auto changed = whole;
    changed[end_of(2)] = changed[end_of(2)] == 'A' ? 'B' : 'A';
    CHECK(why_not(changed) == "the document's hash is not the one that was announced");
    auto garbled = whole;
    garbled[end_of(2)] = '!';
    CHECK(why_not(garbled) == "the document is garbled");
    CHECK(why_not(whole.substr(0, end_of(3)) + whole) == "the log holds two documents");
    // What announces no hash announces nothing.
    const auto hash_at = whole.find("sha256=") + 7;
    for (const auto* wrong : {"g", "G", "A", "/", ":", "`", "~"}) {
        auto announced = whole;
        announced.replace(hash_at, 1, wrong);
        CHECK(why_not(announced) == "the log holds no document");
    }
    auto shorter_hash = whole;
    shorter_hash.erase(hash_at, 1);
    CHECK(why_not(shorter_hash) == "the log holds no document");
    CHECK(why_not("lanewise-document bytes=99999999999999999999999 sha256=" + std::string(64, 'a') +
                  "\nlanewise-document end\n") == "the log holds no document");
}

TEST_CASE("the last words are the program's own, within bounds") {
    CHECK(last_words("one\ntwo\r\n\nlanewise-job: x ended with exit code 1\n") == "two");
    CHECK(last_words("").empty());
    CHECK(last_words(std::string(10'000, 'x')).size() == 300);
}

}  // namespace
}  // namespace lanewise::bench::cluster
