// Which handler answers which method and path, and how a problem becomes a reply.
#pragma once

#include "app.hpp"
#include "handlers.hpp"

namespace lanewise::server {

/// What to do about a request, its head being all that has been read.
struct decision {
    const resource* fixed = nullptr;  // answer with this,
    bool not_modified = false;        // of which the client has a copy;
    std::optional<reply> ready;       // or with this;
    std::optional<kernel_call> call;  // or run this, with the body
    bool close = false;               // the client asked by ?close=1
};

[[nodiscard]] decision decide(const request& head, const app& shared);

/// The one place where a problem becomes HTTP: application/problem+json (RFC 9457).
[[nodiscard]] reply to_reply(problem what, const app& shared);

}  // namespace lanewise::server
