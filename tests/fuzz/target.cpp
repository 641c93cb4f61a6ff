// Paths and queries of any bytes: what the request parser lets through is decoded within bounds,
// and a normal path has no dot segment left.
#include "server/http/target.hpp"

#include <string>

#include "fuzz.hpp"
#include "server/http/negotiation.hpp"
#include "server/http/request_parser.hpp"
#include "server/http/syntax.hpp"

using namespace lanewise::server;
using lanewise::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = lanewise::fuzz::text_of(data, size);
    constexpr std::string_view offers[] = {"text/plain", "application/json"};
    const int best = best_media_type(text, offers);
    require(best >= -1 && best < 2, "the best offer is one of them");
    require(!accepts_coding(text, "gzip") || !text.empty(), "no coding is taken by default");
    require(!names_tag_strongly(text, "\"a\"") || names_tag(text, "\"a\""), "strong implies weak");
    require(
        !syntax::is_authority(text) || text.find_first_of(" /?#@\r\n") == std::string_view::npos,
        "an authority is a host and a port alone");

    const std::string head = "GET " + std::string{text} + " HTTP/1.1\r\nHost: a\r\n\r\n";
    request parsed;
    if (!parse_head(head, parsed)) return 0;
    require(syntax::is_path_or_query(parsed.path, false), "a path holds path characters");
    require(syntax::is_path_or_query(parsed.query, true), "a query holds query characters");

    std::string storage;
    const auto path = normal_path(parsed.path, storage);
    require(path.starts_with('/') || parsed.path == "*", "a path begins with a slash");
    require(path.size() <= parsed.path.size() + 2, "no path grows");
    for (auto rest = path; !rest.empty();) {
        rest.remove_prefix(1);
        const auto segment = rest.substr(0, rest.find('/'));
        require(segment != "." && segment != "..", "no dot segment is left");
        rest = rest.find('/') == std::string_view::npos ? std::string_view()
                                                        : rest.substr(rest.find('/'));
    }
    auto query = parsed.query;
    std::string name, value;
    std::size_t bytes = 0;
    while (next_parameter(query, name, value)) bytes += name.size() + value.size();
    require(bytes <= parsed.query.size(), "decoding makes nothing longer");
    return 0;
}
