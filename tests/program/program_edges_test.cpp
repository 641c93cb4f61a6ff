// What both programs do at their edges: hostile text, misspelt names.
#include <doctest/doctest.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "program/html_text.hpp"
#include "program/nearest.hpp"
#include "program/printable.hpp"
#include "program/standard_output.hpp"
#include "program/unknown_variables.hpp"

using lanewise::program::known_names;
using lanewise::program::nearest;
using lanewise::program::printable;

TEST_CASE("text that moves no cursor is shown as it is") {
    CHECK(printable("").empty());
    CHECK(printable("m7i.large, \"a\" 100 % µs ÷ 中 \xf0\x9f\x9a\x80") ==
          "m7i.large, \"a\" 100 % µs ÷ 中 \xf0\x9f\x9a\x80");
}

TEST_CASE("control characters, C1 ones too, are shown by number; line ends become blanks") {
    CHECK(printable("\x1b[2J\x1b]0;title\x07") == "\\x1b[2J\\x1b]0;title\\x07");
    CHECK(printable("a\r\nb\tc") == "a  b c");
    CHECK(printable(std::string("a\0b", 3)) == "a\\x00b");
    CHECK(printable("\x7f") == "\\x7f");
    CHECK(printable("\xc2\x9b"
                    "31m") == "\\x9b31m");
    CHECK(printable("\xc2\xa0") == "\xc2\xa0");
}

TEST_CASE("marks that reorder text, and bytes that are no UTF-8, are shown by number") {
    CHECK(printable("a\xe2\x80\xae"
                    "b") == "a\\u202eb");
    CHECK(printable("\xe2\x81\xa6\xe2\x80\xa8\xef\xbb\xbf") == "\\u2066\\u2028\\ufeff");
    CHECK(printable("\xff\xc3") == "\\xff\\xc3");
    CHECK(printable("\x9b") == "\\x9b");
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond Unicode
    CHECK(printable("\xe2\x80") == "\\xe2\\x80");                    // cut off
}

TEST_CASE("a letter is shown as it is right up to a mark that moves text") {
    const auto stays = [](const char* letter) { return printable(letter) == letter; };
    for (const auto* letter :
         {"~", "\xc2\xa0", "\xdf\xbf", "\xd8\x9b", "\xd8\x9d", "\xe0\xa0\x80", "\xe2\x80\x8d",
          "\xe2\x80\x90", "\xe2\x80\xa7", "\xe2\x80\xaf", "\xe2\x81\xa5", "\xe2\x81\xaa",
          "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbb\xbe", "\xef\xbc\x80", "\xf0\x90\x80\x80",
          "\xf4\x8f\xbf\xbf"}) {
        CAPTURE(letter);
        CHECK(stays(letter));
    }
    for (const auto* mark :
         {"\x1f", "\xc2\x80", "\xc2\x9f", "\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f",
          "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x81\xa6",
          "\xe2\x81\xa9", "\xef\xbb\xbf", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
          "\xf5\x80\x80\x80", "\xed\xbf\xbf"}) {
        CAPTURE(mark);
        CHECK(printable(mark).starts_with('\\'));
    }
}

TEST_CASE("a text that is cut within a letter shows the byte, whatever follows it in memory") {
    constexpr std::string_view whole = "\xc3\xa9";
    CHECK(printable(whole) == whole);
    CHECK(printable(whole.substr(0, 1)) == "\\xc3");
}

TEST_CASE("a page shows a text's own letters, whatever they mean in HTML") {
    CHECK(lanewise::program::html_text("<a & 'b' \"c\">") ==
          "&lt;a &amp; &#39;b&#39; &quot;c&quot;&gt;");
}

