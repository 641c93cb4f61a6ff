// An HTML document as it is sent: with a policy that lets run just what stands in it, an entity
// tag, and gzipped for those who take that.
#pragma once

#include "server/http/reply.hpp"
#include "server/http/request.hpp"

namespace lanewise::server {

struct html_document {
    resource plain, gzipped;

    /// The form that this client takes.
    [[nodiscard]] const resource& for_client(const request& head) const;
};

/// Where a document comes from, and so what its policy lets it do beside running its own scripts
/// and styles.
enum class origin : std::uint8_t {
    page,    // ours: it asks this server
    report,  // an operator's file: it asks nobody, and may have style attributes, as charts do
};

/// `fields` are further lines of the head, each ended by CR LF.
[[nodiscard]] html_document make_html_document(std::string html, origin from,
                                               const std::string& fields);

/// What a policy names an inline script or style sheet by: 'sha256-…', of its text.
[[nodiscard]] std::string hash_source(std::string_view text);

/// A Content-Security-Policy that names each inline script and style sheet of the document by its
/// SHA-256.
[[nodiscard]] std::string content_policy(std::string_view html, origin from);

}  // namespace lanewise::server
