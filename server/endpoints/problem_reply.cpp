#include "problem_reply.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "cross_origin.hpp"
#include "routes.hpp"
#include "server/log/utf8_text.hpp"

namespace lanewise::server {

reply to_reply(problem what, const config& settings, std::size_t route) {
    boost::json::object body;
    body["type"] = "about:blank";
    body["title"] = reason_of(what.status);
    body["status"] = what.status;
    // A detail may quote what a client sent, or a part of it.
    body["detail"] = in_utf8(what.detail);
    if (!what.pointer.empty()) body["pointer"] = in_utf8(what.pointer);

    reply result;
    result.status = what.status;
    result.content_type = "application/problem+json";
    result.fields = std::move(what.fields) + cors_fields(settings);
    if (route < all_routes().size()) result.fields += all_routes()[route].vary;
    if (what.status == 503)
        result.fields += "Retry-After: 1\r\n";  // all that is short here frees up soon
    result.text = boost::json::serialize(body) + "\n";
    return result;
}

}  // namespace lanewise::server
