// What each endpoint says, as functions of the request and of what all connections share. No
// sockets.
#pragma once

#include <memory>
#include <variant>

#include "app.hpp"
#include "server/calls/kernel_query.hpp"
#include "server/http/problem.hpp"
#include "server/http/reply.hpp"
#include "server/http/request.hpp"

namespace lanewise::server {

/// A reply that never changes while it is held.
struct fixed_answer {
    const resource* what = nullptr;
    std::shared_ptr<const void> held;  // keeps it alive, where it may be replaced meanwhile
    bool not_modified = false;         // the client has a copy of it
};

/// What an endpoint answers once it has seen the head: a reply that never changes, one made for
/// this request, or the result of a kernel that is to be run.
using answer = std::variant<fixed_answer, reply, kernel_query>;

namespace handlers {

outcome<answer> hello(const request& head, const app& shared);
outcome<answer> identity(const request& head, const app& shared);
outcome<answer> kernels(const request& head, const app& shared);
outcome<answer> kernel(const request& head, const app& shared);
outcome<answer> health(const request& head, const app& shared);
outcome<answer> readiness(const request& head, const app& shared);
outcome<answer> metrics(const request& head, const app& shared);
outcome<answer> openapi(const request& head, const app& shared);
outcome<answer> report(const request& head, const app& shared);

}  // namespace handlers

/// The replies that are the same for all, made at start.
[[nodiscard]] fixed_replies make_fixed_replies(const config& settings,
                                               const machine::facts& machine);

/// The description of every operation, as OpenAPI 3.1.
[[nodiscard]] std::string openapi_json(const config& settings);

/// Lines of a reply's head that let pages of the configured origin read it; empty without one.
[[nodiscard]] std::string cors_fields(const config& settings);

/// Which fields of a request choose among the answers of a resource, as a line of each of them.
inline constexpr std::string_view vary_by_accept = "Vary: Accept\r\n";
inline constexpr std::string_view vary_by_accept_and_encoding = "Vary: Accept, Accept-Encoding\r\n";

/// Path of the kernels; a kernel's name follows it.
inline constexpr std::string_view kernels_path = "/v1/kernels/";

/// Path of the report that --report names.
inline constexpr std::string_view report_path = "/report";

}  // namespace lanewise::server
