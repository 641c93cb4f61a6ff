// What each endpoint says, as functions of the request and of what all connections share. No
// sockets.
#pragma once

#include <memory>
#include <optional>

#include "app.hpp"
#include "server/http/problem.hpp"
#include "server/http/request.hpp"

namespace lanewise::server {

/// What an endpoint answers once it has seen the head: a reply that never changes, a kernel call to
/// be run, or a reply made for this request.
struct answer {
    const resource* fixed = nullptr;
    std::optional<kernel_call> call;
    std::optional<reply> made;
    std::shared_ptr<const void> held;  // keeps `fixed` alive, where it may be replaced meanwhile
};

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
