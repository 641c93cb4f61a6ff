// What each endpoint answers, as a function of the request and of what that endpoint uses. No
// sockets.
#pragma once

#include <cstddef>
#include <memory>
#include <variant>

#include "exposition.hpp"
#include "fixed_replies.hpp"
#include "report_file.hpp"
#include "server/calls/kernel_query.hpp"
#include "server/http/problem.hpp"
#include "server/http/reply.hpp"
#include "server/http/request.hpp"
#include "token_gate.hpp"

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

/// Who answers: a line, JSON or the page, by what the client accepts.
outcome<answer> hello(const request& head, const fixed_replies& replies);

/// Which kernel is to be run, where the token, if one is asked for, admits the client. The call may
/// ask for threads_max threads.
outcome<answer> kernel(const request& head, const token_gate& token, std::size_t threads_max);

outcome<answer> readiness(bool ready, const fixed_replies& replies);
outcome<answer> metrics(const request& head, const exposition_sources& from);
outcome<answer> report(const request& head, const report_file& file);

}  // namespace handlers
}  // namespace lanewise::server
