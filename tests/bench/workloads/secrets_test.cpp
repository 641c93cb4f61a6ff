// What is a secret in somebody's traffic, and what only looks like one.
#include "bench/workloads/secrets.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lanewise::bench::workloads;
using names = std::vector<std::string>;

namespace {

struct taken {
    std::string target;
    names secrets;
    bool operator==(const taken&) const = default;
};

taken without_secrets(std::string target) {
    auto secrets = take_out_query_secrets(target);
    return {target, secrets};
}

}  // namespace

TEST_CASE("a header is a secret by the words that its name holds") {
    for (const auto* name : {"authorization", "proxy-authorization", "cookie", "set-cookie",
                             "x-api-key", "x-csrf-token", "x-auth", "auth", "x-auth-user",
                             "company-auth", "ocp-apim-subscription-key"})
        CHECK(is_secret_header(name));
    for (const auto* name :
         {"accept", "author", "x-author", "authority", "user-agent", "x-key", ""})
        CHECK_FALSE(is_secret_header(name));
}

TEST_CASE("a value that somebody blanked is no value") {
    for (const auto* value : {"REDACTED", "<redacted>", "[Filtered]", "filtered", " masked ", "***",
                              "Bearer ****", "**", "xxx", "XXXXXXXXXX", "\xe2\x80\xa2\xe2\x80\xa2"})
        CHECK(is_redacted(value));
    CHECK(is_redacted(std::string(40, 'x')));
    for (const auto* value : {"", "x", "xx", "xxa", "axx", "filtered-by", "*", "secret", "a"})
        CHECK_FALSE(is_redacted(value));
    CHECK_FALSE(is_redacted(std::string(41, 'x')));
}

TEST_CASE("a query loses the parameters that are secrets, and keeps all others as they stood") {
    CHECK(without_secrets("/a?b=1&token=S&c=%20") == taken{"/a?b=1&c=%20", {"token"}});
    CHECK(without_secrets("/a?token=S") == taken{"/a", {"token"}});
    CHECK(without_secrets("/a?token=S&PassWord=T#f?x") == taken{"/a#f?x", {"token", "PassWord"}});
    CHECK(without_secrets("/a?%74oken=S&b") == taken{"/a?b", {"%74oken"}});
    CHECK(without_secrets("/a?token=S&&b=") == taken{"/a?&b=", {"token"}});
    // Words that are searched for, and names that only begin like one.
    for (const auto* as_it_is : {"/a", "/a?", "/a?token", "/a?token=", "/a?tokens=1",
                                 "/a?key=1&code=2", "/token=1", "/a?b=token&c=password"})
        CHECK(without_secrets(as_it_is) == taken{as_it_is, {}});
}

TEST_CASE("a body names a secret where a field of that name begins, in a form or in JSON") {
    for (const auto* body : {"password=S", "a=1&password=S", R"({"a": 1, "Password": "S"})",
                             "{\"token\":\"S\"}", "mytoken=1&token=S"})
        CHECK(names_a_secret(body));
    for (const auto* body :
         {"", "password", "a=password", "mypassword=1", "passwords=1", "a b password=S", "&token"})
        CHECK_FALSE(names_a_secret(body));
}
