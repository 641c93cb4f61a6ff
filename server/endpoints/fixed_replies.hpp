// The replies that never change while the server runs: who this node is, and which kernels it has.
#pragma once

#include "html_document.hpp"
#include "kernels/machine/machine.hpp"
#include "server/http/reply.hpp"
#include "server/settings/config.hpp"

namespace lanewise::server {

struct fixed_replies {
    resource hello_text, hello_json;  // GET /, by what the client accepts
    html_document page;               // likewise
    resource identity, kernels, openapi, healthy, ready;
};

/// The replies that are the same for all clients, made at start.
[[nodiscard]] fixed_replies make_fixed_replies(const config& settings,
                                               const machine::facts& machine);

}  // namespace lanewise::server