TEST_CASE("a misspelt name finds what is nearest to it, and nothing where all are far") {
    const std::vector<std::string> known{"run",    "http",   "machine",
                                         "report", "export", "import-wrk"};
    CHECK(nearest("machin", known) == "machine");
    CHECK(nearest("mahcine", known) == "machine");
    CHECK(nearest("reprot", known) == "report");
    CHECK(nearest("rn", known) == "run");
    CHECK(nearest("frobnicate", known).empty());
    CHECK(nearest("", known).empty());
    CHECK(nearest("run", {}).empty());
    CHECK(nearest(std::string(100'000, 'r'), known).empty());
    CHECK(nearest("urn", known) == "run");
    // A third of the letters may be wrong.
    CHECK(nearest("xepxrt", known) == "report");
    CHECK(nearest("xeprt", known).empty());
    // Two letters count as one slip where they changed places, and not where others stand there.
    CHECK(nearest("xzpxrt", known).empty());
    CHECK(nearest("xrporx", known).empty());
    const std::vector<std::string> long_one{std::string(100, 'r')};
    CHECK(nearest(std::string(100, 'r'), long_one) == long_one[0]);
    CHECK(nearest(std::string(101, 'r'), long_one).empty());
    CHECK(known_names("rnu", known) ==
          "; did you mean \"run\"? Known are run, http, machine, report, export, import-wrk");
    CHECK(known_names("frobnicate", std::vector<std::string>{"run", "http"}) ==
          "; known are run, http");
}

TEST_CASE("a variable of ours that nobody reads is told, and a Service's link is none of ours") {
    const auto told = [](std::vector<const char*> environment) {
        environment.push_back(nullptr);
        const std::vector<std::string> known{"LANEWISE_THREADS", "LANEWISE_OWN"};
        std::string all;
        for (const auto& one :
             lanewise::program::warn_of_unknown_variables(environment.data(), known))
            all += one.substr(0, one.find(' ')) + " ";
        return all;
    };
    CHECK(told({}).empty());
    CHECK(lanewise::program::warn_of_unknown_variables(nullptr, {}).empty());
    CHECK(told({"LANEWISE_THREDS=1", "HOME=/", "LANEWISE_OWN=1", "LANEWISE_ADRESS"}) ==
          "LANEWISE_ADRESS LANEWISE_THREDS ");
    CHECK(told({"LANEWISE_TEST_X=1", "LANEWISE_POOL=a", "LANEWISE_REPORT=x", "lanewise_x=1"})
              .empty());
    for (const auto* link :
         {"LANEWISE_A_PORT=tcp://10.0.0.1:80", "LANEWISE_A_PORT=udp://10.0.0.1:80",
          "LANEWISE_A_PORT=sctp://10.0.0.1:80", "LANEWISE_A_SERVICE_HOST=10.0.0.1",
          "LANEWISE_A_SERVICE_PORT=80", "LANEWISE_A_SERVICE_PORT_WEB=80",
          "LANEWISE_A_PORT_80_TCP_ADDR=10.0.0.1", "LANEWISE_A_PORT_9090_UDP_PROTO=udp",
          "LANEWISE_A_PORT_0_SCTP_PORT=0", "LANEWISE_A_PORT_9_TCP"}) {
        CAPTURE(link);
        CHECK(told({link}).empty());
    }
    for (const auto* none :
         {"LANEWISE_A_PORT=80", "LANEWISE_A_TCP=1", "LANEWISE_A_80_TCP=1", "LANEWISE_A_PORT_TCP=1",
          "LANEWISE_A_PORT__TCP=1", "LANEWISE_A_PORT_x_TCP=1", "LANEWISE_A_PORT_/_TCP=1",
          "LANEWISE_A_PORT_:_TCP=1", "LANEWISE_A=http://x", "LANEWISE_A_SERVICE=1"}) {
        CAPTURE(none);
        CHECK_FALSE(told({none}).empty());
    }
    const auto long_name = "LANEWISE_" + std::string(200, 'X');
    CHECK(told({long_name.c_str()}) == long_name.substr(0, 100) + " ");
}

TEST_CASE(
    "a program whose output is lost ends with 1 and says so, one that failed ends as it did") {
    std::ostringstream said;
    auto* const usual = std::cerr.rdbuf(said.rdbuf());
    const int well = lanewise::program::checked_exit("x", 0),
              failed = lanewise::program::checked_exit("x", 3);
    const auto silent = said.str();
    std::cout.setstate(std::ios::badbit);
    const int lost = lanewise::program::checked_exit("x", 0),
              both = lanewise::program::checked_exit("x", 3);
    std::cout.clear();
    std::cerr.rdbuf(usual);
    CHECK(well == 0);
    CHECK(failed == 3);
    CHECK(silent.empty());
    CHECK(lost == 1);
    CHECK(both == 3);
    CHECK(said.str() ==
          "x: standard output can't be written; what was printed is lost, in whole or in part\n");
}
