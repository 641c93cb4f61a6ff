// Forms in parts (RFC 7578), as a browser or curl sends them.
#include "bench/workloads/multipart.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace lanewise::bench::workloads;

namespace {

form_part part(const std::string& name, const std::string& content) {
    form_part one;
    one.name = name;
    one.content = content;
    return one;
}

std::string boundary_of(const std::string& content_type) {
    return content_type.substr(content_type.find("boundary=") + 9);
}

}  // namespace

TEST_CASE("the boundary that is given is used, quoted or not") {
    for (const std::string given :
         {"multipart/form-data; boundary=XX", "multipart/form-data; Boundary=\"XX\"; charset=x",
          "multipart/form-data; boundary= XX ; charset=x"}) {
        auto type = given;
        CHECK(multipart_body({part("a", "1"), part("b", "")}, type) ==
              "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
              "--XX\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\r\n--XX--\r\n");
        CHECK(type == given);
    }
}

TEST_CASE("a boundary that is made stands in no part, and in the type") {
    std::string type, other_type = "multipart/mixed";
    const auto body = multipart_body({part("a", "1")}, type);
    REQUIRE(type.starts_with("multipart/form-data; boundary="));
    const auto boundary = boundary_of(type);
    CHECK(body.starts_with("--" + boundary + "\r\n"));
    CHECK(body.ends_with("\r\n--" + boundary + "--\r\n"));
    CHECK(boundary.size() <= 70);  // RFC 2046, 5.1.1
    const auto held = multipart_body({part("a", "1"), part("b", "x" + boundary)}, other_type);
    REQUIRE(other_type.starts_with("multipart/mixed; boundary="));
    CHECK(boundary_of(other_type) != boundary);
    CHECK(held.ends_with("\r\n--" + boundary_of(other_type) + "--\r\n"));
}

TEST_CASE("a part has its file's name, its type and its own fields, and no name ends its line") {
    auto one = part("a\"b\r\nc", "1");
    one.file_name = "d\"\n";
    one.content_type = "text/plain";
    one.headers = {{"X-A", "1"}};
    std::string type = "multipart/form-data; boundary=XX";
    CHECK(multipart_body({one}, type) ==
          "--XX\r\nContent-Disposition: form-data; name=\"a%22b%0D%0Ac\"; filename=\"d%22%0A\"\r\n"
          "Content-Type: text/plain\r\nX-A: 1\r\n\r\n1\r\n--XX--\r\n");
}
